"""What the picking desks tell pages: orders with their clocks, waves, the next item, what is in somebody's hands."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.orders import OrderState
from edge.domain.picking import Countdown, PickLine


@dataclass(frozen=True)
class PickOrder:
    """An order in preparation. `picker` is a display name, "" where it is free; `free`: this person may take it."""

    order: str
    tail: str
    state: OrderState
    service: str
    carrier: str
    channel: str
    units: int
    picked: int
    shorted: int
    clock: Countdown
    wave: str
    picker: str
    mine: bool
    free: bool
    reminded: int
    label: str
    flags: tuple[str, ...]
    substitutes: bool


@dataclass(frozen=True)
class Wave:
    """Orders that go together, the most urgent clock of them, and how many of their pieces are done."""

    name: str
    orders: tuple[PickOrder, ...]
    clock: Countdown

    @property
    def free(self) -> int:
        """Orders that this person may take."""
        return sum(one.free for one in self.orders)

    @property
    def units(self) -> int:
        """Pieces of all orders."""
        return sum(one.units for one in self.orders)


@dataclass(frozen=True)
class NextItem:
    """A line on the picker's way, with the product's words and the bag that it goes into."""

    line: PickLine
    tail: str
    gtin: str
    name_zh: str
    name_en: str
    picture: str
    reason: str = ""


@dataclass(frozen=True)
class InHands:
    """What one picker has: orders, the way through the shop, what is short and waits for a word, bags to be shelved."""

    orders: tuple[PickOrder, ...]
    way: tuple[NextItem, ...]
    shorts: tuple[NextItem, ...]
    to_pack: tuple[PickOrder, ...]
    packed: tuple[PickOrder, ...]

    @property
    def next(self) -> NextItem | None:
        """The item to fetch now."""
        return self.way[0] if self.way else None


@dataclass(frozen=True)
class PickCounts:
    """Figures for a tile: orders in preparation, of those nobody has accepted, called out for, and the worst clock."""

    open: int
    unaccepted: int
    calling: int
    urgent: Countdown | None
    put_back: int
