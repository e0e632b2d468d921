"""Products as a till sells them: HQ's catalogue with the price of this store and its book."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Database
from edge.domain.catalogue import GRAMS_OF

_COLUMNS = (
    "p.sku, p.gtin, p.name_zh, p.name_en, p.category, p.brand, p.tags, p.flags, p.tax_code, p.unit, p.grams,"
    " p.grams_off, r.fen, coalesce(r.book, '')"
)
_FIELDS = "sku gtin name_zh name_en category brand tags flags tax unit grams grams_off fen book".split()
_FROM = "FROM hq.product p LEFT JOIN hq.price r ON r.sku = p.sku"


@dataclass(frozen=True)
class Ware:
    """A product; `fen` None: HQ has sent no price. `unit` kg, 斤 and the like: sold by weight, at so much a unit."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    category: str
    brand: str
    tags: tuple[str, ...]
    flags: tuple[str, ...]
    tax: str
    unit: str
    grams: int
    grams_off: int
    fen: int | None
    book: str

    @property
    def by_weight(self) -> bool:
        """Whether it has to be weighed."""
        return self.unit.casefold() in GRAMS_OF or "weighed" in self.flags

    def weighed_fen(self, grams: int) -> int:
        """What so many grams cost by the price; half up. What is weighed without a unit costs so much a kilogram."""
        unit = GRAMS_OF.get(self.unit.casefold(), 1000)
        return ((self.fen or 0) * grams * 2 + unit) // (2 * unit)

    def piece_fen(self, grams: int) -> int:
        """What a piece costs by the price, weighed goods by their weight."""
        return self.weighed_fen(grams) if grams else (self.fen or 0)


class Wares:
    """Reads of product, price and barcode."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def ware(self, sku: str) -> Ware | None:
        """A product by its SKU."""
        return self._one("p.sku = ?", sku)

    def by_gtin(self, gtin14: str) -> tuple[Ware, int] | None:
        """A product by a GTIN of 14 digits, and how many pieces that number stands for (a case holds several)."""
        found = self._one("p.gtin14 = ?", gtin14)
        if found is not None:
            return found, 1
        asked = "SELECT sku, units FROM hq.barcode WHERE gtin14 = ?"
        row = self._ledger.read().execute(asked, (gtin14,)).fetchone()
        ware = self.ware(row[0]) if row else None
        return None if ware is None else (ware, int(row[1]))

    def by_plu(self, plu: str) -> Ware | None:
        """A product by its number on the shop's own labels (without leading zeros)."""
        return self._one("p.plu = ? AND p.plu <> ''", plu)

    def book(self) -> str:
        """The newest price book that HQ has sent."""
        row = self._ledger.read().execute("SELECT max(book) FROM hq.price").fetchone()
        return str(row[0] or "")

    def _one(self, where: str, value: str) -> Ware | None:
        row = self._ledger.read().execute(f"SELECT {_COLUMNS} {_FROM} WHERE {where}", (value,)).fetchone()
        if row is None:
            return None
        facts = dict(zip(_FIELDS, row, strict=True))
        facts |= {"tags": tuple(row[6].split()), "flags": tuple(row[7].split())}
        return Ware(**facts)
