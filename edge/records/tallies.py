"""How many rows of what: what the figures desk asks the ledger, by indexes."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Database
from edge.domain.payments import UNSETTLED

_UNSETTLED = ", ".join(f"'{state.value}'" for state in sorted(UNSETTLED, key=lambda state: state.value))


@dataclass(frozen=True)
class Tallies:
    """Read-only."""

    ledger: Database

    def jobs(self) -> dict[str, int]:
        """Slips that are not out yet, by state."""
        # Two questions, as there are two partial indexes.
        waiting = self._counted("print_job WHERE state IN ('queued', 'blocked')")
        return waiting | self._counted("print_job WHERE state IN ('sending', 'awaiting_confirm')")

    def payments(self) -> dict[str, int]:
        """Payments whose answer is not final, by state."""
        return self._counted(f"pay_attempt WHERE state IN ({_UNSETTLED})")

    def facts(self, after_seq: int, limit: int) -> list[tuple[int, str]]:
        """The next facts beyond `after_seq`: number and kind."""
        found: list[tuple[int, str]] = (
            self.ledger.read()
            .execute("SELECT seq, kind FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, limit))
            .fetchall()
        )
        return found

    def waits_since(self) -> str:
        """When the oldest fact that HQ has not acknowledged was written (stamp); "" there is none."""
        row = (
            self.ledger.read()
            .execute("SELECT at FROM journal WHERE seq > (SELECT acked FROM stream) ORDER BY seq LIMIT 1")
            .fetchone()
        )
        return "" if row is None else str(row[0])

    def _counted(self, what: str) -> dict[str, int]:
        rows = self.ledger.read().execute(f"SELECT state, count(*) FROM {what} GROUP BY state")
        return {str(state): int(count) for state, count in rows}
