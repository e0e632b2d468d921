"""The process that counts a first load beside the one that loads: when it dies, refuses or is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.records.books import Books, open_books
from edge.records.inbox import Inbox
from edge.records.turnstile import turn
from edge.snapshot_line import ChildLoader
from sync.messages import Op
from tests.edge.test_snapshot_load import KEY, LIES, child, ended, file_of, paged, product, table

ROWS = 4_000


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = open_books(tmp_path / "state", KEY, "Asia/Shanghai")
    yield made
    made.close()


@pytest.fixture
def loader(books: Books) -> ChildLoader:
    return ChildLoader(books, Inbox(books.hq, books.clock))


def new(count: int = ROWS, name: str = "新") -> list[Op]:
    return [product(n, name) for n in range(count)]


def until(true: Callable[[], Any], seconds: float = 30.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return found


def counter_of(pid: int) -> int:
    """The process beside a loading child."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return int(until(lambda: children.read_text().split())[0])


def gone(pid: int) -> bool:
    """Ended, whether or not somebody has taken note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except FileNotFoundError:
        return True


def waits(pid: int) -> bool:
    """Whether it stands before a lock that another holds."""
    rows = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any(row[1] == "->" and row[5] == str(pid) for row in rows)


def beside(books: Books) -> list[str]:
    """Tables of a load."""
    names = books.hq.read().execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in names if name.startswith(("next_", "old_"))]


@pytest.mark.parametrize("counting", [False, True], ids=["not told yet", "counting"])
def test_a_killed_counter_ends_the_load_and_nothing_of_it_serves(
    books: Books, loader: ChildLoader, tmp_path: Path, counting: bool
) -> None:
    """Nobody's fault, and no word about the file: the load is made again."""
    paged(books, new(7, "旧"))
    before, cursors = table(books, "product"), Inbox(books.hq, books.clock).cursors()
    path, manifest = file_of(tmp_path, new(30_000 if counting else ROWS))
    loader.start(path, manifest)
    if counting:
        until(lambda: loader.poll() is None and loader.rows())
    with turn(books.hq.path):  # nobody gets to write: the load cannot be over before the kill
        counter = counter_of(loader.pid())
        os.kill(counter, signal.SIGKILL)
        until(lambda: gone(counter))
    assert ended(loader) == "ENDED"
    assert (table(books, "product"), Inbox(books.hq, books.clock).cursors()) == (before, cursors)
    loader.start(path, manifest)
    assert ended(loader) == ""
    assert len(table(books, "product")) == manifest.rows
    assert beside(books) == [], "nor anything of the load that ended"


@pytest.mark.parametrize("code", ["SUM", "TWICE"])
def test_a_counter_that_refuses_ends_the_load_with_its_word(
    books: Books, loader: ChildLoader, tmp_path: Path, code: str
) -> None:
    """Rows of a table this release does not know: only the counting sees that they are wrong."""
    paged(books, new(3, "旧"))
    before, cursors = table(books, "product"), Inbox(books.hq, books.clock).cursors()
    rows = [Op("g:catalog:CN", n + 1, "put", "hologram", f"H{n:04}", 1, {"x": n}) for n in range(50)]
    if code == "TWICE":
        rows.insert(20, msgspec.structs.replace(rows[20], d={"x": "other"}))
        more: dict[str, Any] = {}
    else:
        more = LIES["SUM"][1]
    loader.start(*file_of(tmp_path, rows, **more))
    pid = loader.pid()
    assert ended(loader) == code
    assert (table(books, "product"), Inbox(books.hq, books.clock).cursors()) == (before, cursors)
    assert gone(pid)
    loader.start(*file_of(tmp_path, new()))
    assert ended(loader) == ""
    assert beside(books) == []


def test_a_counter_left_behind_ends_and_counts_nothing_into_the_next_load(
    books: Books, tmp_path: Path
) -> None:
    """It stood before its turn when its load was killed, and gets it when the next load is under way."""
    first = child(books, *file_of(tmp_path, [product(n, "旧") for n in range(500_000, 530_000)]))
    assert first.stdout is not None
    first.stdout.readline()
    with turn(books.hq.path):
        counter = counter_of(first.pid)
        until(lambda: waits(counter))
        os.kill(counter, signal.SIGSTOP)
        first.kill()
        first.wait()
    loader = ChildLoader(books, Inbox(books.hq, books.clock))
    path, manifest = file_of(tmp_path, new(30_000, "次"))
    loader.start(path, manifest)
    until(lambda: loader.poll() is None and loader.rows())
    os.kill(counter, signal.SIGCONT)
    until(lambda: gone(counter))
    assert ended(loader) == ""
    assert {row[3] for row in table(books, "product")} == {"次"}
    assert Inbox(books.hq, books.clock).checksum("g:catalog:CN") == (30_000, manifest.ck)
    number = books.hq.read().execute("SELECT feed FROM cursor WHERE bucket = 'g:catalog:CN'").fetchone()[0]
    counted = f"SELECT count(*) FROM feed_{number}"  # noqa: S608
    assert books.hq.read().execute(counted).fetchone() == (30_000,)
    assert beside(books) == []
    shut(first)


def test_no_counter_outlives_its_load(books: Books, loader: ChildLoader, tmp_path: Path) -> None:
    for why in ("", "SUM"):
        loader.start(*file_of(tmp_path, new(), **(LIES["SUM"][1] if why else {})))
        with turn(books.hq.path):
            counter = counter_of(loader.pid())
        assert ended(loader) == why
        until(partial(gone, counter))


def shut(made: subprocess.Popen[bytes]) -> None:
    for pipe in (made.stdin, made.stdout):
        if pipe is not None:
            pipe.close()
