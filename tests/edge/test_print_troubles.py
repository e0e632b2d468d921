"""Slips while the ledger, the clock or the roll fails: what was accepted is printed, what was not is said so."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.schema import parse
from devices.escpos_printer import EscposPrinter
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge import db
from edge.clock import Clock
from edge.daemon import Shop
from edge.domain.refusals import ReadOnly
from tests.edge.conftest import KEY, settings_in
from tests.founded import founded_shop

BIG = Slip("t", tuple(Text(f"line {n} of a slip that takes room in the ledger") for n in range(60)))


def shop_in(folder: Path, simulated: SimulatedPrinter, timeout_s: float = 1.0) -> Shop:
    """The desks over a ledger on the disk, the real driver, a printer over TCP."""
    printer = {"host": simulated.host, "port": simulated.port, "timeout_s": timeout_s}
    return founded_shop(settings_in(folder, printers={"P1": printer}), KEY)


def states(shop: Shop) -> dict[str, str]:
    return {job.title: job.state for job in shop.store.printing.jobs(1000)}


def submit(shop: Shop, name: str, slip: Slip = BIG) -> None:
    shop.store.printing.submit(name, "P1", "T1", "", Slip(name, slip.parts))


# ---- a failing disk -----------------------------------------------------------------------------------


def fill_up(folder: Path, report: multiprocessing.SimpleQueue[object]) -> None:
    """A life whose files may not grow beyond some size: takes slips until it is told no; then another one with room.

    SQLite takes the limit (EFBIG) for a disk that fails, after which the first life writes nothing more.
    """
    with SimulatedPrinter() as simulated:
        shop = shop_in(folder, simulated)
        room = max(file.stat().st_size for file in folder.iterdir()) + 400_000
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        accepted, refused = [], 0
        for number in range(400):
            try:
                submit(shop, f"job {number}")
                accepted.append(f"job {number}")
            except ReadOnly:
                refused += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        shop.books.close()
        shop = shop_in(folder, simulated)
        submit(shop, "after")
        while shop.store.printing.turn("P1"):
            pass
        (sound,) = shop.books.ledger.read().execute("PRAGMA integrity_check").fetchone()
        report.put((accepted, refused, states(shop), len(simulated.papers), sound))
        shop.books.close()


def test_a_failing_disk_refuses_slips_in_words_and_loses_none_that_it_took(tmp_path: Path) -> None:
    """In a process of its own: a limit on the size of files holds for all of a process."""
    spawn = multiprocessing.get_context("spawn")
    report = spawn.SimpleQueue()
    child = spawn.Process(target=fill_up, args=(tmp_path, report))
    child.start()
    child.join(240)
    assert child.exitcode == 0
    accepted, refused, found, papers, sound = report.get()
    assert accepted
    assert refused > 0
    assert found == dict.fromkeys([*accepted, "after"], "printed")
    assert (papers, sound) == (len(accepted) + 1, "ok")


def test_a_ledger_that_another_process_holds_is_waited_for_and_then_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is ten seconds in a shop; the test has no time for that, hence the patch."""
    monkeypatch.setattr(db, "BUSY_S", 0.3)
    with SimulatedPrinter() as simulated:
        shop = shop_in(tmp_path, simulated)
        other = db.Database(shop.books.ledger.path, KEY, durable=True)
        with other.transaction(), pytest.raises(ReadOnly):
            submit(shop, "a")
        with other.transaction():
            waiting = threading.Thread(target=submit, args=(shop, "b"))
            waiting.start()
            waiting.join(0.05)
            assert waiting.is_alive()
        waiting.join(5)
        assert shop.store.printing.turn("P1")
        assert states(shop) == {"b": "printed"}
        other.close()
        shop.books.close()


