"""Which device HQ took this box in as, and whose keys it believes; in ledger.db, encrypted like all of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from edge.db import Connection, Database
from sync.signed import Roster, Signed


@dataclass(frozen=True)
class EnrolmentRow:
    """`seed` is the device's private key; `word` the roster as it was signed; `at` ISO, UTC."""

    device: str
    store: str
    root_fpr: str
    word: Signed
    at: str
    seed: bytes = field(repr=False)

    @property
    def roster(self) -> Roster:
        """What the roster says; it was verified before it was kept."""
        return msgspec.json.decode(self.word.body, type=Roster)


class Enrolments:
    """The one row of enrolment."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def now(self) -> EnrolmentRow | None:
        """Who this box is for HQ; None: it was never enrolled."""
        row = (
            self._ledger.read()
            .execute("SELECT device, store, root_fpr, roster, at, seed FROM enrolment")
            .fetchone()
        )
        if row is None:
            return None
        word = msgspec.json.decode(row[3], type=Signed)
        return EnrolmentRow(str(row[0]), str(row[1]), str(row[2]), word, str(row[4]), bytes.fromhex(row[5]))

    def put(self, tx: Connection, row: EnrolmentRow) -> None:
        """Writes the row over a former one."""
        tx.execute(
            "INSERT OR REPLACE INTO enrolment (one, device, store, root_fpr, roster, at, seed)"
            " VALUES (1, ?, ?, ?, ?, ?, ?)",
            (
                row.device,
                row.store,
                row.root_fpr,
                msgspec.json.encode(row.word).decode(),
                row.at,
                row.seed.hex(),
            ),
        )
