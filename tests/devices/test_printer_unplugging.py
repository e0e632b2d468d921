"""Each way to a printer is pulled in the middle of the work and plugged in again; nothing is printed twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.escpos_slip import encode
from devices.ports import DeviceAbsent, SentOnly, Unconfirmed
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text

LONG = Slip("long", tuple(Text(f"line {n:04}") for n in range(200)))
SHORT = Slip("short", (Text("提货单"),))


@pytest.mark.parametrize("way", ["escpos-tcp", "escpos-serial", "escpos-usb"])
def test_unplugged_in_the_middle_of_a_slip_and_plugged_in_again(
    way: Literal["escpos-tcp", "escpos-serial", "escpos-usb"], tmp_path: Path
) -> None:
    """usblp needs a kernel with USB; its device is used as this pseudo-terminal is."""
    link = tmp_path / "receipt"
    with SimulatedPrinter(serial=way != "escpos-tcp") as simulated:
        if way == "escpos-tcp":
            settings = PrinterSettings(host=simulated.host, port=simulated.port)
        else:
            settings = PrinterSettings(driver=way, device=str(link), baud=115_200, flow="none")
        printer = EscposPrinter("r1", settings)
        for turn in range(3):
            if way != "escpos-tcp":  # udev's link, to another name after each plugging in
                link.unlink(missing_ok=True)
                link.symlink_to(simulated.device)
            printer.print(SHORT)
            whole = sum("提货单" in paper.text for paper in simulated.papers)
            assert whole == turn + 1
            taken = len(simulated.received)
            simulated.swallow()
            with ThreadPoolExecutor(1) as hands:
                printing = hands.submit(printer.print, LONG)
                assert simulated.wait_received(taken + 600, 10)
                simulated.power_off()
                with pytest.raises(Unconfirmed):
                    printing.result(10)
            simulated.recover()
            link.unlink(missing_ok=True)
            with pytest.raises(DeviceAbsent):
                printer.print(SHORT)
            simulated.power_on()
        printer.close()


def test_the_disk_of_a_printer_file_is_taken_out_and_put_in_again(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    file = folder / "slips.bin"
    printer = EscposPrinter("r1", PrinterSettings(driver="escpos-file", device=str(file), confirm="none"))
    with pytest.raises(SentOnly):
        printer.print(SHORT)
    printer.close()
    folder.rename(tmp_path / "out")
    with pytest.raises(DeviceAbsent):
        printer.print(SHORT)
    (tmp_path / "out").rename(folder)
    with pytest.raises(SentOnly):
        printer.print(SHORT)
    assert file.read_bytes().count(encode(SHORT, 48, "gb18030")) == 2
    printer.close()
