"""search.db: the index of names, made of hq.db and thrown away with it. A child of the daemon writes it; desks read.

Each making has tables of its own number: `words_N` (pairs and words by document, FTS5 without content and positions),
`block_N` (documents to SKUs) and `clue_N` (initials to pairs). A document stays when its product is renamed: who reads
looks at the name that counts now, so that an old entry finds nothing that is not so.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Iterable
from pathlib import Path

from edge.db import Connection, Database
from edge.domain.finding import Part, Readings

FILE = "search.db"
BLOCK = 64
"""SKUs that share a row: a row each would be half as large as the index."""
_SOME = 32
_FOUNDATION = (
    """CREATE TABLE IF NOT EXISTS made (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL,
        base TEXT NOT NULL, docs INTEGER NOT NULL, later INTEGER NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS reading (han TEXT PRIMARY KEY, letters TEXT NOT NULL) STRICT, WITHOUT ROWID",
)


class SearchIndex:
    """Reads of search.db; nothing is found while it was never made."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._readings: dict[str, str] = {}

    @property
    def path(self) -> Path:
        """The file, for the child that makes it."""
        return self._db.path

    @property
    def key(self) -> bytes:
        """Its key, for the same."""
        return self._db.key

    def made(self) -> tuple[str, int, int]:
        """Of which state of the catalogue it was made, its documents, and how many of them came later."""
        row = self._db.read().execute("SELECT base, docs, later FROM made").fetchone()
        return ("", 0, 0) if row is None else (str(row[0]), int(row[1]), int(row[2]))

    def candidates(self, parts: tuple[Part, ...]) -> Generator[list[str], None, None]:
        """SKUs whose names may hold every part, some at a time, in the order in which they were taken in.

        Close it: one state of the index is held until its end.
        """
        read = self._db.read()
        read.execute("BEGIN")
        try:
            row = read.execute("SELECT number FROM made").fetchone()
            if row is None or not parts:
                return
            number = int(row[0])
            known = _pairs(read, number, {clue for part in parts for clue in part.needs()})
            question = " AND ".join(f"({part.question(known)})" for part in parts)
            asked = f"SELECT rowid FROM words_{number} WHERE words_{number} MATCH ?"
            with contextlib.closing(read.execute(asked, (question,))) as found:
                while some := [int(doc) for (doc,) in found.fetchmany(_SOME)]:
                    yield _skus(read, number, some)
        finally:
            read.execute("ROLLBACK")

    def readings(self, text: str) -> Readings:
        """First letters of the readings of every character in a text."""
        missing = [char for char in set(text) if char not in self._readings and not char.isascii()]
        if missing:
            found = self._db.read().execute(
                "SELECT han, letters FROM reading WHERE han IN (SELECT value FROM json_each(?))",
                (json.dumps(missing),),
            )
            # A character of no reading yet may get one with the next making: only what is known is kept.
            self._readings.update(found.fetchall())
        return self._readings

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def open_index(state_dir: Path, key: bytes) -> SearchIndex:
    """Opens (or founds) search.db."""
    db = Database(state_dir / FILE, key, durable=False)
    with db.transaction() as tx:
        for statement in _FOUNDATION:
            tx.execute(statement)
    return SearchIndex(db)


def _pairs(read: Connection, number: int, clues: Iterable[str]) -> dict[str, list[str]]:
    asked = f"SELECT pair FROM clue_{number} WHERE clue = ?"
    return {clue: [str(pair) for (pair,) in read.execute(asked, (clue,))] for clue in clues}


def _skus(read: Connection, number: int, docs: list[int]) -> list[str]:
    blocks = json.dumps(sorted({doc // BLOCK for doc in docs}))
    rows = read.execute(
        f"SELECT id, skus FROM block_{number} WHERE id IN (SELECT value FROM json_each(?))", (blocks,)
    )
    listed = {int(block): str(skus).split("\n") for block, skus in rows}
    return [listed[doc // BLOCK][doc % BLOCK] for doc in docs]
