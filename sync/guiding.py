"""The door's part for shoppers' screens: what HQ says of products there, what a screen asks HQ, what it counted."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec

from sync.figures import Count, Fen, Name, Note

OPTIONS_PATH = "/sync/v1/ask/options"
CART_PATH = "/sync/v1/ask/cart"
MEDIA_PATH = "/sync/v1/media/"
"""A GET of this and a SHA-256 in hex: the file, in one piece or by Range."""
HOT = "hot"
"""The list of what sells best online; `with:<sku>` is what HQ recommends beside a product, best first."""
MOST_COUNTS = 200
"""Counts of one fact."""
Sha = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Short = Annotated[str, msgspec.Meta(max_length=64)]
_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
What = Literal[
    "shown",
    "touched",
    "scanned",
    "searched",
    "viewed",
    "ordered",
    "reminded",
    "continued",
    "joining",
    "called",
]
"""A slide came on; a hand woke the screen; a scan; a search; a product's page; an order, a reminder or a basket handed
to a phone; a code for joining; a member of staff called."""
OptionKind = Literal["pickup_here", "pickup_there", "next_day", "instant"]
Purpose = Literal["order", "continue", "notify"]

# ---- Down ------------------------------------------------------------------------------------------


class Said(msgspec.Struct, frozen=True):
    """One summary of what buyers wrote, moderated at HQ; in either language or both."""

    zh: Annotated[str, msgspec.Meta(max_length=120)] = ""
    en: Annotated[str, msgspec.Meta(max_length=120)] = ""


class Review(msgspec.Struct, frozen=True, tag="review", tag_field="tb"):
    """How a product is rated: `stars10` tenths of a star (0 to 50) of `reviews` reviews, and up to three summaries."""

    sku: Name
    stars10: Annotated[int, msgspec.Meta(ge=0, le=50)]
    reviews: Count
    says: Annotated[tuple[Said, ...], msgspec.Meta(max_length=3)] = ()


class Ranked(msgspec.Struct, frozen=True, tag="ranked", tag_field="tb"):
    """Products in HQ's order, the best first, for no person in particular. `list`: `hot`, or `with:<sku>`."""

    list: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    skus: Annotated[tuple[Name, ...], msgspec.Meta(max_length=50)]


class Variant(msgspec.Struct, frozen=True, tag="variant", tag_field="tb"):
    """A product as one of a family: its size or colour in words, `rank` its place among them."""

    sku: Name
    family: Name
    label_zh: _Line
    label_en: _Line
    rank: Count = 0


# ---- Up --------------------------------------------------------------------------------------------


class ScreenCount(msgspec.Struct, frozen=True):
    """So often within the fact's span; `campaign` of the slide, `sku` of the product, "" none."""

    what: What
    n: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    campaign: Short = ""
    sku: Short = ""


class ScreenCounted(msgspec.Struct, frozen=True, tag="screen.counted", tag_field="k"):
    """What happened at a screen (a station) between two moments, RFC 3339. Counts only: nobody is in them."""

    screen: Name
    since: str
    until: str
    counts: Annotated[tuple[ScreenCount, ...], msgspec.Meta(min_length=1, max_length=MOST_COUNTS)]


# ---- Asked while somebody waits --------------------------------------------------------------------


class OptionsAsk(msgspec.Struct, frozen=True):
    """By which ways somebody in this shop can get `qty` pieces of a product."""

    sku: Name
    qty: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1


class Option(msgspec.Struct, frozen=True):
    """One way. `option` names it in CartAsk; `node` where from, with its name; `ready` when (RFC 3339, "" unknown);
    `fen` what it costs beside the goods; `here`: it may be paid at the screen, by a member."""

    option: Name
    kind: OptionKind
    node: Name
    name_zh: Note
    name_en: Note
    km10: Count = 0
    ready: str = ""
    fen: Fen = 0
    here: bool = False


class OptionsSaid(msgspec.Struct, frozen=True):
    """Every way there is, the best first; none is none."""

    options: Annotated[tuple[Option, ...], msgspec.Meta(max_length=20)] = ()


class CartAsk(msgspec.Struct, frozen=True):
    """A basket for somebody's phone, of one product. The same `nonce` gets the same basket.

    `option` as in Option ("" where the phone asks), `screen` the station, `guide` who is credited.
    """

    nonce: Name
    purpose: Purpose
    sku: Name
    screen: Short
    qty: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    option: Short = ""
    guide: Short = ""
    campaign: Short = ""


class CartSaid(msgspec.Struct, frozen=True):
    """The basket: its name, and the address (with a token good until `until`) that a phone opens. `why` "gone": that
    way is no longer there."""

    why: Literal["", "gone", "unknown"] = ""
    cart: Short = ""
    url: Annotated[str, msgspec.Meta(max_length=600)] = ""
    until: str = ""


class ScreensAtHq(Protocol):
    """HQ as a screen asks it. Every method waits at most `ASK_S` and raises SyncFault when there is no answer."""

    def options(self, asked: OptionsAsk) -> OptionsSaid:
        """How somebody can get a product."""
        ...

    def cart(self, asked: CartAsk) -> CartSaid:
        """A basket for a phone."""
        ...


GuidingDown = Review | Ranked | Variant
GUIDING_KEYS = {"review": "sku", "ranked": "list", "variant": "sku"}
