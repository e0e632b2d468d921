"""The door's part for picking: what was short, what was given in its stead, how long it all took."""

from __future__ import annotations

from typing import Literal

import msgspec

from sync.figures import Count, Name, Seq, Units

ShortReason = Literal["not_in_stock", "mismatch", "damaged", "worn"]
"""Why pieces were not found fit: none there at all; fewer than the books say; there, but broken; there, but worn."""


class PickShorted(msgspec.Struct, frozen=True, tag="pick.shorted", tag_field="k"):
    """`qty` pieces of an order's line could not be picked. What that means for stock is told by facts of its own."""

    order: Name
    gen: Seq
    line: Seq
    sku: Name
    qty: Units
    reason: ShortReason


class PickSubstituted(msgspec.Struct, frozen=True, tag="pick.substituted", tag_field="k"):
    """`qty` pieces of `sku` go to the customer for the line's own product, which HQ goes on calling it by."""

    order: Name
    gen: Seq
    line: Seq
    sku: Name
    qty: Units


class PickFinished(msgspec.Struct, frozen=True, tag="pick.finished", tag_field="k"):
    """An order reached its shelf: seconds until it was accepted, until somebody took it up, until it was picked and
    packed, until it lay on the shelf; pieces picked and short; whether that was by the promised time."""

    order: Name
    gen: Seq
    accept_s: Count
    wait_s: Count
    pick_s: Count
    shelve_s: Count
    units: Count
    shorted: Count
    in_time: bool


PicksUp = PickShorted | PickSubstituted | PickFinished
