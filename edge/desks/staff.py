"""Who is at which station: sign-in by badge or PIN, sessions, and the programs that may act for a station."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from config.api_schema import ApiClientSettings
from config.schema import Settings
from edge.clock import moment_of, stamp
from edge.desks.tries import Tries
from edge.domain.api_refusals import OutOfScope
from edge.domain.refusals import NonceReused, NotAllowed, NotSignedIn, UnknownThing, WrongPin
from edge.domain.scanned import ScanKind, classify
from edge.domain.staff import BADGE_LASTS_S, Operator, Role
from edge.domain.views import SignedIn, StationView
from edge.records.asked import Asked
from edge.records.books import Books
from edge.records.counter import SessionRow
from edge.records.replica import StaffRow

_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$+Awox5FJ7v1sf5AZ/hBumg$5xO1BwOTT0NRJTVR18fJIYOohHZJ9t3RAxi+iu07MGk"
"""A hash that no PIN fits: an unknown staff number takes as long to refuse as a wrong PIN."""
_PAUSES = (60, 300, 900)
_LIMIT = 5
_NUMBERED = timedelta(days=7)
"""How long a program's number stands for one wish."""


class StaffDesk:
    """Sessions of people and credentials of programs. Tokens are kept only as SHA-256."""

    def __init__(self, books: Books, settings: Settings) -> None:
        self._books = books
        self._settings = settings
        self._tries = Tries(books, _LIMIT, _PAUSES)
        self._asked = Asked(books.ledger)

    def sign_in(self, staff: str, pin: str, station: str, *, screen: str = "", origin: str = "") -> SignedIn:
        """By staff number and PIN; raises WrongPin, or TooManyTries by person and by screen.

        `screen`: the token of a screen that stands at the station, `origin`: where the request came from.
        Wrong tries of strangers never lock a screen that staff use, nor staff at such a screen.
        """
        side, place = self._side(station, screen, origin)
        scopes = (f"pin:{staff[:32]}:{side}", f"pin-{place}")
        self._tries.check(*scopes)
        person = self._books.replica.staff(staff)
        if not _pin_fits(person.pin_hash if person else _NOBODY, pin) or person is None:
            self._tries.wrong(*scopes)
            raise WrongPin
        self._tries.right(scopes[0])
        return self._open(person, station, origin)

    def badge(self, text: str, station: str, *, screen: str = "", origin: str = "") -> SignedIn:
        """By badge code; raises WrongPin, or TooManyTries by screen."""
        scope = f"badge-{self._side(station, screen, origin)[1]}"
        self._tries.check(scope)
        seen = classify(text)
        person = None
        if seen.kind is ScanKind.BADGE:
            person = self._books.replica.staff_by_badge(_sha(seen.value))
        if person is None:
            self._tries.wrong(scope)
            raise WrongPin
        return self._open(person, station, origin)

    def _side(self, station: str, screen: str, origin: str) -> tuple[str, str]:
        """Whether the screen is known to stand there, and the name under which its wrong tries count."""
        if self.stands_at(screen, station):
            return "known", f"at:{_sha(screen)[:16]}"
        return "strange", f"from:{origin[:64]}"

    def scanned_badge(self, scan_id: int, station: str, screen: str, *, origin: str = "") -> SignedIn:
        """By a badge that the station's scanner read just now, on a screen known to stand there.

        Anybody may open a sign-in page on the network; only a screen on which staff signed in at this
        station before may take the badge that lies under its scanner. Raises WrongPin otherwise.
        """
        row = self._books.scans.by_id(scan_id, station)
        if row is None or not self.stands_at(screen, station):
            raise WrongPin
        age = self._books.clock.now() - moment_of(row.at)
        if age.total_seconds() > BADGE_LASTS_S:
            raise WrongPin
        return self.badge(row.text, station, screen=screen, origin=origin)

    def trust(self, station: str) -> str:
        """A token for the screen on which somebody just signed in at this station; kept only as a hash."""
        token = secrets.token_urlsafe(32)
        self._books.sessions.trust(_sha(token), station, stamp(self._books.clock.now()))
        return token

    def stands_at(self, screen: str, station: str) -> bool:
        """Whether a screen's token says that it stands at this station."""
        return bool(screen) and self._books.sessions.stands_at(_sha(screen), station)

    def operator(self, token: str, *, touch: bool = True, origin: str = "") -> Operator:
        """Whose session this is; raises NotSignedIn when there is none, it was idle too long, or HQ
        no longer lists the person. The role is read from HQ's list each time, so a change holds at once.

        `touch` False: a page looked by itself, which is no sign of anybody. `origin`: where the request came
        from; a session holds there only where it was opened, so a token carried to another machine opens nothing.
        """
        name = _bound(token, origin)
        row = self._books.sessions.find(name)
        if row is None:
            raise NotSignedIn
        clock = self._books.clock
        idle_ms = clock.mono_ms() - row.seen_ms
        person = self._books.replica.staff(row.staff)
        if person is None or row.boot != clock.boot() or self._left(row, idle_ms):
            self._books.sessions.end(name)
            raise NotSignedIn
        if touch and idle_ms > 30_000:
            self._books.sessions.touch(name, clock.boot(), clock.mono_ms())
        return Operator(row.staff, person.name, person.role, row.station)

    def _left(self, row: SessionRow, idle_ms: int) -> bool:
        """Whether nobody seems to be there any more: no touch, no scan. While money is under way nobody is sent off."""
        limit_ms = self._settings.web.idle_minutes * 60_000
        if idle_ms <= limit_ms or self._books.payments.at_station(row.station) is not None:
            return False
        scan = self._books.scans.newest(row.station)
        if scan is None:
            return True
        age = self._books.clock.now() - moment_of(scan.at)
        return age.total_seconds() * 1000 > limit_ms

    def sign_out(self, token: str, *, origin: str = "") -> None:
        """Ends the session, asked from where it was opened."""
        self._books.sessions.end(_bound(token, origin))

    def api_client(self, token: str, station: str) -> Operator:
        """The program with this bearer token, acting for `station`; raises NotSignedIn or NotAllowed."""
        name, client = self._api_client(token)
        if station not in client.stations:
            raise NotAllowed
        return Operator(f"api:{name}", name, Role(client.role), station)

    def api_scope(self, token: str, scope: str) -> None:
        """Raises NotSignedIn for a token that nobody has, OutOfScope where its program may not call this part."""
        _, client = self._api_client(token)
        if scope not in client.scopes:
            raise OutOfScope(scope=scope)

    def api_wish(self, token: str, nonce: str, digest: str) -> None:
        """Raises NonceReused where this program's number stands for another wish."""
        known = self._asked.digest(self._api_client(token)[0], nonce)
        if known and known != digest:
            raise NonceReused

    def api_wished(self, token: str, nonce: str, digest: str) -> None:
        """The wish was done: its number stands for it from now on, for a week."""
        now = self._books.clock.now()
        client, _ = self._api_client(token)
        self._asked.keep(client, nonce, digest, stamp(now), stamp(now - _NUMBERED))

    def _api_client(self, token: str) -> tuple[str, ApiClientSettings]:
        given = _sha(token)
        for name, client in self._settings.api_clients.items():
            if hmac.compare_digest(given, client.token_sha256):
                return name, client
        raise NotSignedIn

    def stations(self) -> tuple[StationView, ...]:
        """All stations, by name."""
        return tuple(self.station(name) for name in sorted(self._settings.stations))

    def station(self, name: str) -> StationView:
        """A station by name; raises UnknownThing."""
        found = self._settings.stations.get(name)
        if found is None:
            raise UnknownThing
        return StationView(name, found.kind, found.label_zh or name, found.label_en or name, found.printer)

    def _open(self, person: StaffRow, station: str, origin: str) -> SignedIn:
        self.station(station)
        token = secrets.token_urlsafe(32)
        clock = self._books.clock
        row = SessionRow(person.staff, person.name, person.role.value, station, clock.boot(), clock.mono_ms())
        self._books.sessions.add(_bound(token, origin), row)
        return SignedIn(token, Operator(person.staff, person.name, person.role, station))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _bound(token: str, origin: str) -> str:
    """The name under which a session is kept: the token alone does not lead to it."""
    return _sha(f"{token}|{origin}")


def _pin_fits(pin_hash: str, pin: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
