"""Tickets: somebody at a station waits for a person. What may happen to one is a table; who may end it is another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.domain.staff import Act

ALARMS_S = (30, 60)
"""Seconds of waiting after which the shop is told again, louder."""


class TicketKind(Enum):
    """Why somebody waits (value stored and sent)."""

    HELP = "help"
    COMPLAINT = "complaint"
    BRING = "bring"
    AGE = "age"
    UNKNOWN_ITEM = "unknown_item"
    PRICE_ZERO = "price_zero"
    MAX_QTY = "max_qty"
    SPOT_CHECK = "spot_check"
    VOID_LIMIT = "void_limit"
    WEIGHT = "weight"


CALLS = frozenset({TicketKind.HELP, TicketKind.COMPLAINT})
"""Calls for a person; all others are about goods, and ask for a decision or for the goods themselves."""


class TicketState(Enum):
    """Where a ticket stands (value stored)."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


class TicketEvent(Enum):
    """What may happen to a ticket."""

    TAKE = "take"
    LEAVE = "leave"
    CLOSE = "close"


TICKET: Mapping[TicketState, Mapping[TicketEvent, TicketState]] = {
    TicketState.OPEN: {
        TicketEvent.TAKE: TicketState.TAKEN,
        TicketEvent.CLOSE: TicketState.CLOSED,
    },
    TicketState.TAKEN: {
        TicketEvent.TAKE: TicketState.TAKEN,
        TicketEvent.LEAVE: TicketState.OPEN,
        TicketEvent.CLOSE: TicketState.CLOSED,
    },
    TicketState.CLOSED: {},
}


class Outcome(Enum):
    """How a ticket ended (value stored and sent)."""

    APPROVED = "approved"
    DENIED = "denied"
    HELPED = "helped"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Policy:
    """What a kind asks of who ends it: `act` to approve; `on_foot`: only by somebody who took it and went there."""

    act: Act
    on_foot: bool


POLICY: Mapping[TicketKind, Policy] = {
    TicketKind.HELP: Policy(Act.SELL, on_foot=True),
    TicketKind.COMPLAINT: Policy(Act.SELL, on_foot=True),
    TicketKind.BRING: Policy(Act.SELL, on_foot=True),
    # An age is seen in a face, and goods that no catalogue knows are seen in a hand.
    TicketKind.AGE: Policy(Act.SELL, on_foot=True),
    TicketKind.UNKNOWN_ITEM: Policy(Act.SELL, on_foot=True),
    TicketKind.SPOT_CHECK: Policy(Act.SELL, on_foot=True),
    TicketKind.WEIGHT: Policy(Act.SELL, on_foot=False),
    TicketKind.MAX_QTY: Policy(Act.SELL, on_foot=False),
    TicketKind.PRICE_ZERO: Policy(Act.CUT_PRICE, on_foot=False),
    TicketKind.VOID_LIMIT: Policy(Act.VOID_MUCH, on_foot=False),
}


def outcomes(kind: TicketKind) -> tuple[Outcome, ...]:
    """How staff may end a ticket of this kind."""
    return (
        (Outcome.HELPED,) if kind in CALLS or kind is TicketKind.BRING else (Outcome.APPROVED, Outcome.DENIED)
    )


def level_of(wait_s: float) -> int:
    """How loud a waiting ticket is by now: 0, 1 (from 30 s) or 2 (from 60 s)."""
    return sum(wait_s >= limit for limit in ALARMS_S)


@dataclass(frozen=True)
class Ticket:
    """A ticket as pages and programs see it; staff by number and by the name on screens, "" while nobody has it.

    `wait_s`: until somebody took or ended it, else until now. `level` as in `level_of`, 0 once it was taken.
    `tail`, `shelf`: of the order that somebody came for, "" for none; the shelf where it lies now.
    """

    ticket: str
    kind: TicketKind
    station: str
    label_zh: str
    label_en: str
    sku: str
    name_zh: str
    name_en: str
    category: str
    state: TicketState
    staff: str
    staff_name: str
    opened_at: str
    wait_s: int
    level: int
    outcome: str
    repeat: bool = False
    tail: str = ""
    shelf: str = ""

    @property
    def policy(self) -> Policy:
        """What its kind asks for."""
        return POLICY[self.kind]

    @property
    def endings(self) -> tuple[Outcome, ...]:
        """How staff may end it."""
        return outcomes(self.kind)


class Scale(Enum):
    """What a shopper was asked: 0-10 how likely to recommend, or one of five faces (value sent)."""

    NPS = "nps"
    FACES = "faces"


SCORES: Mapping[Scale, tuple[int, int]] = {Scale.NPS: (0, 10), Scale.FACES: (1, 5)}
"""Least and greatest answer."""
ABOUT = frozenset({"pickup", "checkout", "idle"})
CHIPS = frozenset("fast slow friendly unfriendly stock price queue clean other".split())
"""Reasons to choose from: nobody types anything."""
MOST_CHIPS = 5
FEEDBACK_PAUSE_S = 5
"""A second answer on the same screen within so many seconds is the same finger."""
