"""The till's devices put together: its desks over the books, and a worker for each device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from config.schema import Settings
from devices.ports import POSPrinter
from devices.registry import open_drawers
from edge.desks.drawers import DrawerDesk
from edge.desks.lamps import LampDesk
from edge.desks.outlet import OutletDesk
from edge.desks.printing import PrintDesk
from edge.desks.showing import ShowDesk
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke
from edge.desks.till import Till
from edge.desks.weighing import WeighDesk
from edge.lanes import Lanes
from edge.records.books import Books
from edge.workers import Worker

_PATIENCE_S = 60.0
"""A printer's line may hang for its time-outs before a drawer's worker comes back."""


def till_of(
    settings: Settings,
    books: Books,
    staff: StaffDesk,
    printing: PrintDesk,
    printers: Mapping[str, POSPrinter],
    lanes: Lanes,
    poke: Poke,
) -> Till:
    """Makes the desks; touches no device yet."""
    status = printing.status
    drawers = DrawerDesk(books, status, open_drawers(settings, printers), settings.drawers, poke)
    outlet = OutletDesk(books, staff, printing)
    return Till(
        drawers=drawers,
        weighing=WeighDesk(lanes.scales(), settings.scales, status),
        showing=ShowDesk(books, status, lanes.displays(), settings.displays, poke),
        lamps=LampDesk(status, drawers, outlet, lanes.lights(), settings.lights, poke),
        outlet=outlet,
    )


def hire_till(settings: Settings, till: Till, hire: Callable[..., None]) -> None:
    """Takes the crew on: `hire(worker, *topics)`."""
    for worker, topics in _crew(settings, till):
        hire(worker, *topics)


def _crew(settings: Settings, till: Till) -> Iterator[tuple[Worker, tuple[str, ...]]]:
    """A worker for each device beside the till, and the topics that wake it; drawers are listened to from now on."""
    till.drawers.begin()
    for name in till.drawers.drawers:
        turn = partial(till.drawers.turn, name)
        yield Worker(f"drawer {name}", turn, _PATIENCE_S), (f"drawer:{name}",)
    for name in till.weighing.scales:
        yield Worker(f"scale {name}", partial(till.weighing.keep, name)), ()
    for name in till.showing.displays:
        station = settings.displays[name].station
        turn = partial(till.showing.turn, name)
        yield Worker(f"display {name}", turn), (f"display:{station}", f"station:{station}")
    for name in till.lamps.lamps:
        topics = ("devices", "printing", f"station:{settings.lights[name].station}")
        yield Worker(f"lamp {name}", partial(till.lamps.turn, name)), topics


def let_go(till: Till) -> None:
    """Closes what the workers opened; after they stopped."""
    till.weighing.close()
    till.showing.close()
    till.lamps.close()
