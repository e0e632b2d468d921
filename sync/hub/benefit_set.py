"""Rows of coupons, members, points and escrow that a few facts are about: read and locked, then written, at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync.benefits import CouponRedeemed, CouponReleased, MemberChange, PointsEarned, PointsSpent
from sync.goods import GrantReturned, StockMoved
from sync.hub.benefit_tables import coupon, coupon_use, escrow, member, member_proposal, points_entry
from sync.hub.bulk import insert_rows, rows_of, update_rows
from sync.hub.counter_facts import CounterFacts
from sync.hub.deposit_effects import DepositSet
from sync.messages import Up

ONCE = frozenset({"B", "C"})
"""Classes of coupons that are good for one use."""


@dataclass
class CouponRow:
    """A coupon as HQ has it."""

    cls: str
    store: str
    state: str


@dataclass
class UseRow:
    """One use of a coupon; `new` ones are not in the database yet."""

    use: str
    coupon: str
    store: str
    stream: str
    seq: int
    fen: int
    released: bool
    new: bool = False
    member: str = ""


@dataclass
class GrantRow:
    """Units that a store may spend by itself."""

    kind: str
    store: str
    stream: str
    subject: str
    units: int
    spent: int
    returned: int
    answered: int


@dataclass
class BenefitSet:
    """What `facts` touch. Locks coupons and grants, in sorted order, until the commit; points lock nothing."""

    coupons: dict[str, CouponRow] = field(default_factory=dict)
    uses: dict[str, UseRow] = field(default_factory=dict)
    """Those that the facts name, and those that stand of the coupons for one use that they name."""
    grants: dict[str, GrantRow] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    """Member -> version of the profile."""
    changes: set[str] = field(default_factory=set)
    """Proposals that are in already."""
    entries: list[dict[str, Any]] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    changed_coupons: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    changed_grants: set[str] = field(default_factory=set)
    told: CounterFacts = field(default_factory=CounterFacts)
    deposits: DepositSet = field(default_factory=DepositSet)

    def standing(self, name: str) -> list[UseRow]:
        """Uses of a coupon that were not released."""
        return [use for use in self.uses.values() if use.coupon == name and not use.released]

    def load(self, conn: Connection, facts: Iterable[Up]) -> None:
        """Reads what the facts are about."""
        listed = list(facts)
        on_coupons = [f for f in listed if isinstance(f, CouponRedeemed | CouponReleased)]
        for row in rows_of(conn, coupon, "coupon", {f.coupon for f in on_coupons}, lock=True):
            self.coupons[row.coupon] = CouponRow(row.cls, row.store, row.state)
        for row in rows_of(conn, coupon_use, "use_id", {f.use for f in on_coupons}):
            self.uses[row.use_id] = _use(row)
        once = {name for name, row in self.coupons.items() if row.cls in ONCE}
        for row in rows_of(conn, coupon_use, "coupon", once):
            if not row.released:
                self.uses.setdefault(row.use_id, _use(row))
        grants = {f.grant for f in listed if isinstance(f, StockMoved | PointsSpent | GrantReturned)}
        for row in rows_of(conn, escrow, "grant_id", grants - {""}, lock=True):
            figures = (row.units, row.spent, row.returned, row.answered)
            self.grants[row.grant_id] = GrantRow(row.kind, row.store, row.stream, row.subject, *figures)
        people = {f.member for f in listed if isinstance(f, PointsEarned | PointsSpent | MemberChange)}
        self.members = {row.member: row.ver for row in rows_of(conn, member, "member", people)}
        named = {f.change for f in listed if isinstance(f, MemberChange)}
        self.told.load(conn, listed)
        self.deposits.load(conn, listed)
        self.changes = {row.change_id for row in rows_of(conn, member_proposal, "change_id", named)}

    def write(self, conn: Connection) -> None:
        """Writes what changed."""
        states = [
            {"coupon": name, "state": self.coupons[name].state} for name in sorted(self.changed_coupons)
        ]
        update_rows(conn, coupon, ("coupon",), states)
        self.told.write(conn)
        self.deposits.write(conn)
        insert_rows(conn, coupon_use, [_use_values(use) for use in self.uses.values() if use.new])
        gone = [{"use_id": name, "released": 1} for name in sorted(self.released)]
        update_rows(conn, coupon_use, ("use_id",), gone)
        insert_rows(conn, points_entry, self.entries)
        insert_rows(conn, member_proposal, self.proposals)
        figures = [(name, self.grants[name]) for name in sorted(self.changed_grants)]
        update_rows(
            conn,
            escrow,
            ("grant_id",),
            [
                {"grant_id": name, "spent": g.spent, "returned": g.returned, "answered": g.answered}
                for name, g in figures
            ],
        )


def _use(row: Any) -> UseRow:
    where = (row.coupon, row.store, row.stream, row.seq)
    return UseRow(row.use_id, *where, fen=row.fen, released=bool(row.released))


def _use_values(use: UseRow) -> dict[str, Any]:
    who = {"use_id": use.use, "coupon": use.coupon, "store": use.store}
    return {
        **who,
        "stream": use.stream,
        "seq": use.seq,
        "fen": use.fen,
        "released": int(use.released),
        "member": use.member,
    }
