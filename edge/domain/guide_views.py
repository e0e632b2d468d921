"""What guide screens and customer displays show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from edge.domain.guide_orders import OrderView
from edge.domain.guide_session import Here
from edge.domain.orders import Fen
from edge.domain.views import LineState


class StockWord(Enum):
    """How a shopper is told about stock."""

    PLENTY = "plenty"
    FEW = "few"
    NONE = "none"
    ASK = "ask"  # HQ never told, or so long ago that staff must look


class NearWord(Enum):
    """How a shopper is told about another store's stock."""

    NOW = "now"  # can be collected at once
    LATER = "later"  # some, not beyond doubt: ask
    ASK = "ask"  # the figure is old


@dataclass(frozen=True)
class SlideView:
    """One slide of HQ's playlist, `number` of `count`; with `sku` its category for the picture, and `price_fen` where
    one is known. `media` is the hash of a picture (`moving`: a video) that is on this box. `ends_s`: left of it."""

    title_zh: str = ""
    title_en: str = ""
    text_zh: str = ""
    text_en: str = ""
    sku: str = ""
    category: str = ""
    price_fen: Fen | None = None
    media: str = ""
    moving: bool = False
    campaign: str = ""
    number: int = 0
    count: int = 0
    ends_s: float = 0.0


@dataclass(frozen=True)
class Tile:
    """A product in a list: its price now, and what it costs without offers where that is more."""

    sku: str
    name_zh: str
    name_en: str
    category: str
    fen: Fen | None
    was_fen: Fen | None
    stock: StockWord
    hot: bool = False


@dataclass(frozen=True)
class Glance:
    """A product at one look, for the staff's page; `on_hand` None: unknown, `price_fen` None: none known."""

    sku: str
    name_zh: str
    name_en: str
    category: str
    picture: str
    price_fen: Fen | None
    on_hand: int | None
    stock: StockWord
    stock_age_s: float | None


@dataclass(frozen=True)
class Reason:
    """Why a price is what it is, or what more of it would bring."""

    zh: str
    en: str


@dataclass(frozen=True)
class MemberPrice:
    """What one piece costs a member of a tier."""

    tier_zh: str
    tier_en: str
    fen: Fen


@dataclass(frozen=True)
class PriceTag:
    """What one piece costs here now; `was_fen` without offers, where that is more; `each` what `fen` is for ("kg").

    `offers`: what was counted, then what there would be for more pieces.
    """

    fen: Fen | None
    was_fen: Fen | None = None
    each: str = ""
    offers: tuple[Reason, ...] = ()
    hints: tuple[Reason, ...] = ()
    members: tuple[MemberPrice, ...] = ()


@dataclass(frozen=True)
class Says:
    """What buyers wrote, in short."""

    zh: str
    en: str


@dataclass(frozen=True)
class Rating:
    """Tenths of a star (0 to 50), by how many, and what they say."""

    stars10: int
    reviews: int
    says: tuple[Says, ...]


@dataclass(frozen=True)
class Near:
    """Another store: tenths of a kilometre away, and whether the product can be collected there."""

    node: str
    name_zh: str
    name_en: str
    km10: int
    word: NearWord
    age_s: float


@dataclass(frozen=True)
class Choice:
    """A variant; `here` the one that is shown."""

    sku: str
    label_zh: str
    label_en: str
    here: bool
    stock: StockWord


@dataclass(frozen=True)
class ProductView:
    """A product's page. `zone`/`place` where it lies; `near` only from HQ's figures, nearest first; `besides` goes well
    with it, `instead` stands for it; all of these are here to be had. `adults`: sold to adults only."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    brand: str
    category: str
    price: PriceTag
    stock: StockWord
    on_hand: int | None
    stock_age_s: float | None
    place: str
    adults: bool
    hot: bool
    rating: Rating | None
    near: tuple[Near, ...]
    variants: tuple[Choice, ...]
    besides: tuple[Tile, ...]
    instead: tuple[Tile, ...]


@dataclass(frozen=True)
class Offer:
    """Something of today's: a rule in words, and a few goods that it is for."""

    zh: str
    en: str
    what_zh: str
    what_en: str
    until: datetime | None
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Listing:
    """A list of products: a category, what typed letters fit, what sells best. `more`: there is another page."""

    kind: str
    title: str
    page: int
    more: bool
    tiles: tuple[Tile, ...]
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Category:
    """A department, by the word that HQ has for it, and how many products are in it."""

    word: str
    count: int


@dataclass(frozen=True)
class Way:
    """One of HQ's ways to get a product; `ready` local, None: HQ does not say."""

    option: str
    kind: str
    name_zh: str
    name_en: str
    km10: int
    ready: datetime | None
    fen: Fen
    here: bool = False
    """A member may pay it at this screen."""


@dataclass(frozen=True)
class GuideView:
    """What a guide screen shows now; of the parts those that its place has.

    `closed`: out of hours, the window's mode; `quiet`: no sound, no moving pictures; `paused`: the slide stands.
    `left_s`: how long a code on it is good still. `credited`: a member of staff's number.
    """

    here: Here
    line: LineState
    slide: SlideView | None = None
    paused: bool = False
    closed: bool = False
    quiet: bool = False
    volume: int = 0
    strip: tuple[Tile, ...] = ()
    categories: tuple[Category, ...] = ()
    listing: Listing | None = None
    product: ProductView | None = None
    ways: tuple[Way, ...] | None = None
    away: bool = False
    url: str = ""
    left_s: int = 0
    joining_zh: str = ""
    joining_en: str = ""
    credited: str = ""
    call: str = ""
    order: OrderView | None = None
