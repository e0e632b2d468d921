"""When HQ heard of each store and what it told of itself: kept beside the work, a few hundred stores a write."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from sync.hub.database import write
from sync.messages import Cursor, PullRequest, UpHeader, moment_of, stamp

log = logging.getLogger("sync.hub")
EVERY_S = 5.0
"""How long HQ may know better than its tables: a small fleet is written at each request, a large one in batches."""
MANY = 500
_MAX_OFF_MS = 1 << 40


@dataclass
class Word:
    """What the newest requests of a store told. Empty texts and None: not told."""

    seen_at: str
    stream: str = ""
    boot: str = ""
    depth: int | None = None
    off_ms: int | None = None
    cursors: dict[str, Cursor] = field(default_factory=dict)


class Seen:
    """Collects what stores tell and writes it now and then; any thread. What a killed hub had not written is told
    again within a poll."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], mono: Callable[[], float] = time.monotonic
    ) -> None:
        """`now` gives aware times, `mono` seconds."""
        self._engine = engine
        self._now = now
        self._mono = mono
        self._lock = threading.Lock()
        self._words: dict[str, Word] = {}
        self._next = 0.0

    def uploaded(self, store: str, header: UpHeader, taken: int) -> None:
        """A store's upload of `taken` facts was answered."""
        left = None if header.depth is None else max(0, header.depth - taken)
        self._heard(store, header.stream, header.boot, header.clock, left, {})

    def pulled(self, store: str, asked: PullRequest) -> None:
        """A store's pull was answered."""
        self._heard(store, asked.stream, asked.boot, asked.clock, asked.depth, asked.buckets)

    def flush(self) -> None:
        """Writes what is not written yet; a database that cannot take it is asked again later."""
        with self._lock:
            words, self._words = self._words, {}
            self._next = self._mono() + EVERY_S
        if not words:
            return
        rows = [_row(store, words[store]) for store in sorted(words)]
        try:
            write(self._engine, lambda conn: _keep(conn, rows))
        except SQLAlchemyError as error:
            # Its kind only: a database's text may say where it stands.
            log.error("seen stores not kept", extra={"error": type(error).__name__})  # noqa: TRY400
            with self._lock:
                self._words = {**words, **self._words}

    def _heard(
        self,
        store: str,
        stream: str,
        boot: str,
        clock: dict[str, Any],
        depth: int | None,
        cursors: dict[str, Cursor],
    ) -> None:
        now = self._now()
        with self._lock:
            word = self._words.setdefault(store, Word(""))
            word.seen_at, word.depth = stamp(now), depth
            word.stream, word.boot = _kept(stream) or word.stream, _kept(boot) or word.boot
            word.off_ms = _off_ms(clock, now, word.off_ms)
            word.cursors = cursors or word.cursors
            due = self._mono() >= self._next or len(self._words) >= MANY
        if due:
            self.flush()


def _kept(said: str) -> str:
    """As much as is kept; without U+0000, which PostgreSQL refuses, and with it the words of every other store."""
    return said[:64].replace("\0", "")


def _off_ms(clock: dict[str, Any], now: datetime, otherwise: int | None) -> int | None:
    """The store's clock minus HQ's, ms, the way of the request included."""
    try:
        off = moment_of(clock["wall"]) - now
    except (KeyError, TypeError, ValueError):
        return otherwise
    return max(-_MAX_OFF_MS, min(_MAX_OFF_MS, round(off.total_seconds() * 1000)))


def _row(store: str, word: Word) -> dict[str, Any]:
    cursors = msgspec.json.encode(word.cursors).decode() if word.cursors else ""
    return {"store": store, **asdict(word), "cursors": cursors}


# What was not told stays as it was; another boot than the last one counts.
_KEEP = text(
    "INSERT INTO store_seen (store, seen_at, stream, boot, boots, depth, off_ms, cursors)"
    " VALUES (:store, :seen_at, :stream, :boot, CASE WHEN :boot = '' THEN 0 ELSE 1 END, :depth, :off_ms, :cursors)"
    " ON CONFLICT (store) DO UPDATE SET seen_at = excluded.seen_at,"
    " stream = CASE WHEN excluded.stream = '' THEN store_seen.stream ELSE excluded.stream END,"
    " boots = store_seen.boots"
    " + CASE WHEN excluded.boot IN ('', store_seen.boot) THEN 0 ELSE 1 END,"
    " boot = CASE WHEN excluded.boot = '' THEN store_seen.boot ELSE excluded.boot END,"
    " depth = COALESCE(excluded.depth, store_seen.depth),"
    " off_ms = COALESCE(excluded.off_ms, store_seen.off_ms),"
    " cursors = CASE WHEN excluded.cursors = '' THEN store_seen.cursors ELSE excluded.cursors END"
    " WHERE excluded.seen_at >= store_seen.seen_at"
)


def _keep(conn: Connection, rows: list[dict[str, Any]]) -> None:
    conn.execute(_KEEP, rows)
