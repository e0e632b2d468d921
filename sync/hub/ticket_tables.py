"""HQ's tables of calls for a person and of what shoppers said: for figures, not for anybody's name."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata


def _from() -> tuple[Column[str], Column[int], Column[str], Column[str]]:
    """Which fact a row is of, and when it was."""
    return (
        Column("stream", Text, primary_key=True),
        Column("seq", BigInteger, primary_key=True),
        Column("store", Text, nullable=False),
        Column("at", Text, nullable=False),
    )


ticket_opened = Table(
    "ticket_opened",
    metadata,
    *_from(),
    Column("ticket", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Index("ticket_opened_by_ticket", "ticket"),
)

ticket_closed = Table(
    "ticket_closed",
    metadata,
    *_from(),
    Column("ticket", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("wait_s", BigInteger, nullable=False),
    Column("handle_s", BigInteger, nullable=False),
    Index("ticket_closed_by_ticket", "ticket"),
)

feedback = Table(
    "feedback",
    metadata,
    *_from(),
    Column("scale", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("about", Text, nullable=False),
    Column("chips", Text, nullable=False),  # words with a space between, by name
    Index("feedback_by_store", "store", "at"),
)
