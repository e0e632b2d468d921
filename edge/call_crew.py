"""The front of the counter put together: its desks over the books, and the worker that keeps the time of calls."""

from __future__ import annotations

from collections.abc import Callable

from edge.desks.feedback import FeedbackDesk
from edge.desks.front import Front
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.desks.tickets import TicketDesk
from edge.desks.till import Till
from edge.desks.today import TodayDesk
from edge.records.books import Books
from edge.workers import Worker


def front_of(books: Books, status: StatusDesk, staff: StaffDesk, till: Till, poke: Poke) -> Front:
    """Makes the desks; does nothing yet."""
    return Front(
        tickets=TicketDesk(books, status, staff, till.lamps, poke),
        feedback=FeedbackDesk(books, status, staff, poke),
        today=TodayDesk(books, status),
    )


def hire_calls(desk: TicketDesk, hire: Callable[..., None]) -> None:
    """Takes on who tells the shop again that somebody waits."""
    hire(Worker("calls", desk.turn), "tickets", "orders")
