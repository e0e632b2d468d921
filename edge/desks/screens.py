"""The screen desk: which browser stands at which station, bound by a code that it shows and store IT enters."""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from config.schema import Settings
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.fittings import fittings
from edge.desks.logos import Logos
from edge.desks.status import Poke
from edge.desks.tries import Tries
from edge.domain.idle import Idle, Waits, idle_of
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, UnknownThing
from edge.domain.screen_refusals import PairingUnknown, ScreensWaiting, WrongPlace
from edge.domain.screens import FITS, LOCAL, PAIRING_S, Pairing, Screen, ScreenKind
from edge.domain.staff import Act, Operator
from edge.domain.upkeep import Fitting
from edge.records.books import Books
from edge.records.replica import ShopRow
from edge.records.screens import PairingRow, ScreenRow, Screens

TOPIC = "screens"
"""Poked when a screen was bound or revoked."""
_MOST_WAITING, _MOST_AN_ORIGIN = 64, 8
_LIMIT, _PAUSES = 5, (60, 300, 900)


class ScreenDesk:
    """Needs no HQ: a screen is bound on the shop's own network. Tokens and secrets are kept only as SHA-256."""

    def __init__(self, books: Books, settings: Settings, poke: Poke) -> None:
        self._books = books
        self._settings = settings
        self._poke = poke
        self._rows = Screens(books.ledger)
        self._tries = Tries(books, _LIMIT, _PAUSES)
        self._waits = Waits(**msgspec.structs.asdict(settings.screens.idle))
        self._seen: dict[str, int] = {}
        self.logos = Logos(settings.screens.logo)

    def shop(self) -> ShopRow | None:
        """What HQ says of this shop: its names, where it is; None before HQ said so."""
        return self._books.replica.shop(self._settings.store.id)

    def ask(self, kind: ScreenKind, origin: str = "") -> Pairing:
        """A code for a screen that is not bound; the screen keeps the secret and comes back with it.

        One `origin` (address) holds a few codes at most: its oldest makes room. Raises ScreensWaiting.
        """
        secret, clock = secrets.token_urlsafe(32), self._books.clock
        with self._books.ledger.transaction() as tx:
            waiting = self._tidied(tx)
            own = [row for row in waiting if row.origin == origin]
            for row in own[: len(own) - _MOST_AN_ORIGIN + 1] if len(own) >= _MOST_AN_ORIGIN else ():
                self._rows.drop(tx, row.secret_sha)
                waiting.remove(row)
            if len(waiting) >= _MOST_WAITING:
                raise ScreensWaiting
            code = _fresh_code({row.code for row in waiting})
            row = PairingRow(_sha(secret), code, kind, origin[:64], clock.boot(), clock.mono_ms())
            self._rows.ask(tx, row)
        return Pairing(code, secret, PAIRING_S)

    def pairing(self, secret: str) -> Pairing | None:
        """How the pairing of this secret stands; None: unknown or over."""
        row = self._rows.pairing(_sha(secret))
        left_s = 0 if row is None else self._left_s(row)
        return None if row is None or left_s <= 0 else Pairing(row.code, secret, left_s, bool(row.screen))

    def bind(self, code: str, station: str, operator: Operator, nonce: str) -> Screen:
        """The screen that shows `code` stands at `station` from now on.

        Raises NotAllowed, UnknownThing for the station, PairingUnknown, WrongPlace, TooManyTries by person.
        """
        _allowed(operator)
        if station not in self._settings.stations:
            raise UnknownThing
        scope = f"screen:{operator.staff[:32]}"
        self._tries.check(scope)
        number = "".join(code.split())
        asked = _sha(f"{number}:{station}")
        try:
            with self._books.ledger.transaction() as tx:
                done = self._rows.wished(tx, _named(nonce))
                if done is not None and done.request_sha != asked:
                    raise NonceReused
                if done is None:
                    done = self._bound(tx, number, station, operator, (nonce, asked))
        except PairingUnknown:
            self._tries.wrong(scope)
            raise
        self._poke(TOPIC)
        return self._told(done)

    def _bound(
        self, tx: Connection, code: str, station: str, operator: Operator, wish: tuple[str, str]
    ) -> ScreenRow:
        pairing = self._shown(self._rows.pairings(tx), code)
        if pairing is None:
            raise PairingUnknown
        if FITS[pairing.kind] != self._settings.stations[station].kind:
            raise WrongPlace(station=station)
        at = stamp(self._books.clock.now())
        # Nobody holds a token of this hash: the screen takes one of its own when it comes back.
        held = _sha(secrets.token_urlsafe(32))
        row = ScreenRow(secrets.token_hex(6), station, pairing.kind, held, at, operator.staff, *wish)
        self._rows.add(tx, row)
        self._rows.became(tx, pairing.secret_sha, row.id)
        return row

    def taken(self, secret: str) -> str | None:
        """The token of the screen that this pairing became, None: not yet, or over.

        May be asked again until the screen used its token: an answer that was lost on the way binds nothing.
        """
        with self._books.ledger.transaction() as tx:
            row = self._rows.pairing(_sha(secret), tx)
            if row is None or not row.screen or self._left_s(row) <= 0 or row.screen in self._seen:
                return None
            token = secrets.token_urlsafe(32)
            self._rows.give(tx, row.screen, _sha(token))
        return token

    def at(self, token: str) -> Screen | None:
        """The screen that holds this token; None: unknown or revoked, or its station is gone or is another now."""
        row = self._rows.by_token(_sha(token)) if token else None
        place = None if row is None else self._settings.stations.get(row.station)
        if row is None or place is None or FITS[row.kind] != place.kind:
            return None
        self._seen[row.id] = self._books.clock.mono_ms()
        return self._told(row)

    def local(self, kind: ScreenKind) -> Screen | None:
        """The screen of this kind that the settings call this machine's own: it needs no code. It counts as seen."""
        found = self._own(kind)
        if found is not None:
            self._seen[found.id] = self._books.clock.mono_ms()
        return found

    def idle(self, kind: ScreenKind, state: str) -> Idle:
        """How long a screen waits in this state; raises KeyError for a state that no screen has."""
        return idle_of(kind, state, self._waits)

    def revoke(self, screen: str, operator: Operator, nonce: str) -> None:
        """The screen is sent back to the pairing page at its next look; raises NotAllowed, UnknownThing."""
        _allowed(operator)
        with self._books.ledger.transaction() as tx:
            before = self._rows.revoked(tx, _named(nonce))
            if before and before != screen:
                raise NonceReused
            if not before:
                if self._rows.by_id(tx, screen) is None:
                    raise UnknownThing
                self._rows.revoke(tx, screen, stamp(self._books.clock.now()), operator.staff, nonce)
        self._poke(TOPIC)

    def all(self) -> tuple[Screen, ...]:
        """Every bound screen, oldest first."""
        return tuple(self._told(row) for row in self._rows.all())

    def own(self) -> tuple[Screen, ...]:
        """This machine's own ones by the settings, as `local` gives them, in the order of their stations."""
        found = (self._own(kind) for kind in FITS)
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.station))

    def fittings(self) -> tuple[Fitting, ...]:
        """What belongs to each station, in the settings' words."""
        return fittings(self._settings)

    def _own(self, kind: ScreenKind) -> Screen | None:
        """The first station of its kind that has it."""
        for name in sorted(self._settings.stations):
            station = self._settings.stations[name]
            if station.screen == LOCAL and station.kind == FITS[kind]:
                known = f"{LOCAL}-{kind}-{name}"
                return Screen(known, name, kind, seen_s=self._seen_s(known))
        return None

    def _told(self, row: ScreenRow) -> Screen:
        bound_at = moment_of(row.bound_at)
        return Screen(row.id, row.station, row.kind, bound_at, row.bound_by, self._seen_s(row.id))

    def _seen_s(self, screen: str) -> float | None:
        seen = self._seen.get(screen)
        return None if seen is None else (self._books.clock.mono_ms() - seen) / 1000

    def _tidied(self, tx: Connection) -> list[PairingRow]:
        """The pairings that live; the others are dropped."""
        live = []
        for row in self._rows.pairings(tx):
            if self._left_s(row) > 0:
                live.append(row)
            else:
                self._rows.drop(tx, row.secret_sha)
        return live

    def _shown(self, rows: list[PairingRow], code: str) -> PairingRow | None:
        found = (row for row in rows if row.code == code and not row.screen and self._left_s(row) > 0)
        return next(found, None)

    def _left_s(self, row: PairingRow) -> int:
        """Seconds; after a restart of the box its old clock is gone, and so are its codes."""
        clock = self._books.clock
        if row.boot != clock.boot():
            return 0
        return PAIRING_S - (clock.mono_ms() - row.asked_ms) // 1000


def _fresh_code(taken: set[str]) -> str:
    while (code := f"{secrets.randbelow(1_000_000):06d}") in taken:
        pass
    return code


def _allowed(operator: Operator) -> None:
    if not operator.may(Act.SERVE_DEVICES):
        raise NotAllowed


def _named(nonce: str) -> str:
    if not nonce:
        raise BadRequest(why="nonce")
    return nonce


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
