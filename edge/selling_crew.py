"""Selling put together: baskets, checkout and shifts over the other desks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import urlencode

from config.schema import Settings
from edge.crypto import signer, verifier
from edge.desks.basket_deposits import BasketDeposits
from edge.desks.basket_work import BasketWork
from edge.desks.benefits import BenefitDesk
from edge.desks.catalogue import CatalogueDesk
from edge.desks.checkout import CheckoutDesk
from edge.desks.customers import Customers
from edge.desks.deposits import DepositDesk
from edge.desks.open_money import OpenMoney
from edge.desks.own_codes import own_codes
from edge.desks.price_rules import PriceRuleDesk
from edge.desks.quoting import Quoting, Source
from edge.desks.sale_booking import SaleBooking
from edge.desks.sale_scans import SaleRoom
from edge.desks.selling import SellingDesk
from edge.desks.shifts import ShiftDesk
from edge.desks.tender import TenderDesk
from edge.desks.till import Till
from edge.records.books import Books
from edge.records.price_rules import PriceRules


def sale_room(
    settings: Settings,
    till: Till,
    tender: TenderDesk,
    customers: Customers,
    benefits: BenefitDesk,
    source: Source | None = None,
) -> SaleRoom:
    """Makes the desks; `source` gives the price rules of a moment, HQ's where it is not given."""
    printing, staff = till.outlet.printing, till.outlet.staff
    books, status, poke = printing.books, printing.status, printing.poke
    rules, store, coupons = settings.selling, settings.store.id, customers.coupons
    told = source or PriceRuleDesk(PriceRules(books.ledger), status).at
    deposits = DepositDesk(books, status, store, verifier)
    quoting = Quoting(books, store, rules, told, status, benefits, coupons, deposits)
    work = BasketWork(books, rules, quoting, status, poke)
    booking = SaleBooking(
        books,
        store,
        rules,
        work,
        quoting,
        coupons,
        customers.repurchase,
        staff,
        printing,
        vouched(settings, books, settings.selling.invoice_url),
    )
    checkout = CheckoutDesk(books, work, quoting, coupons, tender, booking)
    return SaleRoom(
        SellingDesk(books, work, coupons, poke, rules, quoting, till.weighing, status),
        checkout,
        ShiftDesk(books, store, rules, staff, status, poke),
        customers,
        BasketDeposits(work, deposits),
        CatalogueDesk(books, status, own_codes(settings)),
        OpenMoney(checkout),
    )


def vouched(settings: Settings, books: Books, url: str, kind: str = "") -> Callable[[str], str]:
    """Texts for a QR that leads to HQ's page `url`: the receipt's number, and that this box vouches for it.

    Signed (Ed25519, base64url) over `kind` and `store|receipt` by the key the box was enrolled with; "" where there is
    no page or no key. `kind` keeps what is signed for one page from being good for another.
    """

    def text(receipt: str) -> str:
        box = books.enrolments.now() if url else None
        if box is None:
            return ""
        store = settings.store.id
        mark = signer(box.seed.hex())(f"{kind}{store}|{receipt}".encode())
        sig = base64.urlsafe_b64encode(mark).decode().rstrip("=")
        return f"{url}?{urlencode({'s': store, 'r': receipt, 'd': box.device, 'g': sig})}"

    return text
