"""A wallet provider that does what a script says: for demos, training and proofs, with memory and a clock of its own.

A script is a list of words, one for each number that is charged, then from the start:

    success             paid at once
    refused             definitely not
    userpaying N        the shopper types a password: paid N seconds later
    declined N          the same, and after N seconds the shopper says no
    system_error        an error of theirs, and nothing was charged
    late_success N      an error of theirs, and N seconds later it is paid all the same
    reversal_refused N  userpaying for ever; N reversals are answered "being paid, cannot be reversed"
    stubborn N          the same, but it is paid after N seconds, and no reversal is ever taken
    wrong_amount N      paid at once, and N fen more than asked for
    no_answer           charged, and the answer is lost
    refund_refused      paid at once, and refunds of it are refused
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NoAnswer, Said
from edge.domain.payments import Channel

_NEVER = 1 << 62
WORDS = frozenset(
    "success refused userpaying declined system_error late_success reversal_refused stubborn wrong_amount "
    "no_answer refund_refused".split()
)


@dataclass
class _Trade:
    """What the provider knows of a number; `paid_ms`: when the money comes, `said_no_ms`: when the shopper refuses."""

    fen: int
    paid_ms: int
    said_no_ms: int
    refusals: int
    refunds: dict[str, int]
    refund_refused: bool = False
    ended: Said | None = None
    charges: int = 1


class ScriptedProvider:
    """See edge.domain.payment_port.PaymentProvider. `charged` and `back` are for whoever checks its books."""

    def __init__(self, script: Sequence[str], now_ms: Callable[[], int], *, tombstones: bool = True) -> None:
        """`tombstones`: a number that is reversed before its charge comes is closed for good, as at HQ's gateway; else
        it is not found, as at wallets. Raises ValueError for a word that is none."""
        self._script = [_parsed(word) for word in script] or [("success", 0)]
        self._now = now_ms
        self._tombstones = tombstones
        self._trades: dict[str, _Trade] = {}
        self._codes: set[str] = set()
        self._next = 0
        self._lock = threading.Lock()

    def pay(self, charge: Charge, auth_code: str) -> Answer:
        """See PaymentProvider. A number is used once, and so is a code."""
        with self._lock:
            if charge.number in self._trades or auth_code in self._codes:
                return Answer(Said.REFUSED, code="USED")
            self._codes.add(auth_code)
            word, amount = self._script[self._next % len(self._script)]
            self._next += 1
            if word == "refused":
                return Answer(Said.REFUSED, code="NOT_ENOUGH")
            if word == "system_error":
                return Answer(Said.NOT_SURE, code="SYSTEM_ERROR")
            trade = self._begun(charge, word, amount)
            self._trades[charge.number] = trade
            if word == "no_answer":
                raise NoAnswer
            if word == "late_success":
                return Answer(Said.NOT_SURE, code="SYSTEM_ERROR")
            return self._stands(charge.number, trade)

    def precreate(self, charge: Charge, seconds: int) -> Answer:
        """See PaymentProvider; the script says when, if ever, somebody scans it."""
        with self._lock:
            if charge.number in self._trades:
                return Answer(Said.REFUSED, code="USED")
            word, amount = self._script[self._next % len(self._script)]
            self._next += 1
            if word == "refused":
                return Answer(Said.REFUSED, code="CLOSED_CHANNEL")
            trade = self._begun(charge, "userpaying" if word == "success" else word, amount or 5)
            trade.said_no_ms = min(trade.said_no_ms, self._now() + seconds * 60_000)
            self._trades[charge.number] = trade
            if word == "no_answer":
                raise NoAnswer
            return Answer(Said.SHOWN, qr=f"https://pay.invalid/{charge.channel.value}/{charge.number}")

    def query(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        del channel
        with self._lock:
            trade = self._trades.get(number)
            return Answer(Said.NOT_FOUND) if trade is None else self._stands(number, trade)

    def reverse(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider; what was paid goes back with it. A number nobody knows is closed for good."""
        del channel
        with self._lock:
            trade = self._trades.get(number)
            if trade is None and not self._tombstones:
                return Answer(Said.NOT_FOUND)
            if trade is None:
                self._trades[number] = _Trade(0, _NEVER, _NEVER, 0, {}, ended=Said.REVERSED, charges=0)
                return Answer(Said.REVERSED, code="UNKNOWN_CLOSED")
            if trade.refusals > 0:
                trade.refusals -= 1
                return Answer(Said.NOT_YET, code="USERPAYING")
            if self._paid(trade):
                trade.refunds.setdefault("reverse", trade.fen - sum(trade.refunds.values()))
            trade.ended = trade.ended or Said.REVERSED
            return Answer(Said.REVERSED)

    def close(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        del channel
        with self._lock:
            trade = self._trades.get(number)
            if trade is None:
                return Answer(Said.NOT_FOUND)
            if self._paid(trade):
                return self._stands(number, trade)
            trade.ended = trade.ended or Said.CLOSED
            return Answer(Said.CLOSED)

    def refund(self, charge: Charge, refund: str, fen: Fen) -> Answer:
        """See PaymentProvider; the same refund number again changes nothing."""
        with self._lock:
            trade = self._trades.get(charge.number)
            if trade is None or not self._paid(trade):
                return Answer(Said.REFUSED, code="NOT_PAID")
            if refund in trade.refunds:
                return Answer(Said.REFUNDED, fen=Fen(trade.refunds[refund]), code="AGAIN")
            if trade.refund_refused or sum(trade.refunds.values()) + fen > trade.fen:
                return Answer(Said.REFUSED, code="REFUND_REFUSED")
            trade.refunds[refund] = fen
            return Answer(Said.REFUNDED, fen=fen)

    def charged(self) -> dict[str, int]:
        """Fen that left shoppers' wallets, by number."""
        with self._lock:
            return {number: trade.fen for number, trade in self._trades.items() if self._paid(trade)}

    def back(self) -> dict[str, int]:
        """Fen of these that went back."""
        with self._lock:
            return {number: sum(trade.refunds.values()) for number, trade in self._trades.items()}

    def _begun(self, charge: Charge, word: str, amount: int) -> _Trade:
        now = self._now()
        paid, said_no, extra = now, _NEVER, 0
        match word:
            case "userpaying" | "late_success" | "stubborn":
                paid = now + amount * 1000
            case "declined":
                paid, said_no = _NEVER, now + amount * 1000
            case "reversal_refused":
                paid = _NEVER
            case "wrong_amount":
                extra = amount or 1
        refusals = {"reversal_refused": amount, "stubborn": _NEVER}.get(word, 0)
        refund_refused = word == "refund_refused"
        return _Trade(charge.fen + extra, paid, said_no, refusals, {}, refund_refused=refund_refused)

    def _paid(self, trade: _Trade) -> bool:
        """The money came before the number was ended, or never comes."""
        if trade.ended is None and trade.paid_ms <= self._now():
            trade.ended = Said.PAID
        return trade.ended is Said.PAID or "reverse" in trade.refunds

    def _stands(self, number: str, trade: _Trade) -> Answer:
        name = f"T{number}"
        if self._paid(trade):
            if sum(trade.refunds.values()) >= trade.fen:
                return Answer(Said.REFUNDED, fen=Fen(trade.fen), transaction=name)
            return Answer(Said.PAID, fen=Fen(trade.fen), transaction=name)
        if trade.ended is not None:
            return Answer(trade.ended, transaction=name)
        if trade.said_no_ms <= self._now():
            trade.ended = Said.REFUSED
            return Answer(Said.REFUSED, code="DECLINED")
        return Answer(Said.PAYING, code="USERPAYING")


def _parsed(word: str) -> tuple[str, int]:
    name, _, figure = word.partition(" ")
    if name not in WORDS or (figure and not figure.isdecimal()):
        raise ValueError(f"no word of a script: {word}")
    return name, int(figure or 0)
