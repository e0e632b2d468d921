"""A scan that waits at a desk where nothing lies yet: whether it begins a basket or a return, and taking it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from edge.domain.refusals import NotSignedIn, PayCodeElsewhere, Refusal, UnknownThing
from edge.domain.scanned import GOODS_KINDS, PAY_KINDS, Expecting, ScanKind, classify
from edge.domain.staff import Operator
from edge.domain.views import SeenScan
from edge.store import Store

FRESH_S, SEEN_S = 30.0, 120.0
"""A younger scan is taken without asking; one that belongs elsewhere is spoken of that long."""
_CUSTOMERS = frozenset({ScanKind.COUPON, ScanKind.MEMBER, ScanKind.CARD})
_MAYBE = frozenset({ScanKind.URL, ScanKind.UNKNOWN})
_PURCHASES = _MAYBE | {ScanKind.ORDER}


class How(Enum):
    """What the page does about it: takes it by itself, offers to, sends to HOME, or says that it comes too early."""

    TAKE = "take"
    ASK = "ask"
    ELSEWHERE = "elsewhere"
    TOO_EARLY = "too_early"


@dataclass(frozen=True)
class Waiting:
    """The station's newest scan, and what to do about it."""

    scan: SeenScan
    how: How

    @property
    def looks(self) -> str:
        """Changes when the page would look different."""
        return f"{self.how.value}{self.scan.id}"


def waiting(store: Store, station: str) -> Waiting | None:
    """None where nothing waits, or only what somebody scanned long ago for another page."""
    scan = store.scans.current(station)
    return None if scan is None else _waiting(scan, begins=_begins(store, scan))


def purchase(store: Store, station: str) -> Waiting | None:
    """The same for the RETURN page without a purchase: what may name one is taken, and nothing from long ago."""
    scan = store.scans.current(station)
    if scan is None or scan.age_s > SEEN_S:
        return None
    return _waiting(scan, begins=scan.kind in _PURCHASES)


def begins(store: Store, station: str) -> bool:
    """Whether the next shopper's first item was scanned just now."""
    found = waiting(store, station)
    return found is not None and found.how is How.TAKE and store.sales.shifts.at(station) is not None


def too_early(found: Waiting | None) -> Refusal | None:
    """What is to be said of a wallet's code before there is anything to pay."""
    return PayCodeElsewhere() if found is not None and found.how is How.TOO_EARLY else None


def taken(store: Store, scan: int, operator: Operator, put: Callable[[str, Operator, str], object]) -> object:
    """The scan goes by `put` (text, operator, nonce) into what it begins; once, however often it is asked."""
    try:
        text = store.scans.text(scan, operator.station)
    except UnknownThing:  # taken before: a page that was late asks again
        return None
    try:
        made = put(text, operator, f"take:{operator.station}:{scan}")
    except NotSignedIn:
        raise
    except Refusal:
        store.scans.dismiss(scan, operator.station)
        raise
    store.scans.dismiss(scan, operator.station)
    return made


def put(store: Store, text: str, operator: Operator, nonce: str) -> object:
    """As SaleRoom.scan; a member's or a coupon's code begins a basket too, as the page promises."""
    room = store.sales
    if room.selling.at(operator.station) is None and room.shifts.at(operator.station) is not None:
        kind = classify(text, Expecting.ANYTHING, store.catalogue.rules).kind
        if kind in _CUSTOMERS:
            room.selling.open(operator, f"{nonce}:open")
    return room.scan(text, operator, nonce)


def _waiting(scan: SeenScan, *, begins: bool) -> Waiting | None:
    if begins:
        return Waiting(scan, How.TAKE if scan.age_s < FRESH_S else How.ASK)
    if scan.age_s > SEEN_S:
        return None
    return Waiting(scan, How.TOO_EARLY if scan.kind in PAY_KINDS else How.ELSEWHERE)


def _begins(store: Store, scan: SeenScan) -> bool:
    if scan.kind in GOODS_KINDS | _CUSTOMERS:
        return True
    if scan.kind not in _PURCHASES:
        return False
    try:
        text = store.scans.text(scan.id, scan.station)
    except Refusal:
        return False
    if scan.kind is ScanKind.ORDER:
        return any(one.code == text for one in store.sales.selling.suspended())
    return store.catalogue.read(text).names_goods or (
        0 < len(text) <= 64 and store.catalogue.by_sku(text) is not None
    )
