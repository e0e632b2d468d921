"""What else goes wrong at a printer: covers that flap, heads that are hot, hosts that were first, lines that stall."""

from __future__ import annotations

import ast
import contextlib
import os
import select
import socket
import threading
import time
import tty
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.escpos_slip import encode
from devices.ports import DeviceAbsent, DeviceFault, DeviceOffline, PrinterState, SentOnly, Unconfirmed
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Pair, Qr, Slip, Text

ROOT = Path(__file__).resolve().parents[2]
SLIP = Slip("pickup", (Text("自提核销单", scale=2), Pair("有机燕麦片", "x2"), Qr("PK1.ABC"), Text("谢谢")))
LONG = Slip("long", tuple(Text(f"line {n:04}") for n in range(120)))


@pytest.fixture
def simulated() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as printer:
        yield printer


def driver(simulated: SimulatedPrinter, timeout_s: float = 1.0) -> EscposPrinter:
    return EscposPrinter("r1", PrinterSettings(host=simulated.host, port=simulated.port, timeout_s=timeout_s))


def test_a_host_that_accepts_and_never_reads_costs_two_seconds_and_no_byte() -> None:
    """The kernel takes what is sent as long as its buffers have room: only an answer says that somebody is there."""
    with socket.create_server(("127.0.0.1", 0)) as blackhole:
        printer = EscposPrinter(
            "r1", PrinterSettings(host="127.0.0.1", port=blackhole.getsockname()[1], timeout_s=0.3)
        )
        for _ in range(2):
            with pytest.raises(DeviceOffline, match="does not answer"):
                printer.print(SLIP)
        assert printer.state() is PrinterState.OFFLINE
        printer.close()


def test_a_cover_that_flaps_ten_times_a_second_costs_no_slip_and_doubles_none(
    simulated: SimulatedPrinter,
) -> None:
    """A slip that it stops waits, is refused before its first byte, or is of unknown fate: never a torn "printed"."""
    printer, ended, fates = driver(simulated, timeout_s=0.5), threading.Event(), Counter[str]()

    def flap() -> None:
        while not ended.wait(0.05):
            simulated.open_cover()
            ended.wait(0.05)
            simulated.close_cover()

    flapping = threading.Thread(target=flap)
    flapping.start()
    try:
        for number in range(1000):
            # Which moment a slip meets is chance: both kinds have to have been met.
            if number >= 40 and fates["printed"] and fates["COVER_OPEN"]:
                break
            try:
                printer.print(Slip("t", (Text(f"BEGIN {number}"), *LONG.parts, Text(f"END {number}"))))
                fates["printed"] += 1
            except DeviceFault as fault:
                fates[fault.code] += 1
    finally:
        ended.set()
        flapping.join(5)
        simulated.close_cover()
    printer.print(SLIP)
    whole = [paper for paper in simulated.papers if "BEGIN" in paper.text]
    assert all(paper.text.count("BEGIN") == paper.text.count("END") == 1 for paper in whole)
    assert len({paper.text for paper in whole}) == len(whole), "none twice"
    assert set(fates) <= {"printed", "COVER_OPEN", "UNCONFIRMED"}
    assert fates["printed"] <= len(whole) <= fates["printed"] + fates["UNCONFIRMED"]
    assert fates["printed"] > 0
    assert fates["COVER_OPEN"] > 0
    printer.close()


@pytest.mark.parametrize("error", [0x08, 0x20, 0x40], ids=["cutter", "unrecoverable", "head hot"])
def test_an_error_of_the_machine_stops_slips_before_their_first_byte(
    simulated: SimulatedPrinter, error: int
) -> None:
    printer, heard = driver(simulated), list[PrinterState]()
    printer.listen(heard.append)
    printer.print(SLIP)
    before = simulated.received
    simulated.jam(error)
    with pytest.raises(DeviceOffline):
        printer.print(SLIP)
    assert (heard, simulated.received) == ([PrinterState.OFFLINE], before)
    simulated.recover()
    printer.print(SLIP)
    assert len(simulated.papers) == 2
    printer.close()


def test_an_error_inside_a_slip_is_of_unknown_fate(simulated: SimulatedPrinter) -> None:
    printer = driver(simulated, timeout_s=0.1)
    simulated.take_paper(after_lines=1)
    simulated.jam(0x08)
    with pytest.raises(DeviceOffline):
        printer.print(SLIP)
    simulated.recover()
    simulated.slow(20_000)
    jam = threading.Timer(0.02, simulated.jam)
    jam.start()
    with pytest.raises(Unconfirmed):
        printer.print(Slip("t", LONG.parts * 10))
    simulated.recover()
    printer.close()


def test_a_slow_printer_gets_its_slip_as_fast_as_it_takes_it(simulated: SimulatedPrinter) -> None:
    printer = driver(simulated, timeout_s=5)
    printer.print(SLIP)
    simulated.slow(8_000)
    began = time.monotonic()
    printer.print(LONG)
    assert time.monotonic() - began > len(encode(LONG, 48, "gb18030")) / 8_000 * 0.8
    assert simulated.papers[-1].text.splitlines()[-1] == "line 0119"
    printer.close()


