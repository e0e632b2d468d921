"""A durable redemption beside what the disk and the engine ask for it; and how often it syncs, counted."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.rounds import Figure, Row, Sample, interleaved, ms, pair, timed
from bench.shop import CASHIERS, Feed, open_shop

_EACH = 200
_COUNTED = 1000
_PAGE = os.urandom(4096)
MEMORY = Path("/dev/shm")  # noqa: S108
"""A file system without a disk: syncs cost nothing there."""
TABLES = ("journal", "movement", "fulfilment", "pickup", "pickup_line", "print_job")


class Overwrite:
    """The least that durability costs: 4 KiB over old bytes of a file that does not grow, and fdatasync."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT)
        os.pwrite(self._file, _PAGE * 64, 0)
        os.fsync(self._file)
        self._place = 0

    def __call__(self) -> float:
        """One pass; seconds."""
        self._place = (self._place + 4096) % (64 * 4096)
        return timed(self._write)

    def _write(self) -> None:
        os.pwrite(self._file, _PAGE, self._place)
        os.fdatasync(self._file)


class BareSql:
    """The same rows by bare SQL into a ledger of its own with the same indexes, one transaction a hand-over."""

    def __init__(self, folder: Path, count: int) -> None:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=MEMORY) as name:
            shop, redeem = redeemer(Path(name), count)
            for _ in range(count):
                redeem()
            self._rows = {table: _all(shop, table) for table in TABLES}
            shop.books.close()
        self._shop = open_shop(folder)
        self._left = iter(range(count))
        self._count = count

    def __call__(self) -> float:
        """One pass; seconds."""
        number = next(self._left)
        todo = [(_insert(table, rows), self._share(rows, number)) for table, rows in self._rows.items()]
        return timed(lambda: self._write(todo))

    def close(self) -> None:
        """Closes the ledger."""
        self._shop.books.close()

    def _share(self, rows: list[tuple[Any, ...]], number: int) -> list[tuple[Any, ...]]:
        each = len(rows) // self._count
        return rows[number * each : (number + 1) * each]

    def _write(self, todo: list[tuple[str, list[tuple[Any, ...]]]]) -> None:
        with self._shop.books.ledger.transaction() as tx:
            for statement, rows in todo:
                tx.executemany(statement, rows)
            tx.execute("UPDATE stream SET last_seq = last_seq + 1")


def _all(shop: Any, table: str) -> list[tuple[Any, ...]]:
    # In the order of the hand-overs, also where the table has no rowid.
    of_pickup = "(SELECT rowid FROM pickup p WHERE p.pickup_id = t.pickup_id)"
    order = {"movement": "seq", "pickup_line": of_pickup}.get(table, "rowid")
    found: list[tuple[Any, ...]] = (
        shop.books.ledger.read().execute(f"SELECT * FROM {table} t ORDER BY {order}").fetchall()  # noqa: S608
    )
    return found


def _insert(table: str, rows: list[tuple[Any, ...]]) -> str:
    return f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})"  # noqa: S608


def redeemer(folder: Path, count: int) -> tuple[Any, Callable[[], None]]:
    """A shop with `count` orders, and what redeems the next of them."""
    from edge.domain.views import RedeemRequest

    shop = open_shop(folder)
    waiting = enumerate(Feed(shop).orders(count))
    desk = shop.store.hand_over

    def redeem() -> None:
        number, code = next(waiting)
        desk.redeem(RedeemRequest(nonce=f"bench-{number}", code=code), CASHIERS["T1"])

    return shop, redeem


def rows(rounds: int) -> list[Row]:
    """Goal 4: times on this disk, time without a disk, syncs counted."""
    found = _measure(Path(), rounds)
    memory = _measure(MEMORY, rounds)
    subject, disk, sql = found["subject"], found["disk"], found["sql"]
    limit50, limit99 = 1.5 * disk.p50 + 1e-4, 2 * disk.p99 + 3e-4
    table = [
        Row(
            "redeem",
            "HandOverDesk.redeem of a signed code on the SQLCipher ledger (six tables, one transaction); floor: "
            "overwrite 4 KiB + fdatasync in the same folder",
            pair(subject),
            pair(disk),
            f"{subject.p50 / disk.p50:.2f} / {subject.p99 / disk.p99:.2f}",
            f"p50 <= 1.5 x + 0.1 ms, p99 <= 2 x + 0.3 ms (here {ms(limit50)}, {ms(limit99)})",
            subject.p50 <= limit50 and subject.p99 <= limit99,
        ),
        _beside(
            "redeem-vs-sql",
            "the same beside its rows by bare SQL in one transaction of the same engine",
            subject,
            sql,
        ),
    ]
    if memory:
        what = (
            "the same in memory (/dev/shm): what it costs without the disk's sync, beside the same bare SQL"
        )
        table.append(_beside("redeem-cpu", what, memory["subject"], memory["sql"]))
    return [*table, _counted()]


def _beside(name: str, what: str, subject: Figure, floor: Figure) -> Row:
    return Row(name, what, pair(subject), pair(floor), f"{subject.p50 / floor.p50:.2f}", "none set", None)


def _measure(where: Path, rounds: int) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=where) as name:
        shop, redeem = redeemer(Path(name), rounds * _EACH + 120)
        for _ in range(100):
            redeem()
        sql = BareSql(Path(name) / "bare", rounds * _EACH)
        passes: dict[str, Sample] = {
            "disk": Overwrite(Path(name)),
            "sql": sql,
            "subject": lambda: timed(redeem),
        }
        found = interleaved(passes, rounds=rounds, each=_EACH)
        shop.books.close()
        sql.close()
    return found


def _counted() -> Row:
    """Runs redemptions under strace and counts what it saw between two marks."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as name:
        log = Path(name) / "trace"
        trace = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,rmdir", "-o", str(log)]
        child = [sys.executable, "-m", "bench.redeeming", name, str(_COUNTED)]
        subprocess.run([*trace, *child], check=True)
        _, _, inside = log.read_text().partition("/bench-begin")
        inside, _, _ = inside.partition("/bench-end")
    syncs = len(re.findall(r"\bf(?:data)?sync\(", inside))
    each = syncs / _COUNTED
    return Row(
        "redeem-syncs",
        f"fsync and fdatasync calls of {_COUNTED} acknowledged redemptions, counted by strace; floor: one each",
        f"{syncs}",
        f"{_COUNTED}",
        f"{each:.3f}",
        "<= 1.05 each",
        1.0 <= each <= 1.05,
    )


def main() -> None:
    """The process under strace: redeems between two marks that only the trace sees."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    shop, redeem = redeemer(folder, count + 50)
    for _ in range(50):
        redeem()
    _mark("/bench-begin")
    for _ in range(count):
        redeem()
    _mark("/bench-end")
    shop.books.close()


def _mark(name: str) -> None:
    with contextlib.suppress(OSError):
        Path(name).rmdir()


if __name__ == "__main__":
    main()
