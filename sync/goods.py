"""The door's part for goods: movements and counts of stock going up, escrow of hot products coming down."""

from __future__ import annotations

from typing import Literal

import msgspec

from sync.figures import Count, Delta, Name, Note, Seq, Shelf

MoveReason = Literal["receipt", "transfer", "damage", "return", "adjust", "sale"]


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
