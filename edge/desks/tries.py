"""Wrong tries: after a few of them a scope (a terminal, a person) pauses; restarts and clock jumps change nothing."""

from __future__ import annotations

from edge.domain.refusals import TooManyTries
from edge.records.books import Books


class Tries:
    """Counts wrong codes and PINs; `pauses` are the seconds after the limit, the last one repeating."""

    def __init__(self, books: Books, limit: int, pauses: tuple[int, ...]) -> None:
        self._books = books
        self._limit = limit
        self._pauses = pauses

    def check(self, scope: str) -> None:
        """Raises TooManyTries while the scope pauses."""
        row = self._books.attempts.row(scope)
        if row is None or row[0] < self._limit:
            return
        wrong, boot, until_ms = row
        clock = self._books.clock
        if boot != clock.boot():
            # The box was restarted: the old monotonic clock is gone, so the pause starts over.
            until_ms = self._pause(scope, wrong)
        left_ms = until_ms - clock.mono_ms()
        if left_ms > 0:
            raise TooManyTries(seconds=-(-left_ms // 1000))

    def wrong(self, scope: str) -> None:
        """Counts a wrong try; raises TooManyTries when it was one too many."""
        count = self._books.attempts.count(scope)
        if count >= self._limit:
            self._pause(scope, count)
            self.check(scope)

    def right(self, scope: str) -> None:
        """A right answer: the count starts at zero again."""
        self._books.attempts.clear(scope)

    def _pause(self, scope: str, wrong: int) -> int:
        step = min(wrong - self._limit, len(self._pauses) - 1)
        until_ms = self._books.clock.mono_ms() + self._pauses[step] * 1000
        self._books.attempts.pause(scope, self._books.clock.boot(), until_ms)
        return until_ms
