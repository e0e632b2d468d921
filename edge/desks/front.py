"""What binds the counter together, as one part of the store: calls, shoppers' answers, the day's figures."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desks.feedback import FeedbackDesk
from edge.desks.tickets import TicketDesk
from edge.desks.today import TodayDesk


@dataclass(frozen=True)
class Front:
    """Desks only."""

    tickets: TicketDesk
    feedback: FeedbackDesk
    today: TodayDesk
