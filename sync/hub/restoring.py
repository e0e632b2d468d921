"""After HQ's database came back from a backup: a new life, so that nobody takes old numbers for new ones."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select, update

from sync.hub.database import new_bucket_epoch
from sync.hub.schema import bucket, meta


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
