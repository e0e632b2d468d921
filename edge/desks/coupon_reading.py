"""From what was shown to the coupon it means: signature, HQ's row, HQ's own answer; and how it looks on a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from config.selling_schema import SellingSettings
from edge.clock import moment_of, stamp
from edge.desks.status import StatusDesk
from edge.domain import coupon_code
from edge.domain.baskets import CouponTerms
from edge.domain.benefit_refusals import (
    CouponElsewhere,
    CouponNeedsHq,
    CouponOutOfTime,
    CouponUsed,
    CouponWithdrawn,
)
from edge.domain.counter_views import CouponView, Disputed
from edge.domain.coupon_refusals import (
    CouponCapped,
    CouponHeld,
    CouponNeedsMember,
    CouponUnknown,
    PartnerSilent,
)
from edge.domain.coupons import CouponState, KnownCoupon, from_code
from edge.domain.money import short
from edge.domain.pickup_code import CodeInvalid, Verify
from edge.domain.promotion_rules import Off, Rule, TierTerms
from edge.domain.refusals import Refusal
from edge.records.books import Books
from sync.asked import AtHq, CouponAsk, CouponSaid
from sync.messages import LineDown, SyncFault

MakeVerify = Callable[[str], Verify]
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
ISSUERS = frozenset({"groupbuy"})
"""Third parties whose vouchers HQ can ask about."""


class RuleBook(Protocol):
    """HQ's price rules as this store has them."""

    def coupon_rule(self, terms: str) -> Rule | None:
        """The rule of level coupon with this id."""
        ...

    def tier(self, tier: str) -> TierTerms | None:
        """What a member tier gets."""
        ...


@dataclass(frozen=True)
class Shown:
    """A coupon that was shown. `issuer` "" is HQ; `strange`: nothing is known of it here, HQ must say what it is."""

    known: KnownCoupon
    issuer: str
    strange: bool


