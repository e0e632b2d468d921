"""The guide desk: what the shopper's screen shows, a pure function of the tables and the last scan."""

from __future__ import annotations

from dataclasses import dataclass

from config.playlists import slide_at
from edge.clock import moment_of
from edge.desks.catalogue import CatalogueDesk
from edge.desks.status import StatusDesk
from edge.domain.guide_views import FrameKind, GuideFrame, SlideView, StockWord
from edge.domain.scanned import ScanKind
from edge.domain.scanned_refusals import GoodsUnknown
from edge.domain.stock import FEW
from edge.records.books import Books
from edge.records.replica import ProductRow

SHOWN_S = 90
"""How long a scanned product stays on the screen."""
STALE_S = 15 * 60
"""HQ's stock older than this is not promised to shoppers any more."""
_DESKS = frozenset({ScanKind.PICKUP, ScanKind.PICKUP_DIGITS, ScanKind.COUPON, ScanKind.MEMBER, ScanKind.CARD})
"""What a shopper shows that a person at the desk must see."""


@dataclass(frozen=True)
class GuideDesk:
    """Products for shoppers."""

    books: Books
    status: StatusDesk
    catalogue: CatalogueDesk

    def frame(self, station: str) -> GuideFrame:
        """What the screen of this station shows now."""
        line = self.status.line()
        row = self.books.scans.newest(station)
        if row is None or (self.status.now() - moment_of(row.at)).total_seconds() > SHOWN_S or row.handled_at:
            return GuideFrame(FrameKind.ATTRACT, station, line, slide=self._slide(station))
        if ScanKind(row.kind) in _DESKS:
            return GuideFrame(FrameKind.DESK, station, line, scan=row.id)
        try:
            product = self.catalogue.by_code(self.catalogue.read(row.text), judge=False)
        except GoodsUnknown:
            return GuideFrame(FrameKind.UNKNOWN, station, line, scan=row.id)
        on_hand = product.on_hand
        age_s = self._stock_age_s()
        return GuideFrame(
            kind=FrameKind.PRODUCT,
            station=station,
            line=line,
            sku=product.sku,
            gtin=product.gtin,
            name_zh=product.name_zh,
            name_en=product.name_en,
            category=product.category,
            picture=product.picture,
            price_fen=product.scanned_fen() or product.fen,
            on_hand=on_hand,
            stock=_word(on_hand, age_s),
            stock_age_s=age_s,
            scan=row.id,
        )

    def _slide(self, station: str) -> SlideView | None:
        """The slide of HQ's playlist that is on now; one of a product that is not sold here is shown without it."""
        slide = slide_at(self.books.playlists.slides(station), int(self.status.now().timestamp()))
        if slide is None:
            return None
        words = (slide.title_zh, slide.title_en, slide.text_zh, slide.text_en)
        goods = self.books.replica.product(slide.sku) if slide.sku else None
        if goods is None:
            return SlideView(*words)
        return SlideView(*words, goods.sku, goods.category, goods.fen)

    def product(self, code: str) -> ProductRow | None:
        """A product by GTIN or SKU, for pictures and price checks."""
        return self.books.replica.product(code)

    def on_hand(self, sku: str) -> int | None:
        """Units of a product in this store: HQ's base, our own pending movements, what was counted."""
        return self.books.shelf.level(sku)

    def _stock_age_s(self) -> float | None:
        at = self.books.replica.consistent_at(":stock")
        return max(0.0, (self.status.now() - moment_of(at)).total_seconds()) if at else None


def _word(on_hand: int | None, age_s: float | None) -> StockWord:
    if on_hand is None or age_s is None or age_s > STALE_S:
        return StockWord.ASK
    if on_hand <= 0:
        return StockWord.NONE
    return StockWord.FEW if on_hand <= FEW else StockWord.PLENTY
