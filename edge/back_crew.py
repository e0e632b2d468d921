"""The back of the shop put together: its desks over the books."""

from __future__ import annotations

from edge.desks.backroom import Backroom
from edge.desks.counting import CountDesk
from edge.desks.goods import StockDesk
from edge.desks.packing import PackingDesk
from edge.desks.pick_board import PickBoard
from edge.desks.pick_steps import PickSteps
from edge.desks.picking import PickingDesk
from edge.desks.shorting import ShortDesk
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.desks.stock_watch import StockWatch
from edge.records.books import Books


def backroom_of(books: Books, status: StatusDesk, staff: StaffDesk, goods: StockDesk, poke: Poke) -> Backroom:
    """Makes the desks; does nothing yet."""
    steps = PickSteps(books, status, poke)
    return Backroom(
        picking=PickingDesk(steps),
        packing=PackingDesk(steps, staff),
        shorts=ShortDesk(steps),
        board=PickBoard(steps),
        counting=CountDesk(books, goods, steps),
        watch=StockWatch(books, status, poke),
    )
