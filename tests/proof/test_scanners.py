"""A minute of scanning at a till that is held up, and two hundred pulled cables, through the real intake."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.shop import open_shop
from config.device_schema import ScannerSettings
from devices.serial_scanner import SerialScanner
from devices.simulated_scanner import SimulatedScanner
from edge.daemon import Shop
from edge.intake import Intake
from edge.workers import Worker

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = open_shop(tmp_path)
    yield made
    made.books.close()


@pytest.fixture
def cable() -> Iterator[SimulatedScanner]:
    with SimulatedScanner() as simulated:
        yield simulated


@pytest.fixture(autouse=True)
def intake(shop: Shop, cable: SimulatedScanner) -> Iterator[Worker]:
    """The scanner's worker, running."""
    scanner = SerialScanner("s1", ScannerSettings(port=cable.port))
    turns = Intake("s1", "T1", scanner, shop.store.scans, shop.store.status, shop.books.clock)
    worker = Worker("scanner s1", turns.turn)
    worker.start()
    yield worker
    worker.stop()
    turns.close()


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def state(shop: Shop) -> str:
    return next((device.state for device in shop.store.status.devices() if device.kind == "scanner"), "")


def kept(shop: Shop) -> list[tuple[int, str]]:
    rows = shop.books.ledger.read().execute("SELECT device_seq, text FROM scan ORDER BY id")
    return [(int(seq), str(text)) for seq, text in rows]


@pytest.mark.usefixtures("intake")
def test_fifty_scans_a_second_for_a_minute_while_the_ledger_is_held_up(
    shop: Shop, cable: SimulatedScanner
) -> None:
    until(lambda: state(shop) == "online")
    sent = [f"https://example.com/{number}" for number in range(3000)]
    over = threading.Event()

    def hold_up() -> None:
        while not over.wait(5.0):
            with shop.books.ledger.transaction():
                time.sleep(2.0)

    slow = threading.Thread(target=hold_up)
    slow.start()
    began = time.monotonic()
    for number, code in enumerate(sent, 1):
        cable.scan(code)
        time.sleep(max(0.0, began + number / 50 - time.monotonic()))
    over.set()
    slow.join()
    until(lambda: len(kept(shop)) == len(sent))
    assert kept(shop) == list(enumerate(sent, 1))


@pytest.mark.usefixtures("intake")
def test_two_hundred_pulled_cables_leave_no_file_open_and_lose_no_whole_code(
    shop: Shop, cable: SimulatedScanner
) -> None:
    until(lambda: state(shop) == "online")
    files = -1
    for number in range(200):
        cable.send(b"690123")
        cable.unplug()
        until(lambda: state(shop) == "absent")
        cable.replug()
        until(lambda: state(shop) == "online")
        cable.scan(f"https://example.com/{number}")
        until(lambda: len(kept(shop)) > number)  # noqa: B023 - used at once
        if number == 10:  # the ledger's readers and the interpreter have all they want by now
            files = sum(1 for _ in Path("/proc/self/fd").iterdir())
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == files
    assert [text for _, text in kept(shop)] == [f"https://example.com/{number}" for number in range(200)]
