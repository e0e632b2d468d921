"""What is recorded for the crash states: a day of trade, or an upgrade of a ledger; marks say what was promised."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from edge.db import Database
from tests.proof.shim import inside

EARLY = 150
"""Pages of WAL before a checkpoint while recording: the product's 2,000 would make a checkpoint a rare sight."""


def marked() -> None:
    """Every commit of the ledger says in the record that it is done, and whether it was promised to last."""
    begin, opened = Database.transaction, Database.__init__
    done = iter(range(1, 1 << 30))

    @contextmanager
    def transaction(self: Database, *, durable: bool = True) -> Iterator[Any]:
        with self._lock:  # no other thread's commit between this one and its mark
            with begin(self, durable=durable) as tx:
                yield tx
            if self.path.name == "ledger.db":
                inside().shim_mark(f"done {next(done)} {int(durable)}".encode())

    def init(self: Database, *args: Any, **more: Any) -> None:
        opened(self, *args, **more)
        self._writer.execute(f"PRAGMA wal_autocheckpoint={EARLY}")

    Database.transaction = transaction  # type: ignore[method-assign]
    Database.__init__ = init  # type: ignore[method-assign]


def normal() -> None:
    """Planted: commits are not synced."""

    def never(self: Database, *, durable: bool) -> None:
        del durable
        self._writer.execute("PRAGMA synchronous=NORMAL")

    Database._set_sync = never  # type: ignore[method-assign]


def split_sale() -> None:
    """Planted: the fact of a sale is written in a transaction of its own."""
    from edge.records.journal import Journal
    from sync.selling import SaleCompleted

    append, begin = Journal.append, Database.transaction
    waiting: list[Any] = []

    def later(self: Journal, tx: Any, fact: Any, author: Any) -> int:
        if not isinstance(fact, SaleCompleted):
            return append(self, tx, fact, author)
        waiting.append((self, fact, author))
        return self.last_seq() + 1

    @contextmanager
    def transaction(self: Database, *, durable: bool = True) -> Iterator[Any]:
        with begin(self, durable=durable) as tx:
            yield tx
        if waiting:
            journal, fact, author = waiting.pop()
            with begin(self, durable=durable) as tx:
                append(journal, tx, fact, author)

    Journal.append = later  # type: ignore[method-assign]
    Database.transaction = transaction  # type: ignore[method-assign]


def missing_row() -> None:
    """Planted: a hand-over writes no fact into the outbox."""
    from edge.records.journal import Journal
    from sync.messages import PickupCollected

    append = Journal.append

    def forgets(self: Journal, tx: Any, fact: Any, author: Any) -> int:
        return self.last_seq() if isinstance(fact, PickupCollected) else append(self, tx, fact, author)

    Journal.append = forgets  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {one.__name__: one for one in (normal, split_sale, missing_row)}


def kept(store: Path, base: Path) -> None:
    """The files as they are, under their inodes: what the record goes on from."""
    base.mkdir()
    for name in ("ledger.db", "ledger.db-wal", "hq.db", "hq.db-wal"):
        file = store / name
        shutil.copyfile(file, base / f"{file.stat().st_ino}_{name}")


def trade(folder: Path, seed: int, sales: int) -> None:
    """A day: sales with coupons and members, hand-overs, returns, picks, drawers, shifts opened and closed."""
    from tests.journeys.day import Day, Size
    from tests.journeys.day_goods import GOODS
    from tests.journeys.day_till import Seen
    from tests.journeys.day_town import town

    size = Size(sales, max(12, sales // 4), 10, max(4, sales // 10), 2)
    with town(folder, ["success"] * 400) as here:
        kept(folder / "store", folder.parent / "base")
        inside().shim_mark(b"begin")
        rng = Random(seed)  # noqa: S311 - chance that can be repeated
        Day(here, Seen(), rng, dict.fromkeys(GOODS, "morning"), size=size).run()
        inside().shim_mark(b"end")


def main() -> None:
    """`crash_script FOLDER SEED SALES PLANT`, started with the library loaded."""
    folder, seed, sales, plant = sys.argv[1:]
    # First the plant: marks stand around what is really done.
    if plant:
        PLANTS[plant]()
    marked()
    trade(Path(folder), int(seed), int(sales))


if __name__ == "__main__":
    main()
