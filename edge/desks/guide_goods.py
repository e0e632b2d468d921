"""Products as a shopper sees them: stock in words, other stores, ratings, variants, what goes with one or for it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from config.guide_schema import GuideSettings
from edge.clock import moment_of
from edge.desks.catalogue import CatalogueDesk
from edge.desks.guide_prices import GuidePrices, what_of
from edge.desks.status import StatusDesk
from edge.domain.catalogue import Goods
from edge.domain.guide_goods import in_stock, near_word, stock_word
from edge.domain.guide_views import Choice, Listing, Near, Offer, ProductView, Rating, Says, StockWord, Tile
from edge.domain.promotion_rules import Rule
from edge.domain.promotion_words import name_of
from edge.records.books import Books
from edge.records.guide import GuideRows
from sync.guiding import HOT

PAGE = 12
"""Products of one page of a list."""
_BESIDES, _OFFERS, _OF_OFFER, _STRIP = 6, 8, 4, 6
_LOOKED_AT = 40
_KEPT_S = 600.0


@dataclass(frozen=True)
class GuideGoods:
    """Reads only."""

    books: Books
    rows: GuideRows
    status: StatusDesk
    catalogue: CatalogueDesk
    prices: GuidePrices
    rules: GuideSettings
    _sold: dict[str, tuple[datetime, list[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def product(self, goods: Goods) -> ProductView:
        """A product's page; `goods` as it was scanned or found."""
        age_s, hot = self.stock_age_s(), self.rows.ranked(HOT)
        promised = self.books.stockroom.reserved()
        pieces = self.books.stockroom.buckets(goods.sku, None, promised)
        here, sellable = pieces.on_hand, pieces.sellable
        word = stock_word(sellable, age_s)
        row = self.rows.review(goods.sku)
        listed = self.rows.ranked(f"with:{goods.sku}")
        besides = self._here((*listed, *self._lately(goods.category)), goods.sku, promised)
        return ProductView(
            sku=goods.sku,
            gtin=goods.gtin,
            name_zh=goods.name_zh,
            name_en=goods.name_en,
            brand=goods.brand,
            category=goods.category,
            price=self.prices.tag(goods),
            stock=word,
            # So many are here; where few are left, only those that nobody was promised.
            on_hand=here if word is StockWord.PLENTY else sellable,
            stock_age_s=age_s,
            place=goods.place or goods.zone,
            adults=goods.for_adults,
            hot=goods.sku in hot,
            rating=Rating(row.stars10, row.reviews, tuple(Says(one.zh, one.en) for one in row.says))
            if row
            else None,
            near=self._near(goods.sku),
            variants=self._variants(goods.sku, promised, age_s),
            besides=besides,
            instead=self._instead(goods, promised) if word is StockWord.NONE else (),
        )

    def word(self, sku: str) -> StockWord:
        """A product's stock here as a shopper is told."""
        return stock_word(self.books.stockroom.buckets(sku).sellable, self.stock_age_s())

    def tiles(self, skus: Iterable[str], most: int = PAGE) -> tuple[Tile, ...]:
        """Products for a list, in its order; those that are no products any more are left out."""
        wanted = list(dict.fromkeys(skus))[:most]
        found, hot = self.books.catalogue.some(wanted), frozenset(self.rows.ranked(HOT))
        age_s, promised = self.stock_age_s(), self.books.stockroom.reserved()
        return tuple(self._tile(found[sku], promised, age_s, hot) for sku in wanted if sku in found)

    def strip(self) -> tuple[Tile, ...]:
        """线上热销: what sells best online and is here; none where HQ names none or the figures are old."""
        if stock_word(1, self.stock_age_s()) is StockWord.ASK:
            return ()
        return self._here(self.rows.ranked(HOT)[:_LOOKED_AT], "", self.books.stockroom.reserved(), _STRIP)

    def category(self, word: str, page: int) -> Listing:
        """A page of a category, what sells best first."""
        hot = list(self.rows.ranked(HOT))
        skus = self.rows.in_category(word, hot, page * PAGE, PAGE + 1)
        return Listing("category", word, page, len(skus) > PAGE, self.tiles(skus))

    def lettered(self, letters: str, page: int) -> Listing:
        """A page of what fits typed first letters of pinyin, or the beginning of a word."""
        found = self.catalogue.named(letters)
        some = [goods.sku for goods in found][page * PAGE : (page + 1) * PAGE + 1]
        return Listing("letters", letters, page, len(some) > PAGE, self.tiles(some))

    def offers(self) -> Listing:
        """Today's offers, each with goods of its that are here."""
        found = tuple(self._offer(rule) for rule in self.prices.today()[:_OFFERS])
        return Listing("offers", "", 0, False, (), found)

    def stock_age_s(self) -> float | None:
        """Seconds since HQ's stock figures were complete; None: never."""
        at = self.books.replica.consistent_at(":stock")
        return max(0.0, (self.status.now() - moment_of(at)).total_seconds()) if at else None

    def _offer(self, rule: Rule) -> Offer:
        skus = list(rule.include.skus)
        hot = list(self.rows.ranked(HOT))
        for category in rule.include.categories[:3]:
            skus += self.rows.in_category(category, hot, 0, _LOOKED_AT // 2)
        promised = self.books.stockroom.reserved()
        tiles = self._here(skus[:_LOOKED_AT], "", promised, _OF_OFFER)
        ends = datetime.fromisoformat(rule.ends) if rule.ends else None
        return Offer(*name_of(rule, rule.rule), *what_of(rule), ends, tiles)

    def _tile(self, goods: Goods, promised: dict[str, int], age_s: float | None, hot: frozenset[str]) -> Tile:
        fen, was = self.prices.short(goods)
        word = stock_word(self.books.stockroom.buckets(goods.sku, None, promised).sellable, age_s)
        names = (goods.name_zh, goods.name_en, goods.category)
        return Tile(goods.sku, *names, fen, was, word, goods.sku in hot)

    def _here(
        self, skus: Iterable[str], but: str, promised: dict[str, int], most: int = _BESIDES
    ) -> tuple[Tile, ...]:
        """Of these those of which more are here than the safety stock; nothing from old figures."""
        if stock_word(1, self.stock_age_s()) is StockWord.ASK:
            return ()
        wanted = [sku for sku in dict.fromkeys(skus) if sku != but][:_LOOKED_AT]
        sellable = {sku: self.books.stockroom.buckets(sku, None, promised).sellable or 0 for sku in wanted}
        return self.tiles(in_stock(wanted, sellable, self.rules.safety_stock, most), most)

    def _instead(self, goods: Goods, promised: dict[str, int]) -> tuple[Tile, ...]:
        listed = self.books.stockroom.instead_of(goods.sku, goods.category)
        ranked = sorted(listed, key=lambda one: (one.listed < 0, one.listed, one.sku))
        return self._here([one.sku for one in ranked], goods.sku, promised)

    def _near(self, sku: str) -> tuple[Near, ...]:
        """The nearest other stores that have it; HQ's figures tell when they were made."""
        now, found = self.status.now(), []
        for row in self.books.stockroom.elsewhere(sku, self.prices.store):
            if row.kind != "store" or row.node == self.prices.store:
                continue
            # A figure is published when it changes: until HQ was last heard it was still so.
            heard = self.books.replica.consistent_at("g:nodes:CN")
            age_s = max(0.0, (now - moment_of(max(row.at, heard))).total_seconds())
            word = near_word(row.sellable, age_s, self.rules.safety_stock)
            if word is not None:
                found.append(Near(row.node, row.name_zh, row.name_en, row.km10, word, age_s))
        return tuple(found[: self.rules.nearby])

    def _variants(self, sku: str, promised: dict[str, int], age_s: float | None) -> tuple[Choice, ...]:
        return tuple(
            Choice(
                row.sku,
                row.label_zh,
                row.label_en,
                row.sku == sku,
                stock_word(self.books.stockroom.buckets(row.sku, None, promised).sellable, age_s),
            )
            for row in self.rows.family(sku)
        )

    def _lately(self, category: str) -> list[str]:
        """What this store sold most of, looked up now and then."""
        now = self.status.now()
        with self._lock:
            at, known = self._sold.get(category, (None, []))
            if at is None or (now - at).total_seconds() > _KEPT_S:
                known = self.rows.sold_lately(category, now, _LOOKED_AT)
                if len(self._sold) > 200:
                    self._sold.clear()
                self._sold[category] = now, known
        return known
