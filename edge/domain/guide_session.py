"""What a guide screen shows and what may follow: a table of places and acts, and what is kept from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from edge.domain.guide_refusals import ScreenMovedOn
from edge.domain.moves import IllegalMove, advance


class Place(Enum):
    """What a guide screen shows (value stored)."""

    ATTRACT = "attract"
    HOME = "home"
    GOODS = "goods"  # a category, what fits typed letters, today's offers
    PRODUCT = "product"
    ORDER = "order"  # HQ's ways to get it
    PHONE = "phone"  # a code that a phone goes on with
    WHO = "who"  # an order to be paid here: whose is it?
    CHECK = "check"  # HQ's price is another than the one that stood here
    PAY = "pay"
    PAYING = "paying"  # the wallet is being asked
    USERPAYING = "userpaying"
    CLEARING = "clearing"  # nobody knows yet whether money was taken
    ORDERED = "ordered"
    LAPSED = "lapsed"  # the order waited too long for its payment; nothing was taken
    CALLED = "called"  # somebody is on the way with it
    JOIN = "join"
    JOINED = "joined"
    FEEDBACK = "feedback"
    CHIPS = "chips"
    THANKS = "thanks"
    UNKNOWN = "unknown"
    DESK = "desk"  # a pickup, coupon or member code: that is the service desk's


class Act(Enum):
    """What somebody does at the screen, or what happens to it."""

    REST = "rest"
    PAUSE = "pause"
    TOUCH = "touch"
    HOME = "home"
    LIST = "list"
    OPEN = "open"
    ORDER = "order"
    PHONE = "phone"
    WHO = "who"
    CHECK = "check"
    PAY = "pay"
    SUBMIT = "submit"
    WAIT = "wait"
    LOSE = "lose"
    PAID = "paid"
    LAPSE = "lapse"
    NOTE = "note"
    CALL = "call"
    JOIN = "join"
    JOINED = "joined"
    ASK = "ask"
    RATE = "rate"
    ANSWER = "answer"
    MISS = "miss"
    DESK = "desk"


_ANYWHERE = {
    Act.REST: Place.ATTRACT,
    Act.HOME: Place.HOME,
    Act.LIST: Place.GOODS,
    Act.OPEN: Place.PRODUCT,
    Act.JOIN: Place.JOIN,
    Act.ASK: Place.FEEDBACK,
    Act.MISS: Place.UNKNOWN,
    Act.DESK: Place.DESK,
}
_MORE: Mapping[Place, Mapping[Act, Place]] = {
    Place.ATTRACT: {Act.PAUSE: Place.ATTRACT},
    Place.PRODUCT: {Act.ORDER: Place.ORDER, Act.PHONE: Place.PHONE, Act.CALL: Place.CALLED},
    Place.ORDER: {
        Act.ORDER: Place.ORDER,
        Act.PHONE: Place.PHONE,
        Act.CALL: Place.CALLED,
        Act.WHO: Place.WHO,
    },
    Place.LAPSED: {Act.ORDER: Place.ORDER, Act.PHONE: Place.PHONE},
    Place.PHONE: {Act.ORDER: Place.ORDER, Act.PHONE: Place.PHONE},
    Place.JOIN: {Act.JOINED: Place.JOINED},
    Place.FEEDBACK: {Act.RATE: Place.CHIPS},
    Place.CHIPS: {Act.RATE: Place.CHIPS, Act.ANSWER: Place.THANKS},
}
# Towards a payment no touch of another page leads anywhere: what was begun is given up first (ORDER, REST).
_BEFORE: Mapping[Act, Place] = {Act.ORDER: Place.ORDER, Act.REST: Place.ATTRACT, Act.PHONE: Place.PHONE}
# From a charge to its result nothing but the payment moves the screen; staff may free it (REST).
_MONEY: Mapping[Act, Place] = {
    Act.PAY: Place.PAY,
    Act.SUBMIT: Place.PAYING,
    Act.WAIT: Place.USERPAYING,
    Act.LOSE: Place.CLEARING,
    Act.PAID: Place.ORDERED,
    Act.LAPSE: Place.LAPSED,
    Act.REST: Place.ATTRACT,
}
_ORDERING: Mapping[Place, Mapping[Act, Place]] = {
    Place.WHO: {**_BEFORE, Act.CHECK: Place.CHECK, Act.PAY: Place.PAY, Act.LAPSE: Place.LAPSED},
    Place.CHECK: {**_BEFORE, Act.PAY: Place.PAY, Act.LAPSE: Place.LAPSED},
    Place.PAY: {**_BEFORE, **_MONEY},
    Place.PAYING: _MONEY,
    Place.USERPAYING: _MONEY,
    Place.CLEARING: _MONEY,
}
ORDERING_PLACES = frozenset(_ORDERING)
"""Where an order is on its way to being paid: scans belong to it, and to nothing else."""
PAY_PLACES = frozenset({Place.PAY, Place.PAYING, Place.USERPAYING, Place.CLEARING})
"""Where a payment decides what is shown."""
MONEY_PLACES = PAY_PLACES - {Place.PAY}
"""Where nobody leaves, and no time runs."""


def _moves(place: Place) -> dict[Act, Place]:
    if place in _ORDERING:
        return {**_ORDERING[place], Act.NOTE: place, Act.TOUCH: place}
    return {**_ANYWHERE, **_MORE.get(place, {}), **({} if place is Place.ATTRACT else {Act.TOUCH: place})}


MOVES: Mapping[Place, Mapping[Act, Place]] = {place: _moves(place) for place in Place}
IDLE_NAMES: Mapping[Place, str] = {
    Place.ATTRACT: "attract",
    Place.HOME: "home",
    Place.GOODS: "list",
    Place.PRODUCT: "product",
    Place.ORDER: "order",
    Place.PHONE: "order",
    Place.WHO: "order",
    Place.CHECK: "order",
    Place.PAY: "pay",
    Place.PAYING: "paying",
    Place.USERPAYING: "userpaying",
    Place.CLEARING: "clearing",
    Place.ORDERED: "order",
    Place.LAPSED: "order",
    Place.CALLED: "product",
    Place.JOIN: "join",
    Place.JOINED: "done",
    Place.FEEDBACK: "feedback",
    Place.CHIPS: "feedback",
    Place.THANKS: "thanks",
    Place.UNKNOWN: "unknown",
    Place.DESK: "desk",
}
"""A place as `edge.domain.idle` has it."""
_CARRIED = frozenset({"guide", "campaign", "scene", "scene_of"})
_TRAIL = frozenset({"list", "category", "letters", "page"})
_GOODS = frozenset({"sku", "how", "code"})
_ON = frozenset({Act.WHO, Act.CHECK, Act.PAY, Act.SUBMIT, Act.WAIT, Act.LOSE, Act.PAID, Act.LAPSE, Act.NOTE})
_ONCE = frozenset({"said", "failed"})
"""What is said once: gone with the next act that says nothing of it."""


@dataclass(frozen=True)
class Here:
    """What a screen shows: the place and what it is about. `scan` is the last one it dealt with; times RFC 3339.

    `facts` hold nothing personal: product, list, HQ's address for a phone, a scene of joining, a score.
    """

    place: Place = Place.ATTRACT
    facts: Mapping[str, str] = field(default_factory=dict)
    scan: int = 0
    entered_at: str = ""
    touched_at: str = ""
    rev: int = 0

    def said(self, name: str) -> str:
        """One of the facts, "" where it is not there."""
        return self.facts.get(name, "")


def moved(
    here: Here, act: Act, at: str, facts: Mapping[str, str] | None = None, scan: int | None = None
) -> Here:
    """The screen after an act; `at` is the trusted time. Raises ScreenMovedOn where the act is not possible there.

    Who is credited and a code for joining stay until the screen rests, the list that a product came from until
    another list, the product until another one.
    """
    try:
        place = advance(MOVES, here.place, act)
    except IllegalMove:
        raise ScreenMovedOn from None
    seen = here.scan if scan is None else scan
    if act is Act.TOUCH:
        return Here(place, here.facts, seen, here.entered_at, at, here.rev)
    kept = {} if act is Act.REST else _kept(here, act)
    return Here(place, {**kept, **(facts or {})}, seen, at, at, here.rev + 1)


def _kept(here: Here, act: Act) -> dict[str, str]:
    if act in _ON:
        gone = _ONCE | ({"ways", "away", "shown"} if act is Act.WHO else set())
        return {name: text for name, text in here.facts.items() if name not in gone}
    names = set(_CARRIED)
    if act is not Act.HOME:
        names |= _TRAIL if act is not Act.LIST else set()
        names |= _GOODS if act in {Act.ORDER, Act.PHONE, Act.CALL} else set()
        names |= {"score"} if act is Act.RATE else set()
    return {name: text for name, text in here.facts.items() if name in names}


def back(here: Here) -> tuple[Act, dict[str, str]]:
    """The way back: from a product's further pages to it, from a product to its list, else home."""
    if here.said("sku") and here.place is not Place.PRODUCT:
        return Act.OPEN, {name: here.said(name) for name in _GOODS}
    if here.said("list") and here.place is Place.PRODUCT:
        return Act.LIST, {name: text for name, text in here.facts.items() if name in _TRAIL}
    return Act.HOME, {}
