"""One pricing under way: the basket in pieces, the rules that touch it, and why some of them do not act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.domain.baskets import Code, GiftLine, Item, PriceAsked, Used, WhyNot
from edge.domain.promotion_book import RuleBook, in_force, in_scope, minute, names
from edge.domain.promotion_rules import ANY, NOWHERE, Level, Rule, Step, Threshold
from edge.domain.promotion_shares import Pieces, scaled
from edge.domain.promotion_words import why_not

_NEVER_USED = Used()
_OWN_SUBTOTAL: Mapping[Level, str] = {"line": "base", "order": "tier", "coupon": "order", "gift": "coupon"}
UNLIMITED = 1 << 62


class Candidate:
    """A rule and the items in its scope; `name` is the coupon's where it is one's terms."""

    def __init__(self, rule: Rule, positions: Sequence[int], name: str = "") -> None:
        self.rule = rule
        self.positions = positions
        self.name = name or rule.rule
        self.group = group_of(rule)

    @property
    def order(self) -> tuple[int, str]:
        """The highest priority first, then by name."""
        return (-self.rule.priority, self.name)


class Pass:
    """What the steps work on together."""

    def __init__(self, asked: PriceAsked, book: RuleBook) -> None:
        self.asked = asked
        self.book = book
        self.pieces = Pieces(asked.items)
        self.gifts: list[GiftLine] = []
        self.whynots: list[WhyNot] = []
        self._now = minute(asked.local)
        self.by_level: dict[Level, list[Candidate]] = {}
        for n, positions in book.touching(asked.items).items():
            if book.rules[n].level not in ("coupon", "points"):
                self._consider(Candidate(book.rules[n], positions))
        for rule in book.points:
            # Points are money: they pay for goods at a frozen price too.
            self._consider(Candidate(rule, [n for n, item in enumerate(asked.items) if _payable(rule, item)]))
        for name, terms in sorted({terms.coupon: terms for terms in asked.coupons}.items()):
            rule = terms.rule
            positions = [n for n, item in enumerate(asked.items) if in_scope(rule, item)]
            self._consider(Candidate(rule, positions, name), shown=True)

    def _consider(self, found: Candidate, *, shown: bool = False) -> None:
        """Takes a rule up, or says why not; a coupon that was `shown` is told of where others are passed over."""
        rule, asked = found.rule, self.asked
        if not in_force(rule, asked, self._now):
            if shown:
                self.refuse(found, "not_now")
        elif rule.tiers and asked.shopper.tier not in rule.tiers:
            self.refuse(found, "tier")
        elif rule.needs_online and not asked.online:
            self.refuse(found, "offline")
        elif self.fen_left(rule) <= 0 or self.member_left(rule) <= 0:
            self.refuse(found, "spent")
        else:
            self.by_level.setdefault("coupon" if shown else rule.level, []).append(found)

    def refuse(self, found: Candidate, code: Code, missing: int = 0, step: Step | None = None) -> None:
        """Says why a rule does not act; `missing` fen or pieces to its threshold, or to this step of its ladder."""
        self.whynots.append(why_not(found.rule, found.name, code, missing, step))

    def fen_left(self, rule: Rule) -> int:
        """What a rule may still take off this order."""
        caps, used = rule.caps, self.asked.used.get(rule.rule, _NEVER_USED)
        order = caps.order_fen or UNLIMITED
        return min(order, caps.budget_fen - used.budget_fen) if caps.budget_fen else order

    def member_left(self, rule: Rule) -> int:
        """How many more times a rule may act for this member."""
        if not rule.caps.member_times:
            return UNLIMITED
        return rule.caps.member_times - self.asked.used.get(rule.rule, _NEVER_USED).member_times

    def times_left(self, rule: Rule) -> int:
        """How many times a rule may act on this order."""
        return min(rule.caps.order_times or UNLIMITED, self.member_left(rule))

    def reached(self, units: Sequence[int], rule: Rule, of: str, on: str) -> int:
        """What pieces come to: fen of the subtotal that a rule's threshold is on, or how many they are."""
        return len(units) if of == "qty" else self.pieces.due(units, on or _OWN_SUBTOTAL.get(rule.level, ""))

    def meets(self, found: Candidate, units: Sequence[int]) -> bool:
        """Whether pieces reach a rule's threshold, if it has one."""
        wanted = found.rule.threshold
        return wanted is None or self.reached(units, found.rule, wanted.of, wanted.on) >= wanted.at_least

    def short_of(self, found: Candidate, units: Sequence[int]) -> int:
        """Fen or pieces missing to a rule's threshold."""
        wanted: Threshold | None = found.rule.threshold
        return wanted.at_least - self.reached(units, found.rule, wanted.of, wanted.on) if wanted else 0

    def capped(self, found: Candidate, shares: dict[int, int]) -> dict[int, int]:
        """Shares within what the rule may take off."""
        return scaled(shares, self.fen_left(found.rule))


def _payable(rule: Rule, item: Item) -> bool:
    return (rule.include == NOWHERE or names(rule.include, item)) and not names(rule.exclude, item)


def group_of(rule: Rule) -> str:
    """The group a rule competes in; coupons that name none are all of one."""
    return "coupon" if rule.level == "coupon" and not rule.group else rule.own_group


def beside(one: Candidate, other: Candidate) -> bool:
    """Whether two rules may both act: of different groups, and each allows the other."""
    return one.group != other.group and _allows(one, other) and _allows(other, one)


def _allows(one: Candidate, other: Candidate) -> bool:
    return ANY in one.rule.stack or other.group in one.rule.stack
