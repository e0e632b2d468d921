"""The back of the shop: picking, packing, what is short, counting, and the watch over stock."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desks.counting import CountDesk
from edge.desks.packing import PackingDesk
from edge.desks.pick_board import PickBoard
from edge.desks.picking import PickingDesk
from edge.desks.shorting import ShortDesk
from edge.desks.stock_watch import StockWatch


@dataclass(frozen=True)
class Backroom:
    """Desks only."""

    picking: PickingDesk
    packing: PackingDesk
    shorts: ShortDesk
    board: PickBoard
    counting: CountDesk
    watch: StockWatch

    def turn(self) -> bool:
        """What the back of the shop owes by itself; whether there was anything."""
        return self.picking.turn() | self.watch.turn()
