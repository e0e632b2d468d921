"""What pages and programs see of coupons and members: masked, with what may be done and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.baskets import CouponTerms
from edge.domain.coupon_code import CouponClass, CouponKind
from edge.domain.coupons import CouponState, OfflineClass
from edge.domain.refusals import Refusal


@dataclass(frozen=True)
class CouponView:
    """A coupon as it stands: `fen` at most comes off, `until` on the store's clock (None: open), `tail` the end of its
    number. `refusal` None: it can be used now; `asks_hq`: only with HQ's yes; `checks`: it will be flagged 待核.
    `held` names the basket that holds it, `goods` (zh, en) what a gift or sample voucher gives."""

    coupon: str
    tail: str
    title_zh: str
    title_en: str
    kind: CouponKind
    cls: CouponClass
    offline: OfflineClass
    fen: int
    store: str
    until: datetime | None
    state: CouponState
    signed: bool
    asks_hq: bool
    checks: bool
    refusal: Refusal | None
    held: str = ""
    goods: tuple[str, str] | None = None


@dataclass(frozen=True)
class HeldCoupon:
    """A coupon in a basket: `terms` for the price, `until` when it is let go by itself. `unverified`: flagged 待核."""

    lock: str
    coupon: str
    kind: CouponKind
    fen: int
    title_zh: str
    title_en: str
    terms: CouponTerms
    until: datetime
    asked: bool
    unverified: bool
    repeat: bool = False


@dataclass(frozen=True)
class GiftGiven:
    """A gift or sample that was handed over: `qty` pieces of `sku`."""

    use: str
    coupon: str
    sku: str
    name_zh: str
    name_en: str
    qty: int
    repeat: bool = False


@dataclass(frozen=True)
class Promise:
    """The coupon for the next sale, for the receipt: its QR text, until when (store's clock), how much. `claim`: HQ was
    not asked, the code is one that HQ honours later, once."""

    text: str
    fen: int
    title_zh: str
    title_en: str
    until: datetime
    claim: bool


@dataclass(frozen=True)
class Disputed:
    """A use that HQ did not take for good (`code` as in the contract); the sale stands, the loss is `fen`."""

    seq: int
    at: datetime
    code: str
    tail: str
    fen: int
    ref: str
