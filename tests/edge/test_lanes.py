"""A lane's devices are the store's: scans and slips over each kind of line, through cuts and restarts."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from config.device_schema import PrinterSettings, ScannerSettings
from devices.lane_messages import Devices, Print, Pulse
from devices.lane_proxies import LanePrinter, LaneScanner
from devices.ports import DeviceAbsent, Fate, LaneAbsent, OutOfPaper, PrinterState, Unconfirmed
from devices.simulated_printer import SimulatedPrinter
from devices.simulated_scanner import SimulatedScanner
from devices.slip import Slip, Text
from edge.intake import Intake
from tests.edge.lane_rig import rig, until

SLIP = Slip("t", (Text("one slip"),))
KINDS = ("inside", "unix", "tls")


@pytest.fixture
def line():
    with SimulatedScanner() as simulated:
        yield simulated


@pytest.fixture
def paper_end():
    with SimulatedPrinter() as printer:
        yield printer


@pytest.fixture(params=KINDS)
def away(request, tmp_path, line, paper_end):
    """A lane with a scanner s1 and a printer P1, over each kind of line."""
    devices = Devices(
        scanners={"s1": ScannerSettings(port=line.port, station="T1", feedback="datalogic")},
        printers={"P1": PrinterSettings(host="127.0.0.1", port=paper_end.port, timeout_s=2)},
    )
    folder = tmp_path / "lane"
    folder.mkdir()
    with rig(request.param, folder, devices) as made:
        yield made


@pytest.fixture
def intake(shop, away):
    made = Intake(
        "s1", "T1", LaneScanner("s1", away.lane), shop.store.scans, shop.store.status, shop.books.clock
    )
    away.lane.hang_up("AGAIN")  # this end was made after the line: begin anew
    until(lambda: not away.lane.up or away.lane.lines > 1)
    yield made
    made.close()


def kept(shop) -> list[str]:
    return [row[0] for row in shop.books.ledger.read().execute("SELECT text FROM scan ORDER BY id")]


def turning(intake, done) -> None:
    until(lambda: intake.turn() >= 0 and done())


def test_a_scan_at_the_lane_is_kept_by_the_store_and_forgotten_by_the_lane(shop, away, intake, line):
    turning(intake, lambda: [d.state for d in shop.store.status.devices()] == ["online"])
    line.scan("https://a")
    line.scan("134567890123456789")  # a payment code where nothing is to be paid
    turning(intake, lambda: len(kept(shop)) == 2)
    assert kept(shop) == ["https://a", ""]
    until(lambda: away.book.after(0, 9) == [])
    heard = bytearray()

    def both_heard() -> bool:
        heard.extend(line.heard())
        return bytes(heard) == b"BF"

    until(both_heard)


def test_scans_without_a_line_come_later_in_order_once_and_as_old_as_they_are(shop, away, intake, line):
    turning(intake, lambda: [d.state for d in shop.store.status.devices()] == ["online"])
    line.scan("https://0")
    turning(intake, lambda: kept(shop) == ["https://0"])
    away.cut()
    for number in range(1, 100):  # more than the window
        line.scan(f"https://{number}")
    until(lambda: len(away.book.after(0, 200)) >= 99)  # the word about the first may have been cut off
    scanned = time.monotonic()
    turning(
        intake,
        lambda: [(d.state, d.detail) for d in shop.store.status.devices()] == [("absent", "LANE_ABSENT")],
    )
    away.stop_lane()
    away.mend()
    away.start_lane()
    turning(intake, lambda: len(kept(shop)) == 100)
    assert kept(shop) == [f"https://{number}" for number in range(100)]
    elapsed = time.monotonic() - scanned
    youngest = min(seen.age_s for seen in shop.store.scans.feed("T1", 99))
    assert youngest > elapsed / 2, "by age, not by the moment of arrival"
    until(lambda: away.book.after(0, 200) == [])


def test_what_is_delivered_again_is_the_same_scan(shop, away, intake, line):
    turning(intake, lambda: [d.state for d in shop.store.status.devices()] == ["online"])
    # The store keeps it, and dies before it can say so: nothing that it says reaches the lane.
    said, away.lane._say = away.lane._say, lambda _: None
    line.scan("https://a")
    turning(intake, lambda: kept(shop) == ["https://a"])
    assert len(away.book.after(0, 9)) == 1
    away.lane._say = said
    away.cut()
    away.mend()
    turning(intake, lambda: away.book.after(0, 9) == [])
    line.scan("https://a")  # the same code again is another scan
    turning(intake, lambda: len(kept(shop)) == 2)
    assert kept(shop) == ["https://a", "https://a"]


def test_a_slip_is_printed_once_under_its_name(away, paper_end):
    printer, sent = LanePrinter("P1", away.lane), []
    until(lambda: printer.state() is PrinterState.ONLINE)
    for _ in range(3):
        printer.attempt("name-1", SLIP, lambda: sent.append(1))
    assert len(paper_end.papers) == 1
    assert sent == [1]
    assert printer.fate("name-1") is Fate.DONE
    assert printer.fate("name-2") is Fate.NEVER
    printer.attempt("name-2", SLIP, lambda: None)
    assert len(paper_end.papers) == 2


def test_what_was_never_begun_waits_and_may_begin_again(away, paper_end):
    printer = LanePrinter("P1", away.lane)
    paper_end.take_paper(0)
    with pytest.raises(OutOfPaper):
        printer.attempt("n", SLIP, lambda: None)
    assert printer.fate("n") is Fate.NEVER
    paper_end.give_paper()
    printer.attempt("n", SLIP, lambda: None)
    assert len(paper_end.papers) == 1


def test_the_printer_goes_and_comes_with_its_lane(away, paper_end):
    printer, told = LanePrinter("P1", away.lane), list[PrinterState]()
    printer.listen(told.append)
    away.cut()
    until(lambda: told[-1:] == [PrinterState.ABSENT])
    assert printer.state() is PrinterState.ABSENT
    assert printer.fate("n") is None
    assert printer.level() is None
    with pytest.raises(LaneAbsent):
        printer.print(SLIP)
    away.mend()
    until(lambda: told[-1:] == [PrinterState.ONLINE])
    printer.print(SLIP)
    paper_end.power_off()
    until(lambda: printer.state() is PrinterState.ABSENT)
    with pytest.raises(DeviceAbsent) as failed:
        printer.print(SLIP)
    assert failed.value.code == "DEVICE_ABSENT"


def test_a_line_cut_in_mid_slip_ends_with_what_really_happened(away, paper_end):
    """All bytes are with the printer; the line goes and comes; the word is fetched, and nothing is printed twice."""
    printer = LanePrinter("P1", away.lane)
    paper_end.take_paper(1)  # so that its word cannot come before the cut

    def cut_and_mend() -> None:
        away.cut()
        paper_end.give_paper()
        threading.Timer(0.3, away.mend).start()

    printer.attempt("n", SLIP, cut_and_mend)
    assert printer.fate("n") is Fate.DONE
    assert len(paper_end.papers) == 1


def test_a_lane_that_does_not_come_back_leaves_the_slip_unconfirmed(away, paper_end):
    printer = LanePrinter("P1", away.lane)
    paper_end.take_paper(1)
    away.lane._relearn_s = 0.3
    with pytest.raises(Unconfirmed):
        printer.attempt("n", SLIP, away.cut)
    paper_end.give_paper()


def test_a_pulse_comes_at_most_once(away, paper_end):
    LanePrinter("P1", away.lane).pulse()
    for _ in range(3):
        with contextlib.suppress(Unconfirmed):
            away.lane.do("printers.P1", "one", Pulse())
    assert paper_end.kicks == 2


def test_a_lane_that_died_inside_a_deed_does_not_know(away, paper_end):
    away.book.begin("n")
    away.stop_lane()
    away.start_lane()
    until(lambda: away.lane.up)
    printer = LanePrinter("P1", away.lane)
    until(lambda: printer.fate("n") is Fate.UNKNOWN)
    with pytest.raises(Unconfirmed):
        printer.attempt("n", SLIP, lambda: None)
    assert paper_end.papers == []


def test_what_a_device_cannot_do_is_said(away):
    with pytest.raises(DeviceAbsent):
        away.lane.do("printers.P9", "a", Print(SLIP))
    assert away.lane.up
