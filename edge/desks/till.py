"""What stands beside a till: drawers, scales, customer displays, lamps, and the outlet of the printer."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desks.drawers import DrawerDesk
from edge.desks.lamps import LampDesk
from edge.desks.outlet import OutletDesk
from edge.desks.showing import ShowDesk
from edge.desks.weighing import WeighDesk


@dataclass(frozen=True)
class Till:
    """One desk a kind of device; a shop without such devices has the desks all the same."""

    drawers: DrawerDesk
    weighing: WeighDesk
    showing: ShowDesk
    lamps: LampDesk
    outlet: OutletDesk
