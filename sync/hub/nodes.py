"""Places that hold stock, as stores hear of them: what each could sell, what is on its way, what stands for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from sync.goods import Inbound, Node, NodeStock, Substitute
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.pick_tables import unfit_piece
from sync.hub.publishing import NotPossible
from sync.hub.rows import CATALOG, NODES, stock_of
from sync.hub.schema import customer_order, feed, order_line, stock_level
from sync.hub.schema import store as store_table
from sync.messages import id_of, is_stamp, stamp

_PROMISED = ("allocated", "accepted", "picking", "short", "packed", "ready", "handing", "partial", "expired")


class NodeDesk:
    """The verbs of HQ about places. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def set_nodes(self, nodes: Iterable[Node]) -> int:
        """Adds or changes places; how many rows that changed."""
        return self._publish([put(NODES, node) for node in nodes])

    def set_levels(self, node: str, sellable: Mapping[str, int]) -> int:
        """What a place that is no store of ours (a warehouse) could sell; how many figures that changed."""
        return write(self._engine, lambda conn: self._levels(conn, node, sellable))

    def snapshot(self) -> int:
        """What each of our stores that is a place could sell, by what HQ knows now; how many figures that changed.

        Sellable: on hand, less what is unfit, less what is promised to orders and not handed over. A transaction a
        store: the bucket is all stores', and nobody waits for the whole chain.
        """
        with snapshot(self._engine) as conn:
            stores = _our_stores(conn)
            places = sorted(node.node for node in _places(conn) if node.node in stores)

        def work(conn: Connection, store: str) -> int:
            return self._levels(conn, store, _sellable(conn, store))

        return sum(write(self._engine, lambda conn, store=store: work(conn, store)) for store in places)  # type: ignore[misc]

    def listed(self) -> list[dict[str, Any]]:
        """Every place: node, kind, names, lat_e5, lon_e5, products and pieces that it could sell, at (newest)."""
        with snapshot(self._engine) as conn:
            places = {node.node: node for node in _places(conn)}
            sums: dict[str, list[Any]] = {name: [0, 0, ""] for name in places}
            for stock in _node_stock(conn):
                products, pieces, at = sums.setdefault(stock.node, [0, 0, ""])
                sums[stock.node] = [products + 1, pieces + stock.sellable, max(at, stock.at)]
        return [
            {**msgspec.to_builtins(places[name]), "products": n, "pieces": pieces, "at": at}
            for name, (n, pieces, at) in sorted(sums.items())
            if name in places
        ]

    def warehouses(self) -> frozenset[str]:
        """Places whose figures are HQ's people's to tell: those that are none of our stores."""
        with snapshot(self._engine) as conn:
            return frozenset(node.node for node in _places(conn)) - _our_stores(conn)

    def remove(self, node: str) -> int:
        """A place is none any more: it goes with its figures; how many rows that were. Raises NotPossible."""

        def work(conn: Connection) -> int:
            if node not in {one.node for one in _places(conn)}:
                raise NotPossible(f"no place {node}")
            rows = [Change(NODES, "node_stock", name, None) for name in sorted(_published(conn, node))]
            return publish(conn, [Change(NODES, "node", node, None), *rows], stamp(self._now()))

        return write(self._engine, work)

    def announce(self, store: str, rows: Iterable[Inbound]) -> int:
        """Goods are on their way to a store."""
        some = list(rows)
        for row in some:
            if row.row != f"{row.ref}:{row.sku}":
                raise NotPossible(f"the row of {row.sku} under {row.ref} is not called {row.row}")
            if row.due and not is_stamp(row.due):
                raise NotPossible(f"{row.row}: due is not a time in UTC like 2026-01-05T10:00:00.000Z")
        return self._publish([put(stock_of(store), row) for row in some])

    def arrived(self, store: str, ref: str) -> int:
        """A paper is done with: its goods are no longer on their way; how many rows that were."""

        def work(conn: Connection) -> int:
            here = (feed.c.bucket == stock_of(store)) & (feed.c.tb == "inbound") & (feed.c.op == "put")
            names = [
                name for name in conn.scalars(select(feed.c.id).where(here)) if name.startswith(f"{ref}:")
            ]
            gone = [Change(stock_of(store), "inbound", name, None) for name in names]
            return publish(conn, gone, stamp(self._now()))

        return write(self._engine, work)

    def set_substitutes(self, rows: Iterable[Substitute]) -> int:
        """What may be given in whose stead, chain-wide."""
        return self._publish([put(CATALOG, row) for row in rows])

    def _publish(self, changes: list[Change]) -> int:
        return write(self._engine, lambda conn: publish(conn, changes, stamp(self._now())))

    def _levels(self, conn: Connection, node: str, sellable: Mapping[str, int]) -> int:
        """Publishes figures that differ from those published, so that nothing but news goes to a thousand stores."""
        at = stamp(self._now())
        known = _published(conn, node)
        rows = [NodeStock(f"{node}:{sku}", node, sku, n, at) for sku, n in sorted(sellable.items())]
        news = [put(NODES, row) for row in rows if known.get(id_of(row)) != row.sellable]
        gone = [
            Change(NODES, "node_stock", name, None) for name in sorted(known.keys() - {r.row for r in rows})
        ]
        return publish(conn, [*news, *gone], at) if news or gone else 0


def _our_stores(conn: Connection) -> frozenset[str]:
    return frozenset(conn.scalars(select(store_table.c.store)))


def _places(conn: Connection) -> list[Node]:
    return [msgspec.json.decode(text, type=Node) for text in _bodies(conn, "node")]


def _node_stock(conn: Connection) -> Iterator[NodeStock]:
    return (msgspec.json.decode(text, type=NodeStock) for text in _bodies(conn, "node_stock"))


def _bodies(conn: Connection, tb: str) -> Iterable[str]:
    here = (feed.c.bucket == NODES) & (feed.c.tb == tb) & (feed.c.op == "put")
    return conn.scalars(select(feed.c.d).where(here).order_by(feed.c.id))


def _published(conn: Connection, node: str) -> dict[str, int]:
    here = (feed.c.bucket == NODES) & (feed.c.tb == "node_stock") & (feed.c.op == "put")
    mine = here & (feed.c.id >= f"{node}:") & (feed.c.id < f"{node};")
    rows = conn.execute(select(feed.c.id, feed.c.d).where(mine))
    return {row.id: int(msgspec.json.decode(row.d)["sellable"]) for row in rows}


def _sellable(conn: Connection, store: str) -> dict[str, int]:
    levels = select(stock_level.c.sku, stock_level.c.on_hand).where(stock_level.c.store == store)
    found = Counter({row.sku: row.on_hand for row in conn.execute(levels)})
    named = set(found)
    unfit = select(unfit_piece.c.sku, func.sum(unfit_piece.c.qty).label("n")).where(
        unfit_piece.c.store == store
    )
    promised = (
        select(order_line.c.sku, func.sum(order_line.c.qty - order_line.c.handed).label("n"))
        .join(customer_order, customer_order.c.order_no == order_line.c.order_no)
        .where((customer_order.c.store == store) & customer_order.c.state.in_(_PROMISED))
    )
    for query in (unfit.group_by(unfit_piece.c.sku), promised.group_by(order_line.c.sku)):
        for row in conn.execute(query):
            found[row.sku] -= int(row.n)
    return {sku: max(0, found[sku]) for sku in named}
