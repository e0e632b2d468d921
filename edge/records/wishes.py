"""What people asked of stock and benefits, by nonce: a wish that comes twice is done once."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database


@dataclass(frozen=True)
class WishRow:
    """A wish that was done: what was asked (as a hash), the fact it became, what was answered (JSON)."""

    request_sha: str
    seq: int
    answer: str


class Wishes:
    """Rows of wish."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def done(self, nonce: str, tx: Connection | None = None) -> WishRow | None:
        """The wish of this nonce, None if it was not done yet."""
        asked = "SELECT request_sha, seq, answer FROM wish WHERE nonce = ?"
        row = (tx or self._ledger.read()).execute(asked, (nonce,)).fetchone()
        return None if row is None else WishRow(*row)

    def add(self, tx: Connection, nonce: str, row: WishRow) -> None:
        """Keeps what was done."""
        tx.execute("INSERT INTO wish VALUES (?, ?, ?, ?)", (nonce, row.request_sha, row.seq, row.answer))
