"""Rows of HQ's database as a batch of facts changes them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sync.messages import HandedLine


@dataclass
class OrderRow:
    """An order as HQ has it; the lines' handed quantities stand in `WorkingSet.lines`."""

    order_no: str
    store: str
    gen: int
    state: str
    shelf: str
    cancel: str
    numeric_code: str
    body: str


@dataclass
class LineRow:
    """A line of an order: `handed` by all pickups that were not annulled."""

    sku: str
    qty: int
    handed: int


@dataclass
class LevelRow:
    """Units of a product at the store, own facts up to `upto_seq` of `stream` counted in."""

    sku: str
    on_hand: int
    stream: str
    upto_seq: int
    new: bool = False
    count_stream: str = ""
    count_upto: int = 0
    count_seq: int = 0
    told: bool = False
    """Whether HQ had any figure before the fact at hand."""


@dataclass
class PickupRow:
    """A hand-over as recorded; `new` ones are not in the database yet."""

    pickup: str
    order_no: str
    store: str
    gen: int
    unit: int
    stream: str
    seq: int
    annulled: bool
    lines: list[HandedLine] = field(default_factory=list)
    new: bool = False


def pickup_row(row: Any) -> PickupRow:
    """A row of `pickup`, without its lines."""
    return PickupRow(
        row.pickup, row.order_no, row.store, row.gen, row.unit, row.stream, row.seq, bool(row.annulled)
    )


def pickup_values(row: PickupRow) -> dict[str, Any]:
    """The row of `pickup`."""
    names = ("pickup", "order_no", "store", "gen", "unit", "stream", "seq")
    return {**{name: getattr(row, name) for name in names}, "annulled": int(row.annulled)}


def line_values(row: PickupRow) -> Iterator[dict[str, Any]]:
    """The rows of `pickup_line`."""
    for pos, line in enumerate(row.lines):
        yield {"pickup": row.pickup, "pos": pos, "line": line.line, "sku": line.sku, "qty": line.qty}
