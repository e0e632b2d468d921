"""HQ's database and its backups: what one holds, and a new life after one came back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from sync.hub.database import new_bucket_epoch
from sync.hub.schema import bucket, ingest_event, ingest_stream, meta
from sync.messages import stamp

UNDER_WAY = timedelta(minutes=10)
"""Facts taken in so shortly before a backup began are left to the next one: they may not have been committed."""


def note_backup(conn: Connection, began: datetime) -> int:
    """A backup that began then (aware) is whole: stores may drop what it holds and is old enough; journals moved on."""
    held = (
        select(ingest_event.c.stream, func.max(ingest_event.c.seq).label("seq"))
        .where(ingest_event.c.received_at < stamp(began - UNDER_WAY))
        .group_by(ingest_event.c.stream)
        .order_by(ingest_event.c.stream)
    )
    moved = 0
    for name, seq in conn.execute(held).all():
        behind = (ingest_stream.c.stream == name) & (ingest_stream.c.durable_seq < seq)
        moved += conn.execute(update(ingest_stream).where(behind).values(durable_seq=seq)).rowcount
    return moved


def begin_new_life(conn: Connection) -> str:
    """Gives HQ and each of its buckets a new epoch; returns HQ's. To be done before the hub serves again.

    Numbers that were given after the backup are given anew, to other rows: by the epoch a store sees that
    its cursors mean nothing here and reads again from the start.
    """
    epoch = str(uuid.uuid4())
    conn.execute(update(meta).where(meta.c.key == "hq_epoch").values(value=epoch))
    for name in conn.scalars(select(bucket.c.bucket).order_by(bucket.c.bucket)).all():
        conn.execute(update(bucket).where(bucket.c.bucket == name).values(epoch=new_bucket_epoch()))
    return epoch
