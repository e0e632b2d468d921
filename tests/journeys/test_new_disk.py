"""A store's disk is replaced: what the former one handed over is not handed over again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from config.schema import parse
from edge.daemon import build_shop
from edge.domain import refusals as no
from edge.domain.orders import OrderState
from edge.domain.views import RedeemRequest
from edge.records.inbox import Inbox
from sync.client import SyncClient
from sync.messages import OrderLine

NUMBER = "WX2026112200017"
LINES = (OrderLine(1, "A1", "龙井茶", "Longjing tea", 5, 5990), OrderLine(2, "A1", "龙井茶", "Tea", 2, 5990))


@pytest.fixture
def another_disk(pair, tmp_path) -> Iterator[Callable[[], Any]]:
    with ExitStack() as open_books:

        def fresh() -> Any:
            folder = tmp_path / "second"
            settings = parse(
                {
                    "store": {"id": "S00421", "state_dir": str(folder)},
                    "stations": {"T1": {"printer": "P1"}, "T2": {}},
                    "printers": {"P1": {"host": "127.0.0.1"}},
                }
            )
            shop = build_shop(settings, bytes(range(32)), {"P1": pair.paper})
            open_books.callback(shop.books.close)
            inbox = Inbox(shop.books.hq, shop.books.clock)
            client = SyncClient(
                pair.line, shop.books.journal, inbox, store_id="S00421", clock=shop.books.clock
            )
            return replace(pair, shop=shop, client=client)

        yield fresh


def redeem(pair, operator, nonce, code, lines=None):
    return pair.shop.store.hand_over.redeem(RedeemRequest(nonce=nonce, code=code, lines=lines), operator)


def test_by_quantity_only_what_is_left_goes(pair, cashier, lead, another_disk):
    pair.order(NUMBER, mode="quantity", lines=LINES)
    pair.sync()
    code = pair.code(NUMBER)
    undone = redeem(pair, cashier, "n0", code, {2: 2})
    pair.shop.store.hand_over.annul(undone.pickup, "n0a", lead)
    redeem(pair, cashier, "n1", code, {1: 2, 2: 1})
    pair.sync()
    new = another_disk()
    new.sync()
    found = new.shop.store.pickup.look(code, cashier)
    assert {line.line: line.left for line in found.lines} == {1: 3, 2: 1}
    assert new.shop.books.stockroom.reserved() == {"A1": 4}, (
        "what the former disk handed over is promised no more"
    )
    with pytest.raises(no.LinesRefused):
        redeem(new, cashier, "n2", code, {1: 4})
    assert redeem(new, cashier, "n3", code, {1: 1}).left_units == 3
    new.sync()  # now HQ tells of both journals: our own hand-over is not counted twice
    found = new.shop.store.pickup.look(code, cashier)
    assert {line.line: line.left for line in found.lines} == {1: 2, 2: 1}
    assert new.shop.books.stockroom.reserved() == {"A1": 3}
    last = redeem(new, cashier, "n4", code)
    assert (last.left_units, last.state) == (0, OrderState.PICKED_UP)
    new.sync()
    assert [case["code"] for case in new.hq.cases()] == []


def test_a_unit_whose_code_was_used_on_the_old_disk_is_gone(pair, cashier, another_disk):
    pair.order(NUMBER, mode="unit", lines=LINES)
    pair.sync()
    used, other = pair.code(NUMBER, unit=2), pair.code(NUMBER, unit=6)
    redeem(pair, cashier, "n1", used)
    pair.sync()
    new = another_disk()
    new.sync()
    with pytest.raises(no.AlreadyCollected):
        redeem(new, cashier, "n2", used)
    assert redeem(new, cashier, "n3", other).left_units == 5