def test_another_host_on_the_line_is_waited_for_and_gets_no_byte_of_ours(simulated: SimulatedPrinter) -> None:
    """Its connection is taken, ours waits in the printer's queue: connected, but deaf."""
    printer = driver(simulated, timeout_s=0.3)
    theirs = socket.create_connection((simulated.host, simulated.port), timeout=5)
    theirs.sendall(b"\x10\x04\x01")
    assert theirs.recv(1) == b"\x12"
    with pytest.raises(DeviceOffline):
        printer.print(SLIP)
    theirs.sendall(encode(SLIP, 48, "gb18030"))
    assert len(simulated.wait_papers(1, 5)) == 1
    theirs.close()
    until_printed(printer)
    assert [paper.text.splitlines()[0] for paper in simulated.papers] == ["自提核销单"] * 2
    printer.close()


def until_printed(printer: EscposPrinter) -> None:
    deadline, printed = time.monotonic() + 10, False
    while not printed:
        assert time.monotonic() < deadline
        with contextlib.suppress(DeviceOffline, DeviceAbsent):
            printer.print(SLIP)
            printed = True


# ---- serial lines that stall -----------------------------------------------------------------------


@contextlib.contextmanager
def stalled_line() -> Iterator[tuple[int, str]]:
    """A pseudo-terminal whose other side reads nothing unless the test does."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def on_line(device: str, flow: Literal["rts", "xoff", "none"], timeout_s: float = 0.2) -> EscposPrinter:
    return EscposPrinter(
        "r1",
        PrinterSettings(
            driver="escpos-serial",
            device=device,
            baud=115_200,
            confirm="none",
            flow=flow,
            timeout_s=timeout_s,
        ),
    )


@pytest.mark.parametrize("flow", ["rts", "xoff", "none"])
def test_a_serial_line_that_takes_nothing_more_ends_at_the_deadline(
    flow: Literal["rts", "xoff", "none"],
) -> None:
    big = Slip("t", tuple(Text(f"line {n}") for n in range(1500)))
    with stalled_line() as (_, device), pytest.raises(Unconfirmed) as fault:
        on_line(device, flow).print(big)
    assert not isinstance(fault.value, SentOnly)


def test_xoff_stops_us_and_xon_lets_the_slip_out_whole() -> None:
    job, got = encode(LONG, 48, "gb18030"), bytearray()
    with stalled_line() as (ours, device):
        printer = on_line(device, "xoff", timeout_s=5)

        def read_until(end: bytes) -> None:
            while end not in got:
                got.extend(os.read(ours, 4096))

        def print_and_say(slip: Slip) -> None:
            with pytest.raises(SentOnly):
                printer.print(slip)

        first = threading.Thread(target=print_and_say, args=(SLIP,))
        first.start()
        read_until(encode(SLIP, 48, "gb18030"))
        first.join(5)
        os.write(ours, b"\x13")
        second = threading.Thread(target=print_and_say, args=(LONG,))
        second.start()
        assert not select.select([ours], [], [], 0.2)[0], "not a byte while it says stop"
        os.write(ours, b"\x11")
        read_until(job)
        second.join(5)
        assert not second.is_alive()
        printer.close()


# ---- status that is true (goal 6) ------------------------------------------------------------------


def test_ten_thousand_polls_among_unasked_words_never_say_no_paper(simulated: SimulatedPrinter) -> None:
    """The drawer opens and shuts all the time, each time four bytes that nobody asked for."""
    printer, ended, seen = driver(simulated), threading.Event(), Counter[PrinterState]()
    printer.print(SLIP)
    told = 0

    def swing() -> None:
        nonlocal told
        while not ended.wait(0.0002):
            simulated.drawer_open = not simulated.drawer_open
            simulated.give_paper()  # changes nothing, and has the printer look at itself
            told += 1

    simulated.chatter()
    swinging = threading.Thread(target=swing)
    swinging.start()
    try:
        for _ in range(10_000):
            seen[printer.state()] += 1
    finally:
        ended.set()
        swinging.join(5)
    assert seen == {PrinterState.ONLINE: 10_000}
    assert told > 500
    simulated.take_paper()
    assert printer.state() is PrinterState.OUT_OF_PAPER
    printer.close()


# ---- clocks (row 16) -------------------------------------------------------------------------------


def test_no_printer_driver_reads_the_wall_clock() -> None:
    """A deadline on a clock that somebody may set is none."""
    wall = {"time.time", "time.localtime", "datetime.now", "datetime.utcnow", "datetime.datetime.now"}
    asked = [
        f"{file.name}:{node.lineno}"
        for file in sorted((ROOT / "devices").glob("escpos_*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in wall
    ]
    assert asked == []
