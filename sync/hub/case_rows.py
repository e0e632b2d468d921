"""A case's row, as it is opened."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from sync.hub.schema import case_file


def open_case(
    conn: Connection,
    code: str,
    order_no: str,
    store: str,
    stream: str,
    seq: int,
    at: str,
    subject: str = "",
) -> str:
    """Opens a case for people; returns its name. `subject`: what it is about where that is no order."""
    row = {"code": code, "order_no": order_no, "opened_at": at, "state": "open", "subject": subject}
    done = conn.execute(insert(case_file).values(**row, store=store, stream=stream, seq=seq))
    return f"c-{done.inserted_primary_key[0]}" if done.inserted_primary_key else ""
