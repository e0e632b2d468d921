"""Files of HQ's people taken in: every line judged before the first is written, nothing written where one is wrong."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, select

from sync.goods import Barcode
from sync.hub import publishing
from sync.hub.database import snapshot, write
from sync.hub.feed import publish, put
from sync.hub.row_forms import (
    BARCODE_COLUMNS,
    ORDER_COLUMNS,
    PRICE_COLUMNS,
    PRODUCT_COLUMNS,
    STAFF_COLUMNS,
    STOCK_COLUMNS,
    OnShelf,
    Person,
    barcode_of,
    order_groups,
    price_of,
    product_of,
    staff_of,
    stock_of,
)
from sync.hub.rows import stock_of as stock_bucket
from sync.hub.rows import stock_row
from sync.hub.schema import store as store_table
from sync.hub.sheet import RowRefused, Seen, Sheet
from sync.hub.staffing import replace_staff, staff_there
from sync.messages import Order, Price, Product, stamp

CHUNK = 1000
"""Rows a transaction, so that no other writer waits long; orders and staff are one, whatever their number."""
T = TypeVar("T")
Items = Iterator[tuple[int, T | RowRefused]]
Tell = Callable[[int, str], None]
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Done:
    """What became of a file: rows read, rows that were wrong, rows (of the good ones) that changed something."""

    read: int
    bad: int
    changed: int
    written: bool


@dataclass
class Job(Generic[T]):
    """How one kind of rows is read (again and again), checked and written."""

    items: Callable[[Advance], Items[T]]
    keys: Callable[[T], dict[str, str]]  # what must stand in the file once -> its words
    check: Callable[[T], str]
    write: Callable[[Iterable[list[T]]], int]


class Importer:
    """Takes a sheet in. `tell` hears every wrong line with words; with `skip_bad` the good ones are written anyhow."""

    def __init__(
        self,
        engine: Engine,
        sheet: Sheet,
        tell: Tell,
        *,
        skip_bad: bool = False,
        advance: Advance = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`advance` hears how many bytes were judged (the whole file once); `now` gives aware times."""
        self._engine = engine
        self._sheet = sheet
        self._tell = tell
        self._skip_bad = skip_bad
        self._advance = advance
        self._now = now

    def products(self) -> Done:
        """Adds or changes products, a thousand a transaction."""
        items = self._simple(PRODUCT_COLUMNS, product_of)
        return self._run(Job(items, lambda p: {p.sku: f"product {p.sku}"}, _fine, self._publish_some))

    def barcodes(self) -> Done:
        """Adds or changes further numbers of products, a thousand a transaction."""
        items = self._simple(BARCODE_COLUMNS, barcode_of)
        return self._run(Job(items, lambda b: {b.gtin: f"gtin {b.gtin}"}, _fine, self._publish_some))

    def prices(self) -> Done:
        """Adds or changes prices, a thousand a transaction."""
        items = self._simple(PRICE_COLUMNS, price_of)
        return self._run(Job(items, lambda p: {p.sku: f"the price of {p.sku}"}, _fine, self._publish_some))

    def stock(self) -> Done:
        """Sets units on hand as of everything the stores have reported, a thousand a transaction."""
        stores = self._stores()

        def check(row: OnShelf) -> str:
            return "" if row.store in stores else f"no store {row.store}"

        def keys(row: OnShelf) -> dict[str, str]:
            return {f"{row.store}\0{row.sku}": f"{row.sku} of {row.store}"}

        return self._run(Job(self._simple(STOCK_COLUMNS, stock_of), keys, check, self._set_stock))

    def staff(self, store: str) -> Done:
        """Who may sign in at a store from now on: these, nobody else. Whose PIN is left out keeps the one they have."""
        if store not in self._stores():
            raise publishing.NotPossible(f"no store {store}")
        with snapshot(self._engine) as conn:
            there = staff_there(conn, store)

        def check(one: Person) -> str:
            return "" if one.pin or one.staff in there else f"staff {one.staff} is new and has no pin"

        def take(chunks: Iterable[list[Person]]) -> int:
            people = list(itertools.chain.from_iterable(chunks))
            return write(self._engine, lambda conn: replace_staff(conn, store, people, self._at()))

        items = self._simple(STAFF_COLUMNS, staff_of)
        return self._run(Job(items, lambda one: {one.staff: f"staff {one.staff}"}, check, take))

    def orders(self) -> Done:
        """Publishes orders to their stores, in one transaction."""
        with snapshot(self._engine) as conn:
            job = Job(self._orders, _order_keys, lambda o: publishing.problem_of(conn, o), self._lease)
            found = self._judge(job)
        return self._finish(job, *found)

    def _run(self, job: Job[T]) -> Done:
        return self._finish(job, *self._judge(job))

    def _judge(self, job: Job[T]) -> tuple[int, array[int]]:
        """Rows read, and the lines of those that are wrong, each told."""
        read, bad, seen = 0, array("Q"), Seen()
        for line, item in job.items(self._advance):
            read += 1
            if isinstance(item, RowRefused):
                why = str(item)
            else:
                twice = (
                    f"{words} stands on line {n} already"
                    for key, words in job.keys(item).items()
                    if (n := seen.before(key, line))
                )
                why = next(twice, "") or job.check(item)
            if why:
                bad.append(line)
                self._tell(line, why)
        seen.close()
        return read, bad

    def _finish(self, job: Job[T], read: int, bad: array[int]) -> Done:
        if (bad and not self._skip_bad) or len(bad) == read:
            return Done(read, len(bad), 0, written=False)
        changed = job.write(_Good(job, bad))
        return Done(read, len(bad), changed, written=True)

    def _simple(
        self, columns: tuple[str, ...], read: Callable[[dict[str, Any], str], T]
    ) -> Callable[[Advance], Items[T]]:
        def items(advance: Advance) -> Items[T]:
            for line, cells in self._sheet.rows(columns, advance):
                try:
                    yield line, cells if isinstance(cells, RowRefused) else read(cells, self._sheet.form)
                except RowRefused as refused:
                    yield line, refused

        return items

    def _orders(self, advance: Advance) -> Items[Order]:
        return order_groups(self._sheet.rows(ORDER_COLUMNS, advance), self._sheet.form)

    def _publish_some(self, chunks: Iterable[list[Any]]) -> int:
        rows: Iterator[Product | Barcode | Price] = itertools.chain.from_iterable(chunks)
        return publishing.in_bulk(self._engine, rows, self._at(), CHUNK)

    def _set_stock(self, chunks: Iterable[list[OnShelf]]) -> int:
        def work(conn: Connection, rows: list[OnShelf]) -> int:
            at, changes = self._at(), []
            for store, some in itertools.groupby(sorted(rows, key=lambda r: r.store), lambda r: r.store):
                levels = {row.sku: row.on_hand for row in some}
                publishing.set_levels(conn, store, levels)
                found = publishing.levels(conn, store, levels)
                changes += [put(stock_bucket(store), stock_row(row, at)) for row in found]
            return publish(conn, changes, at)

        return sum(write(self._engine, lambda conn, rows=rows: work(conn, rows)) for rows in chunks)  # type: ignore[misc]

    def _lease(self, chunks: Iterable[list[Order]]) -> int:
        return write(
            self._engine, lambda conn: sum(len(publishing.lease(conn, some, self._at())) for some in chunks)
        )

    def _stores(self) -> frozenset[str]:
        with snapshot(self._engine) as conn:
            return frozenset(conn.scalars(select(store_table.c.store)))

    def _at(self) -> str:
        return stamp(self._now())


class _Good(Generic[T]):
    """The good rows in chunks; a transaction that is done again reads them again."""

    def __init__(self, job: Job[T], bad: array[int]) -> None:
        self._job = job
        self._bad = bad

    def __iter__(self) -> Iterator[list[T]]:
        good = self._each()
        while some := list(itertools.islice(good, CHUNK)):
            yield some

    def _each(self) -> Iterator[T]:
        wrong = iter(self._bad)
        next_bad = next(wrong, 0)
        for line, item in self._job.items(lambda _: None):
            if line == next_bad:
                next_bad = next(wrong, 0)
            elif not isinstance(item, RowRefused):
                yield item


def _fine(_: object) -> str:
    return ""


def _order_keys(order: Order) -> dict[str, str]:
    keys = {f"o {order.order}": f"order {order.order}"}
    if order.numeric_code:
        # In words without the code itself: it opens the order.
        keys[f"c {order.store} {order.numeric_code}"] = f"the numeric code of order {order.order}"
    return keys
