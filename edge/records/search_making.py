"""The index of names being made: whole, beside the one that serves, or with what was renamed since added to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from edge.db import Connection
from edge.domain.finding import clues, is_han, tokens
from edge.records.search_index import BLOCK

CHUNK = 2000
"""Products a transaction."""
ReadLetters = Callable[[Iterable[str]], dict[str, str]]
"""Characters -> the first letters of their readings; loads a large dictionary."""
Named = tuple[str, str, str]
"""SKU, Chinese name, English name."""


class Making:
    """Writes search.db over a connection of its own."""

    def __init__(self, db: Connection, read_letters: ReadLetters) -> None:
        self._db = db
        self._read_letters = read_letters
        self._letters: dict[str, str] = dict(db.execute("SELECT han, letters FROM reading").fetchall())
        self._known: set[str] = set()
        self._number = 0
        self._docs = 0

    def whole(self, products: Iterable[list[Named]], base: str) -> None:
        """Makes it anew and lets it serve by one transaction; `base` says of which catalogue."""
        former = self._former()
        self._number, self._docs = (former[0] if former else 0) + 1, 0
        with self._transaction() as tx:
            # What a making that was cut off left behind goes first.
            self._drop(tx, keep=former[0] if former else 0)
            for statement in _tables(self._number):
                tx.execute(statement)
        for some in products:
            with self._transaction() as tx:
                self._add(tx, some)
        with self._transaction() as tx:
            tx.execute(f"INSERT INTO words_{self._number} (words_{self._number}) VALUES ('optimize')")
        with self._transaction() as tx:
            tx.execute(
                "INSERT INTO made VALUES (1, ?1, ?2, ?3, 0) ON CONFLICT (one)"
                " DO UPDATE SET number = ?1, base = ?2, docs = ?3, later = 0",
                (self._number, base, self._docs),
            )
        with self._transaction() as tx:
            self._drop(tx, keep=self._number)

    def further(self, products: list[Named]) -> None:
        """Adds products that are new or renamed to the index that serves."""
        former = self._former()
        if former is None:
            raise ValueError("nothing was made yet")
        self._number, self._docs = former
        for at in range(0, len(products), CHUNK):
            some = products[at : at + CHUNK]
            with self._transaction() as tx:
                self._add(tx, some)
                tx.execute("UPDATE made SET docs = ?, later = later + ?", (self._docs, len(some)))

    def _add(self, tx: Connection, products: list[Named]) -> None:
        cut = [tokens(name_zh, name_en) for _, name_zh, name_en in products]
        tx.executemany(
            f"INSERT INTO words_{self._number} (rowid, t) VALUES (?, ?)",
            ((self._docs + n, " ".join(sorted(some))) for n, some in enumerate(cut)),
        )
        self._list(tx, [sku for sku, _, _ in products])
        fresh = {token for some in cut for token in some if is_han(token)} - self._known
        self._known |= fresh
        self._read(tx, {char for pair in fresh for char in pair} - self._letters.keys())
        tx.executemany(
            f"INSERT OR IGNORE INTO clue_{self._number} VALUES (?, ?)",
            sorted((clue, pair) for pair in fresh for clue in clues(pair, self._letters)),
        )

    def _list(self, tx: Connection, skus: list[str]) -> None:
        """Documents to SKUs; the last block may have room left."""
        first = self._docs // BLOCK
        row = tx.execute(f"SELECT skus FROM block_{self._number} WHERE id = ?", (first,)).fetchone()
        listed = [*(str(row[0]).split("\n") if row else []), *skus]
        tx.executemany(
            f"INSERT OR REPLACE INTO block_{self._number} VALUES (?, ?)",
            (
                (first + n, "\n".join(listed[n * BLOCK : (n + 1) * BLOCK]))
                for n in range(-(-len(listed) // BLOCK))
            ),
        )
        self._docs += len(skus)

    def _read(self, tx: Connection, chars: set[str]) -> None:
        if chars:
            found = self._read_letters(sorted(chars))
            self._letters.update(found)
            tx.executemany("INSERT OR IGNORE INTO reading VALUES (?, ?)", found.items())

    def _former(self) -> tuple[int, int] | None:
        row = self._db.execute("SELECT number, docs FROM made").fetchone()
        return None if row is None else (int(row[0]), int(row[1]))

    def _drop(self, tx: Connection, keep: int) -> None:
        rows = tx.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND (name GLOB 'words_[0-9]*'"
            " OR name GLOB 'block_[0-9]*' OR name GLOB 'clue_[0-9]*')"
        ).fetchall()
        for (name,) in rows:
            kind, _, number = str(name).partition("_")
            if number.isdecimal() and int(number) != keep:  # FTS5's own tables go with theirs
                tx.execute(f"DROP TABLE {kind}_{number}")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def in_chunks(hq: Connection, heard: Callable[[], None]) -> Iterator[list[Named]]:
    """Every product of hq.db by SKU; each look is short, so that nobody's checkpoint waits for it."""
    last = ""
    asked = "SELECT sku, name_zh, name_en FROM product WHERE sku > ? ORDER BY sku LIMIT ?"
    while some := hq.execute(asked, (last, CHUNK)).fetchall():
        heard()
        yield some
        last = some[-1][0]


def base_of(hq: Connection) -> str:
    """Which tables the catalogue has now, another word when a snapshot has replaced them; "" before it is whole."""
    rows: list[Any] = hq.execute(
        "SELECT bucket, feed FROM cursor WHERE bucket LIKE '%:catalog:%' AND consistent_at <> '' ORDER BY bucket"
    ).fetchall()
    return " ".join(f"{bucket}={feed}" for bucket, feed in rows)


def _tables(number: int) -> tuple[str, ...]:
    return (
        f"CREATE VIRTUAL TABLE words_{number} USING fts5(t, content='', columnsize=0, detail=none, tokenize='ascii')",
        f"CREATE TABLE block_{number} (id INTEGER PRIMARY KEY, skus TEXT NOT NULL) STRICT",
        f"""CREATE TABLE clue_{number} (clue TEXT NOT NULL, pair TEXT NOT NULL, PRIMARY KEY (clue, pair)) STRICT,
            WITHOUT ROWID""",
    )
