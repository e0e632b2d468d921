"""A kiosk's receipt: on paper when it is asked for, on a phone by a QR of HQ's page, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.desks.lane_places import LanePlaces
from edge.desks.sale_booking import SaleBooking
from edge.domain.lane_session import Act, Here, Place
from edge.domain.lane_views import Papers
from edge.domain.refusals import BadRequest
from edge.domain.selling import Sale

CHOICES = frozenset({"print", "phone"})
_BROKEN = frozenset({"blocked", "absent", "offline", "out_of_paper", "cover_open"})


@dataclass(frozen=True)
class LanePaper:
    """`phone` gives the text of the QR for a receipt's number, "" where HQ has no such page."""

    places: LanePlaces
    booking: SaleBooking
    phone: Callable[[str], str]

    def printer_works(self, station: str) -> bool:
        """Whether a receipt can be printed here now; a printer that was not heard of yet is believed in."""
        name = self.booking.printer(station)
        states = {health.name: health.state for health in self.places.status.devices()}
        return bool(name) and states.get(name, "") not in _BROKEN

    def papers(self, station: str, sale: Sale, chosen: str) -> Papers:
        """How the receipt of a sale can be had, and what stands beside it."""
        return Papers(
            printer=self.printer_works(station),
            phone=self.phone(sale.receipt),
            chosen=chosen,
            coupon=sale.claim,
            invoice=self.booking.invoice(sale.receipt),
        )

    def choose(self, station: str, how: str) -> Here:
        """Print | phone; printed once, however often it is asked for."""
        here = self.places.here(station)
        if how not in CHOICES or here.place not in {Place.DONE, Place.FEEDBACK}:
            raise BadRequest(why="paper")
        sale = self.places.books.sales.by_id(here.said("sale"))
        if how == "print" and sale is not None:
            self.booking.print_now(sale)
        self.places.move(station, Act.TOUCH)
        return self.places.move(station, Act.NOTE, {"paper": how})
