"""A return as a page, a slip or a program sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.returns import Source


@dataclass(frozen=True)
class CameBack:
    """Pieces of a line that came back; the texts are values of edge.domain.returns."""

    line: int
    sku: str
    name_zh: str
    name_en: str
    qty: int
    fen: int
    condition: str
    reason: str
    fate: str


@dataclass(frozen=True)
class GoesBack:
    """A part of the money: kind cash|wechat|alipay|unionpay|hq, state refunding|refunded|refund_failed|refused."""

    kind: str
    fen: int
    state: str


@dataclass(frozen=True)
class Returned:
    """A return that was accepted. `parts` say where the money is, `at` is local, `basket` its exchange."""

    ret: str
    receipt: str
    source: Source
    ref: str
    shown: str
    station: str
    staff: str
    at: datetime
    lines: tuple[CameBack, ...]
    refund_fen: int
    gift_fen: int
    broken_fen: int
    rounded_fen: int
    parts: tuple[GoesBack, ...]
    points_lost: int
    points_given: int
    estimate: bool
    exchange: str
    note: str = ""
    forced_why: str = ""
    basket: str = ""
    job: int = 0
    repeat: bool = False

    @property
    def pending(self) -> bool:
        """Whether some of the money is still to go back."""
        return any(part.state in {"refunding", "refund_failed"} for part in self.parts)

    @property
    def refused(self) -> bool:
        """Whether some of it will not go back."""
        return any(part.state == "refused" for part in self.parts)
