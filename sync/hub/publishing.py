"""Bringing HQ's word into tables and feed together: catalogue, orders as leases, stock, cancellations."""

from __future__ import annotations

import itertools
import secrets
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from sync.goods import Barcode
from sync.hub.bulk import insert_rows, update_rows
from sync.hub.database import write
from sync.hub.effects import EXPIRED, PICKED_UP
from sync.hub.feed import Change, publish, put
from sync.hub.rows import CATALOG, CLOSED, PRICE, cmd_of, order_of, orders_of, with_handed
from sync.hub.schema import command, customer_order, feed, ingest_stream, order_line, stock_level
from sync.hub.schema import store as store_table
from sync.messages import Down, Order, OrderCommand, Price, Product, check_row, id_of, moment_of, stamp

_CHUNK = 500
RENEWED_FOR = timedelta(days=3)
"""How long a reissued order is held unless HQ's people say otherwise."""


class NotPossible(Exception):
    """HQ cannot do this; the message says why, for a person."""


class ImportRefused(Exception):
    """Nothing was imported: `problems` names every line that is wrong and why."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"{len(problems)} lines cannot be imported")
        self.problems = tuple(problems)


def in_bulk(engine: Engine, rows: Iterable[Product | Barcode | Price], at: str, size: int) -> int:
    """Publishes rows in transactions of `size`, so that no writer waits long; returns rows that changed."""
    written = 0
    source = iter(rows)
    while some := list(itertools.islice(source, size)):
        changes = [put(PRICE if isinstance(row, Price) else CATALOG, row) for row in some]

        def work(conn: Connection, changes: list[Change] = changes) -> int:
            return publish(conn, changes, at)

        written += write(engine, work)
    return written


def replace(conn: Connection, bucket: str, tb: str, rows: Sequence[Down], at: str) -> int:
    """Makes these the only rows of a table in a bucket; raises NotPossible for one no store could use."""
    for row in rows:
        if bad := check_row(row):
            raise NotPossible(f"{tb} {id_of(row)}: {bad} is not one that stores know")
    kept = {id_of(row) for row in rows}
    live = (feed.c.bucket == bucket) & (feed.c.tb == tb) & (feed.c.op == "put")
    gone = [row_id for row_id in conn.scalars(select(feed.c.id).where(live)) if row_id not in kept]
    return publish(
        conn, [*(put(bucket, row) for row in rows), *(Change(bucket, tb, g, None) for g in gone)], at
    )


def set_levels(conn: Connection, store: str, wanted: Any) -> None:
    """Sets on-hand units as of everything the store's present journal has reported."""
    mine = (ingest_stream.c.store == store) & (ingest_stream.c.state == "open")
    stream = conn.execute(select(ingest_stream).where(mine).with_for_update()).one_or_none()
    upto = {"stream": stream.stream if stream else "", "upto_seq": stream.last_seq if stream else 0}
    there = {row.sku for row in levels(conn, store, wanted)}
    rows = [{"store": store, "sku": sku, "on_hand": n, **upto} for sku, n in sorted(wanted.items())]
    insert_rows(conn, stock_level, [row for row in rows if row["sku"] not in there])
    update_rows(conn, stock_level, ("store", "sku"), [row for row in rows if row["sku"] in there])


def levels(conn: Connection, store: str, skus: Iterable[str]) -> list[Any]:
    """The stock rows of these products."""
    names = sorted(set(skus))
    found: list[Any] = []
    for start in range(0, len(names), _CHUNK):
        some = (stock_level.c.store == store) & stock_level.c.sku.in_(names[start : start + _CHUNK])
        found += conn.execute(select(stock_level).where(some).order_by("sku")).all()
    return found


def lease(conn: Connection, orders: Sequence[Order], at: str) -> list[Order]:
    """Takes orders in and publishes them; from now on only their store moves them."""
    for order in orders:
        if problem := problem_of(conn, order):
            raise NotPossible(problem)
    return _lease(conn, orders, at)


def _lease(conn: Connection, orders: Sequence[Order], at: str) -> list[Order]:
    leased = []
    for order in orders:
        code = order.numeric_code or free_code(conn, order.store)
        known = msgspec.structs.replace(order, numeric_code=code)
        values = {"store": order.store, "gen": order.gen, "state": order.state, "shelf": order.shelf}
        values["waybill"] = order.waybill
        body = msgspec.json.encode(known).decode()
        conn.execute(
            insert(customer_order).values(
                order_no=order.order, cancel="", numeric_code=code, body=body, **values
            )
        )
        # What was published as handed over already is not ours to hand over again.
        done = order.state == PICKED_UP
        rows = [
            {"order_no": order.order, "line": x.line, "sku": x.sku, "qty": x.qty, "handed": x.qty * done}
            for x in order.lines
        ]
        if rows:
            conn.execute(insert(order_line), rows)
        leased.append(known)
    publish(conn, [put(orders_of(order.store), order) for order in leased], at)
    return leased


def read_orders(lines: Iterable[str | bytes]) -> list[tuple[int, Order]]:
    """Orders with their line numbers; raises ImportRefused with every line that cannot be read."""
    found, problems, seen = [], [], set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            order = msgspec.json.decode(line, type=Order)
        except (msgspec.DecodeError, UnicodeError) as error:
            problems.append((number, str(error)))
            continue
        if order.order in seen:
            problems.append((number, f"order {order.order} is in this file twice"))
        if bad := odd(order):
            problems.append((number, bad))
        seen.add(order.order)
        found.append((number, order))
    if problems:
        raise ImportRefused(problems)
    return found


