"""A snapshot on its way into hq.db: rows in tables beside those that serve, until one transaction swaps them in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from edge.db import Connection
from edge.records.inbox import new_feed
from edge.records.replica_schema import FEED
from edge.records.shadow_count import Sum
from edge.records.shadow_lines import FAST, LINES, Line, NotLoaded, inserts, unheld
from edge.records.turnstile import Turn, transaction
from edge.records.wire_tables import TABLES, WireTable, key_of
from sync.messages import DOWN_KINDS, Op, canonical, row_of, table_of
from sync.snapshot_words import Manifest

MAX_ASIDE = 1000
"""More rows than this that cannot be used, and the file is not worth loading."""
_NEXT, _OLD = "next_", "old_"


class Shadow:
    """One bucket's snapshot. Whoever writes hq.db meanwhile writes on: each step is a short transaction."""

    def __init__(self, hq: Connection, turn: Turn, manifest: Manifest) -> None:
        """`turn` gives a context that lets one writer in at a time."""
        self._hq = hq
        self._turn = turn
        self._manifest = manifest
        self._made: dict[str, WireTable] = {}
        self._aside: list[tuple[Op, str]] = []
        self.rows = 0
        with transaction(hq, turn):
            _drop(hq, _NEXT, _OLD)
            self._number = new_feed(hq)
            # Of this load alone: what counts for one that was killed finds its table gone.
            self.feed = f"{_NEXT}feed_{self._number}"
            """Where the rows are to be counted meanwhile."""
            hq.execute(FEED.format(name=self.feed))

    def add(self, lines: bytes) -> None:
        """Whole lines of the file; raises NotLoaded for what is no line of this bucket."""
        if not self._at_once(lines):
            self._one_by_one(lines)

    def _at_once(self, lines: bytes) -> bool:
        """Lines of one large table, nothing odd among them; else False, and nothing is written."""
        first = self._read(LINES, lines[: lines.index(b"\n") + 1])[0]
        if first.tb not in FAST:
            return False
        fast = FAST[first.tb]
        try:
            found = fast.lines.decode_lines(lines)
        except msgspec.DecodeError:
            return False
        self._check(found)
        if set(map(attrgetter("tb"), found)) != {first.tb}:
            return False
        wanted = list(map(attrgetter("d"), found))
        rows = fast.rows(wanted)
        if rows is None or list(map(attrgetter("sku"), wanted)) != list(map(attrgetter("id"), found)):
            return False
        self._table(first.tb)
        # Made ready before: nobody waits for that.
        ready = inserts(f"{_NEXT}{TABLES[first.tb].name} {fast.columns}", fast.places, rows)
        try:
            with transaction(self._hq, self._turn):
                for statement, some in ready:
                    self._hq.executemany(statement, some)
        except unheld():
            return False
        self.rows += len(found)
        return True

    def _one_by_one(self, lines: bytes) -> None:
        found = self._read(LINES, lines)
        self._check(found)
        for tb in set(map(attrgetter("tb"), found)) & set(TABLES):
            self._table(tb)
        with transaction(self._hq, self._turn):
            for tb, some in groupby(found, attrgetter("tb")):
                if tb in TABLES:
                    self._slowly(tb, list(some))
        self.rows += len(found)

    def _read(self, decoder: msgspec.json.Decoder[Line], lines: bytes) -> list[Line]:
        try:
            return decoder.decode_lines(lines)
        except msgspec.DecodeError:
            raise NotLoaded("LINE") from None

    def _check(self, found: list[Any]) -> None:
        """Rows of this bucket, up to its number."""
        kinds = set(map(attrgetter("op", "b"), found))
        if (
            kinds != {("put", self._manifest.bucket)}
            or max(map(attrgetter("seq"), found)) > self._manifest.seq
        ):
            raise NotLoaded("LINE")

    def finish(self, counted: Sum) -> None:
        """The sum of all rows, indexes, the swap; afterwards what served before is taken apart.

        `counted`: what stands in `feed`.
        """
        if counted != Sum(self._manifest.rows, self._manifest.ck) or counted.rows != self.rows:
            raise NotLoaded("SUM")
        for table in self._made.values():
            for statement in self._indexes(table.name):
                with transaction(self._hq, self._turn):
                    self._hq.execute(statement)
        with transaction(self._hq, self._turn):
            self._swap()
        with transaction(self._hq, self._turn):
            _drop(self._hq, _NEXT, _OLD)

    def _slowly(self, tb: str, group: list[Line]) -> None:
        table = TABLES[tb]
        marks = ", ".join("?" * len(table.columns))
        for one in group:
            op = Op(one.b, one.seq, one.op, tb, one.id, one.ver, msgspec.json.decode(one.d))
            try:
                if table_of(row_of(op)) == tb and str((row := table.row_of(op.d or {}))[0]) == one.id:
                    self._hq.execute(f"INSERT INTO {_NEXT}{table.name} VALUES ({marks})", row)
                    continue
                code = "ID"
            except msgspec.ValidationError:
                code = "VALIDATION"
            except unheld():
                code = "CONSTRAINT"
            self._aside.append((op, code))
            if len(self._aside) > MAX_ASIDE:
                raise NotLoaded("ROWS")

    def _table(self, tb: str) -> None:
        """The table beside the one that serves, of the same shape, still without indexes."""
        if tb not in self._made and tb in DOWN_KINDS:
            name = TABLES[tb].name
            with transaction(self._hq, self._turn):
                self._hq.execute(_renamed(_sql(self._hq, name), name, f"{_NEXT}{name}"))
            self._made[tb] = TABLES[tb]

    def _indexes(self, name: str) -> Iterator[str]:
        found = self._hq.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            (name,),
        ).fetchall()
        for index, sql in found:
            _, _, columns = sql.partition("(")
            yield f"CREATE INDEX {index.partition('__')[0]}__{self._number} ON {_NEXT}{name} ({columns}"

    def _swap(self) -> None:
        hq, manifest = self._hq, self._manifest
        row = hq.execute("SELECT feed, loading FROM cursor WHERE bucket = ?", (manifest.bucket,)).fetchone()
        if row is None or row[1] != manifest.sha256:
            # Meanwhile the bucket was reset, or another file was chosen.
            raise NotLoaded("SUPERSEDED")
        former = int(row[0])
        others = [
            number for (number,) in hq.execute("SELECT feed FROM cursor WHERE feed NOT IN (0, ?)", (former,))
        ]
        before = set(hq.execute(f"SELECT DISTINCT tb FROM feed_{former}").fetchall()) if former else set()
        for tb in {tb for (tb,) in before} | set(self._made):
            if tb in TABLES:
                self._replace(tb, former, others)
        if former:
            hq.execute(f"ALTER TABLE feed_{former} RENAME TO {_OLD}feed")
        hq.execute(f"ALTER TABLE {self.feed} RENAME TO feed_{self._number}")
        self._settle()

    def _replace(self, tb: str, former: int, others: list[int]) -> None:
        """The whole table where it is this bucket's alone, else this bucket's rows in it."""
        hq, table = self._hq, TABLES[tb]
        shared = any(
            hq.execute(f"SELECT 1 FROM feed_{number} WHERE tb = ? LIMIT 1", (tb,)).fetchone()
            for number in others
        )
        if tb in self._made and not shared:
            hq.execute(f"ALTER TABLE {table.name} RENAME TO {_OLD}{table.name}")
            hq.execute(f"ALTER TABLE {_NEXT}{table.name} RENAME TO {table.name}")
            return
        if former:
            gone = hq.execute(f"SELECT id FROM feed_{former} WHERE tb = ?", (tb,))
            hq.executemany(table.delete(), ((key_of(tb, row_id),) for (row_id,) in gone.fetchall()))
        if tb in self._made:
            hq.execute(f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {_NEXT}{table.name}")

    def _settle(self) -> None:
        hq, manifest = self._hq, self._manifest
        hq.execute("DELETE FROM inbox_quarantine WHERE bucket = ?", (manifest.bucket,))
        hq.executemany(
            "INSERT INTO inbox_quarantine (bucket, seq, tb, id, code, op) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (op.b, op.seq, op.tb, op.id, code, canonical(msgspec.to_builtins(op)).decode())
                for op, code in self._aside
            ],
        )
        hq.execute(
            "UPDATE cursor SET epoch = ?1, seq = ?2, n = ?3, ck = ?4, feed = ?5, trouble = ?6, loading = '',"
            " high_epoch = ?1, high_seq = ?2 WHERE bucket = ?7",
            (
                manifest.epoch,
                manifest.seq,
                manifest.rows,
                manifest.ck,
                self._number,
                "QUARANTINE" if self._aside else "",
                manifest.bucket,
            ),
        )


def _sql(hq: Connection, name: str) -> str:
    return str(
        hq.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone()[0]
    )


def _renamed(sql: str, name: str, new: str) -> str:
    return re.sub(rf'^CREATE TABLE "?{name}"?', f"CREATE TABLE {new}", sql)


def _drop(hq: Connection, *prefixes: str) -> None:
    for prefix in prefixes:
        found = hq.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?", (f"{prefix}*",)
        )
        for (name,) in found.fetchall():
            hq.execute(f"DROP TABLE {name}")
