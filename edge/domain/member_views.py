"""What pages and programs see of a member: masked, with how sure it is who it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from edge.domain.counter_views import CouponView


class Trust(Enum):
    """How somebody was known (value stored): the rotating code proves it, a card number or phone number only names."""

    CODE = "code"
    CARD = "card"
    PHONE = "phone"


@dataclass(frozen=True)
class Identified:
    """Somebody who was looked at: `look` is its number at the station, `member` HQ's opaque token."""

    look: int
    member: str
    tier: str
    trust: Trust
    card_tail: str


@dataclass(frozen=True)
class MemberCard:
    """A member's card. `points` is HQ's balance at `points_at` (None: not told); `badges` HQ's flags, `tags` its words
    for staff, shown on a member code alone. `age_s`: how old HQ's word is."""

    who: Identified
    name: str
    card: str
    phone: str
    tier_zh: str
    tier_en: str
    off_mille: int
    free_delivery: bool
    points: int | None
    points_at: datetime | None
    badges: tuple[str, ...]
    tags: tuple[str, ...]
    marketing: str
    coupons: tuple[CouponView, ...]
    at: datetime | None
    age_s: float | None
    online: bool


@dataclass(frozen=True)
class Revealed:
    """What is hidden of a member, to be shown for `seconds` and kept nowhere; "" is not known."""

    name: str
    phone: str
    seconds: int


@dataclass(frozen=True)
class JoinView:
    """A code for joining: the text of its QR, seconds left, and what came of it: "" not yet, joined, declined."""

    scene: str
    url: str
    left_s: int
    result: str
