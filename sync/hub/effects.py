"""What a store's facts mean at HQ: order states, handed quantities, stock, cases for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.benefits import (
    CouponRedeemed,
    CouponReleased,
    MemberChange,
    MemberErased,
    MemberRevealed,
    PointsEarned,
    PointsSpent,
)
from sync.deposits import DepositReleased, DepositUsed
from sync.goods import (
    DemandLost,
    GrantReturned,
    ItemUnrecognised,
    StockAlarmed,
    StockChecked,
    StockCounted,
    StockMoved,
    StockShifted,
)
from sync.hub.benefit_effects import QUOTA, Benefit, BenefitEffects
from sync.hub.judging import Source, Touched, Unfit
from sync.hub.pay_effects import PayEffects
from sync.hub.pick_effects import PickEffects
from sync.hub.return_effects import ReturnEffects
from sync.hub.sale_effects import SaleEffects
from sync.hub.stock_effects import StockEffects
from sync.hub.ticket_effects import HeardUp, TicketEffects
from sync.hub.working_rows import OrderRow, PickupRow
from sync.hub.working_set import WorkingSet
from sync.messages import (
    STATES,
    DrawerClosed,
    DrawerOpened,
    HandedLine,
    LeaseReturned,
    OrderAdvanced,
    PickupAnnulled,
    PickupCollected,
    Up,
)
from sync.paying_words import PaymentFinal, PaymentRefunded, PayUp
from sync.picks import PickFinished, PickShorted, PickSubstituted, PicksUp
from sync.returning import ReturnAccepted
from sync.selling import (
    BasketVoided,
    CashCounted,
    CashMoved,
    SaleCompleted,
    Selling,
    ShiftClosed,
    ShiftOpened,
)

CANCELLED, PICKED_UP, EXPIRED = "cancelled", "picked_up", "expired"
_ENDED = frozenset({EXPIRED, "restocked", "rejected"})
"""States in which a store has put an order away. A renewal opens it again, at both ends."""


def order_of(fact: Up) -> str:
    """The order that a fact is about; "" where it is about none."""
    match fact:
        case PickupCollected() | PickupAnnulled() | OrderAdvanced() | LeaseReturned():
            return fact.order
        case PickShorted() | PickSubstituted() | PickFinished():
            return fact.order
        case _:
            return ""


_SUBJECTS: Mapping[type[Any], str] = {
    SaleCompleted: "sale",
    ShiftClosed: "shift",
    ReturnAccepted: "ref",
    **dict.fromkeys((PaymentFinal, PaymentRefunded), "number"),
    **dict.fromkeys((StockMoved, StockCounted, StockShifted, StockAlarmed, DemandLost), "sku"),
    **dict.fromkeys((CouponRedeemed, CouponReleased), "coupon"),
    GrantReturned: "grant",
    **dict.fromkeys((DepositUsed, DepositReleased), "deposit"),
    **dict.fromkeys((PointsEarned, PointsSpent, MemberChange, MemberErased, MemberRevealed), "member"),
}


def subject_of(fact: Up) -> str:
    """The product, sale, coupon, grant or member that a fact is about; "" where it is about an order, or a drawer."""
    field = _SUBJECTS.get(type(fact))
    return str(getattr(fact, field)) if field else ""


StockFact = StockShifted | StockAlarmed | StockChecked | DemandLost


class Effects:
    """Applies one fact to the rows in memory; a fact that cannot be taken in raises Unfit before or amid that."""

    def __init__(self, rows: WorkingSet, source: Source, touched: Touched) -> None:
        self._rows = rows
        self._from = source
        self.touched = touched
        self._stock = StockEffects(rows, source, self.touched, self._about_product)

    def apply(self, fact: Up) -> str:
        """Returns "" or the code of the contradiction; raises Unfit."""
        match fact:
            case PickupCollected():
                return self._collected(fact)
            case PickupAnnulled():
                return self._annulled(fact)
            case OrderAdvanced():
                return self._advanced(fact)
            case LeaseReturned():
                return self._returned(fact)
            case DrawerOpened() | DrawerClosed() | ItemUnrecognised():
                return ""  # kept for those who audit or look after the catalogue; nothing else follows
            case StockMoved():
                return self._moved(fact)
            case StockCounted():
                self._stock.counted(fact)
                return ""
            case _:
                return self._beyond(fact)

    def _beyond(
        self, fact: Selling | ReturnAccepted | StockFact | PicksUp | PayUp | HeardUp | Benefit
    ) -> str:
        if isinstance(fact, HeardUp):
            return TicketEffects(self._rows, self._from).apply(fact)
        match fact:
            case (
                SaleCompleted() | BasketVoided() | ShiftOpened() | CashMoved() | CashCounted() | ShiftClosed()
            ):
                return SaleEffects(self._rows.sales, self._from, self._stock).apply(fact)
            case ReturnAccepted():
                sales = self._rows.sales
                self._rows.returns.told(fact.ref, sales.known, sales.lines)
                return ReturnEffects(self._rows.returns, self._from, self._stock, self.touched).apply(fact)
            case (StockShifted() | StockAlarmed() | StockChecked() | DemandLost()) | (
                PickShorted() | PickSubstituted() | PickFinished()
            ):
                return PickEffects(self._rows, self._from, self._about_product, self._strange).apply(fact)
            case PaymentFinal() | PaymentRefunded():
                return PayEffects(self._rows, self._from).apply(fact)
            case _:
                return self._benefits().apply(fact)

    def _benefits(self) -> BenefitEffects:
        return BenefitEffects(self._rows.benefits, self._from, self.touched)

    def open_case(self, code: str, fact: Up) -> str:
        """Opens a case for people; returns its name."""
        return self._case(code, (order_of(fact), subject_of(fact)))

    def _about_product(self, code: str, sku: str) -> str:
        return self._case(code, ("", sku))

    def _case(self, code: str, about: tuple[str, str]) -> str:
        return self._rows.open_case(code, about, self._from.stream, self._from.seq, self._from.at)

    def _moved(self, fact: StockMoved) -> str:
        if not fact.qty or (fact.grant and fact.qty > 0):
            raise Unfit("BAD_FACT")
        self._stock.move(fact.sku, fact.qty, fact.reason)
        return self._benefits().spend(fact.grant, QUOTA, fact.sku, -fact.qty) if fact.grant else ""

    def _collected(self, fact: PickupCollected) -> str:
        if min([line.qty for line in fact.lines], default=1) <= 0:
            raise Unfit("BAD_FACT")
        if fact.pickup in self._rows.pickups:
            raise Unfit("DUPLICATE_PICKUP")
        source = self._from
        where = (source.store, fact.gen, fact.unit, source.stream, source.seq)
        row = PickupRow(fact.pickup, fact.order, *where, annulled=False, lines=list(fact.lines), new=True)
        self._rows.pickups[fact.pickup] = row
        self._move(fact.lines, -1)
        order, code = self._own_order(fact.order)
        if order is None:
            return code
        again = bool(fact.unit) and self._rows.units_taken(fact.order, fact.gen, fact.unit, fact.pickup)
        strays = self._hand(fact.order, fact.lines, 1)
        if fact.state == PICKED_UP:
            self._settle_command(fact.order, "collected")
        if order.state == CANCELLED:
            return "COLLECTED_AFTER_CANCEL"
        self._state(order, fact.state)
        if fact.gen != order.gen:
            return "COLLECTED_OLD_GEN" if fact.gen < order.gen else "GEN_AHEAD"
        if again or self._over(fact.order):
            return "HANDED_TWICE"
        return "UNKNOWN_LINE" if strays else ""

    def _annulled(self, fact: PickupAnnulled) -> str:
        known = self._rows.pickups.get(fact.pickup)
        if known is None or known.store != self._from.store:
            raise Unfit("UNKNOWN_PICKUP")
        if known.annulled:
            raise Unfit("ANNULLED_TWICE")
        said, recorded = ([(h.line, h.sku, h.qty) for h in lines] for lines in (fact.lines, known.lines))
        if sorted(said) != sorted(recorded):
            raise Unfit("LINES_DIFFER")
        known.annulled = True
        if not known.new:
            self._rows.annulled.add(known.pickup)
        self._move(fact.lines, 1)
        order, _ = self._own_order(known.order_no)
        if order is None:
            return ""
        self._hand(known.order_no, fact.lines, -1)
        if order.state != CANCELLED:
            self._state(order, fact.state)
        return ""

    def _advanced(self, fact: OrderAdvanced) -> str:
        order, code = self._own_order(fact.order)
        if order is None:
            return code
        if order.state == CANCELLED:
            return "" if fact.state == CANCELLED else "ADVANCED_AFTER_CANCEL"
        # Put away before the store heard of the renewal: it opens the order again when it does, so the present
        # state stands. Work on an older generation is carried over by the store, and so it is here.
        if fact.gen < order.gen and fact.state in _ENDED:
            return "ADVANCED_OLD_GEN"
        self._state(order, fact.state, fact.shelf)
        return ""

    def _returned(self, fact: LeaseReturned) -> str:
        order, code = self._own_order(fact.order)
        if order is None:
            known = self._rows.orders.get(fact.order)
            # Given back after HQ had given it to another store: late, and just what was hoped for.
            return "" if known is not None and fact.gen < known.gen else code
        self._settle_command(fact.order, "returned")
        if order.state == PICKED_UP:
            return "RETURNED_AFTER_COLLECT"
        order.cancel = "returned"
        self._rows.changed_orders.add(order.order_no)
        self._state(order, CANCELLED)
        return ""

    def _own_order(self, order_no: str) -> tuple[OrderRow | None, str]:
        """The order if it is this store's, else why not: no store changes another's order."""
        row = self._rows.orders.get(order_no)
        if row is None:
            return None, "UNKNOWN_ORDER"
        return (row, "") if row.store == self._from.store else (None, "WRONG_STORE")

    def _strange(self, order_no: str) -> str:
        return self._own_order(order_no)[1]

    def _state(self, order: OrderRow, state: str, shelf: str = "") -> None:
        if state not in STATES:
            raise Unfit("BAD_FACT")
        if (state, shelf or order.shelf) != (order.state, order.shelf):
            order.state, order.shelf = state, shelf or order.shelf
            self._rows.changed_orders.add(order.order_no)
        self.touched.orders.add(order.order_no)

    def _settle_command(self, order_no: str, outcome: str) -> None:
        settled = self._rows.waiting.pop(order_no, [])
        self._rows.settled.update(dict.fromkeys(settled, outcome))
        self.touched.cmds.update(settled)
        order = self._rows.orders[order_no]
        # Why an order was cancelled stays: by that HQ knows whether it may be leased elsewhere.
        if settled and order.state != CANCELLED:
            order.cancel = ""
            self._rows.changed_orders.add(order_no)

    def _hand(self, order_no: str, lines: tuple[HandedLine, ...], sign: int) -> int:
        """Adds to the handed quantities; returns how many lines the order does not have."""
        strays, there = 0, self._rows.lines.get(order_no, {})
        for line in lines:
            known = there.get(line.line)
            if known is None or known.sku != line.sku:
                strays += 1
                continue
            known.handed += sign * line.qty
            self._rows.changed_lines.add((order_no, line.line))
        return strays

    def _over(self, order_no: str) -> bool:
        return any(line.handed > line.qty for line in self._rows.lines.get(order_no, {}).values())

    def _move(self, lines: tuple[HandedLine, ...], sign: int) -> None:
        """Books stock movements of sign x qty."""
        for pos, line in enumerate(lines):
            self._stock.move(line.sku, sign * line.qty, "pickup", pos)
