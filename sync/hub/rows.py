"""HQ's tables as rows of the feed: which bucket, which form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from sync.benefits import Coupon
from sync.configured import CONFIG_BUCKET_SUFFIX
from sync.deposits import Deposit
from sync.hub.benefit_tables import coupon
from sync.hub.bulk import bound_names, named_in, rows_of
from sync.hub.deposit_tables import deposit
from sync.hub.feed import Change, put
from sync.hub.judging import Held, Touched
from sync.hub.schema import customer_order, order_line, stock_level
from sync.messages import HandedBy, Order, Stock

CATALOG = "g:catalog:CN"
PRICE = "g:price:CN"
KEYS = "g:keys:CN"
SHOPS = "g:shops:CN"
COUPONS = "g:coupon:CN"
NODES = "g:nodes:CN"
PROMOTIONS = "g:promo:CN"
CLOSED = frozenset({"picked_up", "cancelled", "rejected", "restocked"})
"""States of an order in which nobody collects anything of it any more."""
_SUMS = (
    "SELECT order_no, stream, line, unit, CAST(sum(qty) AS INTEGER) AS qty"
    " FROM pickup JOIN pickup_line ON pickup_line.pickup = pickup.pickup"
    " WHERE annulled = 0 AND order_no IN ({}) GROUP BY order_no, stream, line, unit"
)
_BY_WHOM = (
    "SELECT order_no, min(stream) AS stream, max(stream) AS other, max(unit) AS unit"
    " FROM pickup WHERE annulled = 0 AND order_no IN ({}) GROUP BY order_no"
)
_PLACE = attrgetter("stream", "line", "unit")
_NONE = Held()


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


def returns_of(store: str) -> str:
    """The bucket of what HQ says of returns: money it gave back, pieces that other stores took back."""
    return f"s:{store}:returns"


def subscription(store: str) -> tuple[str, ...]:
    """Every bucket of a store, in the order in which a page is filled: small and urgent first."""
    urgent = (cmd_of(store), config_of(store), orders_of(store), staff_of(store), stock_of(store))
    return (
        *urgent,
        quota_of(store),
        coupon_of(store),
        member_of(store),
        returns_of(store),
        COUPONS,
        PROMOTIONS,
        KEYS,
        SHOPS,
        NODES,
        PRICE,
        CATALOG,
    )


def order_of(row: Any) -> Order:
    """The order as it is published now."""
    order = msgspec.json.decode(row.body, type=Order)
    return msgspec.structs.replace(
        order, gen=row.gen, state=row.state, shelf=row.shelf, numeric_code=row.numeric_code
    )


def with_handed(conn: Connection, orders: Sequence[Order], held: Held = _NONE) -> list[Order]:
    """Orders that are open still with what was handed over of them, journal by journal."""
    some = {order.order for order in orders if order.mode != "whole" and order.state not in CLOSED}
    handed = _handed(conn, some, held) if some else {}
    return [msgspec.structs.replace(order, handed=tuple(handed.get(order.order, ()))) for order in orders]


def _handed(conn: Connection, some: set[str], held: Held) -> dict[str, list[HandedBy]]:
    """Sums: what a store is told, and nearly always what is read for it, does not grow with the hand-overs."""
    handed: dict[str, list[HandedBy]] = {}
    whose = _by_whom(conn, some, held)
    mixed = {name for name, stream in whose.items() if not stream}
    alone = whose.keys() - mixed
    # One journal handed over whatever was: what its lines say already, and few rows beside those of all pickups.
    here = [
        (name, n, line.handed) for name in alone & held.lines.keys() for n, line in held.lines[name].items()
    ]
    only = ("order_no", "line", "handed")
    for name, n, qty in (
        *here,
        *rows_of(conn, order_line, "order_no", alone - held.lines.keys(), only=only),
    ):
        if qty:
            handed.setdefault(name, []).append(HandedBy(whose[name], n, qty))
    # Lines that know of none of it came to HQ after the hand-over, as when HQ was restored.
    mixed |= alone - handed.keys()
    for (name, stream, line, unit), qty in _sums(conn, mixed, held).items():
        handed.setdefault(name, []).append(HandedBy(stream, line, qty, unit))
    return {order: sorted(of, key=_PLACE) for order, of in handed.items()}


def _by_whom(conn: Connection, some: set[str], held: Held) -> dict[str, str]:
    """The only journal that handed over anything of an order; "" where there are several, or units."""
    whose: dict[str, str] = {}
    for row in _named(conn, _BY_WHOM, some):
        whose[row.order_no] = row.stream if row.stream == row.other and not row.unit else ""
    for name in some & held.handed.keys():
        for stream, unit, _ in held.handed[name]:
            whose[name] = stream if whose.get(name, stream) == stream and not unit else ""
    return whose


def _sums(conn: Connection, mixed: set[str], held: Held) -> dict[tuple[str, str, int, int], int]:
    """Pieces by order, journal, line and unit."""
    if not mixed:
        return {}
    found = {(r.order_no, r.stream, r.line, r.unit): int(r.qty) for r in _named(conn, _SUMS, mixed)}
    for name in mixed & held.handed.keys():
        for stream, unit, lines in held.handed[name]:
            for one in lines:
                key = (name, stream, one.line, unit)
                found[key] = found.get(key, 0) + one.qty
    return found


def _named(conn: Connection, text: str, names: Iterable[str]) -> Sequence[Any]:
    postgres = conn.dialect.name == "postgresql"
    which = bound_names(sorted(names), postgres=postgres)
    return conn.exec_driver_sql(text.format(named_in(postgres=postgres)), (which,)).all()


def changes_of(
    conn: Connection, store: str, touched: Touched, at: str, held: Held = _NONE
) -> Iterator[Change]:
    """What must be published after a store's facts were taken in; rows that are `held` are not read again."""
    known = [held.orders[name] for name in sorted(touched.orders & held.orders.keys())]
    others = rows_of(conn, customer_order, "order_no", touched.orders - held.orders.keys())
    for order in with_handed(conn, [order_of(row) for row in (*known, *others)], held):
        yield put(orders_of(order.store), order)
    levels = [held.levels[name] for name in sorted(touched.skus & held.levels.keys())]
    unread = touched.skus - held.levels.keys()
    for row in (*levels, *rows_of(conn, stock_level, "sku", unread, also={"store": store})):
        yield put(stock_of(store), stock_row(row, at))
    for cmd in sorted(touched.cmds):
        yield Change(cmd_of(store), "cmd", cmd, None)
    for row in rows_of(conn, coupon, "coupon", touched.coupons):
        yield put_coupon(row)
    for row in rows_of(conn, deposit, "deposit", touched.deposits):
        yield put_deposit(row)
    for cmd in sorted(touched.forgotten):
        yield Change(member_of(store), "member_erase", cmd, None)


def put_coupon(row: Any) -> Change:
    """A coupon as it is to be published now."""
    known = msgspec.json.decode(row.body, type=Coupon)
    return put(coupon_of(row.store), msgspec.structs.replace(known, state=row.state))


def put_deposit(row: Any) -> Change:
    """A deposit as it is to be published now."""
    known = msgspec.json.decode(row.body, type=Deposit)
    return put(coupon_of(row.store), msgspec.structs.replace(known, state=row.state))


def stock_row(row: Any, at: str) -> Stock:
    """A stock level as it is published."""
    return Stock(sku=row.sku, on_hand=row.on_hand, stream=row.stream, upto_seq=row.upto_seq, at=at)
