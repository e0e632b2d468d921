"""Files about customers, grants and cases taken in, by the rules of every file: judged whole, then written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy import Connection

from sync.benefits import Coupon
from sync.deposits import Deposit
from sync.hub import benefit_files as benefits
from sync.hub.benefit_forms import (
    COUPON_COLUMNS,
    MEMBER_COLUMNS,
    QUOTA_COLUMNS,
    SETTLE_COLUMNS,
    MemberRow,
    QuotaRow,
    Settled,
    coupon_of,
    member_of,
    quota_of,
    settled_of,
)
from sync.hub.cases import Cases, case_problem, number_of
from sync.hub.database import snapshot, write
from sync.hub.deposit_desk import DEPOSIT_COLUMNS, deposit_of, deposit_problem, take_deposits
from sync.hub.grants import GrantDesk, quota_problem
from sync.hub.imports import Done, Job
from sync.hub.node_files import NodeImporter

T = TypeVar("T")


class CustomerImporter(NodeImporter):
    """The importer of goods, orders and places, and of what customers have."""

    def coupons(self) -> Done:
        """Issues coupons, a thousand a transaction; those that are issued already just so stay as they are."""
        stores, items = self._stores(), self._simple(COUPON_COLUMNS, coupon_of)

        def keys(one: Coupon) -> dict[str, str]:
            return {one.coupon: f"coupon {one.coupon}"}

        with snapshot(self._engine) as conn:
            check = functools.partial(benefits.coupon_problem, conn, stores=stores)
            found = self._judge(job := Job(items, keys, check, self._each(benefits.take_coupons)))
        return self._finish(job, *found)

    def deposits(self) -> Done:
        """Takes deposits in, a thousand a transaction; those that are there just so stay as they are."""
        items = self._simple(DEPOSIT_COLUMNS, deposit_of)

        def keys(one: Deposit) -> dict[str, str]:
            return {one.deposit: f"deposit {one.deposit}"}

        with snapshot(self._engine) as conn:
            check = functools.partial(deposit_problem, conn)
            found = self._judge(job := Job(items, keys, check, self._each(take_deposits)))
        return self._finish(job, *found)

    def members(self) -> Done:
        """Adds or changes members, a thousand a transaction; who is there keeps the points they have."""
        stores, items = self._stores(), self._simple(MEMBER_COLUMNS, member_of)

        def keys(row: MemberRow) -> dict[str, str]:
            return {row.member: "this member"}

        with snapshot(self._engine) as conn:
            check = functools.partial(benefits.member_problem, conn, stores=stores)
            found = self._judge(job := Job(items, keys, check, self._each(benefits.take_members)))
        return self._finish(job, *found)

    def quotas(self) -> Done:
        """Grants pieces until each store has as many left as its row says, a thousand rows a transaction."""
        grants, items = GrantDesk(self._engine, self._now), self._simple(QUOTA_COLUMNS, quota_of)

        def keys(row: QuotaRow) -> dict[str, str]:
            return {f"{row.store}\0{row.sku}": f"{row.sku} of {row.store}"}

        def take(chunks: Iterable[list[QuotaRow]]) -> int:
            return sum(grants.top_up([(r.store, r.sku, r.units) for r in rows]) for rows in chunks)

        with snapshot(self._engine) as conn:
            job = Job(items, keys, lambda r: quota_problem(conn, r.store, r.sku, r.units), take)
            found = self._judge(job)
        return self._finish(job, *found)

    def cases(self) -> Done:
        """Closes cases, each with why, a thousand a transaction."""
        cases, items = Cases(self._engine, self._now), self._simple(SETTLE_COLUMNS, settled_of)

        def keys(one: Settled) -> dict[str, str]:
            return {one.case: f"case {one.case[:40]}"}

        def take(chunks: Iterable[list[Settled]]) -> int:
            return sum(cases.settle([(number_of(one.case), one.why) for one in rows]) for rows in chunks)

        with snapshot(self._engine) as conn:
            job = Job(items, keys, lambda one: case_problem(conn, one.case, one.why), take)
            found = self._judge(job)
        return self._finish(job, *found)

    def _each(self, take: Callable[[Connection, list[T], str], int]) -> Callable[[Iterable[list[T]]], int]:
        def work(chunks: Iterable[list[T]]) -> int:
            at = self._at()
            return sum(write(self._engine, lambda conn, some=some: take(conn, some, at)) for some in chunks)  # type: ignore[misc]

        return work
