"""Who stood behind each device of the settings when it was first seen, and who stands there now instead."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from devices.ports import Identity
from edge.db import Connection, Database

_COLUMNS = "device, kind, address, known, seen, since"


@dataclass(frozen=True)
class IdentityRow:
    """`known` is what a person trusts at this `address`; `seen` is another one that was found there since `since`
    (ISO, UTC), None: nobody else was."""

    device: str
    kind: str
    address: str
    known: Identity
    seen: Identity | None
    since: str


class Identities:
    """Rows of device_identity."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def of(self, device: str) -> IdentityRow | None:
        """The row of a device."""
        row = (
            self._ledger.read()
            .execute(f"SELECT {_COLUMNS} FROM device_identity WHERE device = ?", (device,))
            .fetchone()
        )
        return None if row is None else _row(row)

    def all(self) -> list[IdentityRow]:
        """Every row, by device."""
        rows = self._ledger.read().execute(f"SELECT {_COLUMNS} FROM device_identity ORDER BY device")
        return [_row(row) for row in rows]

    def put(self, tx: Connection, row: IdentityRow) -> None:
        """Writes the row over whatever was known of the device."""
        seen = "" if row.seen is None else msgspec.json.encode(row.seen).decode()
        known = msgspec.json.encode(row.known).decode()
        tx.execute(
            "INSERT OR REPLACE INTO device_identity (device, kind, address, known, seen, since)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (row.device, row.kind, row.address, known, seen, row.since),
        )


def _row(row: tuple[str, str, str, str, str, str]) -> IdentityRow:
    device, kind, address, known, seen, since = row
    now = msgspec.json.decode(seen, type=Identity) if seen else None
    return IdentityRow(device, kind, address, msgspec.json.decode(known, type=Identity), now, since)
