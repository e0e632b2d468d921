"""The printer driver against a printer that fails on request, over real TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.escpos_slip import encode
from devices.ports import (
    CoverOpen,
    DeviceAbsent,
    DeviceFault,
    DeviceOffline,
    OutOfPaper,
    PrinterState,
    Unconfirmed,
)
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Pair, Qr, Slip, Text

Dying = Literal["power", "reset", "end"]
SLIP = Slip("pickup", (Text("自提核销单", scale=2), Pair("有机燕麦片", "x2"), Qr("PK1.ABC"), Text("谢谢")))


@pytest.fixture
def paper_end() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as simulated:
        yield simulated


def driver(simulated: SimulatedPrinter, timeout_s: float = 0.4) -> EscposPrinter:
    return EscposPrinter("r1", PrinterSettings(host=simulated.host, port=simulated.port, timeout_s=timeout_s))


def test_prints_once_and_says_so(paper_end: SimulatedPrinter) -> None:
    driver(paper_end, timeout_s=5).print(SLIP)
    (paper,) = paper_end.papers
    assert paper.text.splitlines()[0] == "自提核销单"
    assert "[QR PK1.ABC]" in paper.text
    assert (paper_end.unknown, paper_end.kicks) == ([], 0)


REFUSALS: list[tuple[Callable[[SimulatedPrinter], None], type[DeviceFault], PrinterState]] = [
    (SimulatedPrinter.take_paper, OutOfPaper, PrinterState.OUT_OF_PAPER),
    (SimulatedPrinter.open_cover, CoverOpen, PrinterState.COVER_OPEN),
    (SimulatedPrinter.go_offline, DeviceOffline, PrinterState.OFFLINE),
    (SimulatedPrinter.go_silent, DeviceOffline, PrinterState.OFFLINE),
    (SimulatedPrinter.power_off, DeviceAbsent, PrinterState.ABSENT),
]


@pytest.mark.parametrize(
    ("fault", "error", "state"), REFUSALS, ids=lambda case: getattr(case, "__name__", "")
)
def test_a_printer_that_cannot_print_gets_no_byte_of_the_slip(
    paper_end: SimulatedPrinter,
    fault: Callable[[SimulatedPrinter], None],
    error: type[DeviceFault],
    state: PrinterState,
) -> None:
    printer = driver(paper_end)
    fault(paper_end)
    with pytest.raises(error):
        printer.print(SLIP)
    assert not paper_end.received.strip(b"\x00"), "a NUL means nothing, and ends what broke off"
    assert printer.state() is state
    paper_end.recover()
    paper_end.power_on()
    printer.print(SLIP)
    assert len(paper_end.papers) == 1
    assert printer.state() is PrinterState.ONLINE


def test_near_end_still_prints(paper_end: SimulatedPrinter) -> None:
    paper_end.paper_near_end()
    printer = driver(paper_end)
    assert printer.state() is PrinterState.NEAR_END
    printer.print(SLIP)
    assert len(paper_end.papers) == 1


def test_paper_running_out_inside_a_slip_is_unconfirmed_and_the_rest_comes_with_the_new_roll(
    paper_end: SimulatedPrinter,
) -> None:
    paper_end.take_paper(after_lines=2)
    with pytest.raises(Unconfirmed):
        driver(paper_end, timeout_s=0.1).print(SLIP)
    assert paper_end.papers == []
    paper_end.give_paper()
    assert [paper.torn for paper in paper_end.papers] == [False]


def test_swallowed_slip_is_unconfirmed(paper_end: SimulatedPrinter) -> None:
    paper_end.swallow()
    with pytest.raises(Unconfirmed):
        driver(paper_end).print(SLIP)
    assert paper_end.received
    assert paper_end.papers == []


@pytest.mark.parametrize("hang_up", [False, True])
def test_printed_but_the_word_is_lost_is_unconfirmed(paper_end: SimulatedPrinter, hang_up: bool) -> None:
    paper_end.lose_confirmation(hang_up=hang_up)
    with pytest.raises(Unconfirmed):
        driver(paper_end).print(SLIP)
    assert len(paper_end.papers) == 1


@pytest.mark.parametrize("how", ["power", "reset", "end"])
def test_dying_at_some_bytes_leaves_the_next_slip_whole(how: Dying) -> None:
    break_at_bytes(how, 31)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["power", "reset", "end"])
def test_dying_at_any_byte_leaves_the_next_slip_whole(how: Dying) -> None:
    break_at_bytes(how, 1)


def break_at_bytes(how: Dying, step: int) -> None:
    """The line breaks inside a style, a picture, a QR code, before and after the cut."""
    slip = Slip("t", (Text("提货单", scale=2), Pair("Café 🎉", "×2"), Qr("PK1.ABC"), Text("谢谢")))
    job = encode(slip, 32, "gbk")
    with SimulatedPrinter(dots=384, rom="gbk") as simulated:
        settings = PrinterSettings(
            host=simulated.host, port=simulated.port, columns=32, charset="gbk", timeout_s=5
        )
        printer = EscposPrinter("r1", settings)
        for count in range(1, len(job) + 6, step):
            printer.print(slip)  # the printer is clean, so that the next job is these bytes and no more
            assert simulated.papers[-1].text.splitlines()[-1] == "谢谢", f"after a break at byte {count - 1}"
            whole = len([paper for paper in simulated.papers if not paper.torn and "谢谢" in paper.text])
            simulated.die_after(count, how)
            with pytest.raises(Unconfirmed):
                printer.print(slip)
            came = (
                len([paper for paper in simulated.papers if not paper.torn and "谢谢" in paper.text]) - whole
            )
            assert came <= (count >= len(job)), f"at byte {count}"


def test_unasked_status_and_flow_control_are_not_taken_for_answers(paper_end: SimulatedPrinter) -> None:
    paper_end.chatter()
    printer = driver(paper_end)
    assert printer.state() is PrinterState.ONLINE
    printer.print(SLIP)
    paper_end.take_paper()
    assert printer.state() is PrinterState.OUT_OF_PAPER


def test_a_product_name_cannot_kick_the_drawer_or_cut(paper_end: SimulatedPrinter) -> None:
    name = "苹果\x1bp\x00\x32\xfa\x10\x14\x01\x00\x05\x1dV\x00 red"
    driver(paper_end).print(Slip("t", (Text(name), Pair(name, name), Qr(name), Text("end"))))
    assert paper_end.kicks == 0
    (paper,) = paper_end.papers
    assert paper.text.splitlines()[-1] == "end"


def test_a_host_name_that_does_not_exist_is_absent() -> None:
    for host in ("printer.invalid", "a..b", "x" * 300):
        printer = EscposPrinter("r1", PrinterSettings(host=host, timeout_s=1))
        with pytest.raises(DeviceAbsent):
            printer.print(SLIP)
        assert printer.state() is PrinterState.ABSENT


def test_two_threads_print_whole_papers(paper_end: SimulatedPrinter) -> None:
    printer = driver(paper_end, timeout_s=5)
    slips = [Slip("t", tuple(Text(f"{letter}{n}") for n in range(30))) for letter in "ab"]

    def print_five(slip: Slip) -> None:
        for _ in range(5):
            printer.print(slip)

    threads = [threading.Thread(target=print_five, args=(slip,)) for slip in slips]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(paper_end.papers) == 10
    for paper in paper_end.papers:
        assert len({line[0] for line in paper.text.splitlines()}) == 1


def test_state_while_printing_is_what_was_seen_last_and_asks_nobody(paper_end: SimulatedPrinter) -> None:
    paper_end.swallow()
    printer = driver(paper_end, timeout_s=1)

    def print_in_vain() -> None:
        with pytest.raises(Unconfirmed):
            printer.print(SLIP)

    printing = threading.Thread(target=print_in_vain)
    printing.start()
    assert paper_end.wait_received(len(encode(SLIP, 48, "gb18030")), 5)
    assert printer.state() is PrinterState.ONLINE
    assert printing.is_alive()
    printing.join(5)


def test_a_large_slip_reaches_the_printer_whole(paper_end: SimulatedPrinter) -> None:
    paper_end.chatter()
    driver(paper_end, timeout_s=5).print(Slip("t", tuple(Text(f"line {n}") for n in range(3000))))
    assert paper_end.papers[0].text.splitlines()[-1] == "line 2999"


def test_giving_up_on_a_slow_printer_does_not_cost_it_the_tail_of_the_slip() -> None:
    """Closing at once would reset the connection as soon as the printer says anything."""
    slip = Slip("t", tuple(Text(f"line {n}") for n in range(9000)))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    gave_up, job = threading.Event(), bytearray()

    def slow() -> None:
        line, _ = listener.accept()
        with line:
            asked = b""
            while not asked.endswith(b"\x10\x04\x04"):
                asked += line.recv(1000)
            line.sendall(b"\x12" * 3)
            gave_up.wait(0.8)
            line.sendall(b"\x10\x00\x00\x00")
            while data := line.recv(65536):
                job.extend(data)

    thread = threading.Thread(target=slow)
    thread.start()
    settings = PrinterSettings(host="127.0.0.1", port=listener.getsockname()[1], timeout_s=0.4)
    with listener, pytest.raises(Unconfirmed):
        EscposPrinter("r1", settings).print(slip)
    thread.join(5)
    assert bytes(job).endswith(encode(slip, 48, "gb18030")[2:] + b"\x1dr\x01")


def test_a_printer_that_answers_with_paper_ended_is_not_believed() -> None:
    """Some clones answer in order although nothing came out."""
    listener = socket.create_server(("127.0.0.1", 0))

    def clone() -> None:
        line, _ = listener.accept()
        with line:
            while data := line.recv(65536):
                line.sendall(b"\x12" * data.count(b"\x10\x04") + b"\x0c" * data.count(b"\x1dr\x01"))

    thread = threading.Thread(target=clone)
    thread.start()
    with listener, pytest.raises(Unconfirmed, match="paper ran out"):
        EscposPrinter("r1", PrinterSettings(host="127.0.0.1", port=listener.getsockname()[1])).print(SLIP)
    thread.join(5)
