"""From what was scanned to the order it means: signature, store, time, withdrawal, wrong tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from config.schema import Settings
from edge.clock import moment_of
from edge.desks.status import StatusDesk
from edge.desks.tries import Tries
from edge.domain import pickup_code
from edge.domain.orders import Order
from edge.domain.pickup_code import Claims, CodeInvalid
from edge.domain.refusals import Expired, InvalidCode, Revoked, UnknownOffline, UnknownThing, WrongStore
from edge.domain.scanned import ScanKind, Scanned
from edge.records.books import Books

MakeVerify = Callable[[str], pickup_code.Verify]
"""Public key (hex) -> its verifier; given by the composition root, which knows the crypto library."""

BY_HAND = frozenset({"keyboard", "list"})
"""Devices of a scan that are a person at the desk's own page."""


@dataclass(frozen=True)
class Meant:
    """What a code means: the order's number, the order if it has arrived, the unit (0: whole), the claims
    of a signed code, and whether staff chose it by hand instead of by a code."""

    order_id: str
    order: Order | None
    unit: int = 0
    claims: Claims | None = None
    manual: bool = False


class CodeReader:
    """Reads pickup codes against HQ's keys; counts wrong numeric codes by terminal."""

    def __init__(
        self,
        books: Books,
        status: StatusDesk,
        settings: Settings,
        tries: Tries,
        make_verify: MakeVerify,
    ) -> None:
        self._books = books
        self._status = status
        self._store_id = settings.store.id
        self._stations = settings.stations
        self._tries = tries
        self._make_verify = make_verify
        self._verifiers: dict[str, pickup_code.Verify] = {}

    def admit(self, station: str) -> None:
        """Raises TooManyTries while this terminal may not try numbers."""
        self._tries.check(f"code:{station}")

    def meant(self, seen: Scanned, station: str, *, tried: bool, chosen: bool = False) -> Meant:
        """What the code means; raises InvalidCode, TooManyTries, WrongStore, Expired, Revoked.

        `tried`: somebody tries this code now; False for looking once more at what was tried before.
        `chosen`: a person at the desk typed it or chose it from a list.
        """
        if seen.kind is ScanKind.PICKUP:
            return self._signed(seen.value)
        if seen.kind is ScanKind.PICKUP_DIGITS:
            return self._digits(seen.value, station, tried=tried)
        if seen.kind is ScanKind.ORDER:
            # A number is no secret: it stands on every slip. Staff may look an order up by it; a customer
            # who shows it has shown nothing.
            if not chosen or self._stations[station].kind != "cashier":
                raise InvalidCode
            order = self._books.replica.order(seen.value)
            if order is None:
                raise UnknownThing
            return Meant(order.order, order, manual=True)
        raise InvalidCode

    def arrived(self, meant: Meant) -> Order:
        """The order itself; raises UnknownOffline for a genuine code that came before its order."""
        if meant.order is not None:
            return meant.order
        age_zh, age_en = self._age()
        raise UnknownOffline(age_zh=age_zh, age_en=age_en)

    def _signed(self, text: str) -> Meant:
        try:
            claims = pickup_code.read(text, self._keys())
        except CodeInvalid:
            raise InvalidCode from None
        replica, now = self._books.replica, self._status.now()
        if claims.store != self._store_id:
            shop = replica.shop(claims.store)
            raise WrongStore(
                store_zh=shop.name_zh if shop else claims.store,
                store_en=shop.name_en if shop else claims.store,
            )
        order = replica.order(claims.order)
        if replica.revoked(claims.nonce) or (order is not None and claims.gen < order.gen):
            raise Revoked
        if claims.not_after < now:
            raise Expired(until=f"{self._status.local(claims.not_after):%m-%d %H:%M}")
        return Meant(claims.order, order, claims.unit, claims)

    def _digits(self, digits: str, station: str, *, tried: bool) -> Meant:
        scope = f"code:{station}"
        if tried:
            self._tries.check(scope)
        found = self._books.replica.order_ids_by_code(digits)
        order = self._books.replica.order(found[0]) if found else None
        if tried and order is None:
            self._tries.wrong(scope)
        if order is None:
            raise InvalidCode
        return Meant(order.order, order)

    def _keys(self) -> dict[int, pickup_code.Verify]:
        now = self._status.now()
        return {
            kid: self._verifier(public)
            for kid, (public, not_after) in self._books.replica.keys().items()
            if not not_after or moment_of(not_after) >= now
        }

    def _verifier(self, public: str) -> pickup_code.Verify:
        if public not in self._verifiers:
            self._verifiers[public] = self._make_verify(public)
        return self._verifiers[public]

    def _age(self) -> tuple[str, str]:
        age_s = self._status.line().age_s
        if age_s is None:
            return "从未更新", "never"
        if age_s < 120:
            return "刚刚", "just now"
        minutes = int(timedelta(seconds=age_s).total_seconds() // 60)
        if minutes < 120:
            return f"{minutes} 分钟前", f"{minutes} minutes ago"
        return f"{minutes // 60} 小时前", f"{minutes // 60} hours ago"


def kept(books: Books, scan_id: int, station: str) -> tuple[Scanned, bool]:
    """A scan of this station that was kept, and whether a person typed or chose it there; raises
    UnknownThing once it was dealt with."""
    row = books.scans.by_id(scan_id, station)
    if row is None or not row.text:
        raise UnknownThing
    return Scanned(ScanKind(row.kind), row.text), row.device in BY_HAND
