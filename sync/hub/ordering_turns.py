"""What HQ owes orders of screens by itself: an answer to each that was paid, an end to those that nobody paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, select, update

from sync.benefits import Member
from sync.hub.benefit_tables import member as member_table
from sync.hub.case_rows import open_case
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.ordering_price import product_of
from sync.hub.ordering_tables import order_told, screen_order
from sync.hub.publishing import NotPossible, lease
from sync.hub.rows import orders_of
from sync.messages import Order, OrderLine, moment_of, stamp
from sync.ordering import OrderEnd, ScreenOrder

SAID_FOR = timedelta(days=14)
"""How long an answer stays published: longer than any store is without a line."""
HELD_FOR = timedelta(days=3)
"""How long a store keeps an order for its member."""
TWICE, STRANGE, ANOTHERS, SUMS = "ORDER_PAID_TWICE", "UNKNOWN_ORDER", "WRONG_STORE", "ORDER_SUM_DIFFERS"
NOT_LEASED = "ORDER_NOT_LEASED"
_SOME = 20


class OrderingTurns:
    """Bounded steps that any process of HQ's may take at any time; rows say what is done."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def turn(self) -> bool:
        """One step. Whether there was anything to do."""
        if not self._due():
            return False
        return bool(write(self._engine, self._step))

    def arrived(self, order_no: str) -> Order:
        """What was paid to be collected where it was bought is there, packed: that store has the order from now on.

        Raises NotPossible.
        """

        def work(conn: Connection) -> Order:
            row = conn.execute(_locked(order_no)).one_or_none()
            if row is None or row.kind != "pickup_here" or row.state != "paid" or row.leased:
                raise NotPossible(f"order {order_no} is none that waits for its goods")
            return self._lease(conn, row, row.store, "packed")

        return write(self._engine, work)

    # ---- inside ----

    def _due(self) -> bool:
        at, old = stamp(self._now()), stamp(self._now() - SAID_FOR)
        unheard = select(order_told.c.seq).where(order_told.c.said == "").limit(1)
        over = (screen_order.c.state == "waiting") & (screen_order.c.lapses < at)
        stale = (order_told.c.said != "") & (order_told.c.said_at > "") & (order_told.c.said_at < old)
        with snapshot(self._engine) as conn:
            asks = (
                unheard,
                select(screen_order.c.order_no).where(over).limit(1),
                select(order_told.c.seq).where(stale).limit(1),
            )
            return any(conn.execute(one).first() is not None for one in asks)

    def _step(self, conn: Connection) -> int:
        # What was paid is heard before anything lapses: the two may be due at once.
        unheard = select(order_told).where(order_told.c.said == "").order_by(order_told.c.at).limit(_SOME)
        told = conn.execute(unheard.with_for_update()).all()
        changes = [change for row in told for change in self._answer(conn, row)]
        return publish(conn, [*changes, *self._old(conn)], stamp(self._now())) + self._lapse(conn) + len(told)

    def _answer(self, conn: Connection, told: Row[Any]) -> list[Change]:
        order = conn.execute(_locked(told.order_no)).one_or_none()
        case = _wrong(order, told)
        if case:
            open_case(conn, case, told.order_no, told.store, told.stream, told.seq, stamp(self._now()))
        if case == TWICE or (order is not None and order.number == told.number):
            # The order stays as it is: what a store was told of it is true still.
            self._said(conn, told, "again")
            return []
        end: OrderEnd = "lapsed"
        if order is not None and not case and order.state == "waiting":
            end = "paid"
            self._end(conn, order.order_no, end, told.number)
            if order.kind == "pickup_there":
                self._leased(conn, order, told)
        elif order is not None and case == SUMS:
            self._end(conn, order.order_no, end, "")
        self._said(conn, told, end)
        return [put(orders_of(told.store), ScreenOrder(told.order_no, end, stamp(self._now())))]

    def _leased(self, conn: Connection, order: Row[Any], told: Row[Any]) -> None:
        try:
            self._lease(conn, order, order.source, "allocated")
        except NotPossible:
            at = stamp(self._now())
            open_case(conn, NOT_LEASED, order.order_no, told.store, told.stream, told.seq, at)

    def _lease(self, conn: Connection, row: Row[Any], store: str, state: str) -> Order:
        product, now = product_of(conn, row.sku), self._now()
        body = conn.scalar(select(member_table.c.body).where(member_table.c.member == row.member))
        whose = msgspec.json.decode(body, type=Member) if body else Member(row.member, "", 1)
        zh, en = (product.name_zh, product.name_en) if product is not None else (row.sku, row.sku)
        line = OrderLine(1, row.sku, zh, en, row.qty, (row.fen - row.way_fen) // row.qty)
        order = Order(
            order=row.order_no,
            gen=1,
            store=store,
            channel="screen",
            mode="whole",
            state=state,
            lines=(line,),
            name_masked=whose.name_masked,
            phone_tail=whose.phone_tail,
            paid_fen=row.fen,
            due_fen=0,
            ready_by=row.ready,
            hold_until=stamp(max(now, moment_of(row.ready)) + HELD_FOR),
            placed_at=row.at,
        )
        (made,) = lease(conn, [order], stamp(now))
        same = screen_order.c.order_no == row.order_no
        conn.execute(update(screen_order).where(same).values(leased=1))
        return made

    def _end(self, conn: Connection, order_no: str, state: OrderEnd, number: str) -> None:
        values = {"state": state, "number": number, "ended_at": stamp(self._now())}
        conn.execute(update(screen_order).where(screen_order.c.order_no == order_no).values(**values))

    def _said(self, conn: Connection, told: Row[Any], said: str) -> None:
        same = (order_told.c.stream == told.stream) & (order_told.c.seq == told.seq)
        at = "" if said == "again" else stamp(self._now())
        conn.execute(update(order_told).where(same).values(said=said, said_at=at))

    def _lapse(self, conn: Connection) -> int:
        over = (screen_order.c.state == "waiting") & (screen_order.c.lapses < stamp(self._now()))
        # A fact that is in and not answered yet was first.
        heard = select(order_told.c.order_no).where(order_told.c.said == "")
        some = (
            select(screen_order.c.order_no).where(over & screen_order.c.order_no.not_in(heard)).limit(_SOME)
        )
        names = conn.scalars(some.with_for_update()).all()
        for name in names:
            self._end(conn, name, "lapsed", "")
        return len(names)

    def _old(self, conn: Connection) -> list[Change]:
        stale = (order_told.c.said_at > "") & (order_told.c.said_at < stamp(self._now() - SAID_FOR))
        rows = conn.execute(select(order_told).where((order_told.c.said != "") & stale).limit(_SOME)).all()
        for row in rows:
            same = (order_told.c.stream == row.stream) & (order_told.c.seq == row.seq)
            conn.execute(update(order_told).where(same).values(said_at=""))
        return [Change(orders_of(row.store), "screen_order", row.order_no, None) for row in rows]


def _locked(order_no: str) -> Any:
    return select(screen_order).where(screen_order.c.order_no == order_no).with_for_update()


def _wrong(order: Row[Any] | None, told: Row[Any]) -> str:
    """What people must look at in this word, or ""."""
    if order is None:
        return STRANGE
    if order.store != told.store:
        return ANOTHERS
    if order.number and order.number != told.number:
        return TWICE
    return SUMS if order.state == "waiting" and order.fen != told.fen else ""
