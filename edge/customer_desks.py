"""The desks for customers put together: coupons, members, what a sale earns; and the line on which they ask HQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.schema import Settings
from edge.crypto import signer, verifier
from edge.desks.benefits import BenefitDesk
from edge.desks.coupon_holds import CouponHolds
from edge.desks.coupon_reading import CouponReader, RuleBook
from edge.desks.coupons import CouponDesk
from edge.desks.customers import Customers
from edge.desks.members import MemberDesk
from edge.desks.price_rules import PriceRuleDesk
from edge.desks.repurchase import RepurchaseDesk
from edge.desks.status import Poke, StatusDesk
from edge.hq_line import credential
from edge.records.books import Books
from edge.records.price_rules import PriceRules

if TYPE_CHECKING:
    from sync.asked import AtHq
    from sync.asking import HqAsk


def customer_desks(
    settings: Settings,
    books: Books,
    status: StatusDesk,
    poke: Poke,
    *,
    at_hq: AtHq | None = None,
    rules: RuleBook | None = None,
) -> Customers:
    """Makes the desks; `at_hq` is given only where HQ is in the same process (tests)."""
    asks = at_hq or asks_of(settings, books)
    book = rules or PriceRuleDesk(PriceRules(books.ledger), status)
    reader = CouponReader(books, status, settings.store.id, verifier, asks, book, settings.selling)
    coupons = CouponDesk(books, reader, CouponHolds(books, reader, status), status, poke)
    store = settings.store.id
    benefits = BenefitDesk(books, store, status, poke)
    members = MemberDesk(books, status, poke, store, verifier, asks, book, coupons, benefits)
    repurchase = RepurchaseDesk(books, status, store, asks, signer)
    return Customers(coupons, members, repurchase)


def asks_of(settings: Settings, books: Books) -> HqAsk | None:
    """A line of its own with a deadline of its own; None where the store has no HQ."""
    from sync.asked import ASK_S
    from sync.asking import HqAsk
    from sync.transport import HttpTransport

    hq = settings.hq
    if not hq.url:
        return None
    deadline = min(ASK_S, hq.timeout_s)

    def line() -> HttpTransport:
        return HttpTransport(hq.url, credential(hq, books), deadline, hq.ca_file)

    return HqAsk(line, deadline)
