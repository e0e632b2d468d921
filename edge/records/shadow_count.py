"""What a snapshot's rows add up to: each row's hash in a table of its own, beside the rows themselves."""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from edge.db import Connection
from edge.records.shadow_lines import COUNTED, NotLoaded, Rows, inserts, unheld
from edge.records.turnstile import Turn, transaction


class Sum(NamedTuple):
    """Rows, and their hashes' sum as a checksum says it: 16 hex digits."""

    rows: int
    ck: str


class Counting:
    """Every row counts, also one of a table that this release does not know. Each step is a short transaction."""

    def __init__(self, hq: Connection, turn: Turn, table: str) -> None:
        """`turn` gives a context that lets one writer in at a time; `table` is of the shape of a feed."""
        self._hq = hq
        self._turn = turn
        self._table = table
        self._sum = 0
        self._rows = 0

    def add(self, lines: bytes) -> None:
        """Whole lines of the file; raises NotLoaded."""
        try:
            found = COUNTED.decode_lines(lines)
        except msgspec.DecodeError:
            raise NotLoaded("LINE") from None
        number, quoted = int.from_bytes, msgspec.json.encode
        rows: Rows = []
        for tb, group in groupby(found, attrgetter("tb")):
            head = b"[" + quoted(tb)
            # What a row's hash covers. The bytes of `d` must be canonical, or the sum will not be HQ's.
            rows += [
                (
                    tb,
                    one.id,
                    one.ver,
                    number(
                        sha256(b"%b,%b,%d,%b]" % (head, quoted(one.id), one.ver, one.d)).digest()[:8],
                        "big",
                        signed=True,
                    ),
                )
                for one in group
            ]
        ready = inserts(f"{self._table} (tb, id, ver, hash)", "(?, ?, ?, ?)", rows)
        with transaction(self._hq, self._turn):
            try:
                for statement, some in ready:
                    self._hq.executemany(statement, some)
            except unheld():
                raise NotLoaded("TWICE") from None
        self._rows += len(rows)
        self._sum += sum(row[3] for row in rows)

    def sum(self) -> Sum:
        """Of all rows so far."""
        return Sum(self._rows, f"{self._sum % (1 << 64):016x}")
