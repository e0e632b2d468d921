"""What a basket costs: its lines at their price book, under the rules it was opened with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

import msgspec

from config.selling_schema import SellingSettings
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.benefits import BenefitDesk
from edge.desks.coupons import CouponDesk
from edge.desks.deposits import DepositDesk
from edge.desks.status import StatusDesk
from edge.domain.baskets import CouponTerms, Item, PriceAsked, Priced, Shopper
from edge.domain.counter_views import HeldCoupon
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_rules import Gift, Rule, TierTerms
from edge.domain.promotions import price
from edge.domain.selling import Basket, Bill, Line
from edge.domain.views import LineWord
from edge.records.books import Books

Source = Callable[[datetime], RuleBook]
"""Gives the rules in force at a moment of the store's clock."""
_KEPT = 8
DEPOSIT_WORDS = ("定金抵扣", "Deposit credit")
_WORDS = {"manual": ("手工优惠", "Manual discount"), "cash": ("抹零", "Cash rounding")}


class _Doc(msgspec.Struct, frozen=True):
    """Rules and tiers of one moment, as they are kept."""

    rules: tuple[Rule, ...]
    tiers: tuple[TierTerms, ...]


@dataclass(frozen=True)
class Quoting:
    """Prices baskets by the rules of the moment they were opened, until somebody asks for newer ones."""

    books: Books
    store: str
    rules: SellingSettings
    source: Source
    status: StatusDesk
    benefits: BenefitDesk
    coupons: CouponDesk
    deposits: DepositDesk
    _made: dict[str, RuleBook] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def rules_at(self, at: str) -> RuleBook:
        """The rules in force at `at` (RFC 3339 UTC); reads HQ's file, so never under the ledger's lock."""
        return self.source(self._local(at))

    def keep(self, tx: Connection, book: RuleBook) -> str:
        """Keeps the rules that a basket is priced by; gives their name."""
        doc = msgspec.json.encode(_Doc(book.rules, tuple(book.tiers.values()))).decode()
        self.books.baskets.keep_rules(tx, book.version, doc)
        self._remember(book.version, book)
        return book.version

    def book(self, basket: Basket, tx: Connection | None = None) -> RuleBook:
        """The rules that a basket is priced by."""
        with self._lock:
            made = self._made.get(basket.rules)
        if made is None:
            doc = self.books.baskets.rules(basket.rules, tx)
            kept = msgspec.json.decode(doc.encode(), type=_Doc) if doc else _Doc((), ())
            made = RuleBook(kept.rules, kept.tiers)
            self._remember(basket.rules, made)
        return made

    def price(self, basket: Basket, *, cash: bool = False, tx: Connection | None = None) -> Priced:
        """The price now; `cash`: what is asked where all of it is paid in cash."""
        book = self.book(basket, tx)
        return price(self._asked(basket, book, cash=cash), book)

    def supposed(self, basket: Basket, coupons: tuple[CouponTerms, ...]) -> Priced:
        """The price if the basket held these coupons and no others; nothing is held."""
        book = self.book(basket)
        asked = msgspec.structs.replace(self._asked(basket, book, cash=False), coupons=coupons)
        return price(asked, book)

    def rest(
        self, basket: Basket, lines: tuple[Line, ...], sale: str, points: int, given: Mapping[str, int]
    ) -> Priced:
        """What these lines of a sale would have cost by themselves: its own rules, coupons and moment.

        `points` paid for them. The gifts that were `given` (SKU, pieces) were there and no others, whatever is on the
        shelf by now, and HQ answered.
        """
        book = self.book(basket)
        asked = self._asked(replace(basket, lines=lines), book, cash=False)
        then = msgspec.structs.replace(
            asked,
            coupons=tuple(one.terms for one in self.coupons.used(sale)),
            deposits=self.deposits.counted(sale),
            used={},
            shopper=Shopper(basket.tier, basket.member, points),
            points_wanted=points,
            stock={**dict.fromkeys(asked.stock, 0), **given},
            online=True,
        )
        return price(then, book)

    def bill(self, basket: Basket) -> Bill:
        """A basket as a page shows it."""
        priced = self.price(basket)
        step = self.rules.cash_step_fen
        cash = self.price(basket, cash=True).total_fen if step else priced.total_fen
        changed = self.changed(basket)
        newer = bool(changed) or self.source(self._local(self._now())).version != basket.rules
        return Bill(basket, priced, cash, self.held(basket), newer, changed)

    def changed(self, basket: Basket) -> tuple[int, ...]:
        """Lines whose price in HQ's newest book is another one."""
        found = []
        for line in basket.lines:
            ware = self.books.wares.ware(line.sku)
            if line.fixed or ware is None or ware.fen is None:
                continue
            if ware.piece_fen(line.grams) != line.unit_fen:
                found.append(line.line)
        return tuple(found)

    def held(self, basket: Basket) -> tuple[HeldCoupon, ...]:
        """The basket's coupons."""
        return self.coupons.holding(basket.basket)

    def titles(self, basket: Basket, priced: Priced) -> dict[str, tuple[str, str]]:
        """A name (zh, en) for each rule that acted."""
        book = self.book(basket)
        held = {one.coupon: (one.title_zh, one.title_en) for one in self.held(basket)}
        names = {}
        for part in priced.parts:
            rule, tier = book.rule(part.rule), book.tiers.get(part.rule)
            named = rule or tier
            known = (named.name_zh, named.name_en) if named is not None else ("", "")
            said = DEPOSIT_WORDS if part.kind == "deposit" else held.get(part.rule)
            zh, en = said or _WORDS.get(part.rule) or known
            names[part.rule] = (zh or en or part.rule, en or zh or part.rule)
        return names

    def _asked(self, basket: Basket, book: RuleBook, *, cash: bool) -> PriceAsked:
        points = self.benefits.spendable(basket.member) if basket.member else 0
        gifts = {
            item.sku for rule in book.rules if isinstance(rule.benefit, Gift) for item in rule.benefit.gifts
        }
        return PriceAsked(
            items=tuple(_item(line) for line in basket.lines if line.qty),
            store=self.store,
            channel=basket.channel,
            local=self._local(basket.priced_at),
            shopper=Shopper(basket.tier, basket.member, points),
            coupons=tuple(one.terms for one in self.held(basket)),
            deposits=self.deposits.terms(basket.basket),
            points_wanted=min(basket.points_wanted, points),
            declined_gifts=frozenset(basket.declined),
            taken_offers=frozenset(basket.taken),
            stock={sku: max(0, self.books.shelf.level(sku) or 0) for sku in gifts},
            used=self.deposits.used(basket, book.rules),
            online=self.status.word() is LineWord.UP,
            cash_step_fen=self.rules.cash_step_fen if cash else 0,
        )

    def _remember(self, version: str, book: RuleBook) -> None:
        with self._lock:
            self._made[version] = book
            while len(self._made) > _KEPT:
                self._made.pop(next(iter(self._made)))

    def _local(self, at: str) -> datetime:
        return self.status.local(moment_of(at)).replace(tzinfo=None)

    def _now(self) -> str:
        return stamp(self.status.now())


def basket_sha(basket: Basket, fen: int) -> str:
    """What a payment is for: the same goods at the same sum, and nothing else, have this name."""
    goods = [(line.line, line.sku, line.qty, line.unit_fen, line.cut_fen) for line in basket.lines]
    return hashlib.sha256(repr((basket.basket, goods, fen)).encode()).hexdigest()


def _item(line: Line) -> Item:
    return Item(
        line=line.line,
        sku=line.sku,
        gtin=line.gtin,
        name_zh=line.name_zh,
        name_en=line.name_en,
        qty=line.qty,
        unit_fen=line.unit_fen,
        category=line.category,
        brand=line.brand,
        tags=frozenset(line.tags),
        flags=frozenset(line.flags),
        grams=line.grams,
        manual_off_fen=line.cut_fen,
    )
