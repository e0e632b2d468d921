"""The feed under writers of several processes, slow to commit: no row is ever missed."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

from sqlalchemy import select

from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.feed import Change, publish
from sync.hub.schema import bucket, feed
from sync.messages import row_hash

ROWS, WRITERS = 60, 2
AT = "2026-01-05T10:00:00.000Z"


def _write_slowly(where: str, name: str) -> None:
    engine = open_hub(where)
    for n in range(ROWS):

        def work(conn: Any, n: int = n) -> None:
            # Opposite orders of buckets, a pause between writing and commit: what loses rows elsewhere.
            names = ["g:catalog:CN", "g:price:CN"][:: 1 if name == "a" else -1]
            publish(conn, [Change(b, "thing", f"{name}{n % 40}", {"n": n, "by": name}) for b in names], AT)
            if n % 7 == 0:
                time.sleep(0.003)

        write(engine, work)


def test_concurrent_slow_writers_lose_nothing(hub: Any, shop: Any) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_slowly, args=(hub.where, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        shop.turn()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    shop.settle()
    assert shop.replica.resets == []
    for name in ("g:catalog:CN", "g:price:CN"):
        assert shop.replica.checksum(name) == hub.head(name)
        rows = {key[2] for key in shop.replica.rows if key[:2] == (name, "thing")}
        assert rows == {f"{writer}{n}" for writer in "ab" for n in range(40)}
    with hub.engine.connect() as conn:
        head = conn.scalar(select(bucket.c.head).where(bucket.c.bucket == "g:price:CN"))
    assert head == ROWS * WRITERS


def test_the_checksum_is_that_of_the_live_rows(hub: Any) -> None:
    desk: HubDesk = hub.desk
    changes = [
        Change("g:price:CN", "price", f"P{n}", {"sku": f"P{n}", "fen": n, "book": "b"}) for n in range(50)
    ]
    write(hub.engine, lambda c: publish(c, changes, AT))
    again = [
        Change("g:price:CN", "price", f"P{n}", {"sku": f"P{n}", "fen": n % 9, "book": "b"}) for n in range(30)
    ]
    gone = [Change("g:price:CN", "price", f"P{n}", None) for n in range(25, 45)]
    assert write(hub.engine, lambda c: publish(c, [*again, *gone], AT)) == 16 + 20
    assert write(hub.engine, lambda c: publish(c, gone, AT)) == 0
    with desk._engine.connect() as conn:
        live = conn.execute(select(feed).where(feed.c.bucket == "g:price:CN", feed.c.op == "put")).all()
    from msgspec import json

    total = sum(row_hash(row.tb, row.id, row.ver, json.decode(row.d)) for row in live) % 2**64
    assert hub.head("g:price:CN") == (len(live), f"{total:016x}")
