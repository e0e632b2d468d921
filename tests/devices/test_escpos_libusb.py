"""A printer over libusb: pyusb and our wire as in a shop, a simulator where libusb and the kernel would be."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import usb.libloader  # type: ignore[import-untyped]

from config.device_schema import PrinterSettings
from config.schema import SettingsRefused, parse
from devices.escpos_libusb import open_libusb
from devices.escpos_printer import EscposPrinter
from devices.ports import (
    DeviceAbsent,
    DeviceClaimed,
    DeviceDenied,
    DeviceFault,
    OutOfPaper,
    PrinterState,
    SentOnly,
    Unconfirmed,
)
from devices.simulated_printer import SimulatedPrinter
from devices.simulated_usb import SimulatedUsb
from devices.slip import Qr, Slip, Text

SLIP = Slip("t", (Text("提货单"), Text("Café 🎉"), Qr("PK1.ABC"), Text("谢谢")))


@pytest.fixture
def simulated() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter(serial=True) as printer:
        yield printer


def driver(bus: SimulatedUsb, device: str = "04b8:0e28", **named: object) -> EscposPrinter:
    asked = {"driver": "escpos-libusb", "device": device, "timeout_s": 0.5, **named}
    settings = parse({"printers": {"r1": asked}}).printers["r1"]
    return EscposPrinter("r1", settings, dial=partial(open_libusb, backend=bus))


def test_prints_confirms_tells_and_gives_the_printer_back_to_usblp(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    printer, heard = driver(bus), list[PrinterState]()
    printer.listen(heard.append)
    for count in (1, 2, 3):
        printer.print(SLIP)
        assert len(simulated.papers) == count
    assert (bus.claimed, bus.usblp) == (True, False)
    simulated.open_cover()
    until(lambda: PrinterState.COVER_OPEN in heard)
    printer.close()
    until(lambda: not bus.claimed and bus.usblp)
    assert simulated.unknown == []


def test_a_printer_that_usblp_never_had_is_not_given_to_it(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    bus.usblp = False
    printer = driver(bus)
    printer.print(SLIP)
    printer.close()
    until(lambda: not bus.claimed)
    assert not bus.usblp


def test_let_go_after_each_slip_and_taken_again_at_once(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    printer = driver(bus, hold=False)
    for _ in range(5):
        printer.print(SLIP)
    assert len(simulated.papers) == 5
    until(lambda: bus.usblp and not bus.claimed)


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.EACCES, DeviceDenied), (errno.EBUSY, DeviceClaimed)],
    ids=["denied", "claimed"],
)
def test_what_may_not_be_opened_says_why_and_is_left_as_it_was(
    simulated: SimulatedPrinter, number: int, error: type[DeviceFault]
) -> None:
    bus = SimulatedUsb(simulated)
    bus.refuses = number
    for device in ("04b8:0e28", "04b8:0e28:SIM0001"):
        with pytest.raises(error):
            driver(bus, device).print(SLIP)
    assert (bus.usblp, simulated.received) == (True, b"")
    bus.refuses = 0
    driver(bus).print(SLIP)


def test_two_programs_cannot_have_one_printer(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    ours, theirs = driver(bus), driver(bus)
    ours.print(SLIP)
    with pytest.raises(DeviceClaimed):
        theirs.print(SLIP)
    ours.print(SLIP)
    assert len(simulated.papers) == 2


@pytest.mark.parametrize(
    ("device", "there"),
    [
        ("04b8:0e28:SIM0001", True),
        ("04B8:0E28:SIM0001", True),
        ("04b8:0e28:SIM0002", False),
        ("04b8:0e29", False),
    ],
)
def test_a_printer_is_known_by_vendor_product_and_serial_number(
    simulated: SimulatedPrinter, device: str, there: bool
) -> None:
    printer = driver(SimulatedUsb(simulated), device)
    if there:
        printer.print(SLIP)
    else:
        with pytest.raises(DeviceAbsent, match="no such USB printer"):
            printer.print(SLIP)
    assert len(simulated.papers) == there


def test_pulled_out_it_is_absent_at_once_and_prints_again_when_it_is_back(
    simulated: SimulatedPrinter,
) -> None:
    bus = SimulatedUsb(simulated)
    printer, heard = driver(bus), list[PrinterState]()
    printer.listen(heard.append)
    for count in (1, 2, 3):
        printer.print(SLIP)
        simulated.power_off()
        until(partial(_heard_of, heard, count))
        with pytest.raises(DeviceAbsent):
            printer.print(SLIP)
        bus.usblp = True  # the kernel's driver takes what is plugged in
        simulated.power_on()
        printer.print(SLIP)
        assert len(simulated.papers) == 2 * count


def test_pulled_out_in_the_middle_of_a_slip_is_unconfirmed(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    printer = driver(bus, timeout_s=2)
    printer.print(SLIP)
    bus.stalled = True
    with pytest.raises(DeviceFault) as fault:  # nothing of it was taken, not even the question before it
        printer.print(SLIP)
    assert not isinstance(fault.value, Unconfirmed)
    bus.stalled = False
    simulated.swallow()
    with pytest.raises(Unconfirmed):
        printer.print(SLIP, simulated.power_off)


def test_a_stalled_printer_holds_nobody_for_longer_than_its_deadline(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    bus.stalled = True
    wire = open_libusb(PrinterSettings(driver="escpos-libusb", device="04b8:0e28"), bus)
    with pytest.raises(TimeoutError):
        wire.write(memoryview(b"\x00" * 100), 0.05)
    assert wire.read(0.01) == b""
    wire.close()
    with pytest.raises(ConnectionAbortedError):
        wire.write(memoryview(b"x"), 0.05)
    assert not bus.claimed, "a write after the end claims nothing"


def test_one_way_printers_and_clones_without_a_class(simulated: SimulatedPrinter) -> None:
    with pytest.raises(SentOnly):
        driver(SimulatedUsb(simulated, two_way=False), confirm="none").print(SLIP)
    assert len(simulated.wait_papers(1, 5)) == 1
    driver(SimulatedUsb(simulated, printer_class=False)).print(SLIP)
    assert len(simulated.papers) == 2


def test_the_printer_class_tells_of_missing_paper(simulated: SimulatedPrinter) -> None:
    bus = SimulatedUsb(simulated)
    printer = driver(bus)
    bus.port_status = 0x30
    with pytest.raises(OutOfPaper):
        printer.print(SLIP)
    assert printer.state() is PrinterState.OUT_OF_PAPER


def test_without_the_library_the_words_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library cannot be taken off this machine, hence the patch: where pyusb looks for it, it is not."""
    from usb.backend import libusb1  # type: ignore[import-untyped]

    def not_there(*_: object, **__: object) -> None:
        raise usb.libloader.LibraryNotFoundException("libusb-1.0")

    monkeypatch.setattr(libusb1, "_lib_object", None)
    monkeypatch.setattr(libusb1, "_load_library", not_there)
    printer = EscposPrinter("r1", PrinterSettings(driver="escpos-libusb", device="04b8:0e28"))
    with pytest.raises(DeviceAbsent, match=r"libusb-1\.0 is not installed"):
        printer.print(SLIP)


def test_the_real_library_finds_no_such_printer_here() -> None:
    if not list(Path("/usr/lib").glob("*/libusb-1.0.so*")):
        pytest.skip("libusb-1.0 is not installed here")
    printer = EscposPrinter("r1", PrinterSettings(driver="escpos-libusb", device="ffff:fffe:none"))
    with pytest.raises(DeviceAbsent):
        printer.print(SLIP)


@pytest.mark.parametrize("device", ["/dev/usb/lp0", "04b8", "04b8:0e28:", "04b8:zzzz"])
def test_a_name_that_is_none_is_refused_in_the_settings(device: str) -> None:
    with pytest.raises(SettingsRefused, match=r"printers\.r1\.device"):
        parse({"printers": {"r1": {"driver": "escpos-libusb", "device": device}}})


def _heard_of(heard: list[PrinterState], count: int) -> bool:
    return heard.count(PrinterState.ABSENT) == count


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
