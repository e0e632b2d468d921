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
    """The same rows by bare SQL, read off real redemptions and written again in one transaction each."""

    def __init__(self, shop: Any) -> None:
        self._ledger = shop.books.ledger
        reader = self._ledger.read()
        self._sql: list[tuple[str, list[tuple[Any, ...]]]] = []
        for table in TABLES:
            rows = reader.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            marks = ",".join("?" * len(rows[0]))
            self._sql.append((f"INSERT INTO floor_{table} VALUES ({marks})", rows))  # noqa: S608
            with self._ledger.transaction() as tx:
                tx.execute(f"CREATE TABLE floor_{table} AS SELECT * FROM {table} WHERE 0")  # noqa: S608
        self._pickups = reader.execute("SELECT count(*) FROM pickup").fetchone()[0]
        self._n = 0

    def __call__(self) -> float:
        """One pass; seconds."""
        self._n = (self._n + 1) % self._pickups
        return timed(self._write)

    def _write(self) -> None:
        with self._ledger.transaction() as tx:
            for statement, rows in self._sql:
                per = len(rows) // self._pickups
                tx.executemany(statement, rows[self._n * per : (self._n + 1) * per])
            tx.execute("UPDATE stream SET last_seq = last_seq, last_sha = last_sha")


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
    memory = _measure(Path("/dev/shm"), rounds) if Path("/dev/shm").is_dir() else None  # noqa: S108
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
        passes: dict[str, Sample] = {
            "disk": Overwrite(Path(name)),
            "sql": BareSql(shop),
            "subject": lambda: timed(redeem),
        }
        found = interleaved(passes, rounds=rounds, each=_EACH)
        shop.books.close()
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
