"""What a snapshot's rows add up to: each row's hash in a table of its own, beside the rows themselves."""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby, repeat
from operator import attrgetter
from struct import unpack
from typing import NamedTuple

import msgspec

from edge.db import Connection
from edge.records.shadow_lines import COUNTED, Counted, NotLoaded, Rows, inserts, unheld
from edge.records.turnstile import Turn, transaction

_ID, _VER, _D = attrgetter("id"), attrgetter("ver"), attrgetter("d")
_JSON = msgspec.json.Encoder()


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
        rows: Rows = []
        for tb, group in groupby(found, attrgetter("tb")):
            rows += self._counted(tb, list(group))
        ready = inserts(f"{self._table} (tb, id, ver, hash)", "(?, ?, ?, ?)", rows)
        with transaction(self._hq, self._turn):
            try:
                for statement, some in ready:
                    self._hq.executemany(statement, some)
            except unheld():
                raise NotLoaded("TWICE") from None

    def _counted(self, tb: str, group: list[Counted]) -> Rows:
        """Rows of the feed's table. As few steps a row as can be: there are millions."""
        ids, vers = list(map(_ID, group)), list(map(_VER, group))
        # JSON texts hold no line's end.
        quoted = _JSON.encode_lines(ids).split(b"\n")
        head = b"[" + _JSON.encode(tb)
        # What a row's hash covers. The bytes of `d` must be canonical, or the sum will not be HQ's.
        covered = map(b"%b,%b,%d,%b]".__mod__, zip(repeat(head), quoted, vers, map(_D, group), strict=False))
        digests = b"".join([sha256(one).digest()[:8] for one in covered])
        hashes = unpack(f">{len(group)}q", digests)
        self._rows += len(group)
        self._sum += sum(hashes)
        return list(zip(repeat(tb), ids, vers, hashes, strict=False))

    def sum(self) -> Sum:
        """Of all rows so far."""
        return Sum(self._rows, f"{self._sum % (1 << 64):016x}")
