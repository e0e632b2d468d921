"""Who works here: roles, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

BADGE_LASTS_S = 30
"""A badge under a scanner signs in now, not somebody else later."""


class Role(Enum):
    """What somebody is in the shop (value stored)."""

    CASHIER = "cashier"
    LEAD = "lead"


class Act(Enum):
    """What a role may be needed for."""

    HAND_OVER = "hand_over"
    ANNUL = "annul"
    FORCE = "force"
    OPEN_DRAWER = "open_drawer"
    OPEN_DRAWER_UNSOLD = "open_drawer_unsold"
    SERVE_DEVICES = "serve_devices"
    MOVE_STOCK = "move_stock"
    CORRECT_STOCK = "correct_stock"
    SELL = "sell"
    CUT_PRICE = "cut_price"
    VOID_MUCH = "void_much"
    CLOSE_TILL = "close_till"
    REVEAL_MEMBER = "reveal_member"


_MAY = {
    Role.CASHIER: frozenset({Act.HAND_OVER, Act.OPEN_DRAWER, Act.MOVE_STOCK, Act.SELL, Act.CLOSE_TILL}),
    Role.LEAD: frozenset(Act),
}


@dataclass(frozen=True)
class Operator:
    """Somebody at a station: staff number (or an API client's name), display name, role."""

    staff: str
    name: str
    role: Role
    station: str

    def may(self, act: Act) -> bool:
        """Whether the role allows the act."""
        return act in _MAY[self.role]