@dataclass(frozen=True)
class CouponReader:
    """Reads coupon codes against HQ's keys, and asks HQ; `at_hq` None: this store has no HQ to ask."""

    books: Books
    status: StatusDesk
    store: str
    make_verify: MakeVerify
    at_hq: AtHq | None
    rules: RuleBook
    selling: SellingSettings

    def shown(self, text: str, issuer: str) -> Shown:
        """What was shown; raises CouponUnknown for a text that is no coupon."""
        text = text.strip()
        if issuer:
            if issuer not in ISSUERS or not _NUMBER.fullmatch(text):
                raise CouponUnknown
            return Shown(_strange(text, "voucher"), issuer, strange=True)
        if text.startswith(f"{coupon_code.PREFIX}."):
            return Shown(self._signed(text), "", strange=False)
        if not _NUMBER.fullmatch(text):
            raise CouponUnknown
        row = self.books.coupons.known(text)
        return Shown(row or _strange(text, "cash"), "", strange=row is None)

    def _signed(self, text: str) -> KnownCoupon:
        try:
            claims = coupon_code.read(text, self._keys())
        except CodeInvalid:
            raise CouponUnknown from None
        code = from_code(
            claims,
            stamp(claims.not_after),
            offline_fen=self.selling.coupon_offline_fen,
            offline_per_hour=self.selling.coupon_offline_per_hour,
        )
        row = self.books.coupons.known(claims.coupon)
        if row is None:
            return code
        # HQ's newer word on it counts; what only the code says stays.
        return replace(
            row,
            signed=True,
            nonce=claims.nonce,
            not_after=min(code.not_after, row.not_after or code.not_after),
            offline_fen=row.offline_fen or code.offline_fen,
            offline_per_hour=row.offline_per_hour or code.offline_per_hour,
        )

    def asked(self, shown: Shown, asked: CouponAsk) -> Shown:
        """The coupon with HQ's yes; raises its no as a refusal, CouponNeedsHq or SyncFault where it does not answer."""
        if self.at_hq is None:
            if shown.strange or shown.known.online:
                raise CouponNeedsHq
            raise LineDown("this store has no HQ")
        try:
            said = self.at_hq.coupon(asked)
        except SyncFault:
            if shown.strange:
                raise CouponNeedsHq from None
            raise
        if said.why:
            raise self._no(said, shown)
        if not shown.strange:
            return shown
        known = replace(
            shown.known,
            kind=said.kind,
            fen=said.fen,
            title_zh=said.title_zh,
            title_en=said.title_en,
            not_after=said.not_after,
            terms=said.terms,
            sku=said.sku,
        )
        return replace(shown, known=known, strange=False)

    def dropped(self, asked: CouponAsk) -> bool:
        """Tells HQ that a hold is over; whether it heard."""
        if self.at_hq is None:
            return False
        try:
            self.at_hq.coupon(asked)
        except SyncFault:
            return False
        return True

    def _no(self, said: CouponSaid, shown: Shown) -> Refusal:
        plain: dict[str, type[Refusal]] = {
            "unknown": CouponUnknown,
            "used": CouponUsed,
            "held": CouponHeld,
            "withdrawn": CouponWithdrawn,
            "over": CouponOutOfTime,
            "capped": CouponCapped,
            "member": CouponNeedsMember,
            "partner": PartnerSilent,
        }
        if said.why == "elsewhere":
            return CouponElsewhere(**self.owner(shown.known))
        return plain[said.why]()

    def rule(self, known: KnownCoupon) -> Rule | None:
        """HQ's terms of the coupon, None where it counts its face value."""
        return self.rules.coupon_rule(known.terms) if known.terms else None

    def owner(self, known: KnownCoupon) -> dict[str, str]:
        """Who the coupon's store is, in words."""
        shop = self.books.replica.shop(known.store) if known.store else None
        names = (shop.name_zh, shop.name_en) if shop else (known.store, known.store)
        return {"store_zh": names[0], "store_en": names[1]}

    def titles(self, known: KnownCoupon) -> tuple[str, str]:
        """What the coupon is called, zh and en."""
        rule = self.rule(known)
        zh, en = _plain(known)
        return (
            known.title_zh or (rule.name_zh if rule else "") or zh,
            known.title_en or (rule.name_en if rule else "") or en,
        )

    def goods(self, sku: str) -> tuple[str, str]:
        """A product's names, zh and en."""
        product = self.books.replica.product(sku) if sku else None
        return (product.name_zh, product.name_en) if product else (sku, sku)

    def view(
        self,
        shown: Shown,
        *,
        refusal: Refusal | None,
        state: CouponState,
        asks_hq: bool,
        checks: bool,
        held: str,
    ) -> CouponView:
        """The coupon for a page."""
        known = shown.known
        until = self.status.local(moment_of(known.not_after)) if known.not_after else None
        zh, en = self.titles(known)
        return CouponView(
            known.coupon,
            known.coupon[-4:],
            zh,
            en,
            known.kind,
            known.cls,
            known.offline,
            known.fen,
            known.store,
            until,
            state,
            known.signed,
            asks_hq or shown.strange,
            checks,
            refusal,
            held,
            self.goods(known.sku) if known.sku else None,
        )

    def disputed(self, seq: int, at: str, verdict: str, body: str) -> Disputed:
        """A use that HQ did not take for good, for a page."""
        fact = msgspec.json.decode(body)["d"]
        when = self.status.local(moment_of(at))
        code = verdict.partition(":")[2]
        return Disputed(seq, when, code, str(fact["coupon"])[-4:], int(fact["fen"]), str(fact["ref"]))

    def _keys(self) -> dict[int, Verify]:
        now = stamp(self.status.now())
        return {
            kid: self.make_verify(public)
            for kid, (public, not_after) in self.books.coupons.keys().items()
            if not not_after or not_after >= now
        }


def _plain(known: KnownCoupon) -> tuple[str, str]:
    """Names for a coupon that only its code tells of, zh and en: by its face, so that two in a basket differ."""
    if known.fen <= 0:
        return "优惠券", "Coupon"
    return f"{short(known.fen)} 元优惠券", f"¥{short(known.fen)} coupon"


def terms_of(known: KnownCoupon, rule: Rule | None) -> CouponTerms:
    """The coupon for the price: HQ's rule, or its face value off everything. Coupons of a kind exclude each other."""
    if rule is None:
        benefit = Off(max(1, known.fen))
        zh, en = _plain(known)
        names = (known.title_zh or zh, known.title_en or en)
        rule = Rule(f"coupon:{known.coupon}"[:64], 1, "coupon", benefit, *names, group="coupon")
    return CouponTerms(known.coupon, rule)


def _strange(number: str, kind: coupon_code.CouponKind) -> KnownCoupon:
    return KnownCoupon(
        coupon=number,
        cls="C",
        kind=kind,
        fen=0,
        store="",
        not_before="",
        not_after="",
        terms="",
        sku="",
        title_zh="",
        title_en="",
        signed=False,
        online=True,
        state="live",
        nonce="",
        offline_fen=0,
        offline_per_hour=0,
    )
