"""What a printer says between and after slips: changes, the word that a slip is out, the drawer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from config.device_schema import DrawerSettings, PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.escpos_slip import encode
from devices.plugged_drawer import PluggedDrawer
from devices.ports import DeviceAbsent, DeviceOffline, OutOfPaper, PrinterState, SentOnly, Unconfirmed
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Pair, Qr, Slip, Text

SLIP = Slip("pickup", (Text("自提核销单", scale=2), Pair("有机燕麦片", "x2"), Qr("PK1.ABC"), Text("谢谢")))


@pytest.fixture
def paper_end() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as simulated:
        yield simulated


def driver(simulated: SimulatedPrinter, timeout_s: float = 0.4) -> EscposPrinter:
    return EscposPrinter("r1", PrinterSettings(host=simulated.host, port=simulated.port, timeout_s=timeout_s))


def test_paper_and_cover_are_heard_of_without_asking(paper_end: SimulatedPrinter) -> None:
    heard: queue.SimpleQueue[PrinterState] = queue.SimpleQueue()
    printer = driver(paper_end)
    printer.listen(heard.put)
    printer.print(SLIP)
    for deed, state in (
        (paper_end.open_cover, PrinterState.COVER_OPEN),
        (paper_end.close_cover, PrinterState.ONLINE),
        (paper_end.take_paper, PrinterState.OUT_OF_PAPER),
        (paper_end.recover, PrinterState.ONLINE),
        (paper_end.jam, PrinterState.OFFLINE),
    ):
        deed()
        assert heard.get(timeout=5) is state


def test_an_idle_printer_that_hung_up_is_taken_up_again_unnoticed(paper_end: SimulatedPrinter) -> None:
    printer = driver(paper_end)
    for count in range(1, 5):
        printer.print(SLIP)
        paper_end.hang_up()
        assert printer.state() is PrinterState.ONLINE
        assert len(paper_end.papers) == count


def test_a_printer_shared_with_another_host_is_let_go_after_each_slip(paper_end: SimulatedPrinter) -> None:
    ours, theirs = (
        EscposPrinter("r1", PrinterSettings(host=paper_end.host, port=paper_end.port, hold=False))
        for _ in range(2)
    )
    for _ in range(3):
        ours.print(SLIP)
        theirs.print(SLIP)
    assert len(paper_end.papers) == 6
    assert b"\x1da" not in paper_end.received, "it is not told to speak unasked to a host that left"


def test_paper_changed_within_the_printers_patience_confirms_the_slip(paper_end: SimulatedPrinter) -> None:
    printer = driver(paper_end, timeout_s=0.3)
    printer.print(SLIP)
    paper_end.take_paper(after_lines=2)
    waiting = threading.Thread(target=printer.print, args=(SLIP,))
    waiting.start()
    assert paper_end.wait_received(2 * len(encode(SLIP, 48, "gb18030")), 5)
    waiting.join(0.5)
    assert waiting.is_alive(), "it names what it waits for, so we wait"
    paper_end.give_paper()
    waiting.join(5)
    assert len(paper_end.papers) == 2


# ---- ways of confirming, drawer --------------------------------------------------------------------


@pytest.mark.parametrize("fault", [SimulatedPrinter.swallow, SimulatedPrinter.lose_confirmation])
def test_process_ids_confirm_what_was_printed(
    paper_end: SimulatedPrinter, fault: Callable[[SimulatedPrinter], None]
) -> None:
    settings = PrinterSettings(host=paper_end.host, port=paper_end.port, confirm="process-id", timeout_s=0.4)
    printer = EscposPrinter("r1", settings)
    printer.print(SLIP)
    fault(paper_end)
    with pytest.raises(Unconfirmed):
        printer.print(SLIP)
    assert b"\x1d(H\x06\x0000" in paper_end.received


def test_a_printer_without_a_voice_is_sent_the_slip_and_nothing_is_claimed(
    paper_end: SimulatedPrinter,
) -> None:
    paper_end.lose_confirmation()
    settings = PrinterSettings(host=paper_end.host, port=paper_end.port, confirm="none")
    printer, sent = EscposPrinter("r1", settings), list[str]()
    with pytest.raises(SentOnly):
        printer.print(SLIP, lambda: sent.append("all"))
    assert (len(paper_end.wait_papers(1, 5)), sent) == (1, ["all"])
    assert printer.state() is PrinterState.UNKNOWN
    paper_end.power_off()
    with pytest.raises(DeviceAbsent):
        EscposPrinter("r1", settings).print(SLIP)


def test_sent_is_called_when_only_the_printers_word_is_missing(paper_end: SimulatedPrinter) -> None:
    paper_end.take_paper(after_lines=1)
    seen = list[int]()
    with pytest.raises(Unconfirmed):
        driver(paper_end, timeout_s=0.1).print(SLIP, lambda: seen.append(len(paper_end.papers)))
    assert seen == [0]
    paper_end.recover()
    paper_end.take_paper()
    with pytest.raises(OutOfPaper):
        driver(paper_end, timeout_s=0.1).print(SLIP, lambda: seen.append(-1))
    assert seen == [0]


def test_a_drawer_gets_one_pulse_a_call_and_none_while_the_printer_cannot_say_so(
    paper_end: SimulatedPrinter,
) -> None:
    printer = driver(paper_end)
    assert printer.level() is False
    printer.pulse()
    assert (paper_end.kicks, printer.level()) == (1, True)
    paper_end.close_drawer()
    assert printer.level() is False
    paper_end.take_paper()
    with pytest.raises(OutOfPaper):
        printer.pulse()
    paper_end.recover()
    paper_end.lose_confirmation()
    with pytest.raises(Unconfirmed):
        printer.pulse()
    paper_end.recover()
    printer.print(SLIP)
    assert paper_end.kicks == 2, "nothing repeats a pulse"


def test_the_drawers_sensor_is_heard_of_without_asking(paper_end: SimulatedPrinter) -> None:
    heard: queue.SimpleQueue[bool] = queue.SimpleQueue()
    printer = driver(paper_end)
    printer.listen_level(heard.put)
    printer.pulse()
    while not heard.get(timeout=5):
        """The level from before the pulse, told first."""
    paper_end.close_drawer()
    assert heard.get(timeout=5) is False


def test_a_pulse_names_wire_and_length_in_units_of_2_ms(paper_end: SimulatedPrinter) -> None:
    printer = driver(paper_end)
    drawers = {"D1": DrawerSettings(printer="r1"), "D2": DrawerSettings(printer="r1", pin=5, pulse_ms=500)}
    for settings in drawers.values():
        PluggedDrawer(printer, settings).pulse()
    assert b"\x1bp\x00\x32\xfa" in paper_end.received
    assert b"\x1bp\x01\xfa\xfa" in paper_end.received
    assert paper_end.kicks == 2


def test_a_pulse_does_not_wait_behind_a_slip_that_hangs(
    paper_end: SimulatedPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.escpos_printer._PULSE_WAIT_S", 0.05)
    printer = driver(paper_end, timeout_s=1.0)
    printer.print(SLIP)
    paper_end.take_paper(after_lines=2)
    waiting = threading.Thread(target=printer.print, args=(SLIP,))
    waiting.start()
    assert paper_end.wait_received(2 * len(encode(SLIP, 48, "gb18030")), 5)
    with pytest.raises(DeviceOffline):
        printer.pulse()
    paper_end.give_paper()
    waiting.join(5)
    assert paper_end.kicks == 0, "and it does not come later"
