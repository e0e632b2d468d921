"""What desks tell pages of stock: a product's buckets, what is low, what cannot be true, how right the books are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.stock import Buckets


@dataclass(frozen=True)
class LowStock:
    """A product of which fewer may be sold than it should; `coming` are on their way."""

    sku: str
    name_zh: str
    name_en: str
    sellable: int
    min_stock: int
    coming: int


@dataclass(frozen=True)
class Doubt:
    """A product whose figures cannot be true (`negative`) or cannot be kept (`oversold`), since a moment (RFC 3339)."""

    sku: str
    kind: str
    since: str
    buckets: Buckets


@dataclass(frozen=True)
class Checked:
    """The newest comparison with HQ: `word` is pending, same or differs; HQ has a case of a difference."""

    day: str
    products: int
    word: str


@dataclass(frozen=True)
class AlarmKind:
    """How many products are `negative` or `oversold`, and since when the oldest of them is."""

    kind: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Alerts:
    """Everything about stock that wants a person; `low` and `doubts` are the first of so many, `kinds` all of them."""

    low: tuple[LowStock, ...]
    doubts: tuple[Doubt, ...]
    counts_open: int
    checked: Checked | None
    low_count: int
    doubt_count: int
    kinds: tuple[AlarmKind, ...] = ()

    @property
    def total(self) -> int:
        """How many things that is."""
        differs = self.checked is not None and self.checked.word == "differs"
        return self.low_count + self.doubt_count + self.counts_open + differs


@dataclass(frozen=True)
class Accuracy:
    """How far the books can be believed: counts that found what they said, and pieces short of those picked."""

    counts: int
    right: int
    picked: int
    shorted: int

    @property
    def right_share(self) -> float | None:
        """Share of counts without a difference; None before the first."""
        return self.right / self.counts if self.counts else None

    @property
    def short_share(self) -> float | None:
        """Share of wanted pieces that were short; None before the first pick."""
        wanted = self.picked + self.shorted
        return self.shorted / wanted if wanted else None


@dataclass(frozen=True)
class Elsewhere:
    """What another place could sell of a product, and how old that word is in seconds (None: never complete)."""

    node: str
    kind: str
    name_zh: str
    name_en: str
    km10: int
    sellable: int
    age_s: float | None
