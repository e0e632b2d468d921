"""The desks that serve customers, as one part of the store."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desks.coupons import CouponDesk
from edge.desks.members import MemberDesk
from edge.desks.repurchase import RepurchaseDesk


@dataclass(frozen=True)
class Customers:
    """Coupons, members, and what a sale earns for the next one."""

    coupons: CouponDesk
    members: MemberDesk
    repurchase: RepurchaseDesk

    def turn(self) -> bool:
        """One bounded step of what these desks owe by themselves. Whether there was any."""
        return self.coupons.turn() | self.members.turn()
