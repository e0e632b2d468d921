"""What /api/v1 answers, as types: the OpenAPI file is made from them, and the tests hold every answer to them."""

from __future__ import annotations

from typing import Literal

import msgspec

Ok = Literal["ok"]


class Words(msgspec.Struct, frozen=True):
    """One thing said in both languages."""

    zh: str
    en: str


class FoundLine(msgspec.Struct, frozen=True):
    """A line of an order; `left` units are still to be handed over."""

    line: int
    sku: str
    name: Words
    qty: int
    left: int


class RedeemFound(msgspec.Struct, frozen=True):
    """A dry run: what would be handed over. `must_settle_fen`: the balance to take first."""

    result: Ok
    dry_run: Literal[True]
    words: Words
    order: str
    tail: str
    state: str
    shelf: str
    must_settle_fen: int
    lead_only: bool
    lines: list[FoundLine]


class HandedItem(msgspec.Struct, frozen=True):
    """Goods that went over the counter."""

    name: Words
    qty: int


class JobBrief(msgspec.Struct, frozen=True):
    """A slip's job; `id` 0 where the station prints none."""

    id: int
    state: str
    reason: str


class RedeemDone(msgspec.Struct, frozen=True):
    """A hand-over, or what became of one. Times RFC 3339; `repeat`: this nonce was answered before."""

    result: Ok
    dry_run: Literal[False]
    words: Words
    order: str
    tail: str
    state: str
    pickup: str
    at: str
    handed: list[HandedItem]
    left_units: int
    annul_until: str
    annulled: bool
    offline: bool
    job: JobBrief
    repeat: bool


class ScanKept(msgspec.Struct, frozen=True):
    """A scan that waits at its station."""

    result: Ok
    scan: int
    kind: str
    station: str


class LineTold(msgspec.Struct, frozen=True):
    """The line to HQ: `word` up, down or alone; `age_s` of its newest word, null where it never spoke."""

    word: str
    age_s: float | None
    outbox: int
    trouble: str


class AgeTold(msgspec.Struct, frozen=True):
    """How old a class of HQ's data is, and was at worst today, seconds."""

    name: str
    age_s: float | None
    worst_s: float | None
    word: str


class DeviceTold(msgspec.Struct, frozen=True):
    """A device as the store sees it; `pos_state` in the words of UnifiedPOS."""

    name: str
    kind: str
    state: str
    pos_state: str
    detail: str
    station: str


class UpdateTold(msgspec.Struct, frozen=True):
    """A change of a device's status."""

    device: str
    status: str
    at: str


class StatusTold(msgspec.Struct, frozen=True):
    """How the store is."""

    result: Ok
    version: str
    line: LineTold
    ages: list[AgeTold]
    devices: list[DeviceTold]
    updates: list[UpdateTold]


class JobQueued(msgspec.Struct, frozen=True):
    """A slip was queued."""

    result: Ok
    job: JobBrief


class WeightTold(msgspec.Struct, frozen=True):
    """A weight at rest, grams; `net`: without the tare."""

    result: Ok
    station: str
    grams: int
    net: bool


class ShownTold(msgspec.Struct, frozen=True):
    """The customer display of a station shows it."""

    result: Ok
    station: str


class HelpTold(msgspec.Struct, frozen=True):
    """What the lamp over a station shows now."""

    result: Ok
    station: str
    light: str


class OpeningTold(msgspec.Struct, frozen=True):
    """An opening of a drawer and how it went."""

    opening: str
    drawer: str
    reason: str
    staff: str
    state: str
    fault: str
    at: str
    opened_at: str | None
    closed_at: str | None


class OpeningAsked(msgspec.Struct, frozen=True):
    """The opening that was asked for; the same nonce again tells how it went."""

    result: Ok
    repeat: bool
    opening: str
    drawer: str
    reason: str
    staff: str
    state: str
    fault: str
    at: str
    opened_at: str | None
    closed_at: str | None


class DrawerTold(msgspec.Struct, frozen=True):
    """A drawer; `open` null where nothing tells."""

    drawer: str
    open: bool | None
    open_s: int
    too_long: bool
    last: OpeningTold | None


class DrawersTold(msgspec.Struct, frozen=True):
    """The drawers of a station."""

    result: Ok
    drawers: list[DrawerTold]


class JobTold(msgspec.Struct, frozen=True):
    """A slip's job in full; `copy` counts marked copies."""

    id: int
    title: str
    printer: str
    station: str
    state: str
    reason: str
    copy: int
    at: str


class JobsTold(msgspec.Struct, frozen=True):
    """Slips that wait, or that somebody has to look at."""

    result: Ok
    jobs: list[JobTold]


class JobDone(msgspec.Struct, frozen=True):
    """What became of a slip."""

    result: Ok
    job: JobTold
