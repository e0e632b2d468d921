"""The inbox: how HQ's feed becomes hq.db. Written by the sync worker alone; each call is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlcipher3 import dbapi2

from edge.clock import Clock, stamp
from edge.db import Connection, Database
from edge.domain import orders
from sync.messages import Cursor, Head, Op, canonical, row_hash

Row = tuple[Any, ...]
_MOD = 1 << 64


def _order_row(d: dict[str, Any]) -> Row:
    # Decoded once here, so that a row the domain cannot read is set aside now and not at the counter.
    order = msgspec.convert(d, orders.Order)
    doc = canonical(d).decode()
    return (
        order.order,
        order.gen,
        order.state.value,
        order.numeric_code,
        order.phone_tail,
        order.ready_by,
        order.hold_until,
        doc,
    )


def _fields(*names: str) -> Callable[[dict[str, Any]], Row]:
    return lambda d: tuple(d.get(name, "") for name in names)


def _product_row(d: dict[str, Any]) -> Row:
    flags = " ".join(d.get("flags", ()))
    # One length for all GTINs, as on the scan's side: a UPC-A is a GTIN-14 with leading zeros.
    gtin14 = str(d["gtin"]).zfill(14)
    return (d["sku"], d["gtin"], gtin14, *_fields("name_zh", "name_en", "category", "picture")(d), flags)


def _config_row(d: dict[str, Any]) -> Row:
    return (d["id"], canonical(d).decode())


_TABLES: Mapping[str, tuple[str, int, Callable[[dict[str, Any]], Row]]] = {
    "product": ("product", 8, _product_row),
    "price": ("price", 3, _fields("sku", "fen", "book")),
    "stock": ("stock", 5, _fields("sku", "on_hand", "stream", "upto_seq", "at")),
    "order": ("click_order", 8, _order_row),
    "cmd": ("cmd", 5, _fields("cmd", "order", "gen", "kind", "at")),
    "pickup_key": ("pickup_key", 3, _fields("kid", "public", "not_after")),
    "revocation": ("revocation", 2, _fields("nonce", "order")),
    "staff": ("staff", 5, _fields("staff", "name", "role", "pin_hash", "badge_sha")),
    "shop": ("shop", 6, _fields("store", "name_zh", "name_en", "address_zh", "address_en", "phone")),
    "config": ("config", 2, _config_row),
}
"""Wire table -> (table of hq.db, its columns, row of a `d`). The first column is the key, equal to the op's id."""
_KEYS = {
    "product": "sku",
    "price": "sku",
    "stock": "sku",
    "order": "order_id",
    "cmd": "cmd",
    "pickup_key": "kid",
    "revocation": "nonce",
    "staff": "staff",
    "shop": "store",
    "config": "id",
}


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
    ) -> list[tuple[Op, str]]:
        """Rows, cursors, epoch and trusted floor of one page, all or nothing; gives the ops set aside."""
        refused: list[tuple[Op, str]] = []
        with self._hq.transaction() as tx:
            sums: dict[str, tuple[int, int]] = {}
            for op in page_ops:
                code = self._write(tx, op)
                self._count(tx, op, sums)
                if code:
                    self._set_aside(tx, op, code)
                    refused.append((op, code))
            for bucket, (rows, total) in sums.items():
                self._add_to_sum(tx, bucket, rows, total)
            for bucket, cursor in cursors.items():
                tx.execute(
                    "INSERT INTO cursor (bucket, epoch, seq) VALUES (?, ?, ?) ON CONFLICT (bucket)"
                    " DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq",
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
        """Orders and HQ's wishes about them go at once; a box that is enrolled again reads them again."""
        with self._hq.transaction() as tx:
            held = tx.execute("SELECT DISTINCT bucket FROM feed_row WHERE tb IN ('order', 'cmd')").fetchall()
            for table in ("click_order", "cmd"):
                tx.execute(f"DELETE FROM {table}")
            tx.execute("DELETE FROM inbox_quarantine WHERE tb IN ('order', 'cmd')")
            for (bucket,) in held:
                tx.execute("DELETE FROM feed_row WHERE bucket = ?", (bucket,))
                tx.execute("DELETE FROM cursor WHERE bucket = ?", (bucket,))

    def reset(self, bucket: str, why: str) -> None:
        """The bucket is read again from the start; its rows serve on until that is done."""
        with self._hq.transaction() as tx:
            tx.execute("UPDATE feed_row SET fresh = 0 WHERE bucket = ?", (bucket,))
            tx.execute(
                "UPDATE cursor SET epoch = '', seq = 0, n = 0, ck = '0000000000000000', trouble = ?"
                " WHERE bucket = ?",
                (why, bucket),
            )

    def checksum(self, bucket: str) -> tuple[int, str]:
        """Live rows received and their sum, as 16 hex digits."""
        row = self._hq.read().execute("SELECT n, ck FROM cursor WHERE bucket = ?", (bucket,)).fetchone()
        return (0, f"{0:016x}") if row is None else (int(row[0]), str(row[1]))

    def quarantine(self, op: Op, code: str) -> None:
        """Sets an op aside that cannot be read; it counts in the checksum like any other."""
        with self._hq.transaction() as tx:
            sums: dict[str, tuple[int, int]] = {}
            self._count(tx, op, sums)
            for bucket, (rows, total) in sums.items():
                self._add_to_sum(tx, bucket, rows, total)
            self._set_aside(tx, op, code)

    def _write(self, tx: Connection, op: Op) -> str:
        """Puts the op's row into its table; gives "" or the code why that cannot be."""
        table = _TABLES.get(op.tb)
        if table is None:
            return ""
        name, columns, row_of = table
        numbered = op.tb == "pickup_key" and op.id.isascii() and op.id.isdecimal() and len(op.id) <= 3
        key: str | int = int(op.id) if numbered else op.id
        if op.op == "del" or op.d is None:
            tx.execute(f"DELETE FROM {name} WHERE {_KEYS[op.tb]} = ?", (key,))
            return ""
        try:
            row = row_of(op.d)
        except msgspec.ValidationError:
            return "VALIDATION"
        if str(row[0]) != op.id:
            return "ID"
        marks = ", ".join("?" * columns)
        try:
            tx.execute(f"INSERT OR REPLACE INTO {name} VALUES ({marks})", row)
        except (dbapi2.IntegrityError, dbapi2.InterfaceError, OverflowError):
            return "CONSTRAINT"
        return ""

    def _count(self, tx: Connection, op: Op, sums: dict[str, tuple[int, int]]) -> None:
        """Keeps the bucket's checksum in step: the row's former hash out, its new one in."""
        rows, total = sums.get(op.b, (0, 0))
        key = (op.b, op.tb, op.id)
        old = tx.execute(
            "SELECT hash FROM feed_row WHERE bucket = ? AND tb = ? AND id = ? AND fresh = 1", key
        ).fetchone()
        if old is not None:
            rows, total = rows - 1, total - int(old[0], 16)
        tx.execute("DELETE FROM inbox_quarantine WHERE bucket = ? AND tb = ? AND id = ?", key)
        if op.op == "del" or op.d is None:
            tx.execute("DELETE FROM feed_row WHERE bucket = ? AND tb = ? AND id = ?", key)
        else:
            value = row_hash(op.tb, op.id, op.ver, op.d)
            tx.execute(
                "INSERT OR REPLACE INTO feed_row (bucket, tb, id, ver, hash, fresh) VALUES (?,?,?,?,?,1)",
                (*key, op.ver, f"{value:016x}"),
            )
            rows, total = rows + 1, total + value
        sums[op.b] = (rows, total)

    def _add_to_sum(self, tx: Connection, bucket: str, rows: int, total: int) -> None:
        tx.execute("INSERT OR IGNORE INTO cursor (bucket, epoch, seq) VALUES (?, '', 0)", (bucket,))
        n, ck = tx.execute("SELECT n, ck FROM cursor WHERE bucket = ?", (bucket,)).fetchone()
        tx.execute(
            "UPDATE cursor SET n = ?, ck = ? WHERE bucket = ?",
            (n + rows, f"{(int(ck, 16) + total) % _MOD:016x}", bucket),
        )

    def _settle(self, tx: Connection, bucket: str, now: str) -> None:
        """The bucket is complete: rows that a re-read did not bring again go, its trouble is what is set aside."""
        stale = tx.execute("SELECT tb, id FROM feed_row WHERE bucket = ? AND fresh = 0", (bucket,)).fetchall()
        for tb, row_id in stale:
            self._write(tx, Op(b=bucket, seq=1, op="del", tb=tb, id=row_id, ver=0))
            tx.execute(
                "DELETE FROM feed_row WHERE bucket = ? AND tb = ? AND id = ?",
                (bucket, tb, row_id),
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
