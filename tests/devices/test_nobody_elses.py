"""Devices that somebody else has, or that this program's user may not open: said as what it is, and no byte stolen."""

from __future__ import annotations

import os
import subprocess
import sys
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.device_schema import PrinterSettings, ScannerSettings
from devices.escpos_printer import EscposPrinter
from devices.evdev_scanner import EvdevScanner
from devices.hidpos_scanner import HidPosScanner
from devices.ports import DeviceClaimed, DeviceDenied, PrinterState, Scanner
from devices.serial_scanner import SerialScanner
from devices.simulated_nodes import nobody_asks
from devices.simulated_printer import SimulatedPrinter
from devices.simulated_scanner import SimulatedScanner
from devices.slip import Slip, Text

NOBODY = 65534
# Opens politely or not; prints what came of it. Another user, for root may open whatever is claimed.
OTHER = """
import os, sys
os.setuid({uid})
import serial
try:
    serial.Serial({port!r}, exclusive={polite})
except serial.SerialException as error:
    print("refused", error.errno)
else:
    print("opened")
"""


@pytest.fixture
def line() -> Iterator[SimulatedScanner]:
    with SimulatedScanner() as simulated:
        yield simulated


def as_nobody() -> None:
    """Skips where this process cannot become somebody else."""
    if os.getuid() != 0:
        pytest.skip("only root can open a port as another user")


@pytest.mark.parametrize("polite", [True, False])
def test_a_second_program_that_opens_the_port_gets_none_of_its_bytes(
    line: SimulatedScanner, polite: bool
) -> None:
    """Row 23 of the failures: `exclusive` alone keeps out only those who ask for it, too."""
    as_nobody()
    Path(line.port).chmod(0o666)
    folder = Path(line.port).parent
    folder.chmod(0o755)
    scanner = SerialScanner("s1", ScannerSettings(port=line.port))
    scanner.open()
    program = OTHER.format(uid=NOBODY, port=os.path.realpath(line.port), polite=polite)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert run.stdout.startswith("refused")
    for number in range(20):
        line.scan(f"code {number}")
        assert [reading.text for reading in scanner.read(5)] == [f"code {number}"]
    scanner.close()
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert run.stdout == "opened\n", "and it is free again afterwards"


def test_the_second_of_two_of_ours_hears_that_it_is_claimed(line: SimulatedScanner) -> None:
    first, second = (SerialScanner(name, ScannerSettings(port=line.port)) for name in "ab")
    first.open()
    with pytest.raises(DeviceClaimed):
        second.open()
    line.scan("6901234567892")
    assert [reading.text for reading in first.read(5)] == ["6901234567892"]
    first.close()
    second.open()
    second.close()


def _serial(path: str) -> Scanner:
    return SerialScanner("s1", ScannerSettings(port=path))


def _evdev(path: str) -> Scanner:
    return EvdevScanner("s1", ScannerSettings(driver="evdev", port=path), nobody_asks)


def _hidpos(path: str) -> Scanner:
    return HidPosScanner("s1", ScannerSettings(driver="hidpos", port=path), nobody_asks)


@pytest.mark.parametrize("make", [_serial, _evdev, _hidpos])
def test_a_node_that_this_user_may_not_open_is_denied_and_not_absent(make: Callable[[str], Scanner]) -> None:
    """Row 26 of the failures: the group is missing, or the udev rule."""
    as_nobody()
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path = os.ttyname(theirs)
    os.fchmod(theirs, 0o600)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            make(path).open()
        except DeviceDenied:
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    os.close(ours)
    os.close(theirs)


def test_another_host_at_a_printers_port_is_waited_for_and_loses_nothing() -> None:
    """Row 12 of the failures: such a printer talks to one host at a time, the others wait in its line."""
    with SimulatedPrinter() as paper:
        other = EscposPrinter("other", PrinterSettings(host="127.0.0.1", port=paper.port))
        other.print(Slip("theirs", (Text("theirs"),)))  # and it holds the line
        ours = EscposPrinter("ours", PrinterSettings(host="127.0.0.1", port=paper.port, timeout_s=0.5))
        assert ours.state() in (PrinterState.OFFLINE, PrinterState.ABSENT)
        other.close()
        ours.print(Slip("ours", (Text("ours"),)))
        assert [one.text.strip() for one in paper.papers] == ["theirs", "ours"]
        ours.close()
