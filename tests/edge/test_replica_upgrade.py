"""An hq.db of the release before: its rows, cursors and checksums go on after the update."""

from __future__ import annotations

from pathlib import Path

from edge.db import connect
from edge.records import replica_schema
from edge.records.books import open_books
from edge.records.inbox import Inbox
from sync.messages import Cursor, Head, Op, row_hash

KEY = bytes(range(32))
BUCKET = "g:catalog:CN"
D = {"sku": "P1", "gtin": "6901", "name_zh": "牛奶", "name_en": "Milk"}


def former(folder: Path, hashes: dict[str, int]) -> None:
    """A replica as it was: one table for all that is counted, sums as text."""
    from sqlite_utils import Database as Tool
    from sqlite_utils.migrations import Migrations

    folder.mkdir()
    raw = connect(folder / "hq.db", KEY)
    old = Migrations("replica")

    @old(name="first")
    def first(db: Tool) -> None:
        for statement in replica_schema.FIRST:
            db.execute(statement)

    @old(name="config")
    def config(db: Tool) -> None:
        db.execute(replica_schema.CONFIG)

    old.apply(Tool(raw))
    for row_id, said in hashes.items():
        raw.execute(
            "INSERT INTO feed_row VALUES (?, 'product', ?, 1, ?, 1)", (BUCKET, row_id, f"{said:016x}")
        )
        raw.execute(
            "INSERT INTO product VALUES (?, '6901', '00000000006901', '牛奶', 'Milk', '', '', '')", (row_id,)
        )
    total = sum(hashes.values()) % (1 << 64)
    raw.execute(
        "INSERT INTO cursor (bucket, epoch, seq, n, ck) VALUES (?, 'e1', 9, ?, ?)",
        (BUCKET, len(hashes), f"{total:016x}"),
    )
    raw.close()


def test_an_update_keeps_rows_cursors_and_sums(tmp_path: Path) -> None:
    hashes = {"P1": row_hash("product", "P1", 1, D), "P2": (1 << 64) - 5}
    former(tmp_path / "state", hashes)
    books = open_books(tmp_path / "state", KEY, "Asia/Shanghai")
    inbox = Inbox(books.hq, books.clock)
    assert inbox.cursors() == {BUCKET: Cursor("e1", 9)}
    found = books.replica.product("6901")
    assert found is not None
    assert found.name_zh == "牛奶"
    gone = Op(b=BUCKET, seq=10, op="del", tb="product", id="P2", ver=2)
    inbox.apply(
        [gone],
        {BUCKET: Cursor("e1", 10)},
        consistent=[BUCKET],
        heads={BUCKET: Head("e1", 10, 1, "")},
        server_time="2026-11-22T10:00:00.000Z",
        hq_epoch="h1",
    )
    assert inbox.checksum(BUCKET) == (1, f"{hashes['P1']:016x}")
    books.close()
    again = open_books(tmp_path / "state", KEY, "Asia/Shanghai")
    assert Inbox(again.hq, again.clock).checksum(BUCKET)[0] == 1
    again.close()
