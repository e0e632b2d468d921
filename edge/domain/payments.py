"""A payment attempt: its states, what can happen to it, and the one table that says what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from enum import Enum


class PayState(Enum):
    """Where an attempt to pay stands (value stored and sent)."""

    NEW = "new"
    SUBMITTING = "submitting"
    USERPAYING = "userpaying"
    UNKNOWN = "unknown"
    QR_SHOWN = "qr_shown"
    CLOSING = "closing"
    REVERSING = "reversing"
    STUCK = "stuck"
    SUCCEEDED = "succeeded"
    SUCCEEDED_LATE = "succeeded_late"
    FAILED = "failed"
    REVERSED = "reversed"
    CLOSED = "closed"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"


class PayEvent(Enum):
    """What can happen to an attempt (value stored with the answers)."""

    SUBMIT = "submit"
    TAKE_CASH = "take_cash"
    SHOW_QR = "show_qr"
    PAY = "pay"
    REFUSE = "refuse"
    WAIT = "wait"
    LOSE = "lose"
    GIVE_UP = "give_up"
    END_QR = "end_qr"
    CLOSE = "close"
    REVERSE = "reverse"
    PAY_LATE = "pay_late"
    STICK = "stick"
    REFUND = "refund"
    REFUND_DONE = "refund_done"
    REFUND_FAIL = "refund_fail"


_S, _E = PayState, PayEvent

PAYMENT: Mapping[PayState, Mapping[PayEvent, PayState]] = {
    _S.NEW: {
        _E.SUBMIT: _S.SUBMITTING,
        _E.TAKE_CASH: _S.SUCCEEDED,
        _E.SHOW_QR: _S.QR_SHOWN,
        _E.REFUSE: _S.FAILED,
        _E.END_QR: _S.CLOSING,
    },
    _S.SUBMITTING: {
        _E.PAY: _S.SUCCEEDED,
        _E.REFUSE: _S.FAILED,
        _E.WAIT: _S.USERPAYING,
        _E.LOSE: _S.UNKNOWN,
        _E.STICK: _S.STUCK,
    },
    _S.USERPAYING: {
        _E.PAY: _S.SUCCEEDED,
        _E.REFUSE: _S.FAILED,
        _E.GIVE_UP: _S.REVERSING,
        _E.STICK: _S.STUCK,
    },
    _S.UNKNOWN: {
        _E.PAY: _S.SUCCEEDED,
        _E.REFUSE: _S.FAILED,
        _E.WAIT: _S.USERPAYING,
        _E.GIVE_UP: _S.REVERSING,
        _E.STICK: _S.STUCK,
    },
    _S.QR_SHOWN: {
        _E.PAY: _S.SUCCEEDED,
        _E.REFUSE: _S.FAILED,
        _E.END_QR: _S.CLOSING,
        _E.STICK: _S.STUCK,
    },
    _S.CLOSING: {_E.CLOSE: _S.CLOSED, _E.PAY: _S.SUCCEEDED, _E.STICK: _S.STUCK},
    # From here on nobody sells for this attempt: a success that shows up now is given back.
    _S.REVERSING: {_E.REVERSE: _S.REVERSED, _E.PAY_LATE: _S.SUCCEEDED_LATE, _E.STICK: _S.STUCK},
    _S.STUCK: {_E.REVERSE: _S.REVERSED, _E.PAY_LATE: _S.SUCCEEDED_LATE},
    _S.SUCCEEDED: {_E.REFUND: _S.REFUNDING},
    _S.SUCCEEDED_LATE: {_E.REFUND: _S.REFUNDING},
    _S.FAILED: {},
    _S.REVERSED: {},
    _S.CLOSED: {},
    _S.REFUNDING: {
        _E.REFUND: _S.REFUNDING,
        _E.REFUND_DONE: _S.REFUNDED,
        _E.REFUND_FAIL: _S.REFUND_FAILED,
    },
    _S.REFUNDED: {_E.REFUND: _S.REFUNDING},
    _S.REFUND_FAILED: {_E.REFUND: _S.REFUNDING},
}
"""Retail rules: one number, one table. A missing key is the refusal (edge.domain.moves)."""

UNSETTLED = frozenset(
    {
        _S.NEW,
        _S.SUBMITTING,
        _S.USERPAYING,
        _S.UNKNOWN,
        _S.QR_SHOWN,
        _S.CLOSING,
        _S.REVERSING,
        _S.STUCK,
    }
)
"""Nobody knows yet whether this took money: no other attempt beside it, and the page stays."""
NOT_PAID = frozenset({_S.FAILED, _S.REVERSED, _S.CLOSED})
"""It took no money, or gave it back: the next attempt may begin."""
FINAL = frozenset(_S) - UNSETTLED - {_S.REFUNDING, _S.SUCCEEDED_LATE}
"""Nothing is left to do for it."""
LOST = frozenset({_S.UNKNOWN, _S.REVERSING, _S.STUCK})
"""What happened to the shopper's money is not known here: never to be called a failure."""


class Channel(Enum):
    """Whose money it is (value stored and sent)."""

    CASH = "cash"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    UNIONPAY = "unionpay"


class Manner(Enum):
    """How it is paid: notes and coins, a code of the shopper's that we scan, one of ours that the shopper scans."""

    CASH = "cash"
    CODE = "code"
    QR = "qr"


MOST_FEN = 100_000_000
"""Nobody pays a million yuan at a till."""


def out_trade_no(store: str, day: date, lane: int, seq: int, spice: str) -> str:
    """The number of an attempt, at most 32 of [0-9A-Za-z]: S, store, yymmdd, lane, the day's number, two by chance.

    `day` in the store's zone. The two (`spice`) part a box restored from its backup from what it did before.
    """
    plain = "".join(char for char in store.removeprefix("S") if char.isascii() and char.isalnum())
    if plain != store.removeprefix("S") or not 1 <= len(plain) <= _STORE_CHARS:
        plain = plain[:4] + hashlib.sha256(store.encode()).hexdigest()[: _STORE_CHARS - 4]
    return f"S{plain}{day:%y%m%d}{lane % 100:02}{seq:05}{spice[:2]}"


def refund_no(number: str, nth: int) -> str:
    """The number of an attempt's nth refund (1, 2, ...), at most 32 characters too."""
    return f"{number}R{nth:02}"


_STORE_CHARS = 12
