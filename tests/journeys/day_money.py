"""The money of a day of trade: shoppers' hands, ledger, Z reports, paper, the wallets' provider and HQ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from edge.domain.payments import FINAL
from sync.hub.pay_tables import pay_told
from sync.hub.sale_tables import sale, sale_line, sale_tender, till_shift
from tests.journeys.day_goods import GOODS, TILLS
from tests.journeys.day_read import Reader, dict_of, unequal


class Money(Reader):
    """What was sold, how it was paid, and on which paper it stands."""

    # ---- money ----

    def takings(self) -> Iterator[str]:
        """By till and tender: shoppers, the ledger's tenders, the Z report, HQ. By till: lines, tenders, Z, HQ."""
        saw: Counter[Any] = Counter()
        for one in self.seen.sales:
            for paid in one.paid:
                saw[one.station, paid.kind] += paid.fen
        ledger = dict_of(
            ((till, kind), fen)
            for till, kind, fen in self.rows(
                "SELECT s.station, t.kind, sum(t.fen) FROM sale_tender t JOIN sale s USING (sale)"
                " WHERE s.training = 0 GROUP BY 1, 2"
            )
        )
        z = dict_of(((till, kind), fen) for till, one in self.z.items() for kind, _, fen in one.tenders)
        till_of = {one.shift: till for till, one in self.z.items()}
        shift_of = {row.sale: row.shift for row in self.hq(sale)}
        hq: Counter[Any] = Counter()
        for row in self.hq(sale_tender):
            hq[till_of.get(shift_of.get(row.sale, ""), "?"), row.kind] += row.fen
        yield from unequal({"shoppers": saw, "ledger": ledger, "Z": z, "HQ": hq}, "tender")
        lines = dict_of(
            self.rows(
                "SELECT s.station, sum(l.net_fen) FROM sale_line l JOIN sale s USING (sale)"
                " WHERE s.training = 0 GROUP BY 1"
            )
        )
        tenders: Counter[str] = Counter()
        for (till, _), fen in ledger.items():
            tenders[till] += fen
        z_net = {till: one.net_fen for till, one in self.z.items()}
        closed = {till_of[row.shift]: row.net_fen for row in self.hq(till_shift)}
        hq_lines: Counter[str] = Counter()
        for row in self.hq(sale_line):
            hq_lines[till_of.get(shift_of.get(row.sale, ""), "?")] += row.net_fen
        sums = {"lines": lines, "tenders": tenders, "Z": z_net, "HQ's shifts": closed, "HQ's lines": hq_lines}
        yield from unequal(sums, "net of")
        counts = {till: one.sales for till, one in self.z.items()}
        yield from unequal(
            {"people": Counter(one.station for one in self.seen.sales), "Z": counts}, "sales at"
        )

    def taxes(self) -> Iterator[str]:
        """By tax code: goods as they were sold, the ledger, the Z reports, HQ."""
        saw: Counter[str] = Counter()
        for one in self.seen.sales:
            for line in one.lines:
                saw[GOODS[line.sku][3]] += line.net_fen
        z: Counter[str] = Counter()
        for report in self.z.values():
            z.update(dict(report.taxes))
        hq: Counter[str] = Counter()
        for row in self.hq(sale_line):
            hq[row.tax] += row.net_fen
        yield from unequal({"goods": saw, "Z": z, "HQ": hq}, "tax")

    def cash(self) -> Iterator[str]:
        """What was counted blind is what people put in and took out, and what the Z report expected."""
        for till, report in self.z.items():
            counted = report.count.counted_fen if report.count else None
            figures = {"hands": self.day.counted[till], "counted": counted, "Z": report.expected_fen}
            if len(set(figures.values())) > 1:
                yield f"{till}: {figures}"

    def wallets(self) -> Iterator[str]:
        """The provider's money is what sales took less what returns gave, number by number; nothing is open."""
        charged, back = self.town.wallets.charged(), self.town.wallets.back()
        there = {number: fen - back.get(number, 0) for number, fen in charged.items()}
        here: Counter[str] = Counter()
        for number, fen in self.rows(
            "SELECT number, fen FROM sale_tender WHERE number <> '' AND kind <> 'cash'"
        ):
            here[number] += fen
        for number, fen in self.rows(
            "SELECT r.number, r.fen FROM pay_refund r JOIN pay_attempt a USING (number)"
            " WHERE r.reason = 'return' AND a.channel <> 'cash'"
        ):
            here[number] -= fen
        yield from unequal({"provider": there, "ledger": here}, "wallet")
        final = {state.value for state in FINAL}
        for number, state in self.rows("SELECT number, state FROM pay_attempt"):
            if state not in final:
                yield f"attempt {number} is {state} at the end of the day"
        for refund, state in self.rows("SELECT refund, state FROM pay_refund WHERE state <> 'refunded'"):
            yield f"refund {refund} is {state} at the end of the day"
        for row in self.hq(pay_told):
            if row.state == "succeeded" and row.paid_fen != charged.get(row.number):
                yield f"HQ was told {row.paid_fen} of {row.number}, the wallet paid {charged.get(row.number)}"

    # ---- numbers and paper ----

    def numbers(self) -> Iterator[str]:
        """Receipts, training receipts, Z reports and return slips count without a gap; HQ has the same receipts."""
        for till, series, count, most in self.rows(
            "SELECT station, series, count(*), max(number) FROM receipt_number GROUP BY 1, 2"
        ):
            if count != most:
                yield f"{till} {series}: {count} numbers up to {most}"
        here = [one[0] for one in self.rows("SELECT receipt FROM sale WHERE training = 0 ORDER BY receipt")]
        there = sorted(row.receipt for row in self.hq(sale))
        if here != there:
            yield f"receipts differ at HQ: {sorted(set(here) ^ set(there))[:5]} of {len(here)} and {len(there)}"
        for till in TILLS:
            mine = [int(one[-6:]) for one in here if one.startswith(f"{till}-")]
            if mine != list(range(1, len(mine) + 1)):
                yield f"{till}: receipts {mine[:3]} ... {mine[-3:]} have gaps"
        backs = Counter(one.receipt.rsplit("R", 1)[0] for one in self.day.returned)
        for head, count in backs.items():
            mine = sorted(int(one.receipt[-6:]) for one in self.day.returned if one.receipt.startswith(head))
            if mine != list(range(1, count + 1)):
                yield f"return slips {head}: {mine}"

    def paper(self) -> Iterator[str]:
        """Each sale has one original and came out once; the paid sums on paper are the takings; training says so."""
        slips = [slip for paper in self.town.papers.values() for slip in paper.slips]
        jobs = self.rows("SELECT id, key, state, copy, ref FROM print_job")
        for number, key, state, _, _ in jobs:
            if state not in ("printed", "sent"):
                yield f"job {number} ({key}) is {state}"
        if len(slips) != len(jobs):
            yield f"{len(jobs)} jobs, {len(slips)} slips"
        originals = Counter(ref for _, key, _, copy, ref in jobs if key.startswith("sale:") and not copy)
        sold = {one[0] for one in self.rows("SELECT sale FROM sale")}
        if set(originals) != sold or set(originals.values()) != {1}:
            yield f"{len(originals)} original receipts for {len(sold)} sales"
        total = 0
        for slip in slips:
            words = [str(getattr(part, "text", "")) for part in slip.parts]
            paid = [match for word in words if (match := re.fullmatch(r"实付 ¥([\d,]+)\.(\d\d)", word))]
            unsold = any("培训" in word for word in words) or any("补打" in word for word in words)
            if paid and not unsold:
                total += int(paid[0][1].replace(",", "")) * 100 + int(paid[0][2])
        takings = sum(one.net_fen for one in self.seen.sales)
        if total != takings:
            yield f"receipts say {total}, shoppers paid {takings}"

    def reports(self) -> Iterator[str]:
        """What else a Z report says: refunds, baskets given up, training, the journal's head."""
        heads = {event.seq: event.sha for event in self.events}
        for till, z in self.z.items():
            mine = [one for one in self.day.returned if one.station == till]
            parts = [part for one in mine for part in one.parts if part.kind != "hq"]
            cash = sum(part.fen for part in parts if part.kind == "cash")
            voided = [one.d for one in self.events if one.k == "basket.voided" and one.actor.station == till]
            figures = {
                "refunds": (z.refunds, len(parts)),
                "refund_fen": (z.refund_fen, sum(part.fen for part in parts)),
                "cash_refund_fen": (z.cash_refund_fen, cash),
                "voids": (z.voids, len(voided)),
                "void_fen": (z.void_fen, sum(one["fen"] for one in voided)),
                "head": (z.head, heads.get(z.seq, "")),
                "trainings": (z.trainings, sum(1 for _ in self.trained(till))),
            }
            for name, (said, meant) in figures.items():
                if said != meant:
                    yield f"Z of {till}: {name} {said}, should be {meant}"

    def trained(self, till: str) -> Iterator[tuple[Any, ...]]:
        """Sales of training at a till."""
        yield from self.rows("SELECT sale FROM sale WHERE training = 1 AND station = ?", till)
