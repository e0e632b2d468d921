"""The door's part for returns: what came back, what HQ made of it, what a desk asks HQ about a purchase."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec

from sync.figures import Count, Name, Note, Seq, Units
from sync.selling import Signed, SoldTender

SOLD_PATH = "/sync/v1/ask/sold"
RMA_PATH = "/sync/v1/ask/rma"

ReturnSource = Literal["sale", "order"]
ReturnedPieces = Annotated[tuple[Seq, ...], msgspec.Meta(min_length=1, max_length=10_000)]
BackState = Literal["to_refund", "refunded", "refused"]


class ReturnedLine(msgspec.Struct, frozen=True):
    """Pieces of a line that came back, each a stock movement of +1 too; `units` are their numbers in the line."""

    line: Seq
    sku: Name
    qty: Units
    fen: Count
    units: ReturnedPieces
    condition: Name
    reason: Name
    fate: Name


class ReturnAccepted(msgspec.Struct, frozen=True, tag="return.accepted", tag_field="k"):
    """Goods came back. `ref` is the sale or the order they were bought by, `shop` the store that sold them.

    `refund_fen` is what goes back: the lines' sum less `gift_fen`, the price of gifts that stayed away, less
    `broken_fen`, kept since the rest no longer meets a rule (negative: kept before and free now), and less
    `rounded_fen`, for want of small coins (negative: up to the next coin). `tenders` say how, where this store gives
    it back itself; with `at_hq` HQ does, by its own figures where these are an `estimate`. `rma`: HQ's word for goods
    of another store. `forced`: a lead answered for term or exclusion, `forced_why`.
    """

    ret: Name
    source: ReturnSource
    ref: Name
    shop: Name
    lines: tuple[ReturnedLine, ...]
    refund_fen: Count
    gift_fen: Count = 0
    broken_fen: Signed = 0
    tenders: tuple[SoldTender, ...] = ()
    at_hq: bool = False
    estimate: bool = False
    rma: Note = ""
    shift: Note = ""
    member: Note = ""
    offline: bool = False
    forced: bool = False
    exchange: Note = ""
    forced_why: Note = ""
    rounded_fen: Signed = 0


class ReturnState(msgspec.Struct, frozen=True, tag="return_state", tag_field="tb"):
    """What HQ made of a return whose money it gives back: `fen` as it went back, `note` why not."""

    ret: Name
    state: BackState
    fen: Count
    at: str
    note: Note = ""


class ReturnedElsewhere(msgspec.Struct, frozen=True, tag="returned_elsewhere", tag_field="tb"):
    """Pieces of a sale of this store that came back, or are about to, at another: line number -> piece numbers.

    `whole_at`: when the last piece that was paid for came back, wherever that was; "" while some is out.
    """

    sale: Name
    lines: dict[str, ReturnedPieces]
    whole_at: str = ""


class SoldPiece(msgspec.Struct, frozen=True):
    """A piece that is still out, and what was paid for it; `sku` where another product was handed over in its place."""

    unit: Seq
    fen: Count
    sku: Note = ""


class SoldAt(msgspec.Struct, frozen=True):
    """A line of a purchase that HQ knows."""

    line: Seq
    sku: Name
    qty: Units
    unit_fen: Count
    pieces: tuple[SoldPiece, ...]
    gtin: Note = ""
    name_zh: Note = ""
    name_en: Note = ""
    gift: bool = False
    no_return: bool = False


class SoldAsk(msgspec.Struct, frozen=True):
    """Which purchase is this? A receipt's number, an order's, or a parcel's."""

    text: Name


class Purchase(msgspec.Struct, frozen=True):
    """A purchase as HQ knows it; `received` a day (YYYY-MM-DD) of the store's calendar."""

    source: ReturnSource
    ref: Name
    shown: Note
    store: Name
    received: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d\Z")]
    lines: tuple[SoldAt, ...]
    tenders: tuple[SoldTender, ...]
    net_fen: Count
    estimate: bool = False
    member: Note = ""


class SoldSaid(msgspec.Struct, frozen=True):
    """The purchase, None where HQ knows none."""

    purchase: Purchase | None = None


class RmaAsk(msgspec.Struct, frozen=True):
    """May these pieces come back here? Line number -> piece numbers. The same `ret` gets the same answer."""

    ret: Name
    source: ReturnSource
    ref: Name
    lines: dict[str, ReturnedPieces]


class RmaSaid(msgspec.Struct, frozen=True):
    """HQ's word; `why` "" is yes."""

    rma: Note = ""
    why: Literal["", "unknown", "returned"] = ""


class ReturnsAtHq(Protocol):
    """HQ as a return desk asks it; raises SyncFault when there is no answer in time."""

    def sold(self, asked: SoldAsk) -> SoldSaid:
        """Which purchase a text names."""
        ...

    def rma(self, asked: RmaAsk) -> RmaSaid:
        """Whether pieces of another store's purchase may come back here."""
        ...
