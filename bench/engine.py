"""What encryption costs: SQLCipher beside plain SQLite, the same library, the same statements."""

from __future__ import annotations

import secrets
import tempfile
from itertools import cycle
from pathlib import Path
from typing import Any

from bench.rounds import Figure, Row, interleaved, pair, timed

_ROWS = 200_000
_EACH = 300


class Engine:
    """A file with products, opened the way edge.db opens its files, with a key or without."""

    def __init__(self, path: Path, key: str, codes: list[str]) -> None:
        from sqlcipher3 import dbapi2

        self._codes = codes
        self.db: Any = dbapi2.connect(str(path), isolation_level=None)
        if key:
            self.db.execute(f"PRAGMA key=\"x'{key}'\"")
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-1000"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.execute("CREATE TABLE sale (id INTEGER PRIMARY KEY, body TEXT)")
        self._next = cycle(codes)

    def load(self) -> float:
        """Loads all products into a fresh table, its index last; seconds."""
        self.db.execute("DROP TABLE IF EXISTS product")
        rows = [(f"K{n:07d}", code, "特级西湖龙井茶 250 克", 5990) for n, code in enumerate(self._codes)]
        return timed(lambda: self._load(rows))

    def _load(self, rows: list[tuple[str, str, str, int]]) -> None:
        self.db.execute("BEGIN")
        self.db.execute("CREATE TABLE product (sku TEXT PRIMARY KEY, gtin TEXT, name TEXT, fen INTEGER)")
        self.db.executemany("INSERT INTO product VALUES (?, ?, ?, ?)", rows)
        self.db.execute("CREATE INDEX product_gtin ON product (gtin)")
        self.db.execute("COMMIT")

    def look_up(self) -> float:
        """One product by its code; seconds."""
        code = next(self._next)
        ask = "SELECT sku, name, fen FROM product WHERE gtin = ?"
        return timed(lambda: self.db.execute(ask, (code,)).fetchone())

    def commit(self) -> float:
        """One durable transaction of one row of 1 KiB; seconds."""
        return timed(self._commit)

    def _commit(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("INSERT INTO sale (body) VALUES (?)", ("x" * 1024,))
        self.db.execute("COMMIT")


def rows(rounds: int) -> list[Row]:
    """The price of SQLCipher; no goal is set, it is there to be known."""
    codes = [f"690{(n * 7_368_787) % 1_000_000_007:010d}" for n in range(_ROWS)]
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as name:
        plain = Engine(Path(name) / "plain.db", "", codes)
        sealed = Engine(Path(name) / "sealed.db", secrets.token_hex(32), codes)
        version = sealed.db.execute("SELECT sqlite_version()").fetchone()[0]
        loads = interleaved({"plain": plain.load, "sealed": sealed.load}, rounds=rounds, each=1)
        looks = interleaved(
            {"plain": plain.look_up, "sealed": sealed.look_up}, rounds=rounds, each=_EACH * 10
        )
        commits = interleaved({"plain": plain.commit, "sealed": sealed.commit}, rounds=rounds, each=_EACH)
    same = f"SQLCipher beside plain SQLite {version} (the same library without a key)"
    return [
        _row("sqlcipher-look-up", f"a product by its code, 200,000 products, 1 MB cache; {same}", looks),
        _row("sqlcipher-commit", f"a durable transaction of one 1 KiB row, WAL, FULL; {same}", commits),
        _row("sqlcipher-load", f"bulk load of 200,000 products, index last; {same}", loads),
    ]


def _row(name: str, what: str, found: dict[str, Figure]) -> Row:
    sealed, plain = found["sealed"], found["plain"]
    return Row(name, what, pair(sealed), pair(plain), f"{sealed.p50 / plain.p50:.2f}", "none set", None)
