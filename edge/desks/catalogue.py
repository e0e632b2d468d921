"""The catalogue desk: which product a code means, and which products a typed word means."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from edge.desks.status import StatusDesk
from edge.domain.catalogue import Goods
from edge.domain.finding import MAX_TYPED, Part, asked, folded
from edge.domain.scanned import PAY_KINDS, PLAIN, Expecting, Rules, ScanKind, Scanned, classify
from edge.domain.scanned_goods import NO_FACTS, GoodsFacts, sellable
from edge.domain.scanned_refusals import GoodsUnknown
from edge.records.books import Books
from edge.records.catalogue import Catalogue
from edge.records.journal import Author
from edge.records.unrecognised import UnrecognisedRow
from sync.goods import ItemUnrecognised

_WIRE_KINDS: Mapping[ScanKind, Literal["gtin", "variable", "gs1", "url"]] = {
    ScanKind.GTIN: "gtin",
    ScanKind.VARIABLE: "variable",
    ScanKind.GS1: "gs1",
    ScanKind.URL: "url",
}
MOST = 50
"""Products that one search gives at most."""
_LOOKED_AT = 512
"""Entries of the index that one search looks at: pairs that stand apart in that many names end it."""


@dataclass(frozen=True)
class CatalogueDesk:
    """Reads only: a scan or a word, and the goods with price and stock."""

    books: Books
    status: StatusDesk
    rules: Rules = PLAIN

    def by_code(self, seen: Scanned, *, judge: bool = True) -> Goods:
        """The product whose code this is, with price, stock and what the code told.

        Raises GoodsUnknown, and with `judge` BatchExpired or BestBeforeOver for what may not be sold any more.
        """
        found = self._found(seen)
        if found is None:
            raise GoodsUnknown
        goods, pieces = found
        if judge:
            sellable(seen.facts, self.status.local(self.status.now()).date())
        return self._with_stock(goods.as_scanned(pieces, seen.facts))

    def noted(self, seen: Scanned, station: str) -> bool:
        """Keeps a sound code of goods that no product here has, for who looks after the catalogue; whether it was one.

        Each is told to HQ once a day; a secret never is, as none is a code of goods.
        """
        code = f"plu:{seen.facts.plu}" if seen.facts.plu else seen.facts.gtin
        if not seen.names_goods or not code or self._found(seen) is not None:
            return False
        day = f"{self.status.local(self.status.now()):%Y-%m-%d}"
        kept = self.books.unrecognised
        with self.books.ledger.transaction() as tx:
            if not kept.again(tx, day, code) and kept.room(day):
                fact = ItemUnrecognised(code, _WIRE_KINDS[seen.kind])
                seq = self.books.journal.append(tx, fact, Author(station, ""))
                kept.add(tx, UnrecognisedRow(day, code, seen.kind.value, station, 1), seq)
        return True

    def unrecognised(self, days: int = 7) -> list[UnrecognisedRow]:
        """What was scanned in vain in the last days, the newest day and the most often scanned first."""
        since = self.status.local(self.status.now()) - timedelta(days=days)
        return self.books.unrecognised.report(f"{since:%Y-%m-%d}")

    def read(self, text: str) -> Scanned:
        """What a scanned or typed text is by the chain's own rules."""
        return classify(text, Expecting.ANYTHING, self.rules)

    def by_sku(self, sku: str) -> Goods | None:
        """A product by HQ's number."""
        goods = self._catalogue.by_sku(sku)
        return None if goods is None else self._with_stock(goods)

    def search(self, text: str, limit: int = MOST) -> list[Goods]:
        """Products by code, number or name: whole codes first, then SKUs that begin so, then names in SKU order.

        Two characters of a Chinese name, the first letters of its pinyin, words of the English one and their
        beginnings; several parts must all fit. A wallet's code finds nothing.
        """
        text = text.strip()
        seen = self.read(text)
        if not text or seen.kind in PAY_KINDS:
            return []
        found: dict[str, Goods] = {}
        exact = self._found(seen)
        if exact is not None:
            found[exact[0].sku] = exact[0].as_scanned(exact[1], seen.facts)
        word = text[:MAX_TYPED]
        if word.isascii():
            for typed in dict.fromkeys((word, word.upper())):
                found.update({goods.sku: goods for goods in self._catalogue.beginning(typed, limit)} | found)
        if len(found) < limit:
            for goods in self._named(word, limit):
                found.setdefault(goods.sku, goods)
        return [self._with_stock(goods) for goods in list(found.values())[:limit]]

    def named(self, letters: str, limit: int = MOST) -> list[Goods]:
        """Products by name alone, as `search` finds them: shoppers know nothing of numbers of goods."""
        return [self._with_stock(goods) for goods in self._named(letters[:MAX_TYPED], limit)]

    def _found(self, seen: Scanned) -> tuple[Goods, int] | None:
        if seen.facts.plu:
            goods = self._catalogue.by_plu(seen.facts.plu)
            if goods is not None:
                return goods, seen.facts.count or 1
        numbers = seen.facts.numbers()
        if seen.kind is ScanKind.VARIABLE and not numbers:
            # A label whose product has no scale number of its own, but stands under the whole code.
            numbers = (seen.value.zfill(14),)
        for number in numbers:
            found = self._catalogue.by_gtin(number)
            if found is not None:
                return found
        if seen.kind in (ScanKind.UNKNOWN, ScanKind.ORDER) and 0 < len(seen.value) <= MAX_TYPED:
            goods = self._catalogue.by_sku(seen.value)
            return None if goods is None else (goods, 1)
        return None

    def _named(self, word: str, limit: int) -> list[Goods]:
        parts = asked(word)
        if not parts:
            return []
        if not self.books.names.made()[0]:
            return self._catalogue.scanned_through(word, lambda goods: self._fits(parts, goods), limit)
        found: dict[str, Goods] = {}
        looked = 0
        with contextlib.closing(self.books.names.candidates(parts)) as candidates:
            for skus in candidates:
                listed = self._catalogue.some(skus)
                for sku in skus:
                    if sku in listed and sku not in found and self._fits(parts, listed[sku]):
                        found[sku] = listed[sku]
                looked += len(skus)
                if len(found) >= limit or looked >= _LOOKED_AT:
                    break
        return list(found.values())[:limit]

    def _fits(self, parts: tuple[Part, ...], goods: Goods) -> bool:
        name = folded(f"{goods.name_zh} {goods.name_en}")
        spelt = any(part.initials for part in parts)
        readings = self.books.names.readings(name) if spelt else {}
        return all(part.within(name, readings) for part in parts)

    def _with_stock(self, goods: Goods) -> Goods:
        return replace(goods, on_hand=self.books.shelf.level(goods.sku))

    @property
    def _catalogue(self) -> Catalogue:
        return self.books.catalogue


def said(facts: GoodsFacts) -> bool:
    """Whether the code told more than a number."""
    return replace(facts, gtin="", also=(), plu="") != NO_FACTS
