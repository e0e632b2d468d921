"""What a lane must not forget: readings until the store has them, and what became of each deed."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from devices.ports import Fate, Reading

KEPT_S = 12 * 3600.0
"""How long a reading waits for the store: as long as the store itself keeps a scan that nobody deals with."""
ROOM = 5000
"""Readings kept at most; what comes beyond is refused, and whoever scanned it hears so."""
REMEMBERED_S = 8 * 86400.0
"""How long the outcome of a deed is known: longer than any print job lives (`keep_hours`)."""
_YOUNG_S = 600.0
"""A book younger than that may have lost a predecessor: what it does not know may still have happened."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS reading (
        id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
        boot TEXT NOT NULL, mono REAL NOT NULL, wall REAL NOT NULL, body BLOB NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS deed (
        key TEXT PRIMARY KEY, state TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
        wall REAL NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS born (
        one INTEGER PRIMARY KEY CHECK (one = 1), boot TEXT NOT NULL, mono REAL NOT NULL,
        devices BLOB NOT NULL) STRICT""",
)


class BookUnusable(Exception):
    """The lane's file cannot be opened or written; says where."""


class Kept(msgspec.Struct, frozen=True):
    """A reading as it stands in the book; `id` grows with time, `age_s` is its age now."""

    id: int
    device: str
    stream: str
    seq: int
    age_s: float
    reading: Reading


class Outcome(msgspec.Struct, frozen=True):
    """How a deed ended; UNKNOWN with the fault that said so, or because the lane died meanwhile."""

    fate: Fate
    code: str = ""
    detail: str = ""


class LaneBook:
    """One SQLCipher file, its key drawn from the lane's token; calls from any thread take turns.

    Readings are committed without a sync, as in the store: a power cut takes the last second of them. Deeds are
    synced before they begin. `stream` is new with each opening, so that no number is ever given twice.
    """

    def __init__(self, path: Path, token: str, *, young_s: float = _YOUNG_S) -> None:
        self.stream = secrets.token_hex(8)
        self._path = path
        self._young_s = young_s
        self._lock = threading.RLock()
        self._boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        self._seqs: dict[str, int] = {}
        self._db = _opened(path, hashlib.sha256(b"store-edge lane book\0" + token.encode()).hexdigest())
        with self._transaction(synced=True) as db:
            for table in _TABLES:
                db.execute(table)
            db.execute("INSERT OR IGNORE INTO born VALUES (1, ?, ?, x'80')", (self._boot, _mono()))
            # Whatever was being done when the last life ended: nobody knows.
            db.execute("UPDATE deed SET state = 'unknown', code = 'UNCONFIRMED' WHERE state = 'begun'")
            db.execute("DELETE FROM deed WHERE wall < ?", (time.time() - REMEMBERED_S,))
        self._room = ROOM - self._count()

    def devices(self) -> bytes:
        """What the store said last about the lane's devices, as it was put here."""
        with self._lock:
            return bytes(self._db.execute("SELECT devices FROM born").fetchone()[0])

    def put_devices(self, told: bytes) -> None:
        """Keeps what the store says about the lane's devices: a lane that starts without the store scans too."""
        with self._transaction(synced=True) as db:
            db.execute("UPDATE born SET devices = ?", (told,))

    def keep(self, device: str, reading: Reading) -> bool:
        """Keeps a reading until `forget`; False when the book is full. Raises BookUnusable."""
        with self._lock:
            if self._room <= 0:
                return False
            seq = self._seqs.get(device, 0) + 1
            row = (
                device,
                self.stream,
                seq,
                self._boot,
                _mono(),
                time.time(),
                msgspec.msgpack.encode(reading),
            )
            with self._transaction() as db:
                db.execute(
                    "INSERT INTO reading (device, stream, seq, boot, mono, wall, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
            # Counted when it is committed: a disk that is full for an hour neither fills the book nor leaves gaps.
            self._seqs[device] = seq
            self._room -= 1
        return True

    def after(self, number: int, limit: int) -> list[Kept]:
        """The readings after that id, oldest first; those too old to matter are forgotten on the way."""
        while found := self._after(number, limit):
            for old in (kept for kept in found if kept.age_s > KEPT_S):
                self.forget(old.device, old.stream, old.seq)
            if fresh := [kept for kept in found if kept.age_s <= KEPT_S]:
                return fresh
            number = found[-1].id
        return []

    def _after(self, number: int, limit: int) -> list[Kept]:
        with self._lock:
            rows = self._db.execute(
                "SELECT id, device, stream, seq, boot, mono, wall, body FROM reading WHERE id > ? ORDER BY id LIMIT ?",
                (number, limit),
            ).fetchall()
        return [self._row(row) for row in rows]

    def forget(self, device: str, stream: str, seq: int) -> bool:
        """The store has dealt with it; whether it was still here."""
        with self._transaction() as db:
            gone = db.execute(
                "DELETE FROM reading WHERE stream = ? AND device = ? AND seq = ?", (stream, device, seq)
            ).rowcount
            self._room += gone
        return bool(gone)

    def begin(self, key: str) -> Outcome | None:
        """Notes, synced, that a deed begins now; gives its outcome instead if it has begun before."""
        with self._transaction(synced=True) as db:
            known = self._known(key)
            if known is None:
                db.execute("INSERT INTO deed VALUES (?, 'begun', '', '', ?)", (key, time.time()))
        return known

    def ended(self, key: str, outcome: Outcome) -> None:
        """Notes, synced, how a deed ended; one of which nothing was sent may begin again."""
        with self._transaction(synced=True) as db:
            if outcome.fate is Fate.NEVER:
                db.execute("DELETE FROM deed WHERE key = ?", (key,))
            else:
                db.execute(
                    "UPDATE deed SET state = ?, code = ?, detail = ? WHERE key = ?",
                    (outcome.fate.value, outcome.code, outcome.detail, key),
                )

    def fate(self, key: str) -> Outcome:
        """What became of a deed that is not under way just now."""
        with self._lock:
            known = self._known(key)
            boot, mono = self._db.execute("SELECT boot, mono FROM born").fetchone()
        if known is not None:
            return known
        young = boot == self._boot and _mono() - mono < self._young_s
        return (
            Outcome(Fate.UNKNOWN, "UNCONFIRMED", "the lane's book is new") if young else Outcome(Fate.NEVER)
        )

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    def _known(self, key: str) -> Outcome | None:
        row = self._db.execute("SELECT state, code, detail FROM deed WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        return Outcome(Fate.UNKNOWN if row[0] == "begun" else Fate(row[0]), row[1], row[2])

    def _count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM reading").fetchone()[0])

    def _row(self, row: tuple[Any, ...]) -> Kept:
        number, device, stream, seq, boot, mono, wall, body = row
        # Of another boot only this is sure: it is older than this one. The wall clock may say that it is older yet.
        age_s = _mono() - mono if boot == self._boot else max(_mono(), time.time() - wall)
        return Kept(number, device, stream, seq, max(0.0, age_s), msgspec.msgpack.decode(body, type=Reading))

    @contextmanager
    def _transaction(self, *, synced: bool = False) -> Iterator[Any]:
        from sqlcipher3 import dbapi2

        with self._lock:
            try:
                self._db.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except dbapi2.Error as error:
                raise BookUnusable(f"{self._path}: {error}") from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _mono() -> float:
    """Seconds since boot, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _opened(path: Path, key: str) -> Any:
    """The file; one of another token, or a broken one, is removed: nobody can read it any more."""
    from sqlcipher3 import dbapi2

    for _ in range(2):
        db = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
        db.execute(f"PRAGMA key=\"x'{key}'\"")
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except dbapi2.DatabaseError as error:
            db.close()
            if not re.search("not a database|malformed|encrypted", str(error)):
                raise BookUnusable(f"{path}: {error}") from error
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
        else:
            db.execute("PRAGMA secure_delete=ON")
            return db
    raise BookUnusable(f"{path} cannot be made")
