"""Returns put together: the return desk over sales, payments, coupons and, for purchases elsewhere, HQ."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from config.schema import Settings
from edge.customer_desks import asks_of
from edge.desks.customers import Customers
from edge.desks.purchases import PurchaseDesk
from edge.desks.return_booking import ReturnBooking
from edge.desks.return_work import ReturnWork
from edge.desks.returns import ReturnDesk
from edge.desks.sale_scans import SaleRoom
from edge.desks.tender import TenderDesk
from edge.desks.till import Till
from edge.store import Store

if TYPE_CHECKING:
    from sync.returning import ReturnsAtHq


def return_desk(
    settings: Settings,
    till: Till,
    tender: TenderDesk,
    customers: Customers,
    sales: SaleRoom,
    at_hq: ReturnsAtHq | None = None,
) -> ReturnDesk:
    """Makes the desk; `at_hq` is given only where HQ is in the same process (tests)."""
    printing, staff = till.outlet.printing, till.outlet.staff
    books, status, poke = printing.books, printing.status, printing.poke
    rules, store = settings.selling, settings.store.id
    purchases = PurchaseDesk(books, status, store, at_hq or asks_of(settings, books))
    booking = ReturnBooking(books, store, rules, staff, tender.back, status)
    quoting = sales.selling.quoting
    return ReturnDesk(
        books,
        rules,
        purchases,
        quoting,
        customers.coupons,
        tender.back,
        booking,
        status,
        poke,
        sales.selling,
        printing,
    )


def takes_of(store: Store) -> Callable[[str, str, str], bool]:
    """Gives a device's scan to the basket at its station or else to the return there; False: it is neither's."""

    def takes(station: str, text: str, nonce: str) -> bool:
        return store.sales.takes(station, text, nonce) or store.return_work.takes(station, text, nonce)

    return takes


def return_work(desk: ReturnDesk, sales: SaleRoom) -> ReturnWork:
    """Makes the desk where returns are counted."""
    return ReturnWork(desk, sales.catalogue.rules)
