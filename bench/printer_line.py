"""A receipt printer's cable, pulled and plugged in: how soon the screens know, and how soon a waiting slip is out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.rounds import Row, ms, percentile
from bench.shop import KEY, raw_settings
from config.schema import parse
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge.daemon import Daemon

_CYCLES = 40


def rows(rounds: int) -> list[Row]:
    """Unplugging (serial only: a network printer without power says nothing) and the way back of both."""
    del rounds
    unplugged, serial = _cycles(serial=True)
    _, tcp = _cycles(serial=False)
    return [
        _row(
            "printer-unplug-to-status",
            "cable of a serial printer pulled -> the status desk says absent",
            unplugged,
            0.1,
        ),
        _row("printer-replug-to-paper", "its cable back -> the slip that waited is cut", serial, 1.0),
        _row(
            "printer-power-to-paper",
            "a network printer serves again -> the slip that waited is cut",
            tcp,
            1.0,
        ),
    ]


def _cycles(*, serial: bool) -> tuple[list[float], list[float]]:
    gone: list[float] = []
    back: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="store-edge-bench-") as folder,
        SimulatedPrinter(serial=serial) as paper,
    ):
        link = Path(folder) / "printer"
        where = {"driver": "escpos-serial", "device": str(link), "flow": "none"}
        how = where if serial else {"host": paper.host, "port": paper.port}
        if serial:
            link.symlink_to(paper.device)
        daemon = Daemon(parse(raw_settings(Path(folder), printers={"P1": how})), KEY)
        daemon.start()
        desk = daemon.store.printing
        for number in range(_CYCLES):
            desk.submit(f"a{number}", "P1", "T1", "", Slip("a", (Text("a"),)))
            _until(lambda: desk.jobs(1)[0].state == "printed" and _state(daemon) == "online")
            began = time.perf_counter()
            link.unlink(missing_ok=True)
            paper.power_off()
            if serial:
                _until(lambda: _state(daemon) == "absent")
                gone.append(time.perf_counter() - began)
            desk.submit(f"b{number}", "P1", "T1", "", Slip("b", (Text("b"),)))
            _until(lambda: _state(daemon) == "blocked")
            time.sleep(0.1 + number % 7 * 0.07)
            began = time.perf_counter()
            paper.power_on()
            if serial:
                link.symlink_to(paper.device)
            _until(lambda: len(paper.papers) == 2 * number + 2)  # noqa: B023 - used at once
            back.append(time.perf_counter() - began)
        daemon.stop()
    return gone, back


def _state(daemon: Daemon) -> str:
    return next((one.state for one in daemon.store.status.devices() if one.name == "P1"), "")


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.0005)


def _row(name: str, what: str, times: list[float], goal_s: float) -> Row:
    return Row(
        name=name,
        what=f"{what}, {len(times)} times",
        subject=f"{ms(percentile(times, 50))} / {ms(percentile(times, 99))}, max {ms(max(times))}",
        floor="-",
        ratio="-",
        goal=f"max < {ms(goal_s)}",
        met=max(times) < goal_s,
    )
