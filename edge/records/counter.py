"""What a counter remembers: scans not dealt with, wrong tries, who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from edge.db import Connection, Database


@dataclass(frozen=True)
class ScanRow:
    """A scan as kept; `text` may be a live pickup code: never shown, never logged."""

    id: int
    device: str
    station: str
    kind: str
    symbology: str
    text: str
    at: str
    handled_at: str


MOST = 20_000
"""Scans of a station at most: a busy week. A line full of noise makes more in a quarter of a minute."""
_KEPT_S = 0.5
"""How long a page waits for the row of a scan that it was told of."""
_SCAN = "id, device, station, kind, symbology, text, at, handled_at"


class Scans:
    """Rows of scan. Kept without a sync of their own: a power cut loses no more than the goods on the belt.

    A scan is announced while its row is being written; whoever then asks for the newest waits for that row.
    """

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger
        self.keeping = Lock()
        """Held from the announcement of a scan until its row is committed."""

    def add(
        self,
        *,
        device: str,
        station: str,
        seq: int,
        kind: str,
        symbology: str,
        text: str,
        at: str,
        stream: str = "",
    ) -> int:
        """Keeps a scan, once for each device, stream and number (where there is a stream); gives its id."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute(
                "INSERT INTO scan (device, station, stream, device_seq, kind, symbology, text, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (device, station, stream, seq, kind, symbology, text, at),
            )
            numbered = "stream = ? AND stream != '' AND device = ? AND device_seq = ?"
            asked = f"SELECT id FROM scan WHERE {numbered}" if stream else "SELECT last_insert_rowid()"
            return int(tx.execute(asked, (stream, device, seq) if stream else ()).fetchone()[0])

    def newest_open(self, station: str) -> tuple[ScanRow, int] | None:
        """The newest scan of the station that nobody dealt with, and how many older ones wait."""
        self._settle()
        rows = (
            self._ledger.read()
            .execute(
                f"SELECT {_SCAN} FROM scan WHERE station = ? AND handled_at = '' ORDER BY id DESC LIMIT 50",
                (station,),
            )
            .fetchall()
        )
        return (ScanRow(*rows[0]), len(rows) - 1) if rows else None

    def newest(self, station: str) -> ScanRow | None:
        """The newest scan of the station, dealt with or not."""
        self._settle()
        row = (
            self._ledger.read()
            .execute(f"SELECT {_SCAN} FROM scan WHERE station = ? ORDER BY id DESC LIMIT 1", (station,))
            .fetchone()
        )
        return None if row is None else ScanRow(*row)

    def feed(self, station: str, limit: int) -> list[ScanRow]:
        """The station's newest scans, newest first."""
        self._settle()
        rows = self._ledger.read().execute(
            f"SELECT {_SCAN} FROM scan WHERE station = ? ORDER BY id DESC LIMIT ?",
            (station, limit),
        )
        return [ScanRow(*row) for row in rows]

    def by_id(self, scan: int, station: str) -> ScanRow | None:
        """A scan of this station by id."""
        row = (
            self._ledger.read()
            .execute(f"SELECT {_SCAN} FROM scan WHERE id = ? AND station = ?", (scan, station))
            .fetchone()
        )
        return None if row is None else ScanRow(*row)

    def of_device(self, device: str, seq: int, station: str) -> ScanRow | None:
        """The device's scan of that number among the station's last 500."""
        self._settle()
        row = (
            self._ledger.read()
            .execute(
                f"SELECT {_SCAN} FROM (SELECT * FROM scan WHERE station = ? ORDER BY id DESC LIMIT 500)"
                " WHERE device = ? AND device_seq = ?",
                (station, device, seq),
            )
            .fetchone()
        )
        return None if row is None else ScanRow(*row)

    def open_before(self, station: str, scan: int) -> list[int]:
        """Scans of the station older than `scan` that nobody dealt with, newest first, at most 50."""
        rows = self._ledger.read().execute(
            "SELECT id FROM scan WHERE station = ? AND handled_at = '' AND id < ? ORDER BY id DESC LIMIT 50",
            (station, scan),
        )
        return [row[0] for row in rows]

    def handle(self, scan: int, station: str, now: str) -> None:
        """Marks the scan, and others of the station with the same text, as dealt with; forgets their texts."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute(
                "UPDATE scan SET handled_at = ?1, text = '' WHERE station = ?2 AND handled_at = ''"
                " AND text = (SELECT text FROM scan WHERE id = ?3 AND station = ?2)",
                (now, station, scan),
            )

    def forget(self, before: str, long_before: str) -> int:
        """Forgets the texts of scans older than `before` that nobody dealt with, and scans older than `long_before`
        (RFC 3339), or beyond a station's newest MOST, altogether; gives how many nobody dealt with."""
        open_ones = "handled_at = '' AND at < ?"
        ledger = self._ledger.read()
        found = ledger.execute(f"SELECT count(*) FROM scan WHERE {open_ones}", (before,)).fetchone()[0]
        oldest = ledger.execute("SELECT at FROM scan ORDER BY id LIMIT 1").fetchone()
        if found or (oldest and oldest[0] < long_before):
            with self._ledger.transaction(durable=False) as tx:
                tx.execute(f"UPDATE scan SET handled_at = ?, text = '' WHERE {open_ones}", (before, before))
                tx.execute(
                    "DELETE FROM scan WHERE id IN (SELECT id FROM scan WHERE at < ? ORDER BY id LIMIT 1000)",
                    (long_before,),
                )
        crowded = "SELECT station FROM scan GROUP BY station HAVING count(*) > ?"
        for (station,) in ledger.execute(crowded, (MOST,)).fetchall():
            with self._ledger.transaction(durable=False) as tx:
                tx.execute(
                    "DELETE FROM scan WHERE id IN (SELECT id FROM scan WHERE station = ?1 AND id <="
                    " (SELECT id FROM scan WHERE station = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
                    " ORDER BY id LIMIT 10000)",
                    (station, MOST),
                )
        return int(found)

    def _settle(self) -> None:
        # Bounded: a writer that is held up (another process, a failing disk) must not hold up every page.
        if self.keeping.acquire(timeout=_KEPT_S):
            self.keeping.release()


