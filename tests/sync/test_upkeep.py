"""Backups and tombstones: what HQ says to stores about them, and what stores do then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from edge.cli import main
from sync.hub.schema import bucket, feed, ingest_event
from sync.messages import stamp

NOW = datetime.now(UTC)


def run(hub: Any, *words: str) -> Result:
    done = CliRunner().invoke(main, ["hub", *words, "--database", hub.where, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_stores_hear_what_a_backup_holds_and_no_later_fact(hub: Any, shop: Any) -> None:
    for _ in range(3):
        shop.advance("O1")
    shop.settle()
    with hub.engine.begin() as conn:
        for seq, minutes in ((1, 60), (2, 30), (3, 5)):
            fact = ingest_event.c.seq == seq
            conn.execute(
                update(ingest_event).where(fact).values(received_at=stamp(NOW - timedelta(minutes=minutes)))
            )
    assert run(hub, "backup", "done", stamp(NOW)).output == '{"streams": 1}\n'
    assert run(hub, "backup", "done", stamp(NOW - timedelta(minutes=50))).output == '{"streams": 0}\n'
    shop.advance("O1")
    shop.settle()
    assert shop.journal.durable == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("began", ["yesterday", "2026-01-05 10:00", "2199-01-05T10:00:00.000Z"])
def test_a_backup_of_no_time_is_none(hub: Any, began: str) -> None:
    assert run(hub, "backup", "done", began).exit_code == 2


def test_after_a_restore_stores_read_everything_again(hub: Any, shop: Any) -> None:
    shop.settle()
    assert run(hub, "backup", "restored").exit_code == 0
    shop.settle()
    assert ("g:catalog:CN", "epoch") in shop.replica.resets
    assert shop.replica.checksum("g:catalog:CN") == hub.head("g:catalog:CN")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_deleted_rows_are_remembered_for_so_many_days(hub: Any) -> None:
    old = stamp(NOW - timedelta(days=50))
    with hub.engine.begin() as conn:
        conn.execute(update(feed).where(feed.c.tb == "product").values(op="del", d="", hash="", at=old))
    assert run(hub, "tidy").output == '{"forgotten": 0}\n'
    assert run(hub, "tidy", "--days", "40").output == '{"forgotten": 1}\n'
    with hub.engine.connect() as conn:
        assert conn.scalar(select(bucket.c.floor).where(bucket.c.bucket == "g:catalog:CN")) == 1
