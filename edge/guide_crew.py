"""The guide screens put together: their desks over the books, the line on which they ask HQ, the files they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from config.schema import Settings
from edge.customer_desks import asks_of
from edge.desks.catalogue import CatalogueDesk
from edge.desks.counter_display import CounterDisplay
from edge.desks.front import Front
from edge.desks.guide import GuideDesk
from edge.desks.guide_counts import ScreenCounts
from edge.desks.guide_goods import GuideGoods
from edge.desks.guide_order_money import OrderMoney
from edge.desks.guide_order_wishes import OrderWishes
from edge.desks.guide_paying import GuidePaying
from edge.desks.guide_phone import GuidePhone
from edge.desks.guide_places import GuidePlaces
from edge.desks.guide_prices import GuidePrices
from edge.desks.guide_showing import GuideShowing
from edge.desks.guide_shows import GuideShows
from edge.desks.media import MediaShelf
from edge.desks.price_rules import PriceRuleDesk
from edge.desks.sale_scans import SaleRoom
from edge.desks.status import Poke
from edge.desks.tender import TenderDesk
from edge.domain.idle import Waits
from edge.records.guide import GuideRows
from edge.records.guide_orders import GuideOrders
from edge.records.price_rules import PriceRules

if TYPE_CHECKING:
    from edge.store import Store
    from sync.guiding import ScreensAtHq
    from sync.ordering import OrdersAtHq

    class AtHq(ScreensAtHq, OrdersAtHq, Protocol):
        """HQ as guide screens ask it."""


MEDIA = "media"
"""The folder of HQ's pictures and videos, beside the books."""


def guide_desk(
    settings: Settings,
    catalogue: CatalogueDesk,
    front: Front,
    sales: SaleRoom,
    tender: TenderDesk,
    poke: Poke,
    *,
    at_hq: AtHq | None = None,
) -> GuideDesk:
    """Makes the desks; `at_hq` is given only where HQ is in the same process (tests)."""
    books, status, members = catalogue.books, catalogue.status, sales.customers.members
    rules, rows, store = settings.guide, GuideRows(books.ledger), settings.store.id
    waits = Waits(**msgspec.structs.asdict(settings.screens.idle))
    prices = GuidePrices(store, PriceRuleDesk(PriceRules(books.ledger), status))
    goods = GuideGoods(books, rows, status, catalogue, prices, rules)
    counts = ScreenCounts(books, rows, status, poke, rules.counts_minutes)
    shelf = MediaShelf(books.hq.path.with_name(MEDIA), rules.media_mb << 20)
    shows = GuideShows(books, status, prices, counts, rules, shelf.file, shelf.plays)
    asks = at_hq or asks_of(settings, books)
    phone = GuidePhone(books, status, store, asks)
    places = GuidePlaces(books, status, catalogue, rows, goods, counts, poke, waits, [])
    showing = GuideShowing(books, goods, shows, phone, members, front.tickets)
    display = CounterDisplay(books, sales, tender, shows)
    answers = (members, front.tickets, front.feedback)
    money = OrderMoney(books, GuideOrders(books.ledger), tender, sales.shifts, store, poke)
    wishes = OrderWishes(goods, members, money, asks)
    pay = GuidePaying(places, wishes, money, front.tickets, sales.shifts.staff)
    return GuideDesk(places, showing, goods, phone, *answers, shelf, display, pay)


def scans_at_guides(store: Store, others: Callable[[str, str, str], bool]) -> Callable[[str, str, str], bool]:
    """Gives a guide screen's scans to the order that is paid there, and everybody else's to whom they belonged."""

    def takes(station: str, text: str, nonce: str) -> bool:
        return store.guide.pay.takes(station, text, nonce) or others(station, text, nonce)

    return takes
