"""HQ's deposits: files judged whole and taken in, published to the store that waits, given back, looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, update

from edge.domain.promotion_lint import MOST_DEPOSIT_MILLE
from edge.domain.promotion_rules import Inflate
from sync.deposits import Deposit
from sync.hub.bulk import insert_rows, rows_of
from sync.hub.database import snapshot, write
from sync.hub.deposit_tables import deposit, deposit_use
from sync.hub.feed import Change, publish, put
from sync.hub.price_rules import price_of, rules_of
from sync.hub.publishing import NotPossible
from sync.hub.row_forms import named, read_row
from sync.hub.rows import coupon_of, put_deposit
from sync.hub.schema import store as store_table
from sync.hub.sheet import RowRefused
from sync.messages import check_row, stamp

DEPOSIT_COLUMNS = tuple(
    "deposit store yuan order k_mille rule skus units member not_before not_after".split()
)


def deposit_of(cells: Mapping[str, Any], form: str) -> Deposit:
    """A deposit that was paid; raises RowRefused."""
    row = read_row(cells, form, Deposit, money={"yuan": "fen"}, lists=("skus",))
    for field in ("deposit", "store"):
        named(row, field)
    if row.state != "live":
        raise RowRefused(
            f"state {row.state}: deposits are taken in live, and given back by a verb of their own"
        )
    if bad := check_row(row):
        raise RowRefused(f"{bad} is not a time in UTC like 2026-01-05T10:00:00.000Z")
    if bool(row.k_mille) == bool(row.rule):
        raise RowRefused("a deposit counts by k_mille or by a rule, one of the two")
    if row.k_mille and row.k_mille < 1000:
        raise RowRefused("k_mille below 1000: a deposit counts for itself at least")
    return row


def deposit_problem(conn: Connection, one: Deposit) -> str:
    """Why this deposit cannot be taken in; "" if it can, or is there already just so."""
    if conn.scalar(select(store_table.c.store).where(store_table.c.store == one.store)) is None:
        return f"no store {one.store}"
    there = conn.scalar(select(deposit.c.body).where(deposit.c.deposit == one.deposit))
    if there is not None:
        same = there == _json(one)
        return "" if same else f"deposit {one.deposit} is there already, and says something else"
    if one.rule and not any(
        rule.rule == one.rule and isinstance(rule.benefit, Inflate) for rule in rules_of(conn)
    ):
        return f"no rule {one.rule} of level deposit is published"
    return _too_much(conn, one)


def _too_much(conn: Connection, one: Deposit) -> str:
    """More than a fifth of the price is no deposit in law (Civil Code of the PRC, art. 586)."""
    prices = [price_of(conn, sku) for sku in one.skus]
    for sku, fen in zip(one.skus, prices, strict=True):
        if fen is None:
            return f"no price of {sku} is known: whether the deposit is within a fifth of it cannot be said"
    most = max((fen for fen in prices if fen is not None), default=0) * one.units
    if one.skus and one.fen * 1000 > most * MOST_DEPOSIT_MILLE:
        return f"the deposit of {one.fen} fen is more than 20 % of {most} fen"
    return ""


def take_deposits(conn: Connection, listed: Sequence[Deposit], at: str) -> int:
    """Takes in those that are not there yet and publishes them; how many."""
    names = {one.deposit for one in listed}
    there = {row.deposit for row in rows_of(conn, deposit, "deposit", names, only=("deposit",))}
    fresh = [one for one in listed if one.deposit not in there]
    rows = [{"deposit": d.deposit, "store": d.store, "state": d.state, "body": _json(d)} for d in fresh]
    insert_rows(conn, deposit, rows)
    publish(conn, [_put(one) for one in fresh], at)
    return len(fresh)


class DepositDesk:
    """The verbs on deposits. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def take(self, listed: Sequence[Deposit]) -> int:
        """Takes deposits in, all or none; those that are there just so stay as they are. How many are new."""

        def work(conn: Connection) -> int:
            for one in listed:
                if problem := deposit_problem(conn, one):
                    raise NotPossible(problem)
            return take_deposits(conn, listed, stamp(self._now()))

        return write(self._engine, work)

    def refund(self, name: str) -> None:
        """The shopper has it back: no store counts it any more. One that a sale took stays as it is."""

        def work(conn: Connection) -> None:
            same = deposit.c.deposit == name
            row = conn.execute(select(deposit).where(same).with_for_update()).one_or_none()
            if row is None or row.state != "live":
                raise NotPossible(f"deposit {name} is {row.state if row else 'not there'}")
            conn.execute(update(deposit).where(same).values(state="refunded"))
            publish(conn, [put_deposit(conn.execute(select(deposit).where(same)).one())], stamp(self._now()))

        write(self._engine, work)

    def listed(self, store: str = "", state: str = "") -> list[dict[str, Any]]:
        """Deposits by name: deposit, store, order, fen, state, and the sale that took it."""
        query = select(deposit).order_by("deposit")
        query = query.where(deposit.c.store == store) if store else query
        query = query.where(deposit.c.state == state) if state else query
        with snapshot(self._engine) as conn:
            rows = conn.execute(query).all()
            uses = rows_of(conn, deposit_use, "deposit", {row.deposit for row in rows})
        sales = {use.deposit: use.sale for use in uses if not use.released}
        return [_row(row, sales.get(row.deposit, "")) for row in rows]


def _row(row: Any, sale: str) -> dict[str, Any]:
    word = msgspec.json.decode(row.body, type=Deposit)
    who = {"deposit": row.deposit, "store": row.store, "order": word.order}
    return {**who, "fen": word.fen, "state": row.state, "not_after": word.not_after, "sale": sale}


def _put(word: Deposit) -> Change:
    return put(coupon_of(word.store), word)


def _json(value: Deposit) -> str:
    return msgspec.json.encode(value).decode()
