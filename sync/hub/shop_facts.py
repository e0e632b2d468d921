"""What the chain tells of a store: changed field by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, Engine, select

from sync.hub.database import write
from sync.hub.feed import publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import SHOPS
from sync.hub.schema import feed
from sync.messages import Shop, stamp


def update_shop(engine: Engine, store: str, facts: Mapping[str, str]) -> Shop:
    """Changes the named fields of a store's row and announces it; raises NotPossible where there is none."""

    def work(conn: Connection) -> Shop:
        live = (feed.c.bucket == SHOPS) & (feed.c.tb == "shop") & (feed.c.id == store) & (feed.c.op == "put")
        known = conn.scalar(select(feed.c.d).where(live).with_for_update())
        if known is None:
            raise NotPossible(f"no store {store}")
        shop = msgspec.structs.replace(msgspec.json.decode(known, type=Shop), **facts)
        publish(conn, [put(SHOPS, shop)], stamp(datetime.now(UTC)))
        return shop

    return write(engine, work)
