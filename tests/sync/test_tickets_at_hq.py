"""What HQ keeps of calls and of shoppers' answers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from edge.records.journal import Author
from sync.hub.ticket_tables import feedback, ticket_closed, ticket_opened
from sync.tickets import FeedbackGiven, TicketClosed, TicketOpened
from tests.sync.shop_floor import Stores

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_calls_and_answers_are_kept_with_their_moments(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    said = (
        TicketOpened("t1", "age", "P1"),
        TicketClosed("t1", "age", "approved", 12, 5),
        FeedbackGiven("nps", 10, "pickup", ("fast", "friendly")),
        FeedbackGiven("faces", 0, "idle"),
    )
    with shop.books.ledger.transaction() as tx:
        for fact in said:
            shop.books.journal.append(tx, fact, Author("T1", "1001"))
    shop.settle()
    with hub.engine.begin() as conn:
        (opened,) = conn.execute(select(ticket_opened))
        (closed,) = conn.execute(select(ticket_closed))
        answers = conn.execute(select(feedback)).all()
    assert (opened.store, opened.kind, opened.sku) == ("S1", "age", "P1")
    assert (closed.outcome, closed.wait_s, closed.handle_s) == ("approved", 12, 5)
    assert closed.at.endswith("Z")
    assert [(one.score, one.chips) for one in answers] == [(10, "fast friendly")], (
        "a face that is none is refused"
    )
