"""The shopper's side of a staffed till follows it: slides, lines, what to do now, thanks, slides again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import Clock
from edge.daemon import Shop
from edge.domain.display_views import DisplayPlace, PayWord, pay_word
from edge.domain.payments import PayState
from edge.domain.staff import Operator
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, stocked


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def test_it_follows_the_till(shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    display = shop.store.guide.display
    assert display.view("T1").place is DisplayPlace.IDLE
    till.scan(TEA)
    till.scan(CUP)
    shown = display.view("T1")
    assert shown.place is DisplayPlace.BASKET
    assert [(line.sku, line.net_fen) for line in shown.lines] == [("B2", 12900), ("A1", 5990)], (
        "newest on top"
    )
    assert (shown.pieces, shown.total_fen, shown.saved_fen) == (2, 18890, 0)
    assert display.view("T2").place is DisplayPlace.IDLE, "another till's goods are nobody's business"
    shop.store.sales.checkout.pay(till.basket().basket, 18890, till.who, till.nonce())
    paying = display.view("T1")
    assert (paying.place, paying.due_fen, paying.word) == (DisplayPlace.PAYING, 18890, PayWord.SHOW)
    till.cash(20000)
    done = display.view("T1")
    assert (done.place, done.total_fen, done.change_fen) == (DisplayPlace.DONE, 18890, 1110)
    later = datetime.now(UTC) + timedelta(seconds=13)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    assert display.view("T1").place is DisplayPlace.IDLE


def test_old_lines_are_counted_and_keys_change_with_what_is_shown(shop: Shop, till: Till) -> None:
    keys = set()
    for _ in range(9):
        till.scan(TEA)
        keys.add(shop.store.guide.display.view("T1").key)
    assert len(keys) == 9


@pytest.mark.parametrize("state", [None, *PayState])
def test_every_state_of_a_payment_says_something_and_none_asks_to_pay_twice(state: PayState | None) -> None:
    word = pay_word(state)
    unclear = {PayState.UNKNOWN, PayState.REVERSING, PayState.STUCK}
    assert (word is PayWord.UNKNOWN) == (state in unclear)
    if state in {PayState.NEW, PayState.SUBMITTING, PayState.USERPAYING, *unclear}:
        assert word not in {PayWord.SHOW, PayWord.AGAIN, PayWord.SCAN}
