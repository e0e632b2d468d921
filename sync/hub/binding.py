"""A store's journal at HQ, locked for an upload; made where a new box speaks for the first time."""

from __future__ import annotations

from sqlalchemy import Connection, Row, insert, select, update

from sync.hub.envelope import Refused, Upload
from sync.hub.schema import device, ingest_stream
from sync.hub.schema import store as store_table
from sync.messages import GENESIS


def locked_stream(
    conn: Connection, store: str, upload: Upload, at: str, *, by_hand: bool
) -> Row[*tuple[object, ...]]:
    """The stream's row, locked until the commit. A store's first upload on a stream binds it.

    Raises Refused: 409 gap where a new journal does not begin at 1, 403 for another store's.
    """
    query = select(ingest_stream).where(ingest_stream.c.stream == upload.header.stream).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        # Two new boxes of one store, or one box at two hubs, bind one after the other: a store has one open journal.
        # A lock beside which rows that point at the store are still written: those are of uploads under way.
        same = select(store_table.c.store).where(store_table.c.store == store)
        conn.execute(same.with_for_update(key_share=True)).all()
        row = conn.execute(query).one_or_none()
    if row is None:
        _bind(conn, store, upload, at, by_hand=by_hand)
        row = conn.execute(query).one()
    if row.store != store:
        raise Refused(403, "forbidden")
    return row


def _bind(conn: Connection, store: str, upload: Upload, at: str, *, by_hand: bool) -> None:
    """A new journal of this store; its former one is closing.

    A box that was replaced before it ever spoke closes nobody's: its own stream is the one that is closing.
    """
    name = upload.header.stream
    if upload.lines[0].seq != 1:
        raise Refused(409, "gap", expected=1)
    box = conn.scalar(select(device.c.state).where(device.c.stream == name))
    state = "closed" if by_hand else "closing" if box == "replaced" else "open"
    if state == "open":
        former = (ingest_stream.c.store == store) & (ingest_stream.c.state == "open")
        conn.execute(update(ingest_stream).where(former).values(state="closing"))
    start = {"last_seq": 0, "last_sha": GENESIS, "durable_seq": 0, "state": state, "bound_at": at}
    conn.execute(insert(ingest_stream).values(stream=name, store=store, **start))
