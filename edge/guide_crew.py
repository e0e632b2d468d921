"""The guide screens put together: their desks over the books, the line on which they ask HQ, the files they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from config.schema import Settings
from edge.customer_desks import asks_of
from edge.desks.catalogue import CatalogueDesk
from edge.desks.counter_display import CounterDisplay
from edge.desks.front import Front
from edge.desks.guide import GuideDesk
from edge.desks.guide_counts import ScreenCounts
from edge.desks.guide_goods import GuideGoods
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
from edge.records.price_rules import PriceRules

if TYPE_CHECKING:
    from sync.guiding import ScreensAtHq

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
    at_hq: ScreensAtHq | None = None,
) -> GuideDesk:
    """Makes the desks; `at_hq` is given only where HQ is in the same process (tests)."""
    books, status, members = catalogue.books, catalogue.status, sales.customers.members
    rules, rows, store = settings.guide, GuideRows(books.ledger), settings.store.id
    waits = Waits(**msgspec.structs.asdict(settings.screens.idle))
    prices = GuidePrices(store, PriceRuleDesk(PriceRules(books.ledger), status))
    goods = GuideGoods(books, rows, status, catalogue, prices, rules)
    counts = ScreenCounts(books, rows, status, poke, rules.counts_minutes)
    shelf = MediaShelf(books.hq.path.with_name(MEDIA), rules.media_mb << 20)
    shows = GuideShows(books, status, prices, counts, rules, shelf.file)
    phone = GuidePhone(books, status, store, at_hq or asks_of(settings, books))
    places = GuidePlaces(books, status, catalogue, rows, goods, counts, poke, waits, [])
    showing = GuideShowing(books, goods, shows, phone, members, front.tickets)
    display = CounterDisplay(books, sales, tender, shows)
    answers = (members, front.tickets, front.feedback)
    return GuideDesk(places, showing, goods, phone, *answers, shelf, display)
