"""The journal: every fact of this store, hash-chained and dense, and at the same time the outbox to HQ."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass

import msgspec

from edge.clock import Clock, stamp
from edge.db import Connection, Database
from edge.domain.stock import Movement
from sync.goods import StockMoved
from sync.messages import (
    GENESIS,
    Actor,
    Clk,
    Event,
    PickupAnnulled,
    PickupCollected,
    Up,
    Verdict,
    body_of,
    canonical,
    kind_of,
    sha_of,
)
from sync.returning import ReturnAccepted
from sync.selling import SaleCompleted


@dataclass(frozen=True)
class Author:
    """Who makes an entry: station and staff number (or an API client's name), never a person's name."""

    station: str
    staff: str


class Journal:
    """Appends inside a desk's own transaction; serves as the sync client's Outbox by shape."""

    def __init__(self, ledger: Database, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def found(self) -> None:
        """Gives a new ledger its stream; does nothing for one that has it."""
        if self._ledger.read().execute("SELECT 1 FROM stream").fetchone():
            return
        with self._ledger.transaction() as tx:
            tx.execute(
                "INSERT OR IGNORE INTO stream (one, stream_id, last_seq, last_sha, acked, durable)"
                " VALUES (1, ?, 0, ?, 0, 0)",
                (str(uuid.uuid4()), GENESIS),
            )

    def append(self, tx: Connection, fact: Up, author: Author) -> int:
        """Writes the fact as the next entry, with the stock movements it means; gives its seq."""
        last, prev = tx.execute("SELECT last_seq, last_sha FROM stream").fetchone()
        now = self._clock.now()
        local_day = self._clock.local(now).date().isoformat()
        event = Event(
            seq=last + 1,
            id=_uuid7(),
            k=kind_of(fact),
            v=1,
            at=stamp(now),
            clk=Clk(self._clock.state(), self._clock.offset_ms(), self._clock.boot(), self._clock.mono_ms()),
            biz=f"{local_day}#1",
            actor=Actor(author.station, author.staff),
            d=body_of(fact),
            prev=prev,
        )
        event = msgspec.structs.replace(event, sha=sha_of(event))
        tx.execute(
            "INSERT INTO journal (seq, id, kind, at, body, sha) VALUES (?, ?, ?, ?, ?, ?)",
            (event.seq, event.id, event.k, event.at, canonical(event).decode(), event.sha),
        )
        tx.execute("UPDATE stream SET last_seq = ?, last_sha = ?", (event.seq, event.sha))
        self._move_stock(tx, event.seq, fact)
        return event.seq

    def _move_stock(self, tx: Connection, seq: int, fact: Up) -> None:
        if isinstance(fact, PickupCollected):
            sign, reason = -1, "pickup"
        elif isinstance(fact, PickupAnnulled):
            sign, reason = 1, "pickup_annulled"
        elif isinstance(fact, SaleCompleted):
            # What a quota's pieces were taken out of has a fact of its own.
            sign, reason = -1, "sale"
            fact = msgspec.structs.replace(fact, lines=tuple(line for line in fact.lines if not line.grant))
        elif isinstance(fact, ReturnAccepted):
            sign, reason = 1, "return"
        elif isinstance(fact, StockMoved):
            values = (seq, fact.sku, fact.qty, fact.reason)
            tx.execute("INSERT INTO movement (seq, sku, delta, reason) VALUES (?, ?, ?, ?)", values)
            return
        else:
            return
        tx.executemany(
            "INSERT INTO movement (seq, sku, delta, reason) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (sku, seq) DO UPDATE SET delta = delta + excluded.delta",
            [(seq, line.sku, sign * line.qty, reason) for line in fact.lines],
        )

    def movements(self, sku: str, after_seq: int, tx: Connection | None = None) -> list[Movement]:
        """Own movements of a product beyond `after_seq`, without the differences that counts found."""
        rows = (tx or self._ledger.read()).execute(
            "SELECT seq, delta FROM movement WHERE sku = ? AND seq > ? AND reason <> 'counted'",
            (sku, after_seq),
        )
        return [Movement(seq, delta) for seq, delta in rows]

    # ---- as the sync client's Outbox ----------------------------------------------------------

    def stream_id(self) -> str:
        """The stream of this ledger (UUID)."""
        return str(self._row()[0])

    def acked(self) -> int:
        """The last seq that HQ has committed."""
        return int(self._row()[2])

    def last_seq(self) -> int:
        """The newest fact; 0 before the first."""
        return int(self._row()[1])

    def kept_from(self) -> int:
        """The first fact that is still kept (see edge.records.retention)."""
        return int(self._ledger.read().execute("SELECT kept_from FROM stream").fetchone()[0])

    def depth(self) -> int:
        """Facts that HQ has not acknowledged."""
        return int(self._row()[1]) - int(self._row()[2])

    def pending(self, after_seq: int, limit: int, max_bytes: int) -> list[Event]:
        """The next facts beyond `after_seq`, at least one if there is any, at most `max_bytes` of JSON."""
        rows = self._ledger.read().execute(
            "SELECT body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, limit)
        )
        events: list[Event] = []
        size = 0
        for (body,) in rows:
            size += len(body) + 1
            if events and size > max_bytes:
                break
            events.append(msgspec.json.decode(body.encode(), type=Event))
        return events

    def mark_acked(self, seq: int, durable: int) -> None:
        """HQ has everything up to `seq`, and its backup everything up to `durable`."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute("UPDATE stream SET durable = min(?, last_seq)", (durable,))
            tx.execute(
                "UPDATE stream SET acked = min(?1, last_seq), acked_sha = coalesce((SELECT sha FROM journal"
                " WHERE seq = min(?1, last_seq)), '') WHERE acked < min(?1, last_seq)",
                (seq,),
            )

    def rewind(self, expected: int) -> None:
        """HQ was restored and wants everything from `expected` on once more."""
        with self._ledger.transaction(durable=False) as tx:
            # Only where HQ really holds less: whoever made the chain anew is told to go on where HQ is.
            tx.execute(
                "UPDATE stream SET acked = ?1, acked_sha = coalesce((SELECT sha FROM journal WHERE seq = ?1), '')"
                " WHERE acked > ?1",
                (expected - 1,),
            )

    def record_verdicts(self, verdicts: list[Verdict]) -> None:
        """Keeps what HQ made of events that were not simply applied."""
        if not verdicts:
            return
        with self._ledger.transaction(durable=False) as tx:
            tx.executemany(
                "UPDATE journal SET verdict = ? WHERE seq = ?",
                [(f"{v.verdict}:{v.code}", v.seq) for v in verdicts],
            )

    def _row(self) -> tuple[str, int, int]:
        row: tuple[str, int, int] = (
            self._ledger.read().execute("SELECT stream_id, last_seq, acked FROM stream").fetchone()
        )
        return row


def _uuid7() -> str:
    """A UUIDv7 (RFC 9562): sortable by time; the standard library has it from Python 3.14."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return str(uuid.UUID(bytes=bytes(raw)))
