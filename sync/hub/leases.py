"""Orders that stores hold: taken back by force, or given to another store, and what must be so before that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from sync.hub.feed import Change, publish, put
from sync.hub.publishing import NotPossible, ask_cancel, free_code, locked_order
from sync.hub.rows import CLOSED, cmd_of, order_of, orders_of
from sync.hub.schema import command, customer_order, order_line
from sync.hub.schema import store as store_table
from sync.messages import Order, moment_of, stamp

CLOCK_ERROR = timedelta(minutes=5)
"""How far a store's trusted time may be behind HQ's: a lease counts as over so much later."""


def force_cancel(conn: Connection, order_no: str, at: str) -> None:
    """Cancels an order whose store cannot be asked, at HQ's own risk: the store may be handing it over just now.

    The store still gets the wish, for the day it is heard of again. If it hands over meanwhile, that stands and
    opens a case (COLLECTED_AFTER_CANCEL).
    """
    row = locked_order(conn, order_no)
    if row.state in CLOSED:
        raise NotPossible(f"order {order_no} is {row.state}")
    ask_cancel(conn, order_no, at)
    same = customer_order.c.order_no == order_no
    conn.execute(update(customer_order).where(same).values(state="cancelled", cancel="forced"))


def reassign(conn: Connection, order_no: str, store: str, now: datetime, lease_until: str = "") -> Order:
    """Leases an order to another store in a new generation, with a new numeric code; returns it as published.

    Possible once the former store cannot hand it over any more: it gave it back, its lease is over, or HQ took it
    back by force. An order of which something was handed over stays where it is. Raises NotPossible.
    """
    row = locked_order(conn, order_no)
    if store == row.store:
        raise NotPossible(f"order {order_no} is at {store} already")
    if conn.scalar(select(store_table.c.store).where(store_table.c.store == store)) is None:
        raise NotPossible(f"no store {store}")
    if why := _still_held(conn, row, now):
        raise NotPossible(f"order {order_no} {why}")
    code, gen, at = free_code(conn, store), row.gen + 1, stamp(now)
    moved = msgspec.structs.replace(order_of(row), store=store, lease_until=lease_until)
    values = {
        "store": store,
        "gen": gen,
        "state": "allocated",
        "shelf": "",
        "cancel": "",
        "numeric_code": code,
    }
    body = msgspec.json.encode(moved).decode()
    same = customer_order.c.order_no == order_no
    conn.execute(update(customer_order).where(same).values(**values, body=body))
    # Wishes of the former lease have nobody to answer them any more.
    former = (command.c.order_no == order_no) & (command.c.outcome == "")
    gone = conn.scalars(update(command).where(former).values(outcome="reassigned").returning(command.c.cmd))
    changes = [Change(cmd_of(row.store), "cmd", cmd, None) for cmd in gone]
    changes.append(Change(orders_of(row.store), "order", order_no, None))
    leased = order_of(locked_order(conn, order_no))
    publish(conn, [*changes, put(orders_of(store), leased)], at)
    return leased


def _still_held(conn: Connection, row: Any, now: datetime) -> str:
    """Why the former store may still hand this order over, or ""."""
    if conn.scalar(
        select(order_line.c.line).where(order_line.c.order_no == row.order_no, order_line.c.handed > 0)
    ):
        return "was handed over in part"
    if row.state == "cancelled" and row.cancel in {"returned", "forced"}:
        return ""
    if row.state == "rejected":
        return ""
    lease_until = order_of(row).lease_until
    if lease_until and moment_of(lease_until) + CLOCK_ERROR < now:
        return ""
    return f"is {row.state} at {row.store}: ask for it back, or take it back by force"
