"""The rows of HQ's database that a few facts are about: read and locked at once, changed in memory, written at once.

A batch costs a dozen statements this way, whatever its size; a single fact costs the same dozen, in a savepoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, get_args

from sqlalchemy import Column, Connection, Table, func, select

from sync.goods import StockCounted, StockMoved
from sync.hub.benefit_set import BenefitSet
from sync.hub.benefit_tables import stock_count
from sync.hub.bulk import insert_rows, rows_of, update_rows
from sync.hub.case_rows import open_case
from sync.hub.judging import Held, Touched
from sync.hub.pay_tables import pay_order
from sync.hub.return_set import ReturnSet
from sync.hub.sale_set import SaleSet
from sync.hub.schema import (
    bucket,
    command,
    customer_order,
    ingest_stream,
    movement,
    order_line,
    pickup,
    pickup_line,
    stock_level,
)
from sync.hub.working_rows import (
    LevelRow,
    LineRow,
    OrderRow,
    PickupRow,
    line_values,
    pickup_row,
    pickup_values,
)
from sync.messages import HandedLine, LeaseReturned, OrderAdvanced, PickupAnnulled, PickupCollected, Up
from sync.paying_words import PayUp
from sync.picks import PicksUp
from sync.returning import ReturnAccepted
from sync.selling import SaleCompleted

# Made once: put together for each fact anew they cost more than the asking.
_HANDING = (PickupCollected, PickupAnnulled)
_ABOUT_ORDERS = (PickupCollected, OrderAdvanced, LeaseReturned, *get_args(PicksUp))
_ABOUT_STOCK = (StockMoved, StockCounted)
_WITH_LINES = (SaleCompleted, ReturnAccepted)
_CHARGES = get_args(PayUp)
_LEVEL = attrgetter("sku", "on_hand", "stream", "upto_seq")


class WorkingSet:
    """What `facts` of `store` touch. Locks its pickups, orders and stock levels, in sorted order, until the commit."""

    def __init__(self, conn: Connection, store: str, facts: Iterable[Up]) -> None:
        self._conn = conn
        self._store = store
        self.pickups: dict[str, PickupRow] = {}
        self.orders: dict[str, OrderRow] = {}
        self.lines: dict[str, dict[int, LineRow]] = {}
        self.levels: dict[str, LevelRow] = {}
        self.waiting: dict[str, list[str]] = {}
        """Order -> commands that the store has not answered."""
        self.settled: dict[str, str] = {}
        """Command -> how it ended, in this batch."""
        self.moved: list[dict[str, Any]] = []
        self.changed_orders: set[str] = set()
        self.changed_lines: set[tuple[str, int]] = set()
        self.changed_levels: set[str] = set()
        self.annulled: set[str] = set()
        self.counts: set[str] = set()
        self.new_counts: list[dict[str, Any]] = []
        self.heard: dict[Table, list[dict[str, Any]]] = {}
        """Rows that are only ever added, by table."""
        self.benefits = BenefitSet()
        self.sales = SaleSet()
        self.returns = ReturnSet()
        self.charges: dict[str, Any] = {}  # number -> what went through the payment gateway under it
        self._births: dict[str, str] | None = None
        self._load(list(facts))

    def units_taken(self, order_no: str, gen: int, unit: int, besides: str) -> bool:
        """Whether another pickup that stands has this unit of the order."""
        return any(
            (p.order_no, p.gen, p.unit, p.annulled) == (order_no, gen, unit, False) and p.pickup != besides
            for p in self.pickups.values()
        )

    def states(self) -> dict[str, tuple[str, str, str]]:
        """Where each order stands now: state, shelf, cancel."""
        return {name: (o.state, o.shelf, o.cancel) for name, o in self.orders.items()}

    def set_states(self, states: dict[str, tuple[str, str, str]]) -> None:
        """Puts orders back to where they stood."""
        for name, (state, shelf, cancel) in states.items():
            row = self.orders[name]
            row.state, row.shelf, row.cancel = state, shelf, cancel

    def open_case(self, code: str, about: tuple[str, str], stream: str, seq: int, at: str) -> str:
        """Opens a case for people at once, for its name is part of the verdict; `about` an order, or a subject."""
        order_no, subject = about
        return open_case(self._conn, code, order_no, self._store, stream, seq, at, subject)

    def keep(self, table: Table, row: dict[str, Any]) -> None:
        """Adds a row of what was said."""
        self.heard.setdefault(table, []).append(row)

    def all_read(self, epoch: str, seq: int) -> bool:
        """Whether the store has read all that HQ published of its stock."""
        here = bucket.c.bucket == f"s:{self._store}:stock"
        row = self._conn.execute(select(bucket.c.epoch, bucket.c.head).where(here)).one_or_none()
        return row is not None and (row.epoch, row.head) == (epoch, seq)

    def all_levels(self) -> dict[str, int]:
        """Pieces of every product of the store, this batch so far included."""
        mine = select(stock_level.c.sku, stock_level.c.on_hand).where(stock_level.c.store == self._store)
        found = {row.sku: row.on_hand for row in self._conn.execute(mine)}
        return found | {sku: self.levels[sku].on_hand for sku in self.changed_levels}

    def is_newer(self, stream: str, other: str) -> bool:
        """Whether a journal of this store took over from another."""
        if not stream or stream == other:
            return False
        births = self._born()
        return births.get(stream, "") > births.get(other, "")

    def moved_after(self, sku: str, stream: str, seq: int) -> int:
        """What moved of a product after that fact, also on journals that took over; counts are no movements."""
        newer = [name for name in self._born() if self.is_newer(name, stream)]
        after = (movement.c.stream == stream) & (movement.c.seq > seq) | movement.c.stream.in_(newer)
        plain = (movement.c.sku == sku) & (movement.c.reason != "counted")
        written = self._conn.scalar(select(func.sum(movement.c.delta)).where(after & plain)) or 0
        unwritten = sum(
            row["delta"]
            for row in self.moved
            if (row["sku"], row["stream"]) == (sku, stream)
            and row["seq"] > seq
            and row["reason"] != "counted"
        )
        return int(written) + int(unwritten)

    def _born(self) -> dict[str, str]:
        if self._births is None:
            mine = select(ingest_stream.c.stream, ingest_stream.c.bound_at).where(
                ingest_stream.c.store == self._store
            )
            self._births = {row.stream: row.bound_at for row in self._conn.execute(mine)}
        return self._births

    def write(self) -> None:
        """Writes what changed."""
        conn, new = self._conn, [p for p in self.pickups.values() if p.new]
        insert_rows(conn, pickup, [pickup_values(p) for p in new])
        insert_rows(conn, pickup_line, [row for p in new for row in line_values(p)])
        insert_rows(conn, movement, self.moved)
        insert_rows(conn, stock_count, self.new_counts)
        gone = [{"pickup": name, "annulled": 1} for name in sorted(self.annulled)]
        update_rows(conn, pickup, ("pickup",), gone)
        orders = [self.orders[name] for name in sorted(self.changed_orders)]
        update_rows(
            conn,
            customer_order,
            ("order_no",),
            [
                {"order_no": o.order_no, "state": o.state, "shelf": o.shelf, "cancel": o.cancel}
                for o in orders
            ],
        )
        lines = [(name, n, self.lines[name][n]) for name, n in sorted(self.changed_lines)]
        handed = [{"order_no": name, "line": n, "handed": line.handed} for name, n, line in lines]
        update_rows(conn, order_line, ("order_no", "line"), handed)
        self._write_levels()
        ended = [{"cmd": cmd, "outcome": how} for cmd, how in sorted(self.settled.items())]
        update_rows(conn, command, ("cmd",), ended)
        for table, rows in self.heard.items():
            insert_rows(conn, table, rows)
        self.benefits.write(conn)
        self.sales.write(conn)
        self.returns.write(conn)

    def tells(self, touched: Touched) -> bool:
        """Whether stores can be told what follows before it is written: all of it stands here."""
        return not (self.annulled or touched.coupons or touched.deposits or touched.returned)

    def held(self, *, written: bool) -> Held:
        """What is locked, as `write` leaves it; `written`: it has done so."""
        handed: dict[str, list[tuple[str, int, list[Any]]]] = {}
        for row in () if written else self.pickups.values():
            if row.new and not row.annulled:
                handed.setdefault(row.order_no, []).append((row.stream, row.unit, row.lines))
        return Held(self.orders, self.lines, self.levels, handed)

    def _write_levels(self) -> None:
        made: list[dict[str, Any]] = []
        kept: list[dict[str, Any]] = []
        for sku in sorted(self.changed_levels):
            level = self.levels[sku]
            values = {"on_hand": level.on_hand, "stream": level.stream, "upto_seq": level.upto_seq}
            values |= {"count_stream": level.count_stream, "count_upto": level.count_upto}
            values["count_seq"] = level.count_seq
            (made if level.new else kept).append({"store": self._store, "sku": sku, **values})
        insert_rows(self._conn, stock_level, made)
        update_rows(self._conn, stock_level, ("store", "sku"), kept)

    def _load(self, facts: list[Up]) -> None:
        named = {f.pickup for f in facts if isinstance(f, _HANDING)}
        for row in self._some(pickup.c.pickup, named, lock=True):
            self.pickups[row.pickup] = pickup_row(row)
        orders = {f.order for f in facts if isinstance(f, _ABOUT_ORDERS)}
        orders |= {p.order_no for p in self.pickups.values()}
        for row in self._some(customer_order.c.order_no, orders, lock=True):
            where = (row.order_no, row.store, row.gen, row.state, row.shelf, row.cancel)
            self.orders[row.order_no] = OrderRow(*where, row.numeric_code, row.body)
        for row in self._some(order_line.c.order_no, self.orders):
            self.lines.setdefault(row.order_no, {})[row.line] = LineRow(row.sku, row.qty, row.handed)
        for row in self._some(command.c.order_no, self.orders):
            if not row.outcome:
                self.waiting.setdefault(row.order_no, []).append(row.cmd)
        by_unit = {f.order for f in facts if isinstance(f, PickupCollected) and f.unit}
        for row in self._some(pickup.c.order_no, by_unit):
            self.pickups.setdefault(row.pickup, pickup_row(row))
        for row in self._some(pickup_line.c.pickup, named & self.pickups.keys()):
            self.pickups[row.pickup].lines.append(HandedLine(row.line, row.sku, row.qty))
        self._load_goods(facts)
        charged = {f.number for f in facts if isinstance(f, _CHARGES)}
        self.charges = {row.number: row for row in self._some(pay_order.c.number, charged)}
        self.benefits.load(self._conn, facts)
        self.sales.load(self._conn, self._store, facts)
        self.returns.load(self._conn, facts)

    def _load_goods(self, facts: list[Up]) -> None:
        skus = {h.sku for f in facts if isinstance(f, _HANDING) for h in f.lines}
        skus |= {f.sku for f in facts if isinstance(f, _ABOUT_STOCK)}
        skus |= {line.sku for f in facts if isinstance(f, _WITH_LINES) for line in f.lines}
        for row in self._some(stock_level.c.sku, skus, lock=True):
            counted = (row.count_stream, row.count_upto, row.count_seq)
            self.levels[row.sku] = LevelRow(*_LEVEL(row), False, *counted, told=True)
        counts = {f.count for f in facts if isinstance(f, StockCounted)}
        self.counts = {row.count_id for row in self._some(stock_count.c.count_id, counts)}

    def _some(self, column: Column[Any], names: Iterable[str], *, lock: bool = False) -> Sequence[Any]:
        also = {"store": self._store} if column.table is stock_level else {}
        return rows_of(self._conn, column.table, column.name, names, also=also, lock=lock)
