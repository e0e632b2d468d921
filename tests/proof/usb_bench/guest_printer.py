"""Receipt printers under the kernel's own usblp: the gadget's inner end is our simulated printer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import threading
import time
from pathlib import Path
from typing import Literal, Self

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.ports import DeviceAbsent, DeviceDenied, OutOfPaper, PrinterState, Unconfirmed
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from tests.proof.usb_bench.gadgets import Gadget
from tests.proof.usb_bench.guest_hid import settled
from tests.proof.usb_bench.guest_serial import SERIAL
from tests.proof.usb_bench.talk import Talk, as_nobody, as_root, only, until

EPSON = (0x04B8, 0x0E15)
LP = "/dev/usb/lp0"
BY_LIBUSB = f"04b8:0e15:{SERIAL}"
RECEIPT = "/dev/store-edge/receipt"
_SET_STATUS = 0xC0016722  # _IOWR('g', 0x22, unsigned char), linux/usb/g_printer.h
_READY, _NO_PAPER = 0x18, 0x30  # USB printer class 1.1, GET_PORT_STATUS
LONG = Slip("bench", (Text("\n".join(f"line {number} of a long slip of paper" for number in range(900))),))


class UsbPrinter:
    """A simulated printer whose line is a USB printer gadget; use as a context."""

    def __init__(self, number: int, serial: str) -> None:
        self.simulated = SimulatedPrinter(serial=True)
        self._gadget = Gadget(
            *(f"printer{number}", EPSON, ("EPSON", "TM-T20II", serial), f"printer.{number}"),
            pnp_string="MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;",
        )
        self._number = number
        self._pulled = threading.Event()
        self._pulled.set()
        self.room = 10**9
        """How many more bytes it takes before it stalls."""

    def __enter__(self) -> Self:
        self.simulated.power_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
        self.simulated.power_off()
        self._gadget.scrap()

    def plug(self, socket: int = 0) -> None:
        """Into a socket; its inner end is there from now on."""
        self._gadget.plug(socket)
        with as_root():
            self._usb = until(self._inner_end, "the printer's inner end")
            self._line = os.open(self.simulated.device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        self._pulled.clear()
        self._carrier = threading.Thread(target=self._carry)
        self._carrier.start()

    def _inner_end(self) -> int:
        """It can be opened when the other side has configured the device."""
        try:
            return os.open(f"/dev/g_printer{self._number}", os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            return 0

    def unplug(self) -> None:
        """The cable is pulled; what it has not printed yet it may still print."""
        if not self._pulled.is_set():
            self._gadget.unplug()
            self._pulled.set()
            self._carrier.join()
            os.close(self._usb)
            os.close(self._line)

    def port_status(self, bits: int) -> None:
        """What the USB printer class itself says of paper and errors."""
        fcntl.ioctl(self._usb, _SET_STATUS, bits)

    def _carry(self) -> None:
        while not self._pulled.is_set():
            ends = [self._line, *([self._usb] if self.room > 0 else [])]
            for end in select.select(ends, [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    data = os.read(end, 4096)
                    if end == self._usb:
                        self.room -= len(data)
                    self._pass_on(self._line if end == self._usb else self._usb, data)

    def _pass_on(self, end: int, data: bytes) -> None:
        while data and not self._pulled.is_set():
            try:
                data = data[os.write(end, data) :]
            except BlockingIOError:
                self._pulled.wait(0.002)


def driver(name: str, device: str) -> EscposPrinter:
    kind: Literal["escpos-usb", "escpos-libusb"] = "escpos-usb" if "/" in device else "escpos-libusb"
    return EscposPrinter(name, PrinterSettings(driver=kind, device=device, timeout_s=5))


def slip(text: str) -> Slip:
    return Slip("bench", (Text(text),))


def papers(printer: UsbPrinter) -> list[str]:
    return [paper.text for paper in printer.simulated.papers]


def one_printer(talk: Talk) -> None:
    with UsbPrinter(0, SERIAL) as printer:
        printer.plug()
        mode = settled(only(LP), "root:lp 660")
        talk.check("udev gives it to the group lp", mode == "root:lp 660", mode)
        with as_nobody():
            refused = driver("x", LP)
            talk.refused(
                "a user outside the group is denied, in words", DeviceDenied, lambda: refused.print(slip("x"))
            )
        receipt, told = driver("receipt", LP), list[PrinterState]()
        receipt.listen(told.append)
        receipt.print(slip("first slip 你好"))
        talk.check(
            "a slip is printed and confirmed through usblp",
            "first slip 你好" in papers(printer)[-1],
            papers(printer),
        )
        talk.check("it says that it is ready", receipt.state() is PrinterState.ONLINE, receipt.state())
        _paper(talk, printer, receipt, told)
        _unplugged(talk, printer, receipt, told)
        receipt.close()


def _paper(talk: Talk, printer: UsbPrinter, receipt: EscposPrinter, told: list[PrinterState]) -> None:
    before = len(papers(printer))
    printer.port_status(_NO_PAPER)
    talk.refused("no paper by the port's status: refused", OutOfPaper, lambda: receipt.print(slip("none")))
    printer.port_status(_READY)
    talk.check("with paper by the port's status it is ready", receipt.state() is PrinterState.ONLINE)
    told.clear()
    printer.simulated.take_paper()
    heard = until(lambda: PrinterState.OUT_OF_PAPER in told, "the printer's own word", 10)
    talk.check("no paper by the printer's own word is heard unasked", heard, told)
    talk.refused("no paper by its answer: refused", OutOfPaper, lambda: receipt.print(slip("none")))
    talk.check("and not a byte of them was printed", len(papers(printer)) == before, papers(printer))
    printer.simulated.recover()
    receipt.print(slip("paper again"))
    talk.check("with paper it goes on", "paper again" in papers(printer)[-1], papers(printer))


def _unplugged(talk: Talk, printer: UsbPrinter, receipt: EscposPrinter, told: list[PrinterState]) -> None:
    """It stalls in the middle of a slip, and then the cable is pulled."""
    ended: list[tuple[float, str]] = []

    def printing() -> None:
        try:
            receipt.print(LONG)
        except (Unconfirmed, DeviceAbsent) as fault:
            ended.append((time.monotonic(), type(fault).__name__))

    printer.room = 6000
    thread = threading.Thread(target=printing)
    thread.start()
    until(lambda: printer.room <= 0, "it stalls")
    began = time.monotonic()
    printer.unplug()
    thread.join()
    talk.figure("ms until an unplugging in mid-slip is noticed", round((ended[0][0] - began) * 1000, 1))
    talk.check("unplugged in mid-slip it is uncertain, not failed", ended[0][1] == "Unconfirmed", ended)
    until(lambda: not Path(LP).exists(), "lp0 goes")
    talk.check("while it is away it is absent", receipt.state() is PrinterState.ABSENT, receipt.state())
    printer.room = 10**9
    began = time.monotonic()
    printer.plug()
    settled(only(LP), "root:lp 660")
    until(lambda: receipt.state() is PrinterState.ONLINE, "online")
    receipt.print(slip("after the replug"))
    talk.figure("ms from a replug to a confirmed slip", round((time.monotonic() - began) * 1000, 1))
    talk.check(
        "plugged in again the next slip is whole",
        "after the replug" in papers(printer)[-1],
        papers(printer)[-1:],
    )
    told.clear()
    printer.unplug()
    heard = until(lambda: PrinterState.ABSENT in told, "its absence", 10)
    talk.check("unplugged while idle: its absence is heard unasked", heard, told)


def two_printers(talk: Talk) -> None:
    """Plugged in the other order they exchange their numbers; the link by serial number stays."""
    with UsbPrinter(0, SERIAL) as first, UsbPrinter(1, "J9HF000002") as second:
        first.plug(0)
        only(LP)
        second.plug(1)
        settled(only("/dev/usb/lp1"), "root:lp 660")
        was = os.path.realpath(only(RECEIPT))
        receipt = driver("receipt", RECEIPT)
        receipt.print(slip("one"))
        first.unplug()
        second.unplug()
        until(
            lambda: not Path("/dev/usb").exists() or not list(Path("/dev/usb").glob("lp*")), "their nodes go"
        )
        second.plug(1)
        only(LP)
        first.plug(0)
        now = os.path.realpath(only(RECEIPT))
        settled(now, "root:lp 660")
        talk.check("its number was exchanged", (was, now) == (LP, "/dev/usb/lp1"), (was, now))
        until(lambda: receipt.state() is PrinterState.ONLINE, "online")
        receipt.print(slip("two"))
        receipt.close()
        got = papers(first)
        talk.check(
            "both slips came out of the same printer",
            len(got) == 2 and not papers(second),
            (got, papers(second)),
        )


def libusb_awake() -> None:
    """libusb opens a few files for the process when it is first used, and keeps them."""
    driver("awake", BY_LIBUSB).state()


def both_drivers(talk: Talk) -> None:
    """usblp has it; libusb takes it away, and gives it back."""
    with UsbPrinter(0, SERIAL) as printer:
        printer.plug()
        settled(only(LP), "root:lp 660")
        with as_nobody():
            refused = driver("x", BY_LIBUSB)
            talk.refused(
                "a user outside the group is denied, in words", DeviceDenied, lambda: refused.print(slip("x"))
            )
        usblp, libusb = driver("usblp", LP), driver("libusb", BY_LIBUSB)
        usblp.print(slip("by usblp"))
        libusb.print(slip("by libusb"))
        talk.check(
            "libusb prints though usblp had it open", "by libusb" in papers(printer)[-1], papers(printer)
        )
        talk.check("usblp's node is gone meanwhile", not Path(LP).exists())
        talk.check("and its driver says absent", usblp.state() is PrinterState.ABSENT, usblp.state())
        printer.port_status(_NO_PAPER)
        talk.refused("no paper by the port's status: refused", OutOfPaper, lambda: libusb.print(slip("none")))
        printer.port_status(_READY)
        libusb.close()
        settled(only(LP), "root:lp 660")
        usblp.print(slip("usblp again"))
        talk.check("given back, usblp prints again", "usblp again" in papers(printer)[-1], papers(printer))
        usblp.close()
        libusb.print(slip("libusb again"))
        printer.unplug()
        state = until(lambda: libusb.state() is PrinterState.ABSENT, "absent", 10)
        talk.check("unplugged it is absent", state)
        printer.plug()
        until(lambda: libusb.state() is PrinterState.ONLINE, "online")
        libusb.print(slip("after the replug"))
        talk.check(
            "plugged in again it prints", "after the replug" in papers(printer)[-1], papers(printer)[-1:]
        )
        libusb.close()
