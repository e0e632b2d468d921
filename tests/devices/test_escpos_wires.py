"""Printers on a serial line, a USB port and in a file: the same driver, and every wait has an end."""

from __future__ import annotations

import contextlib
import os
import stat
import time
import tty
from pathlib import Path
from typing import Any

import pytest

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.escpos_replies import state_of_lp
from devices.escpos_slip import encode
from devices.ports import DeviceAbsent, DeviceFault, PrinterState, SentOnly, TooSlow
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text

SLIP = Slip("t", (Text("提货单"), Text("谢谢")))


def serial(
    device: str, timeout_s: float = 2.0, baud: int = 115_200, charset: str = "gb18030"
) -> EscposPrinter:
    return EscposPrinter(
        "r1",
        PrinterSettings(
            driver="escpos-serial",
            device=device,
            baud=baud,
            flow="none",
            timeout_s=timeout_s,
            charset="western" if charset == "western" else "gb18030",
        ),
    )


def test_a_serial_printer_prints_confirms_and_tells() -> None:
    with SimulatedPrinter(serial=True) as simulated:
        printer = serial(simulated.device)
        for count in (1, 2, 3):
            printer.print(SLIP)
            assert len(simulated.papers) == count
        simulated.open_cover()
        assert printer.state() is PrinterState.COVER_OPEN
        printer.close()


def test_pulling_the_cable_is_heard_at_once_and_its_file_is_let_go() -> None:
    with SimulatedPrinter(serial=True) as simulated:
        device = simulated.device
        printer, heard = serial(device), list[PrinterState]()
        printer.listen(heard.append)
        printer.print(SLIP)
        assert device in _open_files()
        simulated.power_off()
        deadline = time.monotonic() + 5
        while PrinterState.ABSENT not in heard or any(file.startswith(device) for file in _open_files()):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        with pytest.raises(DeviceAbsent):
            printer.print(SLIP)


def _open_files() -> list[str]:
    files = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            files.append(str(link.readlink()))
    return files


def test_a_stalled_serial_printer_holds_nobody_for_longer_than_its_deadline() -> None:
    """The other side of the line never reads, as with a CTS that stays low."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    settings = PrinterSettings(
        driver="escpos-serial", device=os.ttyname(theirs), confirm="none", flow="none", timeout_s=0.2
    )
    printer = EscposPrinter("r1", settings)
    with pytest.raises(DeviceFault) as fault:
        printer.print(Slip("t", tuple(Text(f"line {n}") for n in range(1500))))
    assert not isinstance(fault.value, SentOnly)
    os.close(ours)
    os.close(theirs)


def test_pictures_are_refused_on_a_line_that_is_too_slow_for_them() -> None:
    slip = Slip("t", tuple(Text(f"有机燕麦片即食冲饮营养早餐 {n}") for n in range(30)))
    with SimulatedPrinter(serial=True, rom="western") as simulated:
        with pytest.raises(TooSlow, match="9600 Bd"):
            serial(simulated.device, baud=9600, charset="western").print(slip)
        assert simulated.received == b""
        serial(simulated.device, baud=230_400, charset="western").print(slip)
        assert len(simulated.papers) == 1


def test_a_file_takes_slips_and_claims_nothing(tmp_path: Path) -> None:
    file = tmp_path / "slips.bin"
    settings = PrinterSettings(driver="escpos-file", device=str(file), confirm="none")
    printer = EscposPrinter("r1", settings)
    for _ in range(2):
        with pytest.raises(SentOnly):
            printer.print(SLIP)
    assert file.read_bytes().count(encode(SLIP, 48, "gb18030")) == 2
    assert file.stat().st_mode & 0o077 == 0, "slips are nobody else's business"


@pytest.mark.parametrize("driver", ["escpos-file", "escpos-usb"])
def test_a_file_of_something_else_is_no_printer(tmp_path: Path, driver: Any) -> None:
    key = tmp_path / "edge.key"
    key.write_text("00112233" * 8)
    settings = PrinterSettings(driver=driver, device=str(key), confirm="none")
    with pytest.raises(DeviceAbsent, match="something else"):
        EscposPrinter("r1", settings).print(SLIP)
    assert key.read_text() == "00112233" * 8


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes the node of a disk")
@pytest.mark.parametrize("driver", ["escpos-file", "escpos-usb"])
def test_a_disk_is_no_printer(tmp_path: Path, driver: Any) -> None:
    disk = tmp_path / "disk"
    try:
        os.mknod(disk, 0o600 | stat.S_IFBLK, os.makedev(7, 99))  # a loop device that nobody has set up
        os.close(os.open(disk, os.O_RDWR))
    except OSError:
        pytest.skip("no such node may be made or opened here")
    with pytest.raises(DeviceAbsent, match="it is a disk"):
        EscposPrinter("r1", PrinterSettings(driver=driver, device=str(disk), confirm="none")).print(SLIP)


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    for driver in ("escpos-serial", "escpos-usb", "escpos-file"):
        settings = PrinterSettings(driver=driver, device=str(tmp_path / "no" / "such"))
        with pytest.raises(DeviceAbsent):
            EscposPrinter("r1", settings).print(SLIP)


def test_a_usb_printer_is_a_file_that_answers() -> None:
    """usblp itself needs a kernel with USB; its device is used as this pseudo-terminal is."""
    with SimulatedPrinter(serial=True) as simulated:
        settings = PrinterSettings(driver="escpos-usb", device=simulated.device)
        printer = EscposPrinter("r1", settings)
        printer.print(SLIP)
        assert len(simulated.papers) == 1
        printer.close()


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0x18, PrinterState.UNKNOWN),
        (0x30, PrinterState.OUT_OF_PAPER),
        (0x38, PrinterState.OUT_OF_PAPER),
        (0x10, PrinterState.OFFLINE),
    ],
)
def test_what_the_usb_printer_class_says(bits: int, state: PrinterState) -> None:
    assert state_of_lp(bits) is state
