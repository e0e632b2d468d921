"""The goods, the customers and the events of a day of trade: shelf, store and HQ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sync.hub.benefit_tables import coupon_use, points_entry
from sync.hub.return_tables import goods_return, return_piece
from sync.hub.sale_tables import sale
from sync.hub.schema import customer_order, ingest_event, movement, stock_level
from sync.messages import sha_of
from tests.journeys.day_goods import GOODS, MEMBERS, POINTS, STORE
from tests.journeys.day_read import Reader, dict_of, unequal

EXPECTED = {"PAYMENT_STUCK": 1}
"""Cases that the story means HQ to have: a wallet whose answer was lost for hours."""


class Rest(Reader):
    """Everything that is no money."""

    # ---- goods ----

    def stock(self) -> Iterator[str]:
        """Opening plus movements, the store's figure, HQ's figure and HQ's movements, and the shelf itself."""
        moved = dict_of(self.rows("SELECT sku, sum(delta) FROM movement GROUP BY sku"))
        hq_moved: Counter[str] = Counter()
        for row in self.hq(movement):
            hq_moved[row.sku] += row.delta
        opening = {sku: one[4] for sku, one in GOODS.items()}
        yield from unequal(
            {
                "opening + movements": {sku: fen + moved.get(sku, 0) for sku, fen in opening.items()},
                "store": {sku: self.town.store.goods.on_hand(sku) for sku in GOODS},
                "HQ": {row.sku: row.on_hand for row in self.hq(stock_level)},
                "HQ's opening + movements": {sku: n + hq_moved[sku] for sku, n in opening.items()},
                "shelf": {sku: self.seen.shelf[sku] for sku in GOODS},
            },
            "on hand of",
        )
        unfit = {sku: self.town.store.goods.buckets(sku).damaged for sku in GOODS}
        yield from unequal({"unfit pieces seen": self.seen.unfit, "books": unfit}, "unfit")

    def orders(self) -> Iterator[str]:
        """Every order ends at HQ as it did here, and was handed over once."""
        here = dict_of(self.rows("SELECT order_id, state FROM fulfilment"))
        for row in self.hq(customer_order):
            if row.state != here.get(row.order_no, "nothing"):
                yield f"{row.order_no} is {row.state} at HQ and {here.get(row.order_no)} here"
        got = self.rows("SELECT order_id, count(*) FROM pickup WHERE annulled_at = '' GROUP BY 1")
        if dict_of(got) != dict.fromkeys(self.day.collected, 1):
            yield f"{len(got)} orders were handed over, {len(self.day.collected)} were collected"

    # ---- customers ----

    def coupons(self) -> Iterator[str]:
        """A coupon for one use was used once; its worth is on the receipts; one that went back is free again."""
        worth: Counter[str] = Counter()
        for one in self.seen.sales:
            for line in one.lines:
                for _, shares in line.units:
                    for share in shares:
                        if share.kind == "coupon":
                            worth[share.rule] += share.fen
        hq: Counter[str] = Counter()
        uses: Counter[str] = Counter()
        free: set[str] = set()
        for row in self.hq(coupon_use):
            hq[row.coupon] += row.fen
            uses[row.coupon] += 1
            if row.released:
                free.add(row.coupon)
        yield from unequal({"receipts": worth, "HQ": hq}, "coupon")
        yield from unequal({"people": self.seen.coupons, "HQ": uses}, "uses of coupon")
        for name, count in uses.items():
            if count > 1 and not name.startswith("A"):
                yield f"coupon {name} was used {count} times"
        if free != self.seen.again:
            yield f"free again at HQ: {sorted(free)}, with their owners: {sorted(self.seen.again)}"

    def points(self) -> Iterator[str]:
        """A member's points at HQ: the opening, what sales earned, what was spent, what returns took and gave."""
        spent: Counter[str] = Counter()
        for event in self.events:
            if event.k == "points.spent":
                spent[str(event.d["member"])] += int(event.d["points"])
        here = {name: POINTS + self.seen.points[name] - spent[name] for name in MEMBERS}
        hq: Counter[str] = Counter()
        for row in self.hq(points_entry):
            hq[row.member] += row.points
        yield from unequal({"people": here, "HQ": hq}, "points of")

    def returns(self) -> Iterator[str]:
        """Every return is at HQ with its money, settled; each piece is back once."""
        here = {one.ret: one.refund_fen for one in self.day.returned}
        there = {row.ret: row.refund_fen for row in self.hq(goods_return)}
        yield from unequal({"desk": here, "HQ": there}, "return")
        for row in self.hq(goods_return):
            if row.state not in ("done", "refunded") or row.back_fen != row.refund_fen:
                yield f"return {row.ret} is {row.state} at HQ, {row.back_fen} of {row.refund_fen} given"
        pieces = sum(line.qty for one in self.day.returned for line in one.lines)
        if pieces != len(self.hq(return_piece)):
            yield f"{pieces} pieces came back, HQ has {len(self.hq(return_piece))}"
        for one in self.day.returned:
            now = self.town.store.returns.view(one.ret)
            if now.pending or sum(part.fen for part in now.parts) != now.refund_fen:
                yield f"return {one.receipt}: {now.parts} of {now.refund_fen}"

    # ---- events ----

    def at_hq(self) -> Iterator[str]:
        """HQ has each event once, as it was written, and took in all but what the story means to be odd."""
        there = {row.seq: row for row in self.hq(ingest_event)}
        here = {event.seq: event for event in self.events}
        if sorted(here) != list(range(1, len(here) + 1)) or sorted(there) != sorted(here):
            yield f"{len(here)} events here, {len(there)} at HQ, {len(set(here) ^ set(there))} on one side only"
        if self.town.books.journal.depth():
            yield f"{self.town.books.journal.depth()} events were never acknowledged"
        prev = ""
        for seq, event in sorted(here.items()):
            if sha_of(event) != event.sha or (prev and event.prev != prev):
                yield f"event {seq} breaks the chain"
            prev = event.sha
            if seq in there and there[seq].sha != event.sha:
                yield f"event {seq} ({event.k}) is another one at HQ"
        odd = Counter(
            f"{row.kind} {row.verdict} {row.code}" for row in there.values() if row.verdict != "applied"
        )
        cases = Counter(str(case["code"]) for case in self.town.hq.desk.cases(STORE))
        if cases != EXPECTED or sum(odd.values()) != sum(EXPECTED.values()):
            yield f"HQ's cases are {dict(cases)}, events that were not applied {dict(odd)}"
        told = {row.sale for row in self.hq(sale) if row.price_stale}
        if told != self.seen.stale:
            yield f"{len(told)} sales at an old price at HQ, {len(self.seen.stale)} were: {told ^ self.seen.stale}"

    def drawers(self) -> Iterator[str]:
        """Each opening has a reason, went well, and is a fact; the drawers sprang open as often as that."""
        openings = self.rows("SELECT opening, reason, outcome, staff FROM drawer_opening")
        for opening, reason, outcome, staff in openings:
            if not reason or outcome != "ok" or not staff:
                yield f"opening {opening}: reason {reason!r}, {outcome}, by {staff!r}"
        pulses = sum(paper.pulses for paper in self.town.papers.values())
        shown = sum(len(report.openings) for report in self.z.values())
        figures = {"rows": len(openings), "facts": self.facts["drawer.opened"], "pulses": pulses, "Z": shown}
        if len(set(figures.values())) > 1:
            yield f"openings: {figures}"
