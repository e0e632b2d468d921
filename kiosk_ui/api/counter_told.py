"""What a program may ask and is told about orders at the counter, deliveries on their way and movements of goods."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiosk_ui.api.answered import Ok, Words
from kiosk_ui.api.asked import Nonce, StationName
from kiosk_ui.api.picking_asked import Number, ShelfName


class OrderFindAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/pickups/find."""

    text: Annotated[str, msgspec.Meta(min_length=4, max_length=64)]
    station: StationName


class PlaceAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/pickups/shelve."""

    order: Number
    shelf: ShelfName
    station: StationName
    nonce: Nonce


class QueueTold(msgspec.Struct, frozen=True):
    """Orders by how they stand, and slips that wait for a printer."""

    result: Ok
    ready: int
    preparing: int
    late: int
    handed_today: int
    expired: int
    slips_waiting: int


class CandidateTold(msgspec.Struct, frozen=True):
    """An order to choose from: the name is masked, the phone a tail."""

    order: str
    tail: str
    name: str
    phone_tail: str
    state: str
    shelf: str
    units: int
    first: Words


class CandidatesTold(msgspec.Struct, frozen=True):
    """At most twenty orders, those on the shelf first."""

    result: Ok
    orders: list[CandidateTold]


class LaidDown(msgspec.Struct, frozen=True):
    """How many orders were laid down."""

    result: Ok
    orders: int


class PaperTold(msgspec.Struct, frozen=True):
    """A delivery on its way; `due` RFC 3339 or ""."""

    paper: str
    source: str
    due: str
    units: int


class PapersTold(msgspec.Struct, frozen=True):
    """Deliveries, the earliest first."""

    result: Ok
    papers: list[PaperTold]


class MoveTold(msgspec.Struct, frozen=True):
    """Pieces that came (positive) or left."""

    n: int
    units: int
    reason: str
    paper: str
    at: str
    staff: str


class HistoryTold(msgspec.Struct, frozen=True):
    """A product's newest movements, newest first."""

    result: Ok
    sku: str
    moves: list[MoveTold]
