"""What a till asks HQ, over a connection of its own: at most three seconds, whatever the exchange is doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from sync.asked import (
    ASK_S,
    CLAIM_PATH,
    COUPON_PATH,
    PHONE_PATH,
    REPURCHASE_PATH,
    REVEAL_PATH,
    ClaimAsk,
    ClaimSaid,
    CouponAsk,
    CouponSaid,
    PhoneAsk,
    PhoneSaid,
    RepurchaseAsk,
    RepurchaseSaid,
    RevealAsk,
    RevealSaid,
)
from sync.guiding import CART_PATH, OPTIONS_PATH, CartAsk, CartSaid, OptionsAsk, OptionsSaid
from sync.messages import LineDown
from sync.ordering import ORDER_PATH, OrderAsk, OrderSaid
from sync.returning import RMA_PATH, SOLD_PATH, RmaAsk, RmaSaid, SoldAsk, SoldSaid

T = TypeVar("T")


class Line(Protocol):
    """HQ on a line that keeps to a budget."""

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        """The body of HQ's 200 answer within so many seconds, all told; raises SyncFault."""
        ...


class HqAsk:
    """HQ as `sync.asked.AtHq`. One question at a time; waiting for the one before counts towards its own time."""

    def __init__(self, line: Callable[[], Line], patience_s: float = ASK_S) -> None:
        """`line` opens a transport when the first question is asked; `patience_s` is all that a question takes."""
        self._line = line
        self._transport: Line | None = None
        self._patience_s = patience_s
        self._busy = threading.Lock()

    def coupon(self, asked: CouponAsk) -> CouponSaid:
        """See AtHq."""
        return self._ask(COUPON_PATH, asked, CouponSaid)

    def phone(self, asked: PhoneAsk) -> PhoneSaid:
        """See AtHq."""
        return self._ask(PHONE_PATH, asked, PhoneSaid)

    def reveal(self, asked: RevealAsk) -> RevealSaid:
        """See AtHq."""
        return self._ask(REVEAL_PATH, asked, RevealSaid)

    def repurchase(self, asked: RepurchaseAsk) -> RepurchaseSaid:
        """See AtHq."""
        return self._ask(REPURCHASE_PATH, asked, RepurchaseSaid)

    def claim(self, asked: ClaimAsk) -> ClaimSaid:
        """See AtHq."""
        return self._ask(CLAIM_PATH, asked, ClaimSaid)

    def sold(self, asked: SoldAsk) -> SoldSaid:
        """See sync.returning.ReturnsAtHq."""
        return self._ask(SOLD_PATH, asked, SoldSaid)

    def rma(self, asked: RmaAsk) -> RmaSaid:
        """See sync.returning.ReturnsAtHq."""
        return self._ask(RMA_PATH, asked, RmaSaid)

    def options(self, asked: OptionsAsk) -> OptionsSaid:
        """See sync.guiding.ScreensAtHq."""
        return self._ask(OPTIONS_PATH, asked, OptionsSaid)

    def cart(self, asked: CartAsk) -> CartSaid:
        """See sync.guiding.ScreensAtHq."""
        return self._ask(CART_PATH, asked, CartSaid)

    def order(self, asked: OrderAsk) -> OrderSaid:
        """See sync.ordering.OrdersAtHq."""
        return self._ask(ORDER_PATH, asked, OrderSaid)

    def _ask(self, path: str, asked: msgspec.Struct, kind: type[T]) -> T:
        ends = time.monotonic() + self._patience_s
        if not self._busy.acquire(timeout=self._patience_s):
            raise LineDown("another question is waiting for HQ")
        try:
            if self._transport is None:
                self._transport = self._line()
            # Waiting for another question, a new bearer and the question itself share one budget.
            answer = self._transport.post_within(path, msgspec.json.encode(asked), ends - time.monotonic())
        except OSError as error:  # the file of the store's token
            raise LineDown(type(error).__name__) from None
        finally:
            self._busy.release()
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LineDown("what answers is not HQ") from None
