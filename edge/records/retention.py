"""How long the journal is kept: what HQ has in its backup goes after thirty days, and the chain stays checkable."""

from __future__ import annotations

from datetime import timedelta

from edge.clock import Clock, moment_of, stamp
from edge.db import Database
from edge.records.replica import Replica

KEPT = timedelta(days=30)
_STOCK_LEVEL = timedelta(days=1)
"""A stock figure of HQ's no older than this counts the movements that go with their facts."""
_PIECE = 500


class Retention:
    """Deletes old facts, a few at a time; what a fact's own clock said plays no part in how old it is."""

    def __init__(self, ledger: Database, clock: Clock, replica: Replica) -> None:
        self._ledger = ledger
        self._clock = clock
        self._replica = replica

    def turn(self) -> int:
        """Notes how far the journal is today, forgets what may go; facts forgotten.

        A fact may go once HQ's backup holds it and a note of trusted time, thirty days old, says that it was there.
        """
        # Before HQ was heard the box's clock is all there is: it may stand a year ahead.
        if self._clock.state() == "unsynced":
            return 0
        now = self._clock.now()
        with self._ledger.transaction(durable=False) as tx:
            tx.execute(
                "INSERT OR IGNORE INTO journal_day (day, seq) SELECT ?, last_seq FROM stream",
                (stamp(now)[:10],),
            )
            kept_from, durable = tx.execute("SELECT kept_from, min(durable, acked) FROM stream").fetchone()
            old = tx.execute(
                "SELECT max(seq) FROM journal_day WHERE day < ?", (stamp(now - KEPT)[:10],)
            ).fetchone()
            last = min(durable, old[0] or 0, kept_from + _PIECE - 1)
            heard = self._replica.consistent_at(":stock")
            if last < kept_from or not heard or moment_of(heard) < now - _STOCK_LEVEL:
                return 0
            anchor = tx.execute("SELECT sha FROM journal WHERE seq = ?", (last,)).fetchone()[0]
            tx.execute("DELETE FROM movement WHERE seq <= ?", (last,))
            tx.execute("DELETE FROM journal WHERE seq <= ?", (last,))
            tx.execute("DELETE FROM journal_day WHERE seq < ?", (last,))
            tx.execute("UPDATE stream SET kept_from = ?, anchor = ?", (last + 1, anchor))
        return int(last - kept_from + 1)
