"""Two hundred pulled cables of a receipt printer, serial and on the network, with a slip waiting at each return."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.shop import KEY, raw_settings
from config.schema import parse
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge.daemon import Daemon

pytestmark = pytest.mark.slow
CYCLES = 200


class Cable:
    """The printer's end: a serial line behind a link that udev would keep, or its power switch."""

    def __init__(self, printer: SimulatedPrinter, link: Path | None) -> None:
        self._printer = printer
        self._link = link

    def pull(self) -> None:
        """Its node and its link are gone; or it is off the network."""
        if self._link:
            self._link.unlink()
        self._printer.power_off()

    def plug(self) -> None:
        """Back, under another name behind the same link."""
        self._printer.power_on()
        if self._link:
            self._link.symlink_to(self._printer.device)


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@contextlib.contextmanager
def shop_with(folder: Path, *, serial: bool) -> Iterator[tuple[Daemon, SimulatedPrinter, Cable]]:
    with SimulatedPrinter(serial=serial) as paper:
        link = folder / "printer" if serial else None
        if link:
            link.symlink_to(paper.device)
        how = (
            {"driver": "escpos-serial", "device": str(link), "flow": "none"}
            if serial
            else {"host": "127.0.0.1", "port": paper.port}
        )
        stations = {"T1": {"printer": "front"}, "T2": {"printer": "front"}}
        daemon = Daemon(parse(raw_settings(folder, printers={"front": how}, stations=stations)), KEY)
        daemon.start()
        try:
            yield daemon, paper, Cable(paper, link)
        finally:
            daemon.stop()


@pytest.mark.parametrize("serial", [True, False], ids=["serial", "tcp"])
def test_two_hundred_pulled_cables_leave_no_file_open_and_no_slip_behind(
    tmp_path: Path, serial: bool
) -> None:
    with shop_with(tmp_path, serial=serial) as (daemon, paper, cable):
        desk = daemon.store.printing

        def state() -> str:
            found = [one.state for one in daemon.store.status.devices() if one.name == "front"]
            return found[0] if found else ""

        def printed(key: str) -> Callable[[], bool]:
            desk.submit(key, "front", "T1", "", Slip(key, (Text(key),)))
            return lambda: any(key == one.text.strip() for one in paper.papers)

        until(printed("first"))
        files = -1
        for number in range(CYCLES):
            until(lambda: state() == "online" and desk.jobs(1)[0].state == "printed")
            cable.pull()
            if serial:  # a network printer without power says nothing: only the next question finds out
                until(lambda: state() == "absent")
            came_out = printed(f"slip {number}")
            until(lambda: state() == "blocked")
            cable.plug()
            until(came_out)
            if number == 10:  # readers of the ledger and the interpreter have all they want by now
                files = open_files()
        until(lambda: state() == "online")
        until(lambda: open_files() <= files)
        texts = [one.text.strip() for one in paper.papers]
        assert texts == ["first", *(f"slip {number}" for number in range(CYCLES))], "each once, in order"
