"""What the demo's customers have: price rules, tiers, a member, coupons of each class, a deposit; as cards to scan."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from edge.demo.shop import OTHER_STORE, STORE, Ware
from edge.domain.promotion_rules import (
    Inflate,
    NthOff,
    Off,
    Percent,
    PointsPay,
    Rule,
    Scope,
    Threshold,
    TierTerms,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.benefits import Coupon

MEMBER = "m-demo-gold"
DEPOSIT = "DJ20260301"
_ENDS = timedelta(days=30)


@dataclass(frozen=True)
class Card:
    """Something that a customer holds under the scanner of desk 1; `name` is what a form says."""

    name: str
    zh: str
    en: str


CARDS = (
    Card("goods", "一件商品", "Something to buy"),
    Card("presale", "预售商品", "The presale item"),
    Card("member", "金卡会员码", "Gold member code"),
    Card("coupon-a", "A 类券 减5元", "Coupon A, 5 off"),
    Card("coupon-b", "B 类券 减10元（本店）", "Coupon B, 10 off, here"),
    Card("coupon-c", "C 类券 减30元（需联网）", "Coupon C, 30 off, online"),
    Card("deposit", "定金（膨胀2倍）", "Deposit, doubled"),
    Card("wallet", "付款码", "Wallet code"),
    Card("receipt", "最近一张小票", "The latest receipt"),
)
SELF_SERVED = frozenset({"presale", "member", "coupon-a", "coupon-b", "wallet"})
"""What a customer may hold before the kiosk's own scanner."""
ASKED = frozenset({"member", "wallet"})
"""What a customer holds before the guide screen's scanner to pay an order there."""


@dataclass
class Offers:
    """Publishes what customers have, and gives the text behind a card."""

    engine: Engine
    wares: Sequence[Ware]
    coupons: dict[str, str] = field(default_factory=dict)

    @property
    def presale(self) -> Ware:
        """What the deposit was paid for: the first thing that costs more than 100 yuan and is there."""
        return next(ware for ware in self.wares if ware.fen > 10_000 and ware.on_hand > 5 and not ware.flags)

    def publish(self) -> None:
        """Publishes everything; the shop's prices must be there."""
        from sync.benefits import Member
        from sync.deposits import Deposit
        from sync.hub import counter_keys
        from sync.hub.benefits import BenefitDesk
        from sync.hub.coupon_codes import CouponCodes
        from sync.hub.database import write
        from sync.hub.deposit_desk import DepositDesk
        from sync.hub.price_rules import PriceRuleDesk
        from sync.messages import stamp

        now = datetime.now(UTC)
        for role in ("coupon", "member", "lookup"):
            write(self.engine, lambda conn, role=role: counter_keys.new_key(conn, role, 1, "", stamp(now)))  # type: ignore[misc]
        began = (now - timedelta(days=1)).strftime("%Y-%m-%dT00:00")
        rules: list[Rule | TierTerms] = [msgspec.structs.replace(one, starts=began) for one in self.rules()]
        tiers = [msgspec.structs.replace(one, starts=began) for one in _TIERS]
        PriceRuleDesk(self.engine).publish([*rules, *tiers])
        gold = Member(MEMBER, "gold", 1, "王*", "4321", "5678", "zh", "yes")
        BenefitDesk(self.engine).put_member(gold, [STORE, OTHER_STORE], 1200)
        issued = _coupons(stamp(now + _ENDS))
        texts = CouponCodes(self.engine).issue(issued.values())
        self.coupons.update(zip(issued, texts, strict=True))
        paid = Deposit(DEPOSIT, STORE, 1000, rule="demo-deposit", skus=(self.presale.sku,))
        DepositDesk(self.engine).take([paid])

    def rules(self) -> tuple[Rule, ...]:
        """A handful, so that what acts and what does not can both be seen."""
        department = self.wares[0].category
        other = next(ware.category for ware in self.wares if ware.category != department)
        presale = Scope(skus=(self.presale.sku,))
        half, season = Scope(categories=(department,)), Scope(categories=(other,))
        full = Threshold(10_000)
        return (
            Rule("demo-full", 1, "order", Off(1500), "满 100 减 15", "15 off 100", threshold=full),
            Rule(
                "demo-second", 1, "line", NthOff(2, 500), "第二件半价", "Second one half price", include=half
            ),
            Rule("demo-season", 1, "line", Percent(200), "当季 8 折", "20 % off", include=season),
            Rule(
                "demo-points", 1, "points", PointsPay(100, 100, 500), "积分 100 抵 1 元", "100 points, 1 yuan"
            ),
            Rule(
                "demo-deposit",
                1,
                "deposit",
                Inflate(2000, 1000),
                "定金翻倍",
                "Deposit doubled",
                include=presale,
            ),
        )

    def text(self, name: str) -> str:
        """What the scanner reads off a card now; "" where there is nothing yet. A member's code is a minute's."""
        from sync.hub.member_desk import MemberDesk

        match name:
            case "goods":
                return next(ware.gtin for ware in self.wares if ware.on_hand > 5 and not ware.flags)
            case "presale":
                return self.presale.gtin
            case "member":
                return MemberDesk(self.engine).code(MEMBER)
            case "deposit":
                return DEPOSIT
            case "wallet":
                # A code is charged once: the next shopper's is another.
                return f"13{secrets.randbelow(10**16):016}"
            case "receipt":
                return self._receipt()
            case _:
                return self.coupons.get(name, "")

    def _receipt(self) -> str:
        """The newest sale's that HQ heard of."""
        from sqlalchemy import select

        from sync.hub.database import snapshot
        from sync.hub.sale_tables import sale

        with snapshot(self.engine) as conn:
            return conn.scalar(select(sale.c.receipt).order_by(sale.c.seq.desc()).limit(1)) or ""


_TIERS = (
    TierTerms("gold", 1, off_mille=100, name_zh="金卡", name_en="Gold", points_per_100_yuan=100),
    TierTerms("silver", 1, off_mille=50, name_zh="银卡", name_en="Silver", points_per_100_yuan=50),
)


def _coupons(until: str) -> dict[str, Coupon]:
    """By the name of their card."""
    from sync.benefits import Coupon

    return {
        "coupon-a": Coupon("DEMO-A", "A", 500, "全场减 5 元", "5 off", not_after=until),
        "coupon-b": Coupon("DEMO-B", "B", 1000, "本店减 10 元", "10 off, here", store=STORE, not_after=until),
        "coupon-c": Coupon("DEMO-C", "C", 3000, "减 30 元", "30 off", not_after=until),
    }
