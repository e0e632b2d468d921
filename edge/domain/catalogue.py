"""A product as the counter needs it: what it is, what it costs, what one scan of it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.domain.orders import Fen
from edge.domain.scanned_goods import NO_FACTS, GoodsFacts

GRAMS_OF = {"kg": 1000, "千克": 1000, "公斤": 1000, "斤": 500, "市斤": 500, "两": 50, "g": 1, "克": 1}
"""Units that are weights, in grams: what costs so much a unit is weighed, not counted."""
ALCOHOL, TOBACCO = "alcohol", "tobacco"
FOR_ADULTS = frozenset({ALCOHOL, TOBACCO})
"""Flags of goods that are sold to adults only."""


@dataclass(frozen=True)
class Goods:
    """A product with its price in this store (`fen` None: HQ sent none; `book` the price book's version).

    `grams` is the weight of one piece, `grams_off` by how much it may differ; `on_hand` pieces here, None: unknown.
    What was scanned: `pieces` that the scan stands for (12 on a case), `facts` that the code itself told.
    """

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    category: str = ""
    picture: str = ""
    brand: str = ""
    tax_code: str = ""
    unit: str = ""
    plu: str = ""
    zone: str = ""
    place: str = ""
    grams: int = 0
    grams_off: int = 0
    min_stock: int = 0
    flags: frozenset[str] = field(default_factory=frozenset)
    tags: frozenset[str] = field(default_factory=frozenset)
    fen: Fen | None = None
    book: str = ""
    on_hand: int | None = None
    pieces: int = 1
    facts: GoodsFacts = NO_FACTS

    @property
    def weighed(self) -> bool:
        """Whether it is sold by weight."""
        return self.unit.casefold() in GRAMS_OF

    @property
    def for_adults(self) -> bool:
        """Whether the customer's age counts."""
        return not FOR_ADULTS.isdisjoint(self.flags)

    @property
    def low(self) -> bool:
        """Whether fewer are here than the shelf is to hold."""
        return self.on_hand is not None and self.on_hand < self.min_stock

    def scanned_fen(self) -> Fen | None:
        """What the scanned piece costs: the label's own price, or its weight times the price; None: nobody knows.

        Half a fen is rounded up. Goods by the piece cost their price.
        """
        if self.facts.price_fen is not None:
            return Fen(self.facts.price_fen)
        if self.fen is None or not self.weighed:
            return self.fen
        if self.facts.grams is None:
            return None
        unit = GRAMS_OF[self.unit.casefold()]
        return Fen((self.fen * self.facts.grams * 2 + unit) // (2 * unit))

    def as_scanned(self, pieces: int, facts: GoodsFacts) -> Goods:
        """The same, for one scan."""
        return replace(self, pieces=pieces, facts=facts)
