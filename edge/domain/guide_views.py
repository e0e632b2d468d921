"""The guide screen's content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edge.domain.orders import Fen
from edge.domain.views import LineState


class FrameKind(Enum):
    """What the guide screen shows."""

    ATTRACT = "attract"
    PRODUCT = "product"
    UNKNOWN = "unknown"
    DESK = "desk"  # a pickup, coupon or member code: that is the service desk's


class StockWord(Enum):
    """How a shopper is told about stock."""

    PLENTY = "plenty"
    FEW = "few"
    NONE = "none"
    ASK = "ask"  # HQ never told, or so long ago that staff must look


@dataclass(frozen=True)
class SlideView:
    """One slide of HQ's playlist; with `sku` its category for the picture, and `price_fen` where one is known."""

    title_zh: str
    title_en: str
    text_zh: str = ""
    text_en: str = ""
    sku: str = ""
    category: str = ""
    price_fen: Fen | None = None


@dataclass(frozen=True)
class GuideFrame:
    """The guide screen's content, a pure function of the tables. `price_fen` None: no price known;
    `on_hand` None: unknown; `stock_age_s`: seconds since HQ's stock data were complete.
    """

    kind: FrameKind
    station: str
    line: LineState
    sku: str = ""
    gtin: str = ""
    name_zh: str = ""
    name_en: str = ""
    category: str = ""
    picture: str = ""
    price_fen: Fen | None = None
    on_hand: int | None = None
    stock: StockWord = StockWord.ASK
    stock_age_s: float | None = None
    scan: int = 0
    slide: SlideView | None = None
