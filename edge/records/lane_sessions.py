"""What kiosks show and which are paused, as the ledger keeps it; nothing personal in either."""

from __future__ import annotations

import msgspec

from edge.db import Connection, Database
from edge.domain.lane_session import Here, Place

TABLES = (
    # Gone with the shopper: one row a kiosk.
    """CREATE TABLE lane_session (
        station TEXT PRIMARY KEY, state TEXT NOT NULL, doc TEXT NOT NULL,
        entered_at TEXT NOT NULL, touched_at TEXT NOT NULL, rev INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE TABLE lane_pause (station TEXT PRIMARY KEY, at TEXT NOT NULL, staff TEXT NOT NULL) STRICT, WITHOUT ROWID",
)


class LaneSessions:
    """Rows of lane_session and lane_pause."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def here(self, station: str, tx: Connection | None = None) -> Here:
        """What a kiosk shows; the attract page where it never showed anything."""
        asked = "SELECT state, doc, entered_at, touched_at, rev FROM lane_session WHERE station = ?"
        row = (tx or self._ledger.read()).execute(asked, (station,)).fetchone()
        if row is None:
            return Here()
        return Here(Place(row[0]), msgspec.json.decode(row[1], type=dict[str, str]), *row[2:])

    def save(self, tx: Connection, station: str, here: Here) -> None:
        """Keeps what a kiosk shows now."""
        doc = msgspec.json.encode(here.facts).decode()
        values = (station, here.place.value, doc, here.entered_at, here.touched_at, here.rev)
        tx.execute("INSERT OR REPLACE INTO lane_session VALUES (?, ?, ?, ?, ?, ?)", values)

    def paused(self, station: str) -> str:
        """Who paused a kiosk, "" where nobody did."""
        asked = "SELECT staff FROM lane_pause WHERE station = ?"
        row = self._ledger.read().execute(asked, (station,)).fetchone()
        return str(row[0]) if row else ""

    def pause(self, tx: Connection, station: str, at: str, staff: str) -> None:
        """Nobody begins there any more."""
        tx.execute("INSERT OR IGNORE INTO lane_pause VALUES (?, ?, ?)", (station, at, staff))

    def resume(self, tx: Connection, station: str) -> None:
        """It is open again."""
        tx.execute("DELETE FROM lane_pause WHERE station = ?", (station,))
