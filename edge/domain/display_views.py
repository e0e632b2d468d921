"""What the shopper's side of a staffed till shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edge.domain.guide_views import SlideView
from edge.domain.orders import Fen
from edge.domain.payment_views import NOTHING
from edge.domain.payments import FINAL, PayState


class DisplayPlace(Enum):
    """What a customer display shows."""

    IDLE = "idle"
    BASKET = "basket"
    PAYING = "paying"
    DONE = "done"


class PayWord(Enum):
    """What the shopper is to do now, or is told, while a payment is open."""

    SHOW = "show"  # hold up the wallet's code, or pay in cash
    SCAN = "scan"  # scan the code that stands here
    WAIT = "wait"
    CONFIRM = "confirm"  # on the phone
    UNKNOWN = "unknown"  # nobody knows yet: do not pay twice
    AGAIN = "again"  # it came to nothing


_WORDS = {
    PayState.NEW: PayWord.WAIT,
    PayState.SUBMITTING: PayWord.WAIT,
    PayState.USERPAYING: PayWord.CONFIRM,
    PayState.UNKNOWN: PayWord.UNKNOWN,
    PayState.QR_SHOWN: PayWord.SCAN,
    PayState.CLOSING: PayWord.WAIT,
    PayState.REVERSING: PayWord.UNKNOWN,
    PayState.STUCK: PayWord.UNKNOWN,
    PayState.FAILED: PayWord.AGAIN,
    PayState.REVERSED: PayWord.AGAIN,
    PayState.CLOSED: PayWord.SHOW,
}


def pay_word(state: PayState | None) -> PayWord:
    """What the newest attempt means for the shopper; None: there is none yet."""
    if state is None:
        return PayWord.SHOW
    return _WORDS.get(state, PayWord.SHOW if state in FINAL else PayWord.WAIT)


@dataclass(frozen=True)
class DisplayLine:
    """A line of the basket: `net_fen` after everything that was taken off it, `off_fen` of that off."""

    line: int
    sku: str
    name_zh: str
    name_en: str
    category: str
    qty: int
    grams: int
    net_fen: Fen
    off_fen: Fen


@dataclass(frozen=True)
class DisplayView:
    """A customer display now; of the parts those that its place has. `lines` newest first, `more` older ones.

    `left_s` is how long the shopper has to confirm, `change_fen` what comes back in cash. Nobody's name is on it.
    """

    place: DisplayPlace
    lines: tuple[DisplayLine, ...] = ()
    more: int = 0
    pieces: int = 0
    total_fen: Fen = NOTHING
    saved_fen: Fen = NOTHING
    due_fen: Fen = NOTHING
    word: PayWord = PayWord.SHOW
    qr: str = ""
    left_s: int = 0
    change_fen: Fen = NOTHING
    slide: SlideView | None = None
    quiet: bool = False
    key: str = ""