@dataclass(frozen=True)
class AttemptRow:
    """Wrong tries of a scope; `last_ms` and `until_ms` (end of the pause) are monotonic on `boot`."""

    wrong: int
    boot: str
    last_ms: int
    until_ms: int


class Attempts:
    """Rows of attempt: wrong codes and PINs, by scope; a pause outlives restarts and clock jumps."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def find(self, scope: str, tx: Connection | None = None) -> AttemptRow | None:
        """The wrong tries of a scope, None if there are none."""
        row = (
            (tx or self._ledger.read())
            .execute("SELECT wrong, boot, last_ms, until_ms FROM attempt WHERE scope = ?", (scope,))
            .fetchone()
        )
        return None if row is None else AttemptRow(*row)

    def change(self, scope: str, change: Callable[[AttemptRow | None], AttemptRow]) -> AttemptRow:
        """Replaces the row in one transaction, committed before anybody hears of it; gives the new one."""
        with self._ledger.transaction(durable=False) as tx:
            row = change(self.find(scope, tx))
            tx.execute(
                "INSERT OR REPLACE INTO attempt (scope, wrong, boot, last_ms, until_ms) VALUES (?, ?, ?, ?, ?)",
                (scope, row.wrong, row.boot, row.last_ms, row.until_ms),
            )
        return row

    def clear(self, scope: str) -> None:
        """Wipes the slate."""
        if self.find(scope) is not None:
            with self._ledger.transaction(durable=False) as tx:
                tx.execute("DELETE FROM attempt WHERE scope = ?", (scope,))


@dataclass(frozen=True)
class SessionRow:
    """Somebody signed in at a station; `seen_ms` is monotonic on `boot`."""

    staff: str
    name: str
    role: str
    station: str
    boot: str
    seen_ms: int


class Sessions:
    """Rows of session; the token itself is nowhere."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def add(self, token_sha: str, row: SessionRow) -> None:
        """Opens a session and closes whatever session the station had."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute("DELETE FROM session WHERE station = ?", (row.station,))
            tx.execute(
                "INSERT INTO session (token_sha, staff, name, role, station, boot, seen_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (token_sha, row.staff, row.name, row.role, row.station, row.boot, row.seen_ms),
            )

    def trust(self, token_sha: str, station: str, now: str) -> None:
        """This screen stands at that station: somebody signed in on it with what only staff have."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute(
                "INSERT OR REPLACE INTO screen (token_sha, station, at) VALUES (?, ?, ?)",
                (token_sha, station, now),
            )

    def stands_at(self, token_sha: str, station: str) -> bool:
        """Whether this screen is known to stand at the station."""
        row = (
            self._ledger.read()
            .execute("SELECT 1 FROM screen WHERE token_sha = ? AND station = ?", (token_sha, station))
            .fetchone()
        )
        return row is not None

    def find(self, token_sha: str) -> SessionRow | None:
        """The session of a token."""
        row = (
            self._ledger.read()
            .execute(
                "SELECT staff, name, role, station, boot, seen_ms FROM session WHERE token_sha = ?",
                (token_sha,),
            )
            .fetchone()
        )
        return None if row is None else SessionRow(*row)

    def touch(self, token_sha: str, boot: str, seen_ms: int) -> None:
        """Somebody is still there."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute(
                "UPDATE session SET boot = ?, seen_ms = ? WHERE token_sha = ?", (boot, seen_ms, token_sha)
            )

    def end(self, token_sha: str) -> None:
        """Signs out."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute("DELETE FROM session WHERE token_sha = ?", (token_sha,))
