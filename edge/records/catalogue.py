"""The catalogue as the counter reads it: a product with its price, by any of its numbers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from edge.db import Database
from edge.domain.catalogue import Goods
from edge.domain.orders import Fen

_COLUMNS = (
    "p.sku, p.gtin, p.name_zh, p.name_en, p.category, p.picture, p.brand, p.tax_code, p.unit, p.plu, p.zone, p.place,"
    " p.grams, p.grams_off, p.min_stock, p.flags, p.tags, r.fen, r.book"
)
_FROM = "FROM hq.product p LEFT JOIN hq.price r ON r.sku = p.sku"
BY_GTIN = f"SELECT {_COLUMNS} {_FROM} WHERE p.gtin14 = ?"
_BY_SKU = f"SELECT {_COLUMNS} {_FROM} WHERE p.sku = ?"
_BY_PLU = f"SELECT {_COLUMNS} {_FROM} WHERE p.plu = ? AND p.plu <> ''"
_NOTHING: frozenset[str] = frozenset()
_LAST = "\U0010ffff"


class Catalogue:
    """Reads of hq.db's products, prices and further numbers, through the ledger's readers."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def by_gtin(self, gtin14: str) -> tuple[Goods, int] | None:
        """A product by its own number, or by a further one; and the pieces that one scan of it stands for."""
        found = self._one(BY_GTIN, gtin14)
        if found is not None:
            return found, 1
        row = (
            self._ledger.read()
            .execute("SELECT sku, units FROM hq.barcode WHERE gtin14 = ?", (gtin14,))
            .fetchone()
        )
        goods = None if row is None else self.by_sku(str(row[0]))
        return None if goods is None else (goods, int(row[1]))

    def by_sku(self, sku: str) -> Goods | None:
        """A product by HQ's number."""
        return self._one(_BY_SKU, sku)

    def by_plu(self, plu: str) -> Goods | None:
        """A product by its number on the shop's own labels."""
        return self._one(_BY_PLU, plu)

    def some(self, skus: list[str]) -> dict[str, Goods]:
        """Those of these products that there are."""
        rows = self._ledger.read().execute(
            f"SELECT {_COLUMNS} {_FROM} WHERE p.sku IN (SELECT value FROM json_each(?))", (json.dumps(skus),)
        )
        return {row[0]: _goods(row) for row in rows}

    def beginning(self, text: str, limit: int) -> list[Goods]:
        """Products whose SKU begins so, in its order; for six digits and more also those whose number does."""
        found = self._rows(
            f"{_FROM} WHERE p.sku >= ? AND p.sku < ? ORDER BY p.sku", text, text + _LAST, limit
        )
        if text.isdecimal() and len(text) >= 6:
            longer = f"0{text}"
            found += self._rows(
                f"{_FROM} WHERE p.gtin14 >= ? AND p.gtin14 < ? ORDER BY p.gtin14",
                longer,
                longer + _LAST,
                limit,
            )
        return found[:limit]

    def scanned_through(self, text: str, fits: Callable[[Goods], bool], limit: int) -> list[Goods]:
        """Products with this in a name that `fits`, by looking at each: for as long as there is no index of names."""
        marked = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"%{marked}%"
        where = f"{_FROM} WHERE p.name_zh LIKE ? ESCAPE '\\' OR p.name_en LIKE ? ESCAPE '\\'"
        rows = self._ledger.read().execute(f"SELECT {_COLUMNS} {where}", (like, like))
        return list(itertools.islice(filter(fits, map(_goods, rows)), limit))

    def _rows(self, where: str, first: str, second: str, limit: int) -> list[Goods]:
        asked = f"SELECT {_COLUMNS} {where} LIMIT ?"
        return [_goods(row) for row in self._ledger.read().execute(asked, (first, second, limit))]

    def _one(self, asked: str, key: str) -> Goods | None:
        row = self._ledger.read().execute(asked, (key,)).fetchone()
        return None if row is None else _goods(row)


def _goods(row: tuple[Any, ...]) -> Goods:
    flags, tags, fen, book = row[15:]
    words = (frozenset(flags.split()) if flags else _NOTHING, frozenset(tags.split()) if tags else _NOTHING)
    values: tuple[Any, ...] = (*row[:15], *words, fen if fen is None else Fen(fen), book or "")
    return Goods(*values)
