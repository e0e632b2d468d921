"""From a real serial line (a pseudo-terminal) to a kept scan, unplugged at the worst moment."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable

import pytest

from config.device_schema import ScannerSettings
from devices.serial_scanner import SerialScanner
from devices.simulated_scanner import SimulatedScanner
from edge.domain.scanned import ScanKind
from edge.intake import Intake
from edge.workers import Worker


def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


@pytest.fixture
def line():
    with SimulatedScanner() as simulated:
        yield simulated


@pytest.fixture
def intake(shop, line):
    scanner = SerialScanner("s1", ScannerSettings(port=line.port, station="T1"))
    made = Intake("s1", "T1", scanner, shop.store.scans, shop.store.status, shop.books.clock)
    yield made
    made.close()


def states(shop) -> list[str]:
    return [device.state for device in shop.store.status.devices() if device.kind == "scanner"]


def test_a_code_on_the_wire_becomes_a_scan(shop, hq, line, intake):
    intake.turn()
    line.scan(hq.code())
    line.scan("6901234567892")
    until(lambda: intake.turn() == 0.0 and len(shop.store.scans.feed("T1")) == 2)
    kinds = [seen.kind for seen in shop.store.scans.feed("T1")]
    assert kinds == [ScanKind.GTIN, ScanKind.PICKUP]
    assert states(shop) == ["online"]


def test_half_a_code_then_unplugged_is_no_scan_and_the_replugged_one_works(shop, line, intake):
    intake.turn()
    line.send(b"69012345")
    intake.turn()
    line.unplug()
    until(lambda: intake.turn() > 0)
    assert states(shop) == ["absent"]
    line.replug()
    until(lambda: intake.turn() == 0.0)
    line.scan("6901234567892")
    until(lambda: intake.turn() == 0.0 and bool(shop.store.scans.feed("T1")))
    assert len(shop.store.scans.feed("T1")) == 1
    assert states(shop) == ["online"]


def test_neither_codes_nor_payment_codes_reach_the_log(shop, hq, line, intake, caplog):
    code = hq.code()
    with caplog.at_level(logging.DEBUG):
        intake.turn()
        line.scan(code)
        line.scan("134567890123456789")
        line.scan("48151623")
        until(lambda: intake.turn() == 0.0 and len(shop.store.scans.feed("T1")) == 3)
    assert any(record.message == "scan refused" for record in caplog.records)
    everything = " ".join(repr(record.__dict__) for record in caplog.records)
    for secret in (code, "134567890123456789", "48151623"):
        assert secret not in everything


def test_a_worker_outlives_a_failing_turn_and_stops_when_told():
    calls = []

    def turn() -> float:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return 60.0

    worker = Worker("w", turn)
    worker.start()
    until(lambda: worker.failures == 1)
    worker.wake()
    until(lambda: len(calls) == 2 and worker.failures == 0)
    assert worker.alive()
    worker.stop()
    assert not worker.alive()


# ---- slow, failing and refusing shops ----------------------------------------------------------------------


def kept(shop) -> list[tuple[int, str]]:
    """(device_seq, text) of every kept scan, in the order of keeping."""
    return [
        tuple(row)
        for row in shop.books.ledger.read().execute("SELECT device_seq, text FROM scan ORDER BY id")
    ]


class Stumbling:
    """The scan desk, but its ledger fails at first: `failures` times for each code that begins with `at`."""

    def __init__(self, desk, at: str, failures: int) -> None:
        self._desk = desk
        self._at = at
        self._left = failures

    def receive(self, scan):
        if scan.reading.text.startswith(self._at) and self._left:
            self._left -= 1
            raise sqlite3.OperationalError("database is locked")
        return self._desk.receive(scan)


def hand(shop, line, desk) -> Intake:
    scanner = SerialScanner("s1", ScannerSettings(port=line.port, station="T1", feedback="datalogic"))
    return Intake("s1", "T1", scanner, desk, shop.store.status, shop.books.clock)


def turns_until(intake, done: Callable[[], bool]) -> None:
    """As a worker does it: whatever a turn raises, there is a next one."""
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it never happened"
        with contextlib.suppress(sqlite3.OperationalError):
            intake.turn()


def test_fifty_scans_a_second_and_a_ledger_that_is_held_up_lose_nothing(shop, line, intake):
    intake.turn()
    sent = [f"https://example.com/{number}" for number in range(100)]

    def scan_on() -> None:
        for code in sent:
            line.scan(code)
            time.sleep(0.02)

    def hold_up() -> None:
        with shop.books.ledger.transaction():
            time.sleep(1.0)

    people = [threading.Thread(target=scan_on), threading.Thread(target=hold_up)]
    for one in people:
        one.start()
    until(lambda: intake.turn() == 0.0 and len(kept(shop)) == len(sent), 20)
    for one in people:
        one.join()
    assert kept(shop) == list(enumerate(sent, 1))


def test_what_the_ledger_did_not_take_is_tried_again_first(shop, line):
    intake = hand(shop, line, Stumbling(shop.store.scans, "https://b", 2))
    intake.turn()
    for letter in "abc":
        line.scan(f"https://{letter}")
    turns_until(intake, lambda: len(kept(shop)) == 3)
    assert kept(shop) == [(1, "https://a"), (2, "https://b"), (3, "https://c")]
    intake.close()


def test_a_scan_that_can_never_be_kept_does_not_hold_up_the_others(shop, line, caplog):
    intake = hand(shop, line, Stumbling(shop.store.scans, "https://b", 99))
    intake.turn()
    for letter in "abc":
        line.scan(f"https://{letter}")
    turns_until(intake, lambda: len(kept(shop)) == 2)
    assert kept(shop) == [(1, "https://a"), (3, "https://c")]
    assert [record.device_seq for record in caplog.records if record.message == "scan given up"] == [2]
    intake.close()


def test_the_scanner_hears_whether_the_store_took_the_code(shop, line):
    intake = hand(shop, line, shop.store.scans)
    intake.turn()
    line.scan("6901234567892")
    line.scan("134567890123456789")  # a payment code where nothing is to be paid
    heard, end = b"", time.monotonic() + 10
    while len(heard) < 2 and time.monotonic() < end:
        intake.turn()
        heard += line.heard()
    assert heard == b"BF"
    intake.close()


def test_a_port_that_another_program_has_is_told_apart_from_a_missing_one(shop, line, intake):
    other = SerialScanner("other", ScannerSettings(port=line.port))
    other.open()
    assert intake.turn() >= 1.0
    (told,) = [device for device in shop.store.status.devices() if device.kind == "scanner"]
    assert (told.state, told.detail) == ("blocked", "DEVICE_CLAIMED")
    other.close()
    assert intake.turn() == 0.0
    assert states(shop) == ["online"]


def test_a_missing_port_is_looked_for_often_and_an_unplugged_one_at_once(line, intake):
    intake.turn()
    line.unplug()
    pause = intake.turn()
    assert 0 < pause < 0.05
    assert 0 < intake.turn() < 0.05
    line.replug()
    assert intake.turn() == 0.0


def test_dropped_codes_are_counted_in_the_log(line, intake, caplog):
    intake.turn()
    line.send(b"x" * 600 + b"\r6901234567892\r")
    until(
        lambda: intake.turn() == 0.0 and any(record.message == "codes dropped" for record in caplog.records)
    )
    (warning,) = [record for record in caplog.records if record.message == "codes dropped"]
    assert (warning.device, warning.dropped) == ("s1", 1)
