"""Orders at a kiosk: a code shown or typed, the goods from a box or from the counter, a call for staff."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from edge.desks.hand_over import HandOverDesk
from edge.desks.lane_boxes import LaneBoxes
from edge.desks.lane_places import SELF, LanePlaces, shopper_at
from edge.desks.pickup import PickupDesk
from edge.desks.tickets import TicketDesk
from edge.desks.tries import Tries
from edge.domain.lane_refusals import PickupDigits
from edge.domain.lane_session import Act, Here
from edge.domain.lane_views import Collected
from edge.domain.refusals import InvalidCode, NeedsStaff
from edge.domain.tickets import TicketKind
from edge.domain.views import Found, RedeemRequest

_EIGHT = re.compile(r"[0-9]{8}")
_TEN = re.compile(r"[0-9]{10}")


@dataclass(frozen=True)
class LanePickup:
    """What can stand against a hand-over is said by store.pickup; no name is shown, only the order's tail."""

    places: LanePlaces
    pickup: PickupDesk
    hand_over: HandOverDesk
    tickets: TicketDesk
    boxes: LaneBoxes
    tries: Tries
    """The same count as of every number that is typed at this terminal."""

    def shown(self, station: str, text: str, nonce: str) -> Here:
        """A pickup code under the scanner: nothing has to be touched. Raises what looking and handing over raise."""
        return self._collect(station, text, self.pickup.look(text, shopper_at(station)), nonce)

    def typed(self, station: str, text: str, nonce: str) -> Here:
        """Eight digits, or ten: a code of six and the end of the phone number, which alone finds nothing.

        Raises PickupDigits, InvalidCode in the same words whatever is wrong, TooManyTries.
        """
        digits = "".join(text.split())
        if _EIGHT.fullmatch(digits):
            return self._collect(station, digits, self.pickup.look(digits, shopper_at(station)), nonce)
        if not _TEN.fullmatch(digits):
            raise PickupDigits
        digits, tail = digits[:6], digits[6:]
        scope = f"code:{station}"
        self.tries.check(scope)
        found = self.places.books.replica.order_ids_by_code(digits)
        order = self.places.books.replica.order(found[0]) if found else None
        if order is None or order.phone_tail != tail:
            self.tries.wrong(scope)
            raise InvalidCode
        # Without a code of its own for a hand-over: staff bring it, also from a box.
        return self._collect(station, "", self.pickup.look_up(order, shopper_at(station)), nonce)

    def collected(self, here: Here) -> Collected | None:
        """The order that the kiosk shows."""
        if not here.said("order"):
            return None
        return Collected(
            here.said("order"),
            int(here.said("units") or 0),
            here.said("at_shelf"),
            int(here.said("box") or 0),
            bool(here.said("stuck")),
        )

    def _collect(self, station: str, code: str, found: Found, nonce: str) -> Here:
        box = self.boxes.of(found.shelf) if code else 0
        units = sum(line.left for line in found.lines)
        told = {"order": found.order.tail, "units": str(units)}
        wish = hashlib.sha256(f"{nonce}:{found.order.order}".encode()).hexdigest()[:32]
        if not box or not self._released(station, code, wish):
            order = found.order.order
            called = self.tickets.open(TicketKind.BRING, station, SELF, f"pickup:{wish}", order=order)
            # No `help` of the page's: it stands until somebody saw to it, also when the page is left.
            return self.places.move(station, Act.COLLECT, {**told, "brings": called.ticket})
        told |= {"box": str(box), "at_shelf": found.shelf}
        if not self.boxes.unlock(box):
            called = self.tickets.open(TicketKind.HELP, station, SELF, f"box:{wish}")
            told |= {"stuck": "yes", "brings": called.ticket}
        return self.places.move(station, Act.COLLECT, told)

    def _released(self, station: str, code: str, wish: str) -> bool:
        """Handed over before its box opens: one that opens twice is worse than one that a person has to open. False:
        a person has to settle something first."""
        try:
            self.hand_over.redeem(RedeemRequest(nonce=f"box:{wish}", code=code), shopper_at(station))
        except NeedsStaff:
            return False
        return True
