"""The inbox: how HQ's feed becomes hq.db. Written by the sync worker alone; each call is one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
from sqlcipher3 import dbapi2

from edge.clock import Clock, stamp
from edge.db import Connection, Database
from edge.records.replica_schema import FEED, signed
from edge.records.turnstile import turn
from edge.records.wire_tables import ABOUT_PEOPLE, TABLES, Row, WireTable, key_of
from sync.messages import Cursor, Head, Op, canonical, row_hash

_MOD = 1 << 64
_UNHELD = (dbapi2.IntegrityError, dbapi2.InterfaceError, OverflowError)
Refusal = tuple[Op, str]


class Inbox:
    """Serves as the sync client's Inbox by shape."""

    def __init__(self, hq: Database, clock: Clock) -> None:
        self._hq = hq
        self._clock = clock

    def cursors(self) -> dict[str, Cursor]:
        """How far each bucket was applied."""
        rows = self._hq.read().execute("SELECT bucket, epoch, seq FROM cursor WHERE epoch <> ''")
        return {bucket: Cursor(epoch, seq) for bucket, epoch, seq in rows}

    def hq_epoch(self) -> str | None:
        """HQ's epoch as last seen."""
        row = self._hq.read().execute("SELECT value FROM meta WHERE key = 'hq_epoch'").fetchone()
        return None if row is None else str(row[0])

    def apply(
        self,
        page_ops: list[Op],
        cursors: dict[str, Cursor],
        *,
        consistent: list[str],
        heads: Mapping[str, Head],
        server_time: str,
        hq_epoch: str,
    ) -> list[Refusal]:
        """Rows, cursors, epoch and trusted floor of one page, all or nothing; gives the ops set aside."""
        # The last word on a row counts; in the order of the keys, which is the order of the trees.
        groups: dict[tuple[str, str], dict[str, Op]] = {}
        for op in page_ops:
            groups.setdefault((op.b, op.tb), {})[op.id] = op
        refused: list[Refusal] = []
        with self._transaction() as tx:
            for (bucket, tb), ops in groups.items():
                refused += self._group(tx, bucket, tb, [ops[row_id] for row_id in sorted(ops)])
            for bucket, cursor in cursors.items():
                tx.execute(
                    "INSERT INTO cursor (bucket, epoch, seq, high_epoch, high_seq) VALUES (?1, ?2, ?3, ?2, ?3)"
                    " ON CONFLICT (bucket) DO UPDATE SET epoch = ?2, seq = ?3, loading = '',"
                    " high_seq = CASE WHEN high_epoch = ?2 THEN max(high_seq, ?3) ELSE ?3 END, high_epoch = ?2",
                    (bucket, cursor.e, cursor.seq),
                )
            now = stamp(self._clock.now())
            for bucket in consistent:
                self._settle(tx, bucket, now)
            self._remember(tx, "hq_epoch", hq_epoch)
            tx.execute(
                "INSERT INTO meta (key, value) VALUES ('floor', ?) ON CONFLICT (key)"
                " DO UPDATE SET value = max(value, excluded.value)",
                (server_time,),
            )
            if set(consistent) >= set(heads):
                self._remember(tx, "complete_at", now)
        return refused

    def forget_people(self) -> None:
        """Orders, HQ's wishes about them and members go at once; a box that is enrolled again reads them again."""
        listed = ", ".join(f"'{tb}'" for tb in ABOUT_PEOPLE)
        with self._transaction() as tx:
            for tb in ABOUT_PEOPLE:
                tx.execute(f"DELETE FROM {TABLES[tb].name}")
            tx.execute(f"DELETE FROM inbox_quarantine WHERE tb IN ({listed})")
            for bucket, number in tx.execute("SELECT bucket, feed FROM cursor WHERE feed <> 0").fetchall():
                wanted = f"SELECT 1 FROM feed_{number} WHERE tb IN ({listed}) LIMIT 1"
                if tx.execute(wanted).fetchone():
                    tx.execute(f"DROP TABLE feed_{number}")
                    tx.execute("DELETE FROM cursor WHERE bucket = ?", (bucket,))

    def reset(self, bucket: str, why: str) -> None:
        """The bucket is read again from the start; its rows serve on until that is done."""
        with self._transaction() as tx:
            row = tx.execute("SELECT feed FROM cursor WHERE bucket = ? AND feed <> 0", (bucket,)).fetchone()
            if row is not None:
                tx.execute(f"UPDATE feed_{row[0]} SET fresh = 0 WHERE fresh = 1")
            tx.execute(
                "UPDATE cursor SET epoch = '', seq = 0, n = 0, ck = '0000000000000000', trouble = ?, loading = ''"
                " WHERE bucket = ?",
                (why, bucket),
            )

    def checksum(self, bucket: str) -> tuple[int, str]:
        """Live rows received and their sum, as 16 hex digits."""
        row = self._hq.read().execute("SELECT n, ck FROM cursor WHERE bucket = ?", (bucket,)).fetchone()
        return (0, f"{0:016x}") if row is None else (int(row[0]), str(row[1]))

    def set_aside(self, bucket: str) -> list[Refusal]:
        """What of this bucket is set aside, and why."""
        rows = self._hq.read().execute("SELECT op, code FROM inbox_quarantine WHERE bucket = ?", (bucket,))
        return [(msgspec.json.decode(op.encode(), type=Op), code) for op, code in rows]

    def high(self, bucket: str) -> Cursor:
        """How far the bucket ever was; a reset does not forget that."""
        wanted = "SELECT high_epoch, high_seq FROM cursor WHERE bucket = ?"
        row = self._hq.read().execute(wanted, (bucket,)).fetchone()
        return Cursor("", 0) if row is None else Cursor(row[0], row[1])

    def expect(self, bucket: str, sha256: str) -> None:
        """This snapshot, and no other, may become the bucket; a reset or a row that comes by page ends that."""
        with self._transaction() as tx:
            tx.execute(
                "INSERT INTO cursor (bucket, epoch, seq, loading) VALUES (?1, '', 0, ?2)"
                " ON CONFLICT (bucket) DO UPDATE SET loading = ?2",
                (bucket, sha256),
            )

    def quarantine(self, op: Op, code: str) -> None:
        """Sets an op aside that cannot be read; it counts in the checksum like any other."""
        with self._transaction() as tx:
            self._count(tx, op.b, op.tb, [op])
            self._set_aside(tx, op, code)

    def _group(self, tx: Connection, bucket: str, tb: str, ops: list[Op]) -> list[Refusal]:
        """Ops on one table of one bucket, each on another row: counted, then written; gives those set aside."""
        self._count(tx, bucket, tb, ops)
        table = TABLES.get(tb)
        if table is None:
            return []
        gone = [(key_of(tb, op.id),) for op in ops if op.op == "del" or op.d is None]
        tx.executemany(table.delete(), gone)
        rows, refused = [], []
        for op in ops:
            if op.op == "put" and op.d is not None:
                row, code = _row(table, op)
                rows.append((op, row)) if not code else refused.append((op, code))
        refused += self._write(tx, table, rows)
        for op, code in refused:
            self._set_aside(tx, op, code)
        return refused

    def _write(self, tx: Connection, table: WireTable, rows: list[tuple[Op, Row]]) -> list[Refusal]:
        tx.execute("SAVEPOINT rows")
        try:
            _put(tx, table, [row for _, row in rows])
        except _UNHELD:
            tx.execute("ROLLBACK TO rows")
            # One of them cannot be held: found by writing each for itself.
            return [(op, "CONSTRAINT") for op, row in rows if not self._held(tx, table, row)]
        finally:
            tx.execute("RELEASE rows")
        return []

    def _held(self, tx: Connection, table: WireTable, row: Row) -> bool:
        try:
            _put(tx, table, [row])
        except _UNHELD:
            return False
        return True

    def _count(self, tx: Connection, bucket: str, tb: str, ops: list[Op]) -> None:
        """Keeps the bucket's checksum in step: the rows' former hashes out, their new ones in."""
        feed = f"feed_{feed_number(tx, bucket)}"
        ids = msgspec.json.encode([op.id for op in ops]).decode()
        known = tx.execute(
            f"SELECT hash FROM {feed} WHERE tb = ? AND fresh = 1 AND id IN (SELECT value FROM json_each(?))",
            (tb, ids),
        ).fetchall()
        rows, total = -len(known), -sum(said for (said,) in known)
        fresh, gone = [], []
        for op in ops:
            if op.op == "del" or op.d is None:
                gone.append((tb, op.id))
            else:
                value = row_hash(tb, op.id, op.ver, op.d)
                total += value
                fresh.append((tb, op.id, op.ver, signed(value)))
        tx.executemany(f"DELETE FROM {feed} WHERE tb = ? AND id = ?", gone)
        tx.executemany(f"INSERT OR REPLACE INTO {feed} (tb, id, ver, hash) VALUES (?, ?, ?, ?)", fresh)
        n, ck = tx.execute("SELECT n, ck FROM cursor WHERE bucket = ?", (bucket,)).fetchone()
        said = (n + rows + len(fresh), f"{(int(ck, 16) + total) % _MOD:016x}", bucket)
        tx.execute("UPDATE cursor SET n = ?, ck = ? WHERE bucket = ?", said)
        if tx.execute("SELECT 1 FROM inbox_quarantine WHERE bucket = ? LIMIT 1", (bucket,)).fetchone():
            tx.executemany(
                "DELETE FROM inbox_quarantine WHERE bucket = ? AND tb = ? AND id = ?",
                [(bucket, tb, op.id) for op in ops],
            )

    def _settle(self, tx: Connection, bucket: str, now: str) -> None:
        """The bucket is complete: rows that a re-read did not bring again go, its trouble is what is set aside."""
        read_again = "SELECT 1 FROM cursor WHERE bucket = ? AND trouble NOT IN ('', 'QUARANTINE')"
        if tx.execute(read_again, (bucket,)).fetchone():
            feed = f"feed_{feed_number(tx, bucket)}"
            stale = tx.execute(f"SELECT tb, id FROM {feed} WHERE fresh = 0").fetchall()
            for tb, row_id in stale:
                if tb in TABLES:
                    tx.execute(TABLES[tb].delete(), (key_of(tb, row_id),))
            tx.executemany(f"DELETE FROM {feed} WHERE tb = ? AND id = ?", stale)
            # What was set aside may be a row that HQ never had: a flipped bit made it up.
            tx.executemany(
                "DELETE FROM inbox_quarantine WHERE bucket = ? AND tb = ? AND id = ?",
                [(bucket, tb, row_id) for tb, row_id in stale],
            )
        bad = tx.execute("SELECT count(*) FROM inbox_quarantine WHERE bucket = ?", (bucket,)).fetchone()[0]
        tx.execute(
            "UPDATE cursor SET consistent_at = ?, trouble = ? WHERE bucket = ?",
            (now, "QUARANTINE" if bad else "", bucket),
        )

    def _set_aside(self, tx: Connection, op: Op, code: str) -> None:
        tx.execute(
            "INSERT OR REPLACE INTO inbox_quarantine (bucket, seq, tb, id, code, op) VALUES (?,?,?,?,?,?)",
            (op.b, op.seq, op.tb, op.id, code, canonical(msgspec.to_builtins(op)).decode()),
        )

    def _remember(self, tx: Connection, key: str, value: str) -> None:
        tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with turn(self._hq.path), self._hq.transaction() as tx:
            yield tx


