"""What a shopper's kiosk shows and what may follow: a table of places and acts, and what each keeps for the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from edge.domain.lane_refusals import LaneMovedOn
from edge.domain.moves import IllegalMove, advance
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.payments import LOST, PayState


class Place(Enum):
    """What a kiosk shows (value stored)."""

    ATTRACT = "attract"
    CLOSED = "closed"  # shown instead of ATTRACT, never stored
    BASKET = "basket"
    MEMBER = "member"
    COUPONS = "coupons"
    LOOKUP = "lookup"
    BAGS = "bags"
    HELP = "help"
    INTERVENTION = "intervention"
    PAY = "pay"
    PAYING = "paying"  # the wallet is being asked, or a code of ours stands there to be scanned
    USERPAYING = "userpaying"
    UNKNOWN = "unknown"  # nobody knows yet whether money was taken
    DONE = "done"
    FEEDBACK = "feedback"
    CODE = "code"  # a pickup code is typed
    PICKUP = "pickup"
    PARKED = "parked"  # the basket waits at the desk


class Act(Enum):
    """What somebody does at the kiosk, or what happens to it."""

    REST = "rest"
    TOUCH = "touch"
    NOTE = "note"
    BEGIN = "begin"
    GOODS = "goods"
    BACK = "back"
    MEMBER = "member"
    COUPONS = "coupons"
    LOOKUP = "lookup"
    BAGS = "bags"
    HELP = "help"
    CHECK = "check"
    PAY = "pay"
    SUBMIT = "submit"
    ASK = "ask"
    LOSE = "lose"
    PAID = "paid"
    PARK = "park"
    RATE = "rate"
    CODE = "code"
    COLLECT = "collect"


_P, _A = Place, Act
_BEGINNING = {
    _A.REST: _P.ATTRACT,
    _A.BEGIN: _P.BASKET,
    _A.GOODS: _P.BASKET,
    _A.LOOKUP: _P.LOOKUP,
    _A.CODE: _P.CODE,
    _A.COLLECT: _P.PICKUP,
    _A.HELP: _P.HELP,
}
_SHOPPING = {
    _A.REST: _P.ATTRACT,
    _A.GOODS: _P.BASKET,
    _A.BACK: _P.BASKET,
    _A.MEMBER: _P.MEMBER,
    _A.COUPONS: _P.COUPONS,
    _A.LOOKUP: _P.LOOKUP,
    _A.BAGS: _P.BAGS,
    _A.HELP: _P.HELP,
    _A.CHECK: _P.INTERVENTION,
    _A.PAY: _P.PAY,
    _A.PARK: _P.PARKED,
    # A pickup code beside an empty basket.
    _A.COLLECT: _P.PICKUP,
}
# From SUBMITTING to a final state nothing but the payment moves the screen; staff may free it (REST).
_IN_PAYMENT = {
    _A.PAY: _P.PAY,
    _A.SUBMIT: _P.PAYING,
    _A.ASK: _P.USERPAYING,
    _A.LOSE: _P.UNKNOWN,
    _A.PAID: _P.DONE,
    _A.BACK: _P.BASKET,
    _A.REST: _P.ATTRACT,
}
_MOVES: Mapping[Place, Mapping[Act, Place]] = {
    _P.ATTRACT: _BEGINNING,
    _P.CLOSED: {},
    _P.BASKET: _SHOPPING,
    _P.MEMBER: _SHOPPING,
    _P.COUPONS: _SHOPPING,
    _P.LOOKUP: _SHOPPING,
    _P.BAGS: _SHOPPING,
    _P.HELP: _SHOPPING,
    _P.INTERVENTION: _SHOPPING,
    _P.PAY: {**_IN_PAYMENT, _A.PARK: _P.PARKED},
    _P.PAYING: _IN_PAYMENT,
    _P.USERPAYING: _IN_PAYMENT,
    _P.UNKNOWN: _IN_PAYMENT,
    _P.DONE: {**_BEGINNING, _A.RATE: _P.FEEDBACK},
    _P.FEEDBACK: {**_BEGINNING, _A.RATE: _P.FEEDBACK},
    _P.CODE: _BEGINNING,
    _P.PICKUP: {**_BEGINNING, _A.RATE: _P.FEEDBACK},
    _P.PARKED: _BEGINNING,
}
MOVES: Mapping[Place, Mapping[Act, Place]] = {
    place: {**moves, _A.TOUCH: place, _A.NOTE: place} if moves else {} for place, moves in _MOVES.items()
}
"""What may happen at each place; what is missing is refused."""
PAY_PLACES = frozenset({_P.PAY, _P.PAYING, _P.USERPAYING, _P.UNKNOWN})
"""Where a payment decides what is shown."""
FREE_PLACES = frozenset({_P.ATTRACT, _P.DONE, _P.FEEDBACK, _P.CODE, _P.PICKUP, _P.PARKED})
"""Where nobody's basket is under way: what comes next begins anew."""
IDLE_NAMES: Mapping[Place, str] = {place: place.value for place in Place} | {
    _P.CODE: "pickup",
    _P.PARKED: "done",
}
"""A place as `edge.domain.idle` has it."""
_ONCE = frozenset(
    {"flash", "again", "strange", "said", "said_zh", "said_en", "shelf", "word", "page", "dropped"}
)
"""What is said once: gone with the next act that says nothing of it."""
_OF_LIST = frozenset({"shelf", "word", "page"})


