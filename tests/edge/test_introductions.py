"""Printers say who they are: asked once a connection, in no slip's way, and a swapped one is seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.escpos_printer import EscposPrinter
from devices.plugged import Plugged
from devices.ports import Identity, POSPrinter, PrinterState
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge.daemon import Daemon, Shop, build_shop
from edge.plugging import Introductions, _key
from edge.print_turns import print_turn
from tests.edge.conftest import KEY, settings_in

SLIP = Slip("t", tuple(Text(f"line {number}") for number in range(10)))


def detail(shop: Shop) -> str:
    return next(one.detail for one in shop.store.status.devices() if one.name == "front")


@pytest.fixture
def paper() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as printer:
        yield printer


@pytest.fixture
def front(tmp_path: Path, paper: SimulatedPrinter) -> Iterator[tuple[Shop, Introductions, EscposPrinter]]:
    printers = {"front": {"host": "127.0.0.1", "port": paper.port, "timeout_s": 2.0}}
    settings = settings_in(tmp_path, printers=printers, stations={"T1": {"printer": "front"}})
    printer = EscposPrinter("front", settings.printers["front"])
    shop = build_shop(settings, KEY, {"front": printer})
    shop.store.printing.watch("front")
    yield shop, Introductions(settings, shop.store, {"front": printer}), printer
    printer.close()
    shop.books.close()


def test_a_printer_swapped_for_another_model_prints_and_is_seen(
    front: tuple[Shop, Introductions, EscposPrinter], paper: SimulatedPrinter
) -> None:
    shop, asks, printer = front
    asks.turn()
    assert detail(shop) == ""
    paper.power_off()
    paper.identity.update({67: b"OTHER-58", 68: b"OTHER9999"})
    paper.power_on()
    asks.turn()
    assert detail(shop) == "IDENTITY_CHANGED"
    printer.print(SLIP)
    assert len(paper.papers) == 1
    assert shop.store.plugs.swapped()[0].seen == "STORE EDGE OTHER-58 OTHER9999"


def test_two_printers_whose_addresses_dhcp_swapped_are_both_seen(tmp_path: Path) -> None:
    with SimulatedPrinter() as one, SimulatedPrinter() as two:
        one.identity[68], two.identity[68] = b"X5LR0001", b"X5LR0002"
        printers = {
            name: {"host": "127.0.0.1", "port": paper.port} for name, paper in (("a", one), ("b", two))
        }
        settings = settings_in(tmp_path, printers=printers, stations={"T1": {}})
        drivers: dict[str, POSPrinter] = {
            name: EscposPrinter(name, settings.printers[name]) for name in printers
        }
        shop = build_shop(settings, KEY, drivers)
        asks = Introductions(settings, shop.store, drivers)
        for swapped in (False, True):
            if swapped:
                one.power_off()
                two.power_off()
                one.identity[68], two.identity[68] = two.identity[68], one.identity[68]
                one.power_on()
                two.power_on()
            for name in printers:
                shop.store.printing.watch(name)
            asks.turn()
            assert [swap.device for swap in shop.store.plugs.swapped()] == (["a", "b"] if swapped else [])
        for driver in drivers.values():
            assert isinstance(driver, EscposPrinter)
            driver.close()
        shop.books.close()


def test_a_lane_s_printer_is_not_taken_for_the_one_at_the_same_path_here(tmp_path: Path) -> None:
    here = Plugged("/dev/usb/lp0", "printer", Identity("usb:04b8:0e28:OURS"), "", ("/dev/usb/lp0",))
    ours = {"driver": "escpos-usb", "device": "/dev/usb/lp0"}
    printers: dict[str, dict[str, str]] = {"near": ours, "far": {**ours, "lane": "K1"}}
    settings = settings_in(
        tmp_path, printers=printers, lanes={"K1": {"where": "inside"}}, stations={"T1": {}}
    )
    assert _key(settings.printers["near"], (here,)) == "usb:04b8:0e28:OURS"
    assert _key(settings.printers["far"], (here,)) == ""


def test_slips_for_a_lane_that_is_away_are_not_tried_forty_times_a_second(tmp_path: Path) -> None:
    far = {"driver": "escpos-usb", "device": str(tmp_path / "none"), "lane": "K1"}
    settings = settings_in(
        tmp_path, printers={"far": far}, lanes={"K1": {"where": "inside"}}, stations={"T1": {}}
    )
    daemon = Daemon(settings, KEY)
    daemon.store.printing.submit("k", "far", "T1", "", SLIP)
    turn = print_turn(daemon.store.printing, "far", settings.printers["far"])
    assert turn() >= 0.5
    daemon.shop.books.close()


def test_a_printer_is_asked_once_a_connection(
    front: tuple[Shop, Introductions, EscposPrinter], paper: SimulatedPrinter
) -> None:
    _, asks, printer = front
    for _ in range(5):
        asks.turn()
    assert paper.received.count(b"\x1dI") == 4, "model, maker, serial number, firmware"
    assert printer.identity() == Identity("", "STORE EDGE", "SIMULATED-80", "SIM0001", "1.00")


def test_a_printer_that_does_not_know_the_question_is_asked_once_and_prints(
    front: tuple[Shop, Introductions, EscposPrinter], paper: SimulatedPrinter
) -> None:
    shop, asks, printer = front
    paper.identity.clear()
    for _ in range(3):
        asks.turn()
        shop.store.printing.watch("front")
    assert paper.received.count(b"\x1dI") == 1
    assert detail(shop) == ""
    printer.print(SLIP)
    assert len(paper.papers) == 1


def test_a_printer_without_paper_is_not_asked(
    front: tuple[Shop, Introductions, EscposPrinter], paper: SimulatedPrinter
) -> None:
    _, _, printer = front
    paper.take_paper()
    assert printer.identity() is None
    assert paper.received.count(b"\x1dI") == 0


def test_a_question_never_waits_behind_a_slip(
    front: tuple[Shop, Introductions, EscposPrinter], paper: SimulatedPrinter
) -> None:
    _, _, printer = front
    paper.take_paper(after_lines=3)
    slip = threading.Thread(target=printer.print, args=(SLIP,))
    slip.start()
    until(lambda: bool(paper.received.count(b"\x1dr")))
    began = time.monotonic()
    assert printer.identity() is None
    assert time.monotonic() - began < 2.0
    paper.give_paper()
    slip.join()


class PulledAtTheEnd:
    """A printer whose cable is pulled when the slip is out, before the desk hears that it is."""

    def __init__(self) -> None:
        self.told: Callable[[PrinterState], None] = lambda _: None

    def listen(self, told: Callable[[PrinterState], None]) -> None:
        self.told = told

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        del slip
        sent()
        self.told(PrinterState.ABSENT)

    def state(self) -> PrinterState:
        self.told(PrinterState.ABSENT)
        return PrinterState.ONLINE


def test_a_cable_pulled_at_the_end_of_a_slip_does_not_look_plugged_in(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    shop = build_shop(settings, KEY, {"P1": PulledAtTheEnd()})
    shop.store.printing.recover()
    for work in (lambda: shop.store.printing.turn("P1"), lambda: shop.store.printing.watch("P1")):
        shop.store.status.device("P1", "printer", "online")
        shop.store.printing.submit("k", "P1", "T1", "", SLIP)
        work()
        assert [one.state for one in shop.store.status.devices()] == ["absent"]
    shop.books.close()


def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)
