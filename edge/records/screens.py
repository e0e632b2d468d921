"""Bound screens and the codes of those that are not bound yet, as the ledger keeps them; secrets as SHA-256 only."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database
from edge.domain.screens import ScreenKind

TABLES = (
    """CREATE TABLE bound_screen (
        id TEXT PRIMARY KEY, station TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('kiosk', 'guide', 'display')),
        token_sha TEXT NOT NULL UNIQUE, bound_at TEXT NOT NULL, bound_by TEXT NOT NULL,
        nonce TEXT NOT NULL UNIQUE, request_sha TEXT NOT NULL,
        revoked_at TEXT NOT NULL DEFAULT '', revoked_by TEXT NOT NULL DEFAULT '',
        revoke_nonce TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE INDEX bound_screen_live ON bound_screen (bound_at) WHERE revoked_at = ''",
    """CREATE TABLE pairing (
        secret_sha TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, origin TEXT NOT NULL,
        boot TEXT NOT NULL, asked_ms INTEGER NOT NULL, screen TEXT NOT NULL DEFAULT '') STRICT""",
)
_SCREEN = "id, station, kind, token_sha, bound_at, bound_by, nonce, request_sha"
_PAIRING = "secret_sha, code, kind, origin, boot, asked_ms, screen"


@dataclass(frozen=True)
class ScreenRow:
    """A screen that is not revoked; `token_sha` is of no token until the screen took one."""

    id: str
    station: str
    kind: ScreenKind
    token_sha: str
    bound_at: str
    bound_by: str
    nonce: str
    request_sha: str


@dataclass(frozen=True)
class PairingRow:
    """A code that stands on a screen; `screen` is what it became, "" not yet."""

    secret_sha: str
    code: str
    kind: ScreenKind
    origin: str
    boot: str
    asked_ms: int
    screen: str = ""


class Screens:
    """Rows of bound_screen and pairing."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def by_token(self, token_sha: str) -> ScreenRow | None:
        """The screen that holds this token, None where there is none or it was revoked."""
        asked = f"SELECT {_SCREEN} FROM bound_screen WHERE token_sha = ? AND revoked_at = ''"
        row = self._ledger.read().execute(asked, (token_sha,)).fetchone()
        return None if row is None else ScreenRow(*row)

    def by_id(self, tx: Connection, screen: str) -> ScreenRow | None:
        """A screen that is not revoked."""
        asked = f"SELECT {_SCREEN} FROM bound_screen WHERE id = ? AND revoked_at = ''"
        row = tx.execute(asked, (screen,)).fetchone()
        return None if row is None else ScreenRow(*row)

    def all(self) -> list[ScreenRow]:
        """Every screen that is not revoked, oldest first."""
        asked = f"SELECT {_SCREEN} FROM bound_screen WHERE revoked_at = '' ORDER BY bound_at, id"
        return [ScreenRow(*row) for row in self._ledger.read().execute(asked)]

    def add(self, tx: Connection, row: ScreenRow) -> None:
        """A new one."""
        values = (row.id, row.station, row.kind, row.token_sha, row.bound_at, row.bound_by)
        wish = (row.nonce, row.request_sha)
        tx.execute(f"INSERT INTO bound_screen ({_SCREEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, *wish))

    def wished(self, tx: Connection, nonce: str) -> ScreenRow | None:
        """The screen, revoked or not, that was bound by this wish."""
        row = tx.execute(f"SELECT {_SCREEN} FROM bound_screen WHERE nonce = ?", (nonce,)).fetchone()
        return None if row is None else ScreenRow(*row)

    def give(self, tx: Connection, screen: str, token_sha: str) -> None:
        """The screen holds this token from now on, and no other."""
        tx.execute("UPDATE bound_screen SET token_sha = ? WHERE id = ?", (token_sha, screen))

    def revoked(self, tx: Connection, nonce: str) -> str:
        """The screen that was revoked by this wish, "" none."""
        row = tx.execute("SELECT id FROM bound_screen WHERE revoke_nonce = ?", (nonce,)).fetchone()
        return "" if row is None else str(row[0])

    def revoke(self, tx: Connection, screen: str, at: str, by: str, nonce: str) -> None:
        """It is no screen of ours any more."""
        changed = "UPDATE bound_screen SET revoked_at = ?, revoked_by = ?, revoke_nonce = ? WHERE id = ?"
        tx.execute(changed, (at, by, nonce, screen))
        tx.execute("DELETE FROM pairing WHERE screen = ?", (screen,))

    def pairing(self, secret_sha: str, tx: Connection | None = None) -> PairingRow | None:
        """The pairing whose secret this is."""
        asked = f"SELECT {_PAIRING} FROM pairing WHERE secret_sha = ?"
        row = (tx or self._ledger.read()).execute(asked, (secret_sha,)).fetchone()
        return None if row is None else PairingRow(*row)

    def pairings(self, tx: Connection | None = None) -> list[PairingRow]:
        """All of them, oldest first."""
        asked = f"SELECT {_PAIRING} FROM pairing ORDER BY asked_ms"
        return [PairingRow(*row) for row in (tx or self._ledger.read()).execute(asked)]

    def ask(self, tx: Connection, row: PairingRow) -> None:
        """A code goes on a screen."""
        values = (row.secret_sha, row.code, row.kind, row.origin, row.boot, row.asked_ms)
        tx.execute(
            "INSERT INTO pairing (secret_sha, code, kind, origin, boot, asked_ms) VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )

    def became(self, tx: Connection, secret_sha: str, screen: str) -> None:
        """The pairing has its screen."""
        tx.execute("UPDATE pairing SET screen = ? WHERE secret_sha = ?", (screen, secret_sha))

    def drop(self, tx: Connection, secret_sha: str) -> None:
        """The pairing is over."""
        tx.execute("DELETE FROM pairing WHERE secret_sha = ?", (secret_sha,))
