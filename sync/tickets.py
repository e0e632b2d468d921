"""The door's part for calls: who waited for a person, how it ended, and what shoppers said of the shop."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sync.figures import Count, Name

TicketWord = Literal[
    "help",
    "complaint",
    "bring",
    "age",
    "unknown_item",
    "price_zero",
    "max_qty",
    "spot_check",
    "void_limit",
    "weight",
]
OutcomeWord = Literal["approved", "denied", "helped", "withdrawn"]
Chip = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class TicketOpened(msgspec.Struct, frozen=True, tag="ticket.opened", tag_field="k"):
    """Somebody at the actor's station waits for a person; `sku` the product in question, "" none."""

    ticket: Name
    kind: TicketWord
    sku: Annotated[str, msgspec.Meta(max_length=64)] = ""


class TicketClosed(msgspec.Struct, frozen=True, tag="ticket.closed", tag_field="k"):
    """How it ended, by the actor: seconds until somebody took it on, and from there to the end."""

    ticket: Name
    kind: TicketWord
    outcome: OutcomeWord
    wait_s: Count
    handle_s: Count


class FeedbackGiven(msgspec.Struct, frozen=True, tag="feedback.given", tag_field="k"):
    """One shopper's answer at the actor's station: 0-10 (`nps`) or 1-5 (`faces`). Nobody knows whose it is."""

    scale: Literal["nps", "faces"]
    score: Annotated[int, msgspec.Meta(ge=0, le=10)]
    about: Literal["pickup", "checkout", "idle"]
    chips: Annotated[tuple[Chip, ...], msgspec.Meta(max_length=5)] = ()


TicketsUp = TicketOpened | TicketClosed | FeedbackGiven
