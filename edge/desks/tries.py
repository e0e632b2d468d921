"""Wrong tries: after a few of them a scope (a terminal, a person) pauses; restarts and clock jumps change nothing."""

from __future__ import annotations

from collections.abc import Callable

from edge.domain.refusals import ReadOnly, TooManyTries
from edge.records.books import Books
from edge.records.counter import AttemptRow

FORGOTTEN_MS = 10 * 60_000
"""A wrong try counts for this long. Right ones forgive nothing: a known good code between two guesses
would otherwise buy any number of guesses."""


class Tries:
    """Counts wrong codes and PINs; `pauses` are the seconds after the limit, the last one repeating."""

    def __init__(self, books: Books, limit: int, pauses: tuple[int, ...]) -> None:
        self._books = books
        self._limit = limit
        self._pauses = pauses
        self._unwritten: dict[str, AttemptRow] = {}

    def check(self, *scopes: str) -> None:
        """Raises TooManyTries while any of the scopes pauses."""
        left_ms = max((self._left_ms(scope) for scope in scopes), default=0)
        if left_ms > 0:
            raise TooManyTries(seconds=-(-left_ms // 1000))

    def wrong(self, *scopes: str) -> None:
        """Counts a wrong try in every scope; raises TooManyTries when it was one too many in any."""
        for scope in scopes:
            self._change(scope, self._counted)
        self.check(*scopes)

    def right(self, scope: str) -> None:
        """The slate of a person who showed to be that person is wiped."""
        self._books.attempts.clear(scope)

    def _left_ms(self, scope: str) -> int:
        row = self._unwritten.get(scope) or self._books.attempts.find(scope)
        if row is None or row.wrong < self._limit:
            return 0
        clock = self._books.clock
        if row.boot != clock.boot():
            # The box was restarted: the old monotonic clock is gone, so the pause starts over.
            wrong = row.wrong
            row = self._change(scope, lambda _: self._paused(wrong))
        return row.until_ms - clock.mono_ms()

    def _change(self, scope: str, change: Callable[[AttemptRow | None], AttemptRow]) -> AttemptRow:
        try:
            row = self._books.attempts.change(scope, change)
            self._unwritten.pop(scope, None)
        except ReadOnly:
            # A full disk must not turn guessing loose: counted in memory until it can be written again.
            row = change(self._unwritten.get(scope) or self._books.attempts.find(scope))
            self._unwritten[scope] = row
        return row

    def _counted(self, old: AttemptRow | None) -> AttemptRow:
        clock = self._books.clock
        fresh = old is not None and (
            old.boot != clock.boot() or clock.mono_ms() - max(old.last_ms, old.until_ms) < FORGOTTEN_MS
        )
        return self._paused(old.wrong + 1 if old is not None and fresh else 1)

    def _paused(self, wrong: int) -> AttemptRow:
        clock = self._books.clock
        over = wrong - self._limit
        pause_s = self._pauses[min(over, len(self._pauses) - 1)] if over >= 0 else 0
        return AttemptRow(wrong, clock.boot(), clock.mono_ms(), clock.mono_ms() + pause_s * 1000)
