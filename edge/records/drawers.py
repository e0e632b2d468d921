"""Openings of cash drawers, and what their sensors were found to mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge.clock import moment_of
from edge.db import Connection, Database
from edge.domain.drawers import Opening, Outcome, Reason

_COLUMNS = (
    "opening, nonce, drawer, station, staff, reason, outcome, fault, at, boot, mono_ms, opened_at, closed_at"
)
_UNDER_WAY = "outcome IN ('asked', 'pulsing')"


@dataclass(frozen=True)
class OpeningRow:
    """A row of drawer_opening; `nonce` is the command's, or the opening's own where there was none."""

    opening: str
    nonce: str
    drawer: str
    station: str
    staff: str
    reason: str
    outcome: str
    fault: str
    at: str
    boot: str
    mono_ms: int
    opened_at: str = ""
    closed_at: str = ""

    def view(self, *, repeat: bool = False) -> Opening:
        """As desks and pages see it."""
        return Opening(
            opening=self.opening,
            drawer=self.drawer,
            station=self.station,
            staff=self.staff,
            reason=Reason(self.reason),
            outcome=Outcome(self.outcome),
            fault=self.fault,
            at=moment_of(self.at),
            opened_at=moment_of(self.opened_at) if self.opened_at else None,
            closed_at=moment_of(self.closed_at) if self.closed_at else None,
            repeat=repeat,
        )


class Drawers:
    """Rows of drawer_opening and drawer_sensor."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def add(self, tx: Connection, row: OpeningRow) -> None:
        """Writes a new opening."""
        values = [getattr(row, name) for name in _COLUMNS.split(", ")]
        marks = ", ".join("?" for _ in values)
        tx.execute(f"INSERT INTO drawer_opening ({_COLUMNS}) VALUES ({marks})", values)

    def by_nonce(self, nonce: str, tx: Connection | None = None) -> OpeningRow | None:
        """The opening of this wish."""
        return self._one("nonce = ?", nonce, tx=tx)

    def take(self, tx: Connection, opening: str) -> bool:
        """Asked -> pulsing; False when somebody else did so first."""
        done = tx.execute(
            "UPDATE drawer_opening SET outcome = 'pulsing' WHERE opening = ? AND outcome = 'asked'",
            (opening,),
        )
        return bool(done.rowcount)

    def settle(self, tx: Connection, opening: str, outcome: Outcome, fault: str) -> None:
        """How the command ended."""
        tx.execute(
            "UPDATE drawer_opening SET outcome = ?, fault = ? WHERE opening = ?",
            (outcome.value, fault, opening),
        )

    def seen_open(self, tx: Connection, opening: str, now: str) -> None:
        """The sensor saw it open."""
        tx.execute("UPDATE drawer_opening SET opened_at = ? WHERE opening = ?", (now, opening))

    def seen_shut(self, tx: Connection, opening: str, now: str) -> None:
        """The sensor saw it shut."""
        tx.execute("UPDATE drawer_opening SET closed_at = ? WHERE opening = ?", (now, opening))

    def asked(self, drawer: str) -> OpeningRow | None:
        """The oldest command that waits for its pulse."""
        return self._one("drawer = ? AND outcome = 'asked' ORDER BY id LIMIT 1", drawer)

    def interrupted(self, drawer: str) -> list[OpeningRow]:
        """Commands whose pulse was under way; when nobody is at it, their fate is unknown."""
        return self._many("drawer = ? AND outcome = 'pulsing' ORDER BY id", drawer)

    def last(self, drawer: str, tx: Connection | None = None) -> OpeningRow | None:
        """The newest opening of a drawer."""
        return self._one("drawer = ? ORDER BY id DESC LIMIT 1", drawer, tx=tx)

    def standing(self, drawer: str, tx: Connection | None = None) -> list[OpeningRow]:
        """Openings that the sensor saw begin and not end, oldest first."""
        return self._many("drawer = ? AND opened_at != '' AND closed_at = '' ORDER BY id", drawer, tx=tx)

    def learnt(self, drawer: str) -> bool | None:
        """The level that was found to mean open; None: not found yet."""
        asked = "SELECT open_level FROM drawer_sensor WHERE drawer = ?"
        row = self._ledger.read().execute(asked, (drawer,)).fetchone()
        return None if row is None else bool(row[0])

    def learn(self, tx: Connection, drawer: str, level: bool | None, now: str) -> None:
        """Keeps what a level means; None forgets it."""
        tx.execute("DELETE FROM drawer_sensor WHERE drawer = ?", (drawer,))
        if level is not None:
            tx.execute("INSERT INTO drawer_sensor VALUES (?, ?, ?)", (drawer, int(level), now))

    def _one(self, where: str, value: str, tx: Connection | None = None) -> OpeningRow | None:
        found = self._many(where, value, tx=tx)
        return found[0] if found else None

    def _many(self, where: str, value: str, tx: Connection | None = None) -> list[OpeningRow]:
        reader: Any = tx or self._ledger.read()
        rows = reader.execute(f"SELECT {_COLUMNS} FROM drawer_opening WHERE {where}", (value,))
        return [OpeningRow(*row) for row in rows]
