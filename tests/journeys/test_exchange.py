"""The sync worker's turn between a real client, a real status desk and a line with faults of one half."""

from __future__ import annotations

import pytest

from edge.exchange import Exchange
from edge.records.inbox import Inbox
from sync.client import SyncClient
from sync.messages import HubBusy, LineDown

STORE = "S00421"
NUMBER = "WX2026112200017"


class Lame:
    """A line on which one of the two paths meets `error`."""

    def __init__(self, below, path, error):
        self.below, self.path, self.error = below, path, error

    def post(self, path, body):
        if path.endswith(self.path) and self.error is not None:
            raise self.error
        return self.below.post(path, body)


@pytest.fixture
def lame(pair):
    """lame("/up", error) gives (line, exchange, pokes)."""

    def make(path, error):
        books = pair.shop.books
        line = Lame(pair.line, path, error)
        inbox = Inbox(books.hq, books.clock)
        client = SyncClient(line, books.journal, inbox, store_id=STORE, clock=books.clock)
        pokes: list[str] = []
        return line, Exchange(client, pair.shop.store.status, pokes.append, 15.0), pokes

    return make


def collect(pair, cashier):
    """One fact waits to go up, one order to come down."""
    from edge.domain.views import RedeemRequest

    pair.order(NUMBER)
    pair.sync()
    pair.shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=pair.code(NUMBER)), cashier)
    pair.order("WX2026112200018")


def test_what_came_down_is_told_though_the_upload_failed(pair, cashier, lame):
    collect(pair, cashier)
    _, exchange, pokes = lame("/up", HubBusy(30.0))
    exchange.turn()
    assert pokes == ["inbox", "orders", "stock"]
    assert pair.shop.store.status.line().trouble == "HUB_BUSY"


def test_what_went_up_is_told_though_nothing_came_down(pair, cashier, lame):
    collect(pair, cashier)
    _, exchange, pokes = lame("/pull", LineDown("cut"))
    exchange.turn()
    assert pokes == ["line"]
    assert pair.shop.store.status.line().trouble == "LINE_DOWN"


def test_an_error_nobody_expects_is_shown_and_left_to_the_worker(pair, lame):
    line, exchange, _ = lame("/pull", None)
    exchange.turn()
    assert pair.shop.store.status.line().trouble == ""
    line.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        exchange.turn()
    assert pair.shop.store.status.line().trouble == "BUG"
    line.error = None
    exchange.turn()
    assert pair.shop.store.status.line().trouble == ""
