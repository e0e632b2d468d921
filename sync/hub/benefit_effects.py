"""What facts about coupons, points, members and escrow mean at HQ."""

from __future__ import annotations

from sync.benefits import (
    CouponClaimed,
    CouponRedeemed,
    CouponReleased,
    JoinOffered,
    MemberChange,
    MemberErased,
    MemberRevealed,
    PointsEarned,
    PointsSpent,
)
from sync.deposits import DepositReleased, DepositUsed
from sync.goods import GrantReturned
from sync.hub.benefit_set import ONCE, BenefitSet, GrantRow, UseRow
from sync.hub.judging import Source, Touched, Unfit

QUOTA = "quota"
POINTS = "points"

Benefit = (
    CouponRedeemed
    | CouponReleased
    | PointsEarned
    | PointsSpent
    | MemberChange
    | GrantReturned
    | CouponClaimed
    | MemberErased
    | MemberRevealed
    | JoinOffered
    | DepositUsed
    | DepositReleased
)


class BenefitEffects:
    """Applies one fact to the rows in memory; returns "" or the code of the contradiction, raises Unfit."""

    def __init__(self, rows: BenefitSet, source: Source, touched: Touched) -> None:
        self._rows = rows
        self._from = source
        self._touched = touched

    def apply(self, fact: Benefit) -> str:
        """Takes the fact in."""
        match fact:
            case CouponRedeemed():
                return self._redeemed(fact)
            case CouponReleased():
                return self._released(fact)
            case PointsEarned():
                if not fact.points:
                    raise Unfit("BAD_FACT")
                return self._book(fact.member, fact.points, "")
            case PointsSpent():
                unknown = self._book(fact.member, -fact.points, fact.grant)
                return self.spend(fact.grant, POINTS, fact.member, fact.points) or unknown
            case MemberChange():
                return self._proposed(fact)
            case GrantReturned():
                return self._returned(fact)
            case DepositUsed() | DepositReleased():
                return self._rows.deposits.take(fact, self._from, self._touched)
            case _:
                return self._told(fact)

    def _told(self, fact: CouponClaimed | JoinOffered | MemberErased | MemberRevealed) -> str:
        if isinstance(fact, MemberRevealed):
            return ""  # kept for those who audit
        if isinstance(fact, MemberErased):
            self._touched.forgotten.add(fact.cmd)
        return self._rows.told.take(fact, self._from)

    def spend(self, grant: str, kind: str, subject: str, units: int) -> str:
        """Takes units out of a grant; the code why they were not this store's to spend, or ""."""
        row = self._own_grant(grant)
        if row is None or (row.kind, row.subject) != (kind, subject):
            return "UNKNOWN_GRANT"
        row.spent += units
        self._rows.changed_grants.add(grant)
        return "ESCROW_EXCEEDED" if row.spent + row.returned > row.units else ""

    def _returned(self, fact: GrantReturned) -> str:
        row = self._own_grant(fact.grant)
        if row is None:
            return "UNKNOWN_GRANT"
        row.returned += fact.units
        row.answered = max(row.answered, fact.recall)
        self._rows.changed_grants.add(fact.grant)
        return "ESCROW_EXCEEDED" if row.spent + row.returned > row.units else ""

    def _own_grant(self, grant: str) -> GrantRow | None:
        """The grant if this journal may spend it; another disk of the same store may not."""
        row = self._rows.grants.get(grant)
        mine = (self._from.store, self._from.stream)
        return row if row is not None and (row.store, row.stream) == mine else None

    def _redeemed(self, fact: CouponRedeemed) -> str:
        if fact.use in self._rows.uses:
            raise Unfit("DUPLICATE_USE")
        before = self._rows.standing(fact.coupon)
        source = self._from
        where = (fact.coupon, source.store, source.stream, source.seq)
        self._rows.uses[fact.use] = UseRow(fact.use, *where, fen=fact.fen, released=False, new=True)
        self._rows.uses[fact.use].member = fact.member
        if fact.issuer:
            return self._rows.told.voucher(fact, source)
        self._rows.told.locks.add(fact.lock)
        row = self._rows.coupons.get(fact.coupon)
        if row is None:
            return "UNKNOWN_COUPON"
        if row.state == "revoked":
            return "COUPON_REVOKED"
        if row.cls not in ONCE:
            return ""
        self._state(fact.coupon, "used")
        # The first that HQ hears of wins; the other sale stands all the same.
        if before:
            return "COUPON_USED_TWICE"
        return "COUPON_NOT_HERE" if row.store not in {"", source.store} else ""

    def _released(self, fact: CouponReleased) -> str:
        use = self._rows.uses.get(fact.use)
        if use is None or (use.store, use.coupon) != (self._from.store, fact.coupon):
            raise Unfit("UNKNOWN_USE")
        if use.released:
            raise Unfit("RELEASED_TWICE")
        use.released = True
        if not use.new:
            self._rows.released.add(use.use)
        row = self._rows.coupons.get(fact.coupon)
        if row is None:
            self._rows.told.given_back(fact, self._from)
        if row is not None and row.state == "used" and not self._rows.standing(fact.coupon):
            self._state(fact.coupon, "live")
        return ""

    def _state(self, coupon: str, state: str) -> None:
        row = self._rows.coupons[coupon]
        if row.state != state:
            row.state = state
            self._rows.changed_coupons.add(coupon)
            self._touched.coupons.add(coupon)

    def _book(self, member: str, points: int, grant: str) -> str:
        source = self._from
        where = {"stream": source.stream, "seq": source.seq, "store": source.store}
        self._rows.entries.append({**where, "member": member, "points": points, "grant_id": grant})
        return "" if member in self._rows.members else "UNKNOWN_MEMBER"

    def _proposed(self, fact: MemberChange) -> str:
        if fact.change in self._rows.changes:
            raise Unfit("DUPLICATE_CHANGE")
        self._rows.changes.add(fact.change)
        version = self._rows.members.get(fact.member)
        if version is None:
            return "UNKNOWN_MEMBER"
        source = self._from
        fresh = version == fact.base_ver
        values = {"field": fact.field, "value": fact.value, "base_ver": fact.base_ver}
        where = {"store": source.store, "stream": source.stream, "seq": source.seq, "member": fact.member}
        state = {"change_id": fact.change, "state": "open" if fresh else "overtaken"}
        self._rows.proposals.append({**state, **where, **values})
        return "" if fresh else "MEMBER_CHANGED"
