"""Who did what at HQ and when: a row in the very transaction that does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from sync.hub.fleet_schema import audit
from sync.messages import stamp


@dataclass
class Act:
    """What a person is doing: `act` is a verb's name (`orders.cancel`), `about` what it is done to."""

    who: str
    act: str
    about: str = ""
    why: str = ""
    noted: bool = False


_UNDER_WAY: ContextVar[Act | None] = ContextVar("act_under_way", default=None)


@contextmanager
def acting(who: str, act: str, about: str = "", why: str = "") -> Iterator[None]:
    """The first transaction of HQ's that commits within is noted as this act; one that is refused is not."""
    mark = _UNDER_WAY.set(Act(who, act, about, why))
    try:
        yield
    finally:
        _UNDER_WAY.reset(mark)


def note(conn: Connection) -> Act | None:
    """Writes the act under way into this transaction, unless it stands in an earlier one; returns it if so."""
    act = _UNDER_WAY.get()
    if act is None or act.noted:
        return None
    at = stamp(datetime.now(UTC))
    conn.execute(insert(audit).values(at=at, who=act.who, act=act.act, about=act.about, why=act.why))
    return act


def who_acts() -> str:
    """Whose act is under way; "" where nobody said."""
    act = _UNDER_WAY.get()
    return act.who if act else ""
