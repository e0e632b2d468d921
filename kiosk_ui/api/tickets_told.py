"""What a program may ask and is told about calls and shoppers' answers: one frozen type each."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from kiosk_ui.api.answered import Ok, Words
from kiosk_ui.api.asked import Nonce
from sync.tickets import TicketWord


class TicketAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/tickets: somebody at the station waits for a person; `sku` the product in question, none for a call."""

    MORE: ClassVar[dict[str, Any]] = {
        "if": {"properties": {"kind": {"enum": ["help", "complaint"]}}},
        "then": {"properties": {"sku": {"maxLength": 0}}},
    }

    kind: TicketWord
    nonce: Nonce
    sku: Annotated[str, msgspec.Meta(max_length=64)] = ""


class TicketStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/take, …/leave, …/withdraw."""

    nonce: Nonce


class TicketEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/close: calls are `helped`, everything else approved or denied."""

    outcome: Literal["approved", "denied", "helped"]
    nonce: Nonce


class FeedbackAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/feedback: 0 to 10 (`nps`) or 1 to 5 (`faces`), with up to five reasons; anonymous."""

    scale: Literal["nps", "faces"]
    score: Annotated[int, msgspec.Meta(ge=0, le=10)]
    about: Literal["pickup", "checkout", "idle"]
    nonce: Nonce
    chips: Annotated[
        tuple[
            Literal["fast", "slow", "friendly", "unfriendly", "stock", "price", "queue", "clean", "other"],
            ...,
        ],
        msgspec.Meta(max_length=5, extra_json_schema={"uniqueItems": True}),
    ] = ()


class TicketSeen(msgspec.Struct, frozen=True):
    """A ticket. `level` 1 from 30 s of waiting, 2 from 60 s; `on_foot`: nobody may approve it from afar; `tail`,
    `shelf`: of the order that somebody came for, "" for none."""

    ticket: str
    kind: str
    station: str
    sku: str
    name: Words
    state: str
    taken: bool
    wait_s: int
    level: int
    on_foot: bool
    outcome: str
    tail: str
    shelf: str


class TicketTold(msgspec.Struct, frozen=True):
    """One ticket; `repeat`: this nonce was answered before."""

    result: Ok
    ticket: TicketSeen
    repeat: bool


class TicketsTold(msgspec.Struct, frozen=True):
    """All that wait in the shop, the longest first."""

    result: Ok
    tickets: list[TicketSeen]


class FeedbackTold(msgspec.Struct, frozen=True):
    """The answer was taken."""

    result: Ok
    repeat: bool
