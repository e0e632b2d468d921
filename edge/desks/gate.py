"""The gate before a hand-over: every reason to say no, in the order in which a person should hear them."""

from __future__ import annotations

from datetime import timedelta

from edge.clock import moment_of, stamp
from edge.desks.staff import StaffDesk
from edge.desks.status import StatusDesk
from edge.domain.handover import RESTRICTED
from edge.domain.orders import PREPARING, Fulfilment, Order, OrderState
from edge.domain.refusals import (
    AlreadyCollected,
    Busy,
    CancelPending,
    Expired,
    NeedsStaff,
    NotAllowed,
    NotReady,
    OrderCancelled,
    UnknownThing,
)
from edge.domain.staff import Act, Operator
from edge.domain.views import RedeemRequest
from edge.records.books import Books

_GONE = frozenset({OrderState.CANCELLED, OrderState.REJECTED})
_LAPSED = frozenset({OrderState.EXPIRED, OrderState.RESTOCKED})


class Gate:
    """Reads, decides, refuses; changes nothing."""

    def __init__(self, books: Books, staff: StaffDesk, status: StatusDesk, lock_s: int) -> None:
        """`lock_s`: how long a reservation lasts, seconds."""
        self._lock = timedelta(seconds=lock_s)
        self._books = books
        self._staff = staff
        self._status = status

    def check(self, order: Order, fulfilment: Fulfilment, unit: int, station: str) -> None:
        """Raises the refusal that applies, if any."""
        state = fulfilment.state
        if state in _GONE:
            raise OrderCancelled
        if state is OrderState.PICKED_UP or (unit and unit in fulfilment.units_handed):
            raise self.already(order.order, unit)
        if state is OrderState.CANCEL_REQUESTED or self._books.replica.open_command(order.order):
            raise CancelPending
        if state in _LAPSED or (order.hold_until and order.hold_until < stamp(self._status.now())):
            raise Expired(until=self._local(order.hold_until))
        if state in PREPARING:
            raise NotReady(ready_by=self._local(order.ready_by))
        if state is OrderState.HANDING and fulfilment.claimed_by != station:
            self._busy(fulfilment)

    def settled(
        self, order: Order, fulfilment: Fulfilment, request: RedeemRequest, operator: Operator
    ) -> None:
        """What only a person can settle: the balance due, an age check, an ended lease."""
        if self.lead_only(order) is not None:
            if not request.forced:
                zh, en = self.lead_only(order) or ("", "")
                raise NeedsStaff(why_zh=zh, why_en=en)
            if not operator.may(Act.FORCE):
                raise NotAllowed
        kind = self._staff.station(operator.station).kind
        if kind == "guide":
            raise NeedsStaff(why_zh="此处不办理取货", why_en="orders are not collected here")
        first = not any(fulfilment.handed.values())
        # Only where staff stand can anybody say that the balance was taken.
        if order.due_fen and first and not (request.settled and kind == "cashier"):
            due = f"¥{order.due_fen / 100:.2f}"
            raise NeedsStaff(why_zh=f"尚有尾款 {due} 未付", why_en=f"{due} is still to be paid")
        if kind == "cashier":
            return
        if any(RESTRICTED & set(line.flags) for line in order.lines):
            raise NeedsStaff(why_zh="含酒类等限龄商品，需核对", why_en="age-restricted goods need a check")

    def lead_only(self, order: Order) -> tuple[str, str] | None:
        """Why only a lead may still hand this order over, in zh and en; None when anybody may."""
        if order.lease_until and order.lease_until < stamp(self._status.now()):
            return ("总部预留已到期", "head office's reservation has ended")
        return None

    def already(self, order_id: str, unit: int) -> AlreadyCollected:
        """The refusal that says when and where the goods went."""
        row = self._books.pickups.last_of(order_id, unit) or self._books.pickups.last_of(order_id, 0)
        if row is None:
            return AlreadyCollected(at="—", station_zh="其他渠道", station_en="elsewhere")
        zh, en = self._labels(row.station)
        return AlreadyCollected(at=self._local(row.at), station_zh=zh, station_en=en)

    def _busy(self, fulfilment: Fulfilment) -> None:
        # Only a lock of a length that we give: one that reaches further was made while the clock was wrong.
        now = self._status.now()
        until = moment_of(fulfilment.claimed_until) if fulfilment.claimed_until else now
        if not now < until <= now + self._lock:
            return
        zh, en = self._labels(fulfilment.claimed_by)
        raise Busy(station_zh=zh, station_en=en)

    def _labels(self, station: str) -> tuple[str, str]:
        try:
            found = self._staff.station(station)
        except UnknownThing:
            return station, station
        return found.label_zh, found.label_en

    def _local(self, moment: str) -> str:
        return f"{self._status.local(moment_of(moment)):%m-%d %H:%M}" if moment else "—"
