"""By which ways customers of this chain get goods, and what those cost: HQ's people's word, not the program's."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from sync.hub.database import snapshot, write
from sync.hub.publishing import NotPossible
from sync.hub.schema import meta

_KEY = "ways"
_Some = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times from an order until it is there; `_fen` what a way costs beside the goods; `stores` how many are named.

    `safety`: pieces that stay at a place beyond what is offered from it, as its figure is some minutes old.
    `ride_m`: within so many metres a rider brings it at once; 0 means that nobody rides.
    """

    safety: _Some = 1
    stores: _Some = 5
    collect_min: _Some = 120
    transfer_h: _Some = 48
    ride_m: _Some = 3000
    ride_min: _Some = 45
    ride_fen: _Some = 600
    send_h: _Some = 24
    send_fen: _Some = 0

    def after(self, kind: str) -> timedelta:
        """How long a way takes."""
        return {
            "pickup_there": timedelta(minutes=self.collect_min),
            "pickup_here": timedelta(hours=self.transfer_h),
            "instant": timedelta(minutes=self.ride_min),
            "next_day": timedelta(hours=self.send_h),
        }[kind]


def ways_in(conn: Connection) -> Ways:
    """HQ's word; its first one, which is in the program, until somebody gave another."""
    kept = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return msgspec.json.decode(kept, type=Ways) if kept else Ways()


def shown(engine: Engine) -> Ways:
    """What holds now."""
    with snapshot(engine) as conn:
        return ways_in(conn)


def change(engine: Engine, **facts: int) -> Ways:
    """Another word on some of it from now on; an order that was made keeps what it was told. Raises NotPossible."""

    def work(conn: Connection) -> Ways:
        try:
            made = msgspec.convert({**msgspec.to_builtins(ways_in(conn)), **facts}, Ways)
        except msgspec.ValidationError as error:
            raise NotPossible(str(error)) from None
        conn.execute(delete(meta).where(meta.c.key == _KEY))
        conn.execute(insert(meta).values(key=_KEY, value=msgspec.json.encode(made).decode()))
        return made

    return write(engine, work)
