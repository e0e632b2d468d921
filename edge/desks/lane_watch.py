"""Every kiosk as staff see it from their desk, and what they may do there without walking."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import moment_of
from edge.desks.lane_checkout import LaneCheckout
from edge.desks.lane_places import LanePlaces
from edge.desks.lane_showing import LaneShowing
from edge.domain.lane_session import PAY_PLACES, Here, Place
from edge.domain.lane_views import LaneTile
from edge.domain.refusals import NotAllowed
from edge.domain.staff import Act, Operator

_WORDS = {
    Place.ATTRACT: "free",
    Place.DONE: "free",
    Place.FEEDBACK: "free",
    Place.PARKED: "free",
    Place.CLOSED: "closed",
    Place.UNKNOWN: "unclear",
    Place.INTERVENTION: "checking",
}


@dataclass(frozen=True)
class LaneWatch:
    """Shows no member and no goods: how busy a kiosk is, and who waits there."""

    places: LanePlaces
    checkout: LaneCheckout
    showing: LaneShowing

    def tiles(self) -> tuple[LaneTile, ...]:
        """Every kiosk, by name."""
        calls = [one.station for one in self.checkout.tickets.queue()]
        return tuple(self._tile(station, calls.count(station)) for station in self.places.all())

    def pause(self, station: str, operator: Operator, *, on: bool) -> None:
        """Nobody begins there any more, or again; whoever is there goes on. Raises NotAllowed, UnknownThing."""
        if not operator.may(Act.SELL):
            raise NotAllowed
        self.places.pause(station, operator, on=on)

    def free(self, station: str, operator: Operator, nonce: str) -> Here:
        """Lets the next shopper in while a payment is unclear: it is clarified all the same, and never taken twice.

        Raises NothingUnclear, LaneMovedOn, NotAllowed.
        """
        if not operator.may(Act.SELL):
            raise NotAllowed
        return self.checkout.free(station, operator, nonce)

    def _tile(self, station: str, calls: int) -> LaneTile:
        view = self.showing.view(station, self.places.here(station))
        paying = "paying" if view.place in PAY_PLACES else "shopping"
        at, paused = view.here.entered_at, view.closed == "paused"
        since = int((self.places.status.now() - moment_of(at)).total_seconds()) if at else 0
        word = "paused" if paused and view.place is Place.CLOSED else _WORDS.get(view.place, paying)
        names = view.station.label_zh, view.station.label_en
        return LaneTile(station, *names, word, view.units, view.total_fen, since, calls, paused)
