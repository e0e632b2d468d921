"""The columns of HQ's files about customers and cases, and what a row of each says: coupons, members, quotas, cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sync.benefits import Coupon, Member
from sync.hub.row_forms import named, read_row
from sync.hub.sheet import RowRefused
from sync.messages import check_row

COUPON_COLUMNS = tuple(
    "coupon cls yuan title_zh title_en state store not_before not_after offline_yuan offline_per_hour".split()
)
_PROFILE = ("tier", "name_masked", "card_tail", "phone_tail", "language", "marketing")
MEMBER_COLUMNS = ("member", *_PROFILE, "stores", "points")
QUOTA_COLUMNS = ("store", "sku", "units")
SETTLE_COLUMNS = ("case", "why")
_TAIL = 4
MAX_UNITS = 1_000_000_000


class MemberRow(msgspec.Struct, frozen=True):
    """A member as HQ's people write one; `stores` hold the profile, `points` None says nothing of them."""

    member: str
    tier: str = ""
    name_masked: str = ""
    card_tail: str = ""
    phone_tail: str = ""
    language: str = ""
    marketing: str = ""
    stores: tuple[str, ...] = ()
    points: int | None = None

    def word(self, ver: int) -> Member:
        """The profile as stores get it, in this version."""
        return Member(member=self.member, ver=ver, **{name: getattr(self, name) for name in _PROFILE})


class QuotaRow(msgspec.Struct, frozen=True):
    """How many pieces of a product a store is to have left that it may sell without asking."""

    store: str
    sku: str
    units: int


class Settled(msgspec.Struct, frozen=True):
    """A case and why it is closed."""

    case: str
    why: str


def coupon_of(cells: Mapping[str, Any], form: str) -> Coupon:
    """A coupon to be issued; raises RowRefused."""
    row = read_row(cells, form, Coupon, money={"yuan": "fen", "offline_yuan": "offline_fen"})
    for field in ("coupon", "title_zh", "title_en"):
        named(row, field)
    if row.state != "live":
        raise RowRefused(f"state {row.state}: coupons are issued live, and withdrawn by a verb of their own")
    if bad := check_row(row):
        raise RowRefused(f"{bad} is not a time in UTC like 2026-01-05T10:00:00.000Z")
    if (row.cls == "B") != bool(row.store):
        raise RowRefused("class B names its store, and only class B does")
    return row


def member_of(cells: Mapping[str, Any], form: str) -> MemberRow:
    """A member; raises RowRefused, which never quotes what is personal."""
    row = named(read_row(cells, form, MemberRow, lists=("stores",)), "member")
    if row.name_masked and "*" not in row.name_masked:
        raise RowRefused("name_masked is not masked: stores get names like 李* only")
    for field in ("card_tail", "phone_tail"):
        if len(getattr(row, field)) > _TAIL:
            raise RowRefused(f"{field} has more than {_TAIL} characters: stores get the last ones only")
    if row.points is not None and not 0 <= row.points <= MAX_UNITS:
        raise RowRefused("points is no number of points")
    return row


def quota_of(cells: Mapping[str, Any], form: str) -> QuotaRow:
    """How many pieces a store is to have left; raises RowRefused."""
    row = named(named(read_row(cells, form, QuotaRow), "store"), "sku")
    if not 1 <= row.units <= MAX_UNITS:
        raise RowRefused("units is no number of pieces from 1 on")
    return row


def settled_of(cells: Mapping[str, Any], form: str) -> Settled:
    """A case to be closed; raises RowRefused."""
    return read_row(cells, form, Settled)
