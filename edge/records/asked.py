"""Which number a program gave to which wish: the same number for another wish is found out."""

from __future__ import annotations

from edge.db import Database

TABLES = (
    # `digest` is of the call and its body; the body itself is kept nowhere.
    """CREATE TABLE api_wish (
        client TEXT NOT NULL, nonce TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (client, nonce)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX api_wish_at ON api_wish (at)",
)
_PIECE = 200


class Asked:
    """Rows of api_wish. Kept without a sync of their own: every wish that moves money or goods has a row that is."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def digest(self, client: str, nonce: str) -> str:
        """What this number was used for; "" where it was not used yet."""
        asked = "SELECT digest FROM api_wish WHERE client = ? AND nonce = ?"
        row = self._ledger.read().execute(asked, (client, nonce)).fetchone()
        return "" if row is None else str(row[0])

    def keep(self, client: str, nonce: str, digest: str, now: str, before: str) -> None:
        """Keeps what it was used for, and forgets some of what was kept before `before`."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute(
                "INSERT INTO api_wish VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (client, nonce, digest, now),
            )
            old = "SELECT client, nonce FROM api_wish WHERE at < ? LIMIT ?"
            tx.execute(f"DELETE FROM api_wish WHERE (client, nonce) IN ({old})", (before, _PIECE))