# ---- clocks that jump ------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
def test_a_clock_that_jumps_an_hour_costs_no_slip_and_no_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    """Before a slip and inside one. Nobody may set this machine's clock, hence the patch."""
    shift = timedelta()
    monkeypatch.setattr(Clock, "wall", lambda _: datetime.now(UTC) + shift)
    with SimulatedPrinter() as simulated:
        shop = shop_in(tmp_path, simulated, timeout_s=0.4)
        desk = shop.store.printing
        submit(shop, "before")
        shift = jump
        assert desk.turn("P1")
        shift = timedelta()
        submit(shop, "inside")
        simulated.take_paper(after_lines=10)
        printing = threading.Thread(target=desk.turn, args=("P1",))
        printing.start()
        assert simulated.wait_received(5000, 5)
        shift = jump
        printing.join(0.2)
        assert printing.is_alive(), "it waits for paper by the monotonic clock"
        simulated.give_paper()
        printing.join(5)
        assert states(shop) == {"before": "printed", "inside": "printed"}
        assert len(simulated.papers) == 2
        shop.books.close()


# ---- a roll that is changed late -------------------------------------------------------------------


def test_paper_that_comes_back_after_all_patience_gives_the_rest_and_one_marked_copy(tmp_path: Path) -> None:
    with SimulatedPrinter() as simulated:
        shop = shop_in(tmp_path, simulated, timeout_s=0.2)
        desk = shop.store.printing
        submit(shop, "a")
        assert desk.turn("P1")
        simulated.take_paper(after_lines=10)
        submit(shop, "b")
        desk.turn("P1")
        assert [(job.title, job.state, job.copy) for job in desk.jobs(2)] == [
            ("b", "queued", 1),
            ("b", "uncertain", 0),
        ]
        for _ in range(3):
            assert not desk.turn("P1"), "nothing is sent while there is no paper"
        simulated.give_paper()
        deadline = time.monotonic() + 60
        while not desk.turn("P1"):
            assert time.monotonic() < deadline
        first, rest, copy = simulated.papers
        assert first.text == rest.text
        assert copy.text.startswith("补打 1 / REPRINT 1")
        assert copy.text.endswith(first.text)
        shop.books.close()


def test_a_printer_that_was_told_off_the_network_keeps_its_slips_waiting(tmp_path: Path) -> None:
    """Refused, and a name that is gone: blocked with the reason named, printed when it is back."""
    with SimulatedPrinter() as simulated:
        shop = shop_in(tmp_path, simulated)
        simulated.power_off()
        submit(shop, "a")
        assert not shop.store.printing.turn("P1")
        (job,) = shop.store.printing.jobs()
        assert (job.state, job.reason) == ("blocked", "DEVICE_ABSENT")
        simulated.power_on()
        assert shop.store.printing.turn("P1")
        assert states(shop) == {"a": "printed"}
        shop.books.close()
    raw = parse({"printers": {"P1": {"host": "printer.invalid"}}})
    assert EscposPrinter("P1", raw.printers["P1"]).state().value == "absent"


def test_a_printer_that_stays_silent_writes_nothing_after_the_first_time(tmp_path: Path) -> None:
    """Fifteen that hang must not wear out the ledger that the sixteenth needs."""
    with SimulatedPrinter() as simulated:
        shop = shop_in(tmp_path, simulated, timeout_s=0.2)
        simulated.go_silent()
        submit(shop, "a")
        assert not shop.store.printing.turn("P1")
        (job,) = shop.store.printing.jobs()
        assert (job.state, job.reason) == ("blocked", "DEVICE_OFFLINE")
        before = shop.books.ledger.path.with_name(shop.books.ledger.path.name + "-wal").stat()
        for _ in range(3):
            assert not shop.store.printing.turn("P1")
        after = shop.books.ledger.path.with_name(shop.books.ledger.path.name + "-wal").stat()
        assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        simulated.recover()
        deadline = time.monotonic() + 60
        while not shop.store.printing.turn("P1"):
            assert time.monotonic() < deadline
        shop.books.close()
