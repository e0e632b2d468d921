"""What is held in memory about payments, and nowhere else: scanned codes, and who works on which attempt."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

_INFO = b"store-edge pay code v1"


class PayHand:
    """Codes of attempts that are about to be submitted, and the claims of workers on attempts and refunds.

    A code is given out once and is gone with the process: whatever is in the rows then is asked for, never charged.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, _INFO, hashlib.sha256).digest()
        self._codes: dict[str, str] = {}
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._away_until_ms = 0
        self._served: frozenset[str] | None = None

    def __repr__(self) -> str:
        """Without what it holds."""
        return "PayHand()"

    def mac(self, code: str) -> str:
        """A keyed hash of a code: enough to know it again, and nothing else."""
        return hmac.new(self._key, code.encode(), hashlib.sha256).hexdigest()

    def hold(self, number: str, code: str) -> None:
        """Keeps the code of an attempt until its call; "" for an attempt without one."""
        with self._lock:
            self._codes[number] = code

    def drop(self, number: str) -> None:
        """Forgets it."""
        with self._lock:
            self._codes.pop(number, None)

    def holds(self, number: str) -> bool:
        """Whether the call of this attempt was not made in this process's life and still can be."""
        with self._lock:
            return number in self._codes

    def take(self, number: str) -> str:
        """The code, once; raises KeyError the second time."""
        with self._lock:
            return self._codes.pop(number)

    @contextmanager
    def claimed(self, number: str) -> Iterator[bool]:
        """Whether this worker alone has the attempt (or refund) for the time of a `with` block."""
        with self._lock:
            free = number not in self._claimed
            self._claimed.add(number)
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._claimed.discard(number)

    def busy(self, number: str) -> bool:
        """Whether somebody works on it now."""
        with self._lock:
            return number in self._claimed

    def serve(self, channels: Collection[str]) -> None:
        """These wallets have somebody who moves their money, since the start of this process."""
        self._served = frozenset(channels)

    def served(self, channel: str) -> bool:
        """Whether anything can be asked about that wallet's money here; True while nobody has said."""
        return self._served is None or channel in self._served

    def reached(self, now_ms: int, *, there: bool) -> None:
        """Whether the provider could be reached just now."""
        self._away_until_ms = 0 if there else now_ms + _AWAY_MS

    def reachable(self, now_ms: int) -> bool:
        """Whether a new payment may be tried: not right after one that never left us."""
        return now_ms >= self._away_until_ms


_AWAY_MS = 30_000