def feed_number(tx: Connection, bucket: str) -> int:
    """The number of the table in which this bucket's rows are counted; made where there is none."""
    row = tx.execute("SELECT feed FROM cursor WHERE bucket = ?", (bucket,)).fetchone()
    if row is not None and row[0]:
        return int(row[0])
    number = new_feed(tx)
    tx.execute(FEED.format(name=f"feed_{number}"))
    tx.execute(
        "INSERT INTO cursor (bucket, epoch, seq, feed) VALUES (?1, '', 0, ?2)"
        " ON CONFLICT (bucket) DO UPDATE SET feed = ?2",
        (bucket, number),
    )
    return number


def new_feed(tx: Connection) -> int:
    """A number that no table of rows ever had."""
    row = tx.execute(
        "INSERT INTO meta (key, value) VALUES ('feeds', '1') ON CONFLICT (key)"
        " DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value"
    ).fetchone()
    return int(row[0])


def _put(tx: Connection, table: WireTable, rows: list[Row]) -> None:
    if table.before:
        tx.executemany(table.before, rows)
    tx.executemany(table.upsert(), rows)
    if table.apart:
        tx.executemany(table.mend(), map(table.mended, rows))


def _row(table: WireTable, op: Op) -> tuple[Row, str]:
    """The row of a put, or why there can be none."""
    try:
        row = table.row_of(op.d or {})
    except msgspec.ValidationError:
        return (), "VALIDATION"
    return (row, "") if str(row[0]) == op.id else ((), "ID")