@dataclass(frozen=True)
class Here:
    """What a kiosk shows: the place and what it is about; times RFC 3339 UTC, `rev` grows with every change.

    `facts` hold nothing of a person: names of rows (sale, tickets, look), codes of goods, counts, what was asked.
    """

    place: Place = Place.ATTRACT
    facts: Mapping[str, str] = field(default_factory=dict)
    entered_at: str = ""
    touched_at: str = ""
    rev: int = 0

    def said(self, name: str) -> str:
        """One of the facts, "" where it is not there."""
        return self.facts.get(name, "")

    def many(self, name: str) -> tuple[str, ...]:
        """A fact that is a list."""
        return tuple(self.facts.get(name, "").split())

    @property
    def unanswered(self) -> bool:
        """A face was touched, and nobody was told of it yet: the reasons are being chosen."""
        return self.place is Place.FEEDBACK and bool(self.said("score")) and not self.said("answered")


def moved(here: Here, act: Act, at: str, facts: Mapping[str, str] | None = None) -> Here:
    """The kiosk after an act at `at` (trusted time). Raises LaneMovedOn where the act is not possible there.

    What a shopper did is kept until the next one begins; NOTE is no sign of anybody, so the clock of idleness runs on.
    """
    try:
        place = advance(MOVES, here.place, act)
    except IllegalMove:
        raise LaneMovedOn from None
    if act is Act.TOUCH:
        return replace(here, touched_at=at)
    anew = here.place in FREE_PLACES and act in _BEGINNING
    kept = {} if act is Act.REST or anew else {k: v for k, v in here.facts.items() if k not in _ONCE}
    if act is Act.NOTE:
        kept |= {name: here.said(name) for name in _OF_LIST if name in here.facts}
    told = {name: value for name, value in {**kept, **(facts or {})}.items() if value}
    return Here(
        place,
        told,
        here.entered_at if place is here.place else at,
        here.touched_at if act is Act.NOTE else at,
        here.rev + 1,
    )


def act_of(payment: PaymentView) -> Act:
    """What the state of a payment does to the screen. A paid one is PAID only where nobody gave it up."""
    if payment.state is Paying.PAID and not payment.cancelling:
        return Act.PAID
    attempt = payment.attempt
    if attempt is None or not attempt.unsettled:
        return Act.PAY
    if attempt.state in LOST or attempt.cancelling or payment.cancelling:
        return Act.LOSE
    return Act.ASK if attempt.state is PayState.USERPAYING else Act.SUBMIT


@dataclass(frozen=True)
class Asked:
    """How far a shopper is on the way from 结算 to paying."""

    bags: bool
    """Bags are on sale, none is in the basket, and nobody asked yet."""
    member: bool
    """Nobody said who is buying, and nobody asked yet."""
    coupons: bool
    """There are coupons to choose from, and nobody looked yet."""
    checks: bool
    """A person has to look at something."""


def next_step(asked: Asked) -> Act:
    """The next page between 结算 and paying; a person was called at 结算, so that the questions fill the wait."""
    if asked.bags:
        return Act.BAGS
    if asked.member:
        return Act.MEMBER
    if asked.coupons:
        return Act.COUPONS
    return Act.CHECK if asked.checks else Act.PAY
