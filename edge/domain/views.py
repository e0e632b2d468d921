"""What a page or an API answer is made of: one frozen type each, built by a desk, free of framework and SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from edge.domain.orders import Fen, Order, OrderState
from edge.domain.scanned import ScanKind
from edge.domain.staff import Operator


class LineWord(Enum):
    """How the line to HQ is, in one word."""

    ALONE = "alone"  # no HQ configured
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Loading:
    """A whole bucket of HQ's that is being taken in as a file, and how much of that is done (0 to 100)."""

    bucket: str
    percent: int


@dataclass(frozen=True)
class LineState:
    """The line to HQ. `age_s`: seconds since HQ's word was last known to be complete, None = never;
    `outbox`: facts HQ has not acknowledged; `trouble`: code of the last fault, "" when all is well.
    """

    word: LineWord
    age_s: float | None
    outbox: int
    trouble: str = ""
    degraded: tuple[str, ...] = ()
    loading: Loading | None = None


@dataclass(frozen=True)
class SeenScan:
    """A scan that a station received. `age_s` since it was read; `waiting`: older ones nobody dealt with."""

    id: int
    station: str
    device: str
    kind: ScanKind
    symbology: str
    at: datetime
    age_s: float
    handled: bool
    waiting: int = 0


@dataclass(frozen=True)
class LineView:
    """One order line at the counter: ordered, handed before, left; `unit_fen` is the price of one."""

    line: int
    sku: str
    name_zh: str
    name_en: str
    qty: int
    handed: int
    left: int
    unit_fen: Fen
    picture: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """An order ready to be handed over (PICKUP_FOUND).

    `unit` > 0: the code is for that one unit only. `must_settle_fen`: the balance due that staff must
    have taken. `lead_only`: words (zh, en) saying why only a lead may go on, or None. `scan`: the scan
    that opened it (0: none). `locked_until`: end of this desk's reservation. `by_number`: no code was shown,
    staff looked the order up and must ask the customer.
    """

    order: Order
    state: OrderState
    shelf: str
    lines: tuple[LineView, ...]
    unit: int
    must_settle_fen: Fen
    lead_only: tuple[str, str] | None
    scan: int
    locked_until: datetime | None
    line: LineState
    by_number: bool = False


@dataclass(frozen=True)
class Behind:
    """What a refused scan was about: the order where it is known, and the id of its last hand-over."""

    order: Order | None
    pickup: str


NOTHING = Behind(None, "")
"""Nothing is known of it."""


@dataclass(frozen=True)
class RedeemRequest:
    """A wish to hand over: by `code` (QR text or 8 digits) or by `scan` (id of a kept scan).

    `lines` maps line number to units, None = all that is left. `nonce`: made
    by the caller, the same for every retry. `settled`: the balance due was taken. `forced`: a lead's
    override for an order that has not arrived or whose lease has ended.
    """

    nonce: str
    code: str = ""
    scan: int = 0
    lines: Mapping[int, int] | None = None
    settled: bool = False
    forced: bool = False


@dataclass(frozen=True)
class HandedOver:
    """A hand-over that happened: `handed` = (name_zh, name_en, qty) a line, `left_units` still to come.
    `annul_until`: last moment to take it back; `job`: its print job (0: none), `job_state`/`job_reason`
    how that stands; `repeat`: this is the stored answer of an earlier call with the same nonce.
    """

    pickup: str
    order: str
    tail: str
    state: OrderState
    at: datetime
    station: str
    staff: str
    handed: tuple[tuple[str, str, int], ...]
    left_units: int
    annul_until: datetime
    annulled: bool
    offline: bool
    job: int
    job_state: str
    job_reason: str
    repeat: bool = False


@dataclass(frozen=True)
class Candidate:
    """A row of the list that staff choose from; the name is masked, the phone only a tail."""

    order: str
    tail: str
    name_masked: str
    phone_tail: str
    state: OrderState
    shelf: str
    units: int
    ready_by: datetime | None
    first_zh: str = ""
    first_en: str = ""


@dataclass(frozen=True)
class Counts:
    """Figures for the HOME tiles: waiting on the shelf, being prepared, late (past ready-by), handed over
    today, expired but still on the shelf, slips that wait for a printer.
    """

    ready: int
    preparing: int
    late: int
    handed_today: int
    expired: int
    slips_waiting: int


@dataclass(frozen=True)
class JobView:
    """A print job: `state` as in `edge.records.jobs`, `reason` a device fault's code or a printer's name."""

    id: int
    title: str
    printer: str
    station: str
    state: str
    reason: str
    created_at: datetime
    copy: int


@dataclass(frozen=True)
class DeviceHealth:
    """A device as this daemon sees it: kind scanner|printer, state a word, detail a fault's code or ""."""

    name: str
    kind: str
    state: str
    detail: str
    since: datetime
    station: str = ""


@dataclass(frozen=True)
class PluggedDevice:
    """A device that is there and that no setting names: where, what kind, who it says it is, and the lines of
    settings (TOML) that would put it to use, "" where nobody knows."""

    path: str
    kind: str
    identity: str
    suggestion: str


@dataclass(frozen=True)
class SwappedDevice:
    """A device of the settings at whose address another one was found: who is known there, who was seen."""

    device: str
    kind: str
    address: str
    known: str
    seen: str
    since: datetime


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: its bearer token (shown once, kept only as a hash) and whose it is."""

    token: str
    operator: Operator


@dataclass(frozen=True)
class StationView:
    """A station as pages name it."""

    id: str
    kind: str
    label_zh: str
    label_en: str
    printer: str
