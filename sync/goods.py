"""The door's part for goods: movements, counts and checks of stock go up; escrow and other nodes' stock come down."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sync.figures import Count, Delta, Name, Note, Seq, Shelf, Units, Whole

MoveReason = Literal[
    "receipt", "transfer", "damage", "return", "adjust", "sale", "sample", "gift", "short", "substitute"
]
Unfitness = Literal["damaged", "worn", "mended", "scrapped"]
Sum = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]


class StockMoved(msgspec.Struct, frozen=True, tag="stock.moved", tag_field="k"):
    """`qty` pieces came (positive) or left (negative), why, and what paper says so (`ref`).

    With a `grant`, pieces that left were taken out of that quota.
    """

    sku: Name
    qty: Delta
    reason: MoveReason
    ref: Note = ""
    grant: str = ""


class StockCounted(msgspec.Struct, frozen=True, tag="stock.counted", tag_field="k"):
    """Somebody counted `counted` pieces when the journal stood at `upto_seq`; what moved later comes on top."""

    count: Name
    sku: Name
    counted: Shelf
    upto_seq: Count


class GrantReturned(msgspec.Struct, frozen=True, tag="grant.returned", tag_field="k"):
    """The store gives `units` of a grant back and will not spend them; answers HQ's `recall` up to that figure."""

    grant: Name
    units: Shelf
    recall: Count = 0


class Quota(msgspec.Struct, frozen=True, tag="quota", tag_field="tb"):
    """How many pieces of a hot product the store may sell without asking.

    `units` and `recall` only ever grow: granted so far, and asked back so far. The grant is good for the journal
    `stream` alone: a replaced disk does not know what was spent. `web` pieces of the shelf are sold elsewhere.
    """

    grant: Name
    sku: Name
    stream: str
    units: Seq
    recall: Count = 0
    web: Count = 0


class Barcode(msgspec.Struct, frozen=True, tag="barcode", tag_field="tb"):
    """A further number of a product beside its own: another maker's, or the case's with `units` pieces in it.

    `gtin` is written with 14 digits (leading zeros).
    """

    gtin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{14}$")]
    sku: Name
    units: Units = 1


class StockShifted(msgspec.Struct, frozen=True, tag="stock.shifted", tag_field="k"):
    """`qty` pieces that stay in the shop became unfit to be sold (positive), or fit again (negative).

    On hand does not change; what may be sold does.
    """

    sku: Name
    qty: Delta
    reason: Unfitness
    ref: Note = ""


class StockChecked(msgspec.Struct, frozen=True, tag="stock.checked", tag_field="k"):
    """The store's own figures, all told, for HQ to hold beside its own: `n` products and their `ck`.

    `ck`: the sum modulo 2^64 over products of the first 8 bytes of SHA-256 of canonical `[sku, on_hand]`, as 16 hex
    digits. The journal stood at `upto_seq`; the bucket of stock had been read up to `cursor` of epoch `e`.
    """

    upto_seq: Count
    n: Count
    ck: Sum
    e: str = ""
    cursor: Count = 0


class StockAlarmed(msgspec.Struct, frozen=True, tag="stock.alarmed", tag_field="k"):
    """A product's figures cannot be true, or cannot be kept: fewer than nought on hand, or more promised than fit."""

    sku: Name
    kind: Literal["negative", "oversold"]
    on_hand: Whole
    reserved: Count = 0
    damaged: Whole = 0


class DemandLost(msgspec.Struct, frozen=True, tag="demand.lost", tag_field="k"):
    """Somebody wanted `qty` pieces that were not here: told at the desk, scanned or looked up, short in a pick."""

    sku: Name
    qty: Units
    how: Literal["asked", "scanned", "searched", "short"]


class ItemUnrecognised(msgspec.Struct, frozen=True, tag="item.unrecognised", tag_field="k"):
    """A sound code of goods that no product here has was scanned; told once a day. `code` is a GTIN of 14 digits, or
    `plu:` and the number on a label of the shop's scales."""

    code: Name
    kind: Literal["gtin", "variable", "gs1", "url"]


class Substitute(msgspec.Struct, frozen=True, tag="substitute", tag_field="tb"):
    """What may be given in a product's stead, where a customer agreed to that; the best first."""

    sku: Name
    instead: tuple[str, ...]


class Node(msgspec.Struct, frozen=True, tag="node", tag_field="tb"):
    """A place of the chain that holds stock, and where: WGS 84, hundred-thousandths of a degree, 0 and 0 unknown."""

    node: Name
    kind: Literal["store", "warehouse", "forward"]
    name_zh: str
    name_en: str
    lat_e5: Whole = 0
    lon_e5: Whole = 0


class NodeStock(msgspec.Struct, frozen=True, tag="node_stock", tag_field="tb"):
    """Pieces of a product that another node could sell at `at`; `row` is `<node>:<sku>`."""

    row: Name
    node: Name
    sku: Name
    sellable: Whole
    at: str


class Inbound(msgspec.Struct, frozen=True, tag="inbound", tag_field="tb"):
    """Pieces on their way here: `qty` of a product under a paper `ref` (a transfer, a delivery) from `source`.

    `row` is `<ref>:<sku>`; it goes when HQ holds it complete.
    """

    row: Name
    ref: Name
    sku: Name
    qty: Units
    source: str
    due: str = ""


GoodsUp = (
    ItemUnrecognised
    | StockMoved
    | StockCounted
    | StockShifted
    | StockChecked
    | StockAlarmed
    | DemandLost
    | GrantReturned
)
GoodsDown = Quota | Substitute | Node | NodeStock | Inbound
GOODS_KEYS = {"quota": "grant", "substitute": "sku", "node": "node", "node_stock": "row", "inbound": "row"}
