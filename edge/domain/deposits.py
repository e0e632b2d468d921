"""A deposit's life at the counter as a table, and what stands against taking one into account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.domain.deposit_refusals import (
    DepositElsewhere,
    DepositGone,
    DepositNotYours,
    DepositOutOfTime,
    DepositSpent,
)

HOLD_S = 900
"""How long a basket keeps a deposit from others."""


class DepositState(Enum):
    """Where a deposit stands at this store (value stored)."""

    FREE = "free"
    HELD = "held"
    USED = "used"


class DepositEvent(Enum):
    """What happens to it."""

    HOLD = "hold"
    RELEASE = "release"
    USE = "use"
    GIVE_BACK = "give_back"


DEPOSIT: Mapping[DepositState, Mapping[DepositEvent, DepositState]] = {
    DepositState.FREE: {DepositEvent.HOLD: DepositState.HELD},
    DepositState.HELD: {
        # Its own basket again, or another's once the time is over.
        DepositEvent.HOLD: DepositState.HELD,
        DepositEvent.RELEASE: DepositState.FREE,
        DepositEvent.USE: DepositState.USED,
    },
    DepositState.USED: {DepositEvent.GIVE_BACK: DepositState.FREE},
}
"""A missing key is the refusal."""


@dataclass(frozen=True)
class KnownDeposit:
    """A deposit as HQ says it is; amounts in fen, times RFC 3339 UTC or "", `state` live, used or refunded."""

    deposit: str
    store: str
    fen: int
    order: str
    k_mille: int
    rule: str
    skus: tuple[str, ...]
    member: str
    state: str
    not_before: str
    not_after: str


@dataclass(frozen=True)
class HeldDeposit:
    """A deposit in a basket, or in the sale it became part of."""

    deposit: str
    fen: int
    k_mille: int
    rule: str
    skus: tuple[str, ...]

    @property
    def tail(self) -> str:
        """What a page and paper show of its number."""
        return self.deposit[-4:]


def admit(known: KnownDeposit, store: str, member: str, now: str, *, used: bool) -> None:
    """Raises the refusal that stands against it; `used`: a sale of this store took it, whatever HQ has heard."""
    if known.store != store:
        raise DepositElsewhere
    if known.state == "refunded":
        raise DepositGone
    if used or known.state == "used":
        raise DepositSpent
    if (known.not_before and now < known.not_before) or (known.not_after and now >= known.not_after):
        raise DepositOutOfTime
    if known.member and member and known.member != member:
        raise DepositNotYours
