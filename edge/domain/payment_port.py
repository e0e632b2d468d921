"""The port to whoever moves money: six calls, what can be answered, what can go wrong.

A fault says nothing about the money unless its class does:

    PaymentFault
    |-- NoAnswer     time-out, garbage, an error of theirs: the call may have been carried out
    |-- NotSent      it certainly never left us: nothing was asked
    `-- NotSetUp     no such provider here, or its keys are not usable; certainly not sent
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from edge.domain.orders import Fen
from edge.domain.payments import Channel


class Said(Enum):
    """What a provider said of an attempt (value stored and sent)."""

    PAID = "paid"
    """The money is there; `Answer.fen` says how much."""
    PAYING = "paying"
    """The shopper has yet to confirm; for a refund: it is under way."""
    REFUSED = "refused"
    """Definitely not, and never under this number."""
    NOT_SURE = "not_sure"
    """An error of theirs: it may or may not have happened."""
    NOT_FOUND = "not_found"
    """They do not know this number (yet)."""
    REVERSED = "reversed"
    """Taken back as a whole: it was not paid, or what was paid went back."""
    CLOSED = "closed"
    """The number is closed and was not paid."""
    REFUNDED = "refunded"
    """That refund is carried out; for a query: all of it went back."""
    NOT_YET = "not_yet"
    """It cannot be reversed or closed just now: ask how it stands, then again."""
    SHOWN = "shown"
    """The code to show is in `Answer.qr`."""


@dataclass(frozen=True)
class Answer:
    """A provider's answer. `fen`: what was paid or given back, where it says so; `transaction`: its own number;
    `code`: its own word for the outcome, never a person's or a card's; `qr`: the text to show as a QR code."""

    said: Said
    fen: Fen | None = None
    transaction: str = ""
    code: str = ""
    qr: str = ""


@dataclass(frozen=True)
class Charge:
    """What is to be charged: money in fen, `number` the out_trade_no, `subject` what the shopper reads."""

    channel: Channel
    number: str
    fen: Fen
    subject: str = ""
    station: str = ""


class PaymentFault(Exception):
    """The call to the provider did not work; `code` for logs and people of store IT."""

    code = "PAYMENT_FAULT"


class NoAnswer(PaymentFault):
    """Nobody knows whether the call was carried out."""

    code = "PAY_NO_ANSWER"


class NotSent(PaymentFault):
    """The call never left us."""

    code = "PAY_NOT_SENT"


class NotSetUp(NotSent):
    """This provider cannot be used here."""

    code = "PAY_NOT_SET_UP"


class PaymentProvider(Protocol):
    """Whoever moves money. Every call is bounded in time and may raise PaymentFault; all but `pay` and `precreate`
    may be repeated as often as wanted, and those two are repeated by nobody."""

    def pay(self, charge: Charge, auth_code: str) -> Answer:
        """Charges the wallet that shows this code: PAID, PAYING, REFUSED or NOT_SURE."""

    def query(self, channel: Channel, number: str) -> Answer:
        """How a number stands."""

    def reverse(self, channel: Channel, number: str) -> Answer:
        """Takes a number back, paid or not: REVERSED, NOT_YET, NOT_SURE, NOT_FOUND or REFUSED (it cannot be)."""

    def precreate(self, charge: Charge, seconds: int) -> Answer:
        """A code of ours to show for that long: SHOWN, REFUSED or NOT_SURE."""

    def close(self, channel: Channel, number: str) -> Answer:
        """Ends such a code: CLOSED, PAID, NOT_YET, NOT_FOUND, NOT_SURE."""

    def refund(self, charge: Charge, refund: str, fen: Fen) -> Answer:
        """Gives `fen` of a charge back under the refund's own number: REFUNDED, PAYING, REFUSED or NOT_SURE."""