def import_all(conn: Connection, found: Sequence[tuple[int, Order]], at: str) -> int:
    """Leases all of them or, with ImportRefused, none."""
    problems = [(number, why) for number, order in found if (why := problem_of(conn, order))]
    codes: set[tuple[str, str]] = set()
    for number, order in found:
        if order.numeric_code and (order.store, order.numeric_code) in codes:
            problems.append((number, "two orders of this file have one numeric code"))
        codes.add((order.store, order.numeric_code))
    if problems:
        raise ImportRefused(sorted(problems))
    return len(_lease(conn, [order for _, order in found], at))


def ask_cancel(conn: Connection, order_no: str, at: str) -> OrderCommand:
    """Records and publishes the wish; asking twice gives the same one."""
    row = locked_order(conn, order_no)
    if row.state in CLOSED:
        raise NotPossible(f"order {order_no} is {row.state}")
    waiting = (command.c.order_no == order_no) & (command.c.outcome == "")
    old = conn.execute(select(command).where(waiting)).one_or_none()
    if old is not None:
        return OrderCommand(old.cmd, order_no, old.gen, old.kind, old.at)
    wish = OrderCommand(str(uuid.uuid4()), order_no, row.gen, "cancel_requested", at)
    values = {"cmd": wish.cmd, "order_no": order_no, "gen": row.gen, "kind": wish.kind, "at": at}
    conn.execute(insert(command).values(**values, outcome=""))
    same = customer_order.c.order_no == order_no
    conn.execute(update(customer_order).where(same).values(cancel="requested"))
    publish(conn, [put(cmd_of(row.store), wish)], at)
    return wish


def reissue(conn: Connection, order_no: str, now: datetime, hold_until: str | datetime | None) -> Order:
    """Raises the generation, gives a new numeric code and a new hold; an order that had expired waits again."""
    row = locked_order(conn, order_no)
    if row.state in CLOSED:
        raise NotPossible(f"order {order_no} is {row.state}")
    order = order_of(row)
    hold = _hold(order, now, hold_until)
    # A lease that ends before the hold would have the customer come for nothing.
    lease = max(order.lease_until, hold) if order.lease_until else ""
    body = msgspec.json.encode(msgspec.structs.replace(order, hold_until=hold, lease_until=lease)).decode()
    values = {"gen": row.gen + 1, "numeric_code": free_code(conn, row.store), "body": body}
    if row.state == EXPIRED:
        values["state"] = "partial" if _touched(conn, order_no) else "ready"
    same = customer_order.c.order_no == order_no
    conn.execute(update(customer_order).where(same).values(**values))
    (renewed,) = with_handed(conn, [order_of(locked_order(conn, order_no))])
    publish(conn, [put(orders_of(row.store), renewed)], stamp(now))
    return renewed


def _hold(order: Order, now: datetime, wanted: str | datetime | None) -> str:
    """Until when the order is kept from now on; nobody's present hold gets shorter unless that is wanted."""
    if wanted is None:
        return max(order.hold_until, stamp(now + RENEWED_FOR)) if order.hold_until else ""
    try:
        moment = moment_of(wanted if isinstance(wanted, str) else wanted.isoformat())
    except ValueError:
        raise NotPossible("hold_until is not a time with a zone (RFC 3339)") from None
    if moment <= now:
        raise NotPossible("hold_until is over already")
    return stamp(moment)


def _touched(conn: Connection, order_no: str) -> bool:
    some = (order_line.c.order_no == order_no) & (order_line.c.handed > 0)
    return conn.scalar(select(order_line.c.line).where(some).limit(1)) is not None


def locked_order(conn: Connection, order_no: str) -> Any:
    """The order's row, locked until the commit; raises NotPossible where there is none."""
    same = customer_order.c.order_no == order_no
    row = conn.execute(select(customer_order).where(same).with_for_update()).one_or_none()
    if row is None:
        raise NotPossible(f"no order {order_no}")
    return row


def problem_of(conn: Connection, order: Order) -> str:
    """Why this order cannot be leased, or ""."""
    if bad := odd(order):
        return bad
    if conn.scalar(select(store_table.c.store).where(store_table.c.store == order.store)) is None:
        return f"no store {order.store}"
    same = customer_order.c.order_no == order.order
    if conn.scalar(select(customer_order.c.order_no).where(same)) is not None:
        return f"order {order.order} is published already"
    if not order.lines:
        return f"order {order.order} has no lines"
    if len({line.line for line in order.lines}) != len(order.lines):
        return f"order {order.order} has a line number twice"
    if order.numeric_code and _taken(conn, order.store, order.numeric_code):
        return f"the numeric code of order {order.order} is taken"
    return ""


def odd(order: Order) -> str:
    """What a store could not use in this order, or ""."""
    bad = check_row(order)
    if bad in {"mode", "state"}:
        return f"order {order.order}: {bad} is not one that stores know"
    return f"order {order.order}: {bad} is not a time in UTC like 2026-01-05T10:00:00.000Z" if bad else ""


def _taken(conn: Connection, store: str, code: str) -> bool:
    used = (customer_order.c.store == store) & (customer_order.c.numeric_code == code)
    return conn.scalar(select(customer_order.c.order_no).where(used)) is not None


def free_code(conn: Connection, store: str) -> str:
    """Eight random digits that no order of this store ever had."""
    while True:
        code = f"{secrets.randbelow(10**8):08d}"
        if not _taken(conn, store, code):
            return code
