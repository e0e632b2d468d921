"""Orders from the web on a day of trade, picked and handed over, and goods that come back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from edge.clock import stamp
from edge.domain.orders import OrderState
from edge.domain.picking import RejectReason, ShortReason
from edge.domain.refusals import Refusal
from edge.domain.return_views import Returned
from edge.domain.returns import Condition, Fate, Reason, Source, Wanted
from edge.domain.selling import Sale
from edge.domain.views import RedeemRequest
from tests.journeys.day_goods import GOODS
from tests.journeys.day_till import Counters, nonce
from tests.journeys.day_town import who

B1 = "B1"
PICKS = ("plain", "plain", "plain", "short", "damaged", "swap", "cancelled", "plain", "turned down", "busy")
"""How picks go, in turn."""


@dataclass
class BackRoom(Counters):
    """The same shop with its web orders and its returns desk."""

    ready: list[str] = field(default_factory=list)
    wants: dict[str, dict[str, int]] = field(default_factory=dict)
    """Order -> pieces that lie in its bag, by product."""
    collected: list[str] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    back: set[str] = field(default_factory=set)
    """Sales and orders of which something came back."""
    swapped: set[str] = field(default_factory=set)
    numbers: int = 0

    # ---- orders ----

    def publish(self, *, ready: bool, mood: str = "") -> str:
        """HQ sends an order; one that is not ready is to be picked here."""
        self.numbers += 1
        number = f"WX20261122{self.numbers:05}"
        lines = {
            "swap": {"JAR": 2, "SOAP": 1},
            "turned down": {"SALT": 3},
        }.get(mood) or {sku: self.rng.randint(1, 3) for sku in self.rng.sample(("TEA", "CUP", "SOAP"), 2)}
        more = {} if ready else {"state": "allocated", "promised": stamp(self.town.hq.now() + timedelta(1))}
        self.town.order(number, lines, substitutes=mood == "swap", **more)
        self.wants[number] = dict(lines)
        return number

    def pick(self, number: str, mood: str) -> None:
        """A picker takes an order from the list to its shelf, or finds that it cannot be done."""
        room, op = self.town.store.backroom, who(B1)
        room.picking.turn()
        self.seen.did[f"pick {mood}"] += 1
        if mood in ("turned down", "busy"):
            reason = RejectReason.NOT_IN_STOCK if mood == "turned down" else RejectReason.BUSY
            room.picking.accept(number, op, nonce("accept"))
            line = 1 if mood == "turned down" else 0
            room.shorts.reject(number, reason, op, nonce("reject"), line)
            if mood == "turned down":
                self.seen.shelf["SALT"] = 0  # somebody looked: there is none
            return
        room.picking.claim(number, op, nonce("claim"))
        todo = dict(self.wants[number])
        if mood == "cancelled" and not self.town.cable.cut:
            self.cancel(number)
            return
        if mood in ("short", "damaged", "swap"):
            self.short(number, mood, todo)
        for sku, qty in todo.items():
            for _ in range(qty):
                room.picking.scan(GOODS[sku][0], op, nonce("pick"))
        packed = room.packing.pack(number, op, nonce("pack"))
        room.packing.shelve(packed.label, "a-07", op, nonce("shelve"))
        self.ready.append(number)

    def short(self, number: str, mood: str, todo: dict[str, int]) -> None:
        """The first line is not there in full; the order goes on without, or with something in its stead."""
        shorts, op = self.town.store.backroom.shorts, who(B1)
        sku = next(iter(todo))
        gone = todo[sku] if mood == "swap" else 1
        reason = ShortReason.DAMAGED if mood == "damaged" else ShortReason.MISMATCH
        assert shorts.short(number, 1, reason, op, nonce("short"), gone) is OrderState.SHORT
        todo[sku] -= gone
        self.wants[number][sku] -= gone
        if mood == "damaged":
            self.seen.unfit[sku] += gone
        else:
            self.seen.shelf[sku] -= gone
        if mood == "swap":
            (first, *_) = shorts.choices(number, 1)
            shorts.substitute(number, 1, first.sku, op, nonce("swap"))
            # What lies in the bag goes by its line's name from here on: so do the books.
            self.seen.shelf.update({first.sku: -gone, sku: gone})
            self.wants[number][sku] += gone
            self.swapped.add(number)
        else:
            shorts.settle(number, op, nonce("settle"))

    def cancel(self, number: str) -> None:
        """HQ wants the order back while its goods are being picked; they go back to their places."""
        room, op = self.town.store.backroom, who(B1)
        room.picking.scan(GOODS[next(iter(self.wants[number]))][0], op, nonce("pick"))
        self.town.hq.desk.request_cancel(number)
        self.town.sync()
        self.town.work()
        assert room.shorts.put_back(number, op, nonce("back")) is OrderState.CANCELLED
        self.town.sync()

    def hand_over(self) -> None:
        """A customer comes for an order; the same scan twice is one hand-over; now and then it was the wrong bag."""
        number = self.ready.pop(self.rng.randrange(len(self.ready)))
        station = self.rng.choice(("T1", "T2", B1))
        desk, code = self.town.store.hand_over, self.town.pickup_code(number)
        wish = RedeemRequest(nonce("hand"), code=code)
        done = desk.redeem(wish, who(station))
        assert desk.redeem(wish, who(station)).pickup == done.pickup
        if self.rng.random() < 0.06:
            self.town.work()
            desk.annul(done.pickup, nonce("annul"), who(station, lead=True))
            desk.redeem(RedeemRequest(nonce("hand"), code=code), who(station))
            self.seen.did["hand-over annulled"] += 1
        for sku, qty in self.wants[number].items():
            self.seen.shelf[sku] -= qty
        self.collected.append(number)
        self.seen.did["pickup"] += 1

    # ---- returns ----

    def bring_back(self, kind: str) -> bool:
        """Somebody brings goods back; whether there was anybody who could."""
        if kind == "order":
            return self._order_back()
        sales = [one for one in self.seen.sales if one.sale not in self.back and one.net_fen]
        if kind.startswith("gift"):
            sales = [one for one in sales if any("gift" in line.flags for line in one.lines)]
        if kind == "some":
            sales = [one for one in sales if one.units > 1]
        if not sales:
            return False
        sale = self.rng.choice(sales)
        self.back.add(sale.sale)
        goods = [line for line in sale.lines if "gift" not in line.flags]
        if kind == "some":
            wanted = [_wanted(goods[0].line, 1, spoilt=goods[0].sku == "APPLE")]
        else:
            with_gift = kind != "gift kept"
            lines = sale.lines if with_gift else tuple(goods)
            wanted = [_wanted(line.line, line.qty, spoilt=line.sku == "APPLE") for line in lines]
        self._accepted(Source.SALE, sale.sale, wanted, sale)
        self.seen.did[f"return {kind}"] += 1
        return True

    def _order_back(self) -> bool:
        fresh = [one for one in self.collected if one not in self.back | self.swapped]
        if not fresh:
            return False
        number = self.rng.choice(fresh)
        self.back.add(number)
        bought = self.town.store.returns.find(number, who("T1"))
        line = next(one for one in bought.lines if one.left)
        self._accepted(Source.ORDER, number, [_wanted(line.line, 1)], None)
        self.seen.did["return order"] += 1
        return True

    def _accepted(self, source: Source, ref: str, wanted: list[Wanted], sale: Sale | None) -> None:
        station = self.rng.choice(("T1", "T2"))
        desk, word = self.town.store.returns, nonce("return")
        whole = {line.line: line.left for line in desk.find(ref, who(station)).lines}
        done = desk.accept(source, ref, wanted, who(station), word)
        assert desk.accept(source, ref, wanted, who(station), word).ret == done.ret
        gone = [replace(one, qty=whole[one.line]) for one in wanted]
        try:
            desk.accept(source, ref, gone, who(station), nonce("return"))
        except Refusal as refusal:
            self.seen.did[f"return again: {refusal.code}"] += 1
        else:
            raise AssertionError(f"{ref} came back twice")
        self.returned.append(done)
        for line in done.lines:
            self.seen.shelf[line.sku] += 0 if line.fate == Fate.SCRAP.value else line.qty
        self.seen.drawer[station] -= sum(part.fen for part in done.parts if part.kind == "cash")
        if sale is not None and sale.member:
            self.seen.points[sale.member] += done.points_given - done.points_lost
        back = {line.line: line.qty for line in done.lines}
        # A gift that stays away does not keep the coupon: what was paid for is all back.
        everything = sale is not None and all(
            back.get(line.line) == line.qty for line in sale.lines if "gift" not in line.flags
        )
        if sale is not None and everything:
            rules = {share.rule for line in sale.lines for _, some in line.units for share in some}
            self.seen.again |= {rule for rule in rules if rule[:2] in {"A-", "B-", "C-", "V-"}}


def _wanted(line: int, qty: int, *, spoilt: bool = False) -> Wanted:
    if spoilt:
        return Wanted(line, qty, Condition.SOILED, Reason.QUALITY, Fate.SCRAP)
    return Wanted(line, qty, Condition.INTACT, Reason.NO_REASON, Fate.SHELF)
