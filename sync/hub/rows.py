"""HQ's tables as rows of the feed: which bucket, which form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from sync.benefits import Coupon
from sync.configured import CONFIG_BUCKET_SUFFIX
from sync.hub.benefit_tables import coupon
from sync.hub.bulk import named_in, rows_of
from sync.hub.feed import Change, put
from sync.hub.judging import Touched
from sync.hub.schema import customer_order, stock_level
from sync.messages import HandedBy, Order, Stock

CATALOG = "g:catalog:CN"
PRICE = "g:price:CN"
KEYS = "g:keys:CN"
SHOPS = "g:shops:CN"
COUPONS = "g:coupon:CN"
CLOSED = frozenset({"picked_up", "cancelled", "rejected", "restocked"})
"""States of an order in which nobody collects anything of it any more."""
# One text however many orders: an IN list would be rendered, parsed and planned anew each time.
_HANDED = (
    "SELECT order_no, stream, line, unit, CAST(sum(qty) AS INTEGER) AS qty"
    " FROM pickup JOIN pickup_line ON pickup_line.pickup = pickup.pickup"
    " WHERE annulled = 0 AND order_no IN ({}) GROUP BY order_no, stream, line, unit"
    " ORDER BY order_no, stream, line, unit"
)


def orders_of(store: str) -> str:
    """The bucket of orders leased to a store."""
    return f"s:{store}:orders"


def stock_of(store: str) -> str:
    """The bucket of a store's stock as HQ counts it."""
    return f"s:{store}:stock"


def cmd_of(store: str) -> str:
    """The bucket of what HQ asks of a store."""
    return f"s:{store}:cmd"


def staff_of(store: str) -> str:
    """The bucket of who may sign in at a store."""
    return f"s:{store}:staff"


def config_of(store: str) -> str:
    """The bucket of how HQ wants a store set up."""
    return f"s:{store}{CONFIG_BUCKET_SUFFIX}"


def quota_of(store: str) -> str:
    """The bucket of what a store may sell of hot products without asking."""
    return f"s:{store}:quota"


def coupon_of(store: str) -> str:
    """The bucket of coupons that only this store may redeem; `store` "" is the bucket of all others."""
    return f"s:{store}:coupon" if store else COUPONS


def member_of(store: str) -> str:
    """The bucket of members that a store knows, and of their points that may be spent there."""
    return f"s:{store}:member"


def subscription(store: str) -> tuple[str, ...]:
    """Every bucket of a store, in the order in which a page is filled: small and urgent first."""
    urgent = (cmd_of(store), config_of(store), orders_of(store), staff_of(store), stock_of(store))
    return (
        *urgent,
        quota_of(store),
        coupon_of(store),
        member_of(store),
        COUPONS,
        KEYS,
        SHOPS,
        PRICE,
        CATALOG,
    )


def order_of(row: Any) -> Order:
    """The order as it is published now."""
    order = msgspec.json.decode(row.body, type=Order)
    return msgspec.structs.replace(
        order, gen=row.gen, state=row.state, shelf=row.shelf, numeric_code=row.numeric_code
    )


def with_handed(conn: Connection, orders: Sequence[Order]) -> list[Order]:
    """Orders that are open still with what was handed over of them, journal by journal."""
    some = {order.order for order in orders if order.mode != "whole" and order.state not in CLOSED}
    handed: dict[str, list[HandedBy]] = {}
    for row in _handed(conn, sorted(some)) if some else ():
        handed.setdefault(row.order_no, []).append(HandedBy(row.stream, row.line, row.qty, row.unit))
    return [msgspec.structs.replace(order, handed=tuple(handed.get(order.order, ()))) for order in orders]


def _handed(conn: Connection, some: list[str]) -> Sequence[Any]:
    """Sums: what a store is told does not grow with the number of hand-overs."""
    postgres = conn.dialect.name == "postgresql"
    which: Any = some if postgres else msgspec.json.encode(some).decode()
    return conn.exec_driver_sql(_HANDED.format(named_in(postgres=postgres)), (which,)).all()


def changes_of(conn: Connection, store: str, touched: Touched, at: str) -> Iterator[Change]:
    """What must be published after a store's facts were taken in."""
    orders = [order_of(row) for row in rows_of(conn, customer_order, "order_no", touched.orders)]
    for order in with_handed(conn, orders):
        yield put(orders_of(order.store), order)
    for row in rows_of(conn, stock_level, "sku", touched.skus, also={"store": store}):
        yield put(stock_of(store), stock_row(row, at))
    for cmd in sorted(touched.cmds):
        yield Change(cmd_of(store), "cmd", cmd, None)
    for row in rows_of(conn, coupon, "coupon", touched.coupons):
        yield put_coupon(row)


def put_coupon(row: Any) -> Change:
    """A coupon as it is to be published now."""
    known = msgspec.json.decode(row.body, type=Coupon)
    return put(coupon_of(row.store), msgspec.structs.replace(known, state=row.state))


def stock_row(row: Any, at: str) -> Stock:
    """A stock level as it is published."""
    return Stock(sku=row.sku, on_hand=row.on_hand, stream=row.stream, upto_seq=row.upto_seq, at=at)
