"""What /api/v1 answers about picking and stock, as types."""

from __future__ import annotations

import msgspec

from kiosk_ui.api.answered import Ok, Words


class PickTold(msgspec.Struct, frozen=True):
    """An order in preparation; `left_s` seconds to its promise, negative when it is late."""

    order: str
    state: str
    service: str
    carrier: str
    units: int
    picked: int
    short: int
    deadline: str
    left_s: int
    tone: str
    free: bool
    mine: bool


class WaveTold(msgspec.Struct, frozen=True):
    """Orders that go together."""

    wave: str
    left_s: int
    orders: list[PickTold]


class ItemTold(msgspec.Struct, frozen=True):
    """A line on the picker's way."""

    order: str
    line: int
    sku: str
    gtin: str
    name: Words
    zone: str
    place: str
    left: int


class PicksTold(msgspec.Struct, frozen=True):
    """Waves, what is in the caller's hands, and the way through the shop."""

    result: Ok
    waves: list[WaveTold]
    mine: list[PickTold]
    way: list[ItemTold]


class Claimed(msgspec.Struct, frozen=True):
    """Orders that are in the caller's hands now."""

    result: Ok
    orders: list[str]


class ScanCounted(msgspec.Struct, frozen=True):
    """What a scan counted for; `left` pieces of the order are still to be picked."""

    result: Ok
    order: str
    line: int
    sku: str
    picked: int
    qty: int
    left: int
    repeat: bool


class StepDone(msgspec.Struct, frozen=True):
    """Where the order stands after a step."""

    result: Ok
    order: str
    state: str


class ChoiceTold(msgspec.Struct, frozen=True):
    """A product that may be given instead."""

    sku: str
    name: Words
    unit_fen: int


class ShortDone(msgspec.Struct, frozen=True):
    """Where the order stands, and what may stand for what is short."""

    result: Ok
    order: str
    state: str
    choices: list[ChoiceTold]


class PackDone(msgspec.Struct, frozen=True):
    """The order is in its bag, whose label says `label`."""

    result: Ok
    order: str
    label: str
    repeat: bool


class NodeTold(msgspec.Struct, frozen=True):
    """What another place could sell, as HQ said `age_s` seconds ago."""

    node: str
    kind: str
    name: Words
    sellable: int
    age_s: float | None


class StockTold(msgspec.Struct, frozen=True):
    """A product's pieces; null where nobody knows."""

    result: Ok
    sku: str
    on_hand: int | None
    reserved: int
    unfit: int
    sellable: int | None
    in_transit: int
    elsewhere: list[NodeTold]


class LowTold(msgspec.Struct, frozen=True):
    """A product below its minimum."""

    sku: str
    sellable: int
    min_stock: int


class DoubtTold(msgspec.Struct, frozen=True):
    """A product whose figures cannot be true, or cannot be kept."""

    sku: str
    kind: str
    since: str


class CheckTold(msgspec.Struct, frozen=True):
    """How the newest comparison with HQ ended."""

    day: str
    word: str


class AccuracyTold(msgspec.Struct, frozen=True):
    """Shares of thirty days; null before the first."""

    counts: float | None
    short_picks: float | None


class AlertsTold(msgspec.Struct, frozen=True):
    """What wants a person."""

    result: Ok
    low: list[LowTold]
    doubts: list[DoubtTold]
    counts_open: int
    checked: CheckTold | None
    accuracy: AccuracyTold
    low_count: int
    doubt_count: int


class MovedTold(msgspec.Struct, frozen=True):
    """What was entered, and what is there now."""

    result: Ok
    sku: str
    delta: int
    on_hand: int | None
    repeat: bool


class WantedTold(msgspec.Struct, frozen=True):
    """It was told to HQ."""

    result: Ok
    sku: str


class TaskTold(msgspec.Struct, frozen=True):
    """A product to be counted; no figure of it is told."""

    task: int
    sku: str
    gtin: str
    name: Words
    zone: str
    place: str
    why: str
    second: bool
    mine: bool


class CountsTold(msgspec.Struct, frozen=True):
    """What is to be counted; `upto` belongs into the count's request."""

    result: Ok
    upto: int
    tasks: list[TaskTold]


class CountTold(msgspec.Struct, frozen=True):
    """What became of a count; `delta` null: another person counts it again first."""

    result: Ok
    task: int
    sku: str
    delta: int | None
    repeat: bool
