"""A shop with a drawer on a simulated printer, for the tests of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from config.schema import Settings
from devices.escpos_printer import EscposPrinter
from devices.simulated_printer import SimulatedPrinter
from edge.daemon import Shop
from edge.desks.drawers import DrawerDesk
from edge.domain.drawers import DrawerView, Opening, Reason
from edge.domain.staff import Operator
from sync.messages import DrawerClosed, DrawerOpened, Up, fact_of
from tests.edge.conftest import KEY, settings_in
from tests.founded import founded_shop

CHANGE = Reason.CHANGE


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class InvertedPrinter(SimulatedPrinter):
    """Its drawer's switch is wired the other way round: level high means shut."""

    @property
    def _condition(self):
        told = super()._condition
        return msgspec.structs.replace(told, drawer_open=not told.drawer_open)


def settings_for(
    folder: Path, simulated: SimulatedPrinter, sensor: str = "learn", **more: object
) -> Settings:
    printer = {"host": simulated.host, "port": simulated.port, "timeout_s": 0.4}
    drawer = {"printer": "P1", "station": "T1", "sensor": sensor, "warn_open_s": 5}
    return settings_in(folder, printers={"P1": printer | more}, drawers={"D1": drawer})


@contextmanager
def opened(settings: Settings) -> Iterator[Shop]:
    built = founded_shop(settings, KEY)
    built.store.till.drawers.begin()
    yield built
    for printer in built.store.printing.printers.values():
        if isinstance(printer, EscposPrinter):
            printer.close()
    built.books.close()


def wish(shop: Shop, who: Operator, nonce: str = "nonce-1", reason: Reason = CHANGE) -> Opening:
    return shop.store.till.drawers.open("D1", reason, nonce, who)


def turn(shop: Shop) -> float:
    return shop.store.till.drawers.turn("D1")


def facts(shop: Shop) -> list[Up]:
    return [fact_of(event) for event in shop.books.journal.pending(0, 500, 1 << 20)]


def kinds(shop: Shop) -> list[str]:
    return [
        f"{fact.reason}" if isinstance(fact, DrawerOpened) else f"{fact.how}"
        for fact in facts(shop)
        if isinstance(fact, DrawerOpened | DrawerClosed)
    ]


def newest(shop: Shop) -> Opening:
    """The last opening of the only drawer."""
    last = view(shop).last
    assert last is not None
    return last


def view(shop: Shop) -> DrawerView:
    (drawer,) = shop.store.till.drawers.at("T1")
    return drawer


def seen(shop: Shop, is_open: bool | None) -> None:
    """Turns until the sensor said so."""
    until(lambda: turn(shop) is not None and view(shop).is_open is is_open)


def begun_again(shop: Shop) -> Shop:
    """The same books under desks that begin anew."""
    old = shop.store.till.drawers
    desk = DrawerDesk(old.books, old.status, old.drawers, old.rules, old.poke)
    desk.begin()
    return replace(shop, store=replace(shop.store, till=replace(shop.store.till, drawers=desk)))
