"""What a payment looks like from outside: to the desk that sells, to pages, to programs in the shop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edge.domain.orders import Fen
from edge.domain.payments import FINAL, UNSETTLED, Channel, Manner, PayState

NOTHING = Fen(0)


class Paying(Enum):
    """Where the payment of a basket stands (value stored)."""

    OPEN = "open"
    PAID = "paid"
    DONE = "done"
    """The sale that it was for is complete."""
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Tender:
    """Money that was taken. `number` names it for refunds; `tail` is the end of the provider's own number."""

    channel: Channel
    fen: Fen
    number: str
    tail: str = ""
    given_fen: Fen = NOTHING
    change_fen: Fen = NOTHING


@dataclass(frozen=True)
class AttemptView:
    """One attempt. `left_s`: seconds until it is given up (0: no such limit now); `call_staff`: it takes so long that
    a person should stand by; `qr` the text to show; `alarm` why people must look at it, "" for nothing."""

    number: str
    channel: Channel
    manner: Manner
    fen: Fen
    state: PayState
    left_s: int = 0
    call_staff: bool = False
    qr: str = ""
    alarm: str = ""
    cancelling: bool = False
    slip: int = 0
    change_fen: Fen = NOTHING

    @property
    def final(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state in FINAL

    @property
    def unsettled(self) -> bool:
        """Whether nobody knows yet if it took money; the page must not go idle meanwhile."""
        return self.state in UNSETTLED


@dataclass(frozen=True)
class PaymentView:
    """The payment of one basket. `due_fen` is left to pay; `attempt` the newest; `wallets` and `qr` whether those
    are offered now (not without a line, not beside an unsettled attempt); `holds`: no idle timer now."""

    payment: str
    basket: str
    basket_sha: str
    station: str
    fen: Fen
    due_fen: Fen
    state: Paying
    tenders: tuple[Tender, ...] = ()
    attempt: AttemptView | None = None
    wallets: bool = False
    qr: tuple[Channel, ...] = ()
    cash: bool = False
    holds: bool = False
    cancellable: bool = False
    cancelling: bool = False


@dataclass(frozen=True)
class RefundPart:
    """`fen` of the tender with this `number` is to go back."""

    number: str
    fen: Fen


@dataclass(frozen=True)
class RefundView:
    """A refund: state is REFUNDING (pending while offline), REFUNDED or REFUND_FAILED."""

    refund: str
    number: str
    channel: Channel
    fen: Fen
    state: PayState
    ref: str = ""
    reason: str = ""
