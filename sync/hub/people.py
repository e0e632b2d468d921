"""HQ's people: who may look, who may act, who signs settings; passwords, and sessions of the fleet page."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from sync.hub.audit import acting
from sync.hub.database import snapshot, write
from sync.hub.fleet_schema import audit, person, web_session
from sync.hub.publishing import NotPossible
from sync.messages import stamp

ROLES = ("viewer", "operator", "signer")
"""viewer sees; operator sees and acts; signer sees, and signs what stores are set up with (two people for money)."""
MIN_PASSWORD, MAX_PASSWORD = 10, 200
SESSION_FOR = timedelta(hours=10)
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,39}", re.ASCII)
# Of a password that nobody has: whoever is not there takes as long to be refused as whoever is.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$9/xwrUsRNBZDatqCRqsNgg$UkiLxKFyFyw1AWgeifiYDxM4QKlQ2W+0otr/UrATlOI"


@dataclass(frozen=True)
class SignedIn:
    """Somebody on the fleet page: `form_token` must come along with every form."""

    name: str
    role: str
    form_token: str

    @property
    def may_act(self) -> bool:
        """Whether this person may change something."""
        return self.role == "operator"


class People:
    """The verbs on people. Raises NotPossible, with words for a person, where one makes no sense."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def add(self, name: str, role: str, password: str) -> None:
        """Somebody new, or somebody known with another role and password; who was signed in so is signed out."""
        if not _NAME.fullmatch(name):
            raise NotPossible("a name is 1 to 40 of a-z 0-9 . _ - and begins with a letter")
        if role not in ROLES:
            raise NotPossible(f"a role is one of {', '.join(ROLES)}")
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise NotPossible(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        row = {"name": name, "role": role, "password_hash": _hash(password), "created_at": stamp(self._now())}

        def work(conn: Connection) -> None:
            _gone(conn, name)
            conn.execute(insert(person).values(**row))

        write(self._engine, work)

    def remove(self, name: str) -> None:
        """Shuts somebody out at once; what they did stays on record."""

        def work(conn: Connection) -> None:
            if not _gone(conn, name):
                raise NotPossible(f"nobody is called {name}")

        write(self._engine, work)

    def listed(self) -> list[dict[str, Any]]:
        """name, role, created_at; by name."""
        query = select(person.c.name, person.c.role, person.c.created_at).order_by(person.c.name)
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def sign_in(self, name: str, password: str) -> str:
        """A new session's token, kept nowhere as text; "" where name and password do not fit."""
        with snapshot(self._engine) as conn:
            known = conn.scalar(select(person.c.password_hash).where(person.c.name == name[:40]))
        if not _fits(known or _NOBODY, password[:MAX_PASSWORD]) or known is None:
            return ""
        token, now = secrets.token_urlsafe(32), self._now()
        form_token = secrets.token_urlsafe(24)

        def work(conn: Connection) -> None:
            conn.execute(delete(web_session).where(web_session.c.expires_at < stamp(now)))
            values = {"name": name, "form_token": form_token, "expires_at": stamp(now + SESSION_FOR)}
            conn.execute(insert(web_session).values(token_sha=_sha(token), **values))

        with acting(name, "people.sign-in", name):
            write(self._engine, work)
        return token

    def signed_in(self, token: str) -> SignedIn | None:
        """Whose session this is, if it lasts."""
        query = (
            select(person.c.name, person.c.role, web_session.c.form_token)
            .join(person, person.c.name == web_session.c.name)
            .where(web_session.c.token_sha == _sha(token), web_session.c.expires_at >= stamp(self._now()))
        )
        with snapshot(self._engine) as conn:
            row = conn.execute(query).one_or_none()
        return SignedIn(row.name, row.role, row.form_token) if row else None

    def sign_out(self, token: str) -> None:
        """Ends a session."""
        write(
            self._engine,
            lambda conn: conn.execute(delete(web_session).where(web_session.c.token_sha == _sha(token))),
        )

    def acts(self, *, who: str = "", act: str = "", before: int = 0, limit: int = 50) -> list[dict[str, Any]]:
        """Who did what and when, newest first: n, at, who, act, about, why; those before number `before`.

        `act` begins the verb's name (config, orders.cancel).
        """
        query = select(audit).order_by(audit.c.n.desc()).limit(limit)
        if who:
            query = query.where(audit.c.who == who)
        if act:
            query = query.where(audit.c.act.startswith(act, autoescape=True))
        if before:
            query = query.where(audit.c.n < before)
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]


def _gone(conn: Connection, name: str) -> bool:
    conn.execute(delete(web_session).where(web_session.c.name == name))
    return conn.execute(delete(person).where(person.c.name == name)).rowcount == 1


def _hash(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def _fits(password_hash: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
