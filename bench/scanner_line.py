"""From the last byte on a scanner's line to the reading, and from a cable's end to the next scan."""

from __future__ import annotations

import itertools
import os
import queue
import select
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from bench.rounds import Figure, Row, interleaved, ms, pair, percentile
from bench.shop import open_shop
from config.device_schema import ScannerSettings
from devices.serial_scanner import SerialScanner
from devices.simulated_scanner import SimulatedScanner
from edge.intake import Intake
from edge.store import Store
from edge.workers import Worker

_SCANS = 10_000
_CYCLES = 200


class Line:
    """A pseudo-terminal; somebody waits at its far end, in a thread, and says when a code was there."""

    def __init__(self) -> None:
        self.near, far = os.openpty()
        tty.setraw(far)
        self.far = far
        self.port = os.ttyname(far)
        self.seen: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._codes = itertools.count(6_900_000_000_000)

    def listen(self, wait: Callable[[], object]) -> None:
        """Starts the thread; `wait` returns when a code has come."""

        def forever() -> None:
            while True:
                if wait():
                    self.seen.put(time.perf_counter())

        threading.Thread(target=forever, daemon=True).start()

    def sample(self) -> float:
        """One scan; seconds from its last byte to the waiting thread."""
        code = b"%d\r" % next(self._codes)
        os.write(self.near, code[:-1])
        time.sleep(0.0005)
        began = time.perf_counter()
        os.write(self.near, code[-1:])
        return self.seen.get(timeout=5) - began


def rows(rounds: int) -> list[Row]:
    """Goals 1 and 3 of the device layer."""
    floor, subject = Line(), Line()
    floor.listen(lambda: _raw_read(floor.far))
    scanner = SerialScanner("bench", ScannerSettings(port=subject.port))
    scanner.open()
    subject.listen(lambda: scanner.read(5.0))
    every: list[float] = []

    def kept() -> float:
        every.append(subject.sample())
        return every[-1]

    found = interleaved({"floor": floor.sample, "subject": kept}, rounds=rounds, each=_SCANS // rounds)
    unplugged, replugged = _cycles()
    return [_latency(found["subject"], found["floor"], max(every)), _gone(unplugged), _back(replugged)]


def _raw_read(fd: int) -> bool:
    """The least: poll, os.read, look for the suffix."""
    select.select([fd], [], [])
    return b"\r" in os.read(fd, 4096)


def _cycles() -> tuple[list[float], list[float]]:
    """Seconds until a pulled cable is known, and from the replugging to the first scan kept by the shop."""
    unplugged, replugged = [], []
    with tempfile.TemporaryDirectory(prefix="store-edge-bench-") as folder, SimulatedScanner() as cable:
        shop = open_shop(Path(folder))
        store = shop.store
        scanner = SerialScanner("s1", ScannerSettings(port=cable.port))
        intake = Intake("s1", "T1", scanner, store.scans, store.status, shop.books.clock)
        worker = Worker("scanner s1", intake.turn)
        worker.start()
        for number in range(_CYCLES):
            _until(lambda: _state(store) == "online")
            began = time.perf_counter()
            cable.unplug()
            _until(lambda: _state(store) == "absent")
            unplugged.append(time.perf_counter() - began)
            time.sleep(0.01 + number % 7 * 0.005)
            began = time.perf_counter()
            cable.replug()
            _until(lambda: _state(store) == "online")
            cable.scan(f"https://example.com/{number}")
            _until(lambda: len(store.scans.feed("T1", 300)) > number)  # noqa: B023 - used at once
            replugged.append(time.perf_counter() - began)
        worker.stop()
        intake.close()
        shop.books.close()
    return unplugged, replugged


def _state(store: Store) -> str:
    return next((device.state for device in store.status.devices() if device.kind == "scanner"), "")


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.0002)


def _latency(subject: Figure, floor: Figure, slowest: float) -> Row:
    return Row(
        name="line-to-reading",
        what=f"last byte written to a pty -> read() of SerialScanner returns in a waiting thread, {_SCANS} scans; "
        "floor: select and os.read in a waiting thread",
        subject=f"{pair(subject)}, max {ms(slowest)}",
        floor=pair(floor),
        ratio=f"{subject.p50 / floor.p50:.2f} / {subject.p99 / floor.p99:.2f}",
        goal="p50 < 0.1 ms, p99 < 1 ms, max < 10 ms",
        met=subject.p50 < 0.0001 and subject.p99 < 0.001 and slowest < 0.01,
    )


def _gone(times: list[float]) -> Row:
    return Row(
        name="unplug-to-status",
        what=f"cable of a pty pulled -> the status desk says absent, {_CYCLES} times",
        subject=f"{ms(percentile(times, 50))} / {ms(percentile(times, 99))}, max {ms(max(times))}",
        floor="-",
        ratio="-",
        goal="max < 100 ms",
        met=max(times) < 0.1,
    )


def _back(times: list[float]) -> Row:
    return Row(
        name="replug-to-scan",
        what=f"cable back -> opened again, and a first scan kept by the shop, {_CYCLES} times",
        subject=f"{ms(percentile(times, 50))} / {ms(percentile(times, 99))}, max {ms(max(times))}",
        floor="-",
        ratio="-",
        goal="p99 < 50 ms",
        met=percentile(times, 99) < 0.05,
    )
