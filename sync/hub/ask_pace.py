"""How fast one store may ask: a bucket of questions for each kind that a thief would ask in millions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from sync.asked import CLAIM_PATH, COUPON_PATH, PHONE_PATH, REPURCHASE_PATH, REVEAL_PATH
from sync.guiding import CART_PATH, OPTIONS_PATH
from sync.hub.envelope import Refused
from sync.ordering import ORDER_PATH
from sync.returning import SOLD_PATH

A_MINUTE: Mapping[str, int] = {
    REVEAL_PATH: 10,
    PHONE_PATH: 120,
    SOLD_PATH: 120,
    CLAIM_PATH: 120,
    REPURCHASE_PATH: 240,
    COUPON_PATH: 600,
    OPTIONS_PATH: 600,
    CART_PATH: 300,
    ORDER_PATH: 120,
}
"""Questions of one store a minute: what a large shop's tills ask at their busiest, a few times over."""


class AskPace:
    """Questions left, by store and kind, in this process of HQ's; a minute's worth may come at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, store: str, path: str) -> None:
        """Counts one question; raises Refused 429 `too_fast` where the store asked too many."""
        most = A_MINUTE[path]
        with self._lock:
            now = self._clock()
            left, at = self._left.get((store, path), (float(most), now))
            left = min(float(most), left + (now - at) * most / 60)
            if left < 1:
                self._left[store, path] = left, now
                raise Refused(429, "too_fast", retry_s=max(1, round((1 - left) * 60 / most)))
            self._left[store, path] = left - 1, now
