"""From a real serial line (a pseudo-terminal) to a kept scan, unplugged at the worst moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest

from config.schema import ScannerSettings
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
        until(lambda: intake.turn() == 0.0 and len(shop.store.scans.feed("T1")) == 2)
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
