"""Orders taken on, picked, packed, shelved: by scanning, offline, one picker at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.clock import stamp
from edge.daemon import Shop
from edge.desks.purchases import PurchaseDesk
from edge.domain import picking_refusals as no
from edge.domain.orders import OrderState
from edge.domain.picking import RejectReason, ShortReason, Tone, countdown, wave_of
from edge.domain.refusals import AlreadyCollected, NonceReused, NotReady
from edge.domain.staff import Operator
from edge.domain.views import RedeemRequest
from tests.edge.conftest import STORE, PretendHq
from tests.edge.pick_floor import CUP, JAR, ONE, TEA, TWO, Floor, nonce
from tests.edge.wishes import facts


@pytest.fixture
def floor(shop: Shop, hq: PretendHq) -> Floor:
    made = Floor(shop, hq)
    made.goods("A1", TEA, 10, zone="B", place="02")
    made.goods("B2", CUP, 4, zone="A", place="09")
    made.goods("C3", JAR, 4)
    return made


def refused(kind: type[Exception], act: Callable[[], object]) -> None:
    with pytest.raises(kind):
        act()


def test_the_whole_way_from_arrival_to_the_shelf(floor: Floor, cashier: Operator, printer: Any) -> None:
    floor.order(card="https://hq.example/c/1")
    assert floor.reserved("A1") == (10, 0, 10)
    assert floor.take(cashier) == (ONE,)
    assert floor.reserved("A1") == (10, 2, 8)
    hands = floor.desks.board.in_hands(cashier)
    # The cup lies in zone A: it comes first, whatever the order says.
    assert [item.line.sku for item in hands.way] == ["B2", "A1"]
    assert floor.scan(CUP, cashier).left == 2
    refused(no.WrongItem, lambda: floor.scan(JAR, cashier))
    refused(no.OverPick, lambda: floor.scan(CUP, cashier))
    refused(no.PickOpen, lambda: floor.desks.packing.pack(ONE, cashier, nonce()))
    floor.scan("01" + TEA.zfill(14), cashier)
    assert floor.scan(TEA, cashier).left == 0
    packed = floor.desks.packing.pack(ONE, cashier, nonce())
    refused(NotReady, lambda: floor.shop.store.pickup.look(floor.hq.code(), cashier))
    refused(no.WrongLabel, lambda: floor.desks.packing.shelve(ONE, "A-1", cashier, nonce()))
    assert floor.state() is OrderState.PACKED
    assert floor.desks.packing.shelve(packed.label, "a-1", cashier, nonce()) == ONE
    assert floor.shop.store.pickup.look(floor.hq.code(), cashier).shelf == "A-1"
    events = floor.shop.books.journal.pending(0, 50, 1 << 20)
    moves = [event.d["state"] for event in events if event.k == "order.advanced"]
    assert moves == ["accepted", "picking", "packed", "ready"]
    (done,) = [event.d for event in events if event.k == "pick.finished"]
    assert (done["units"], done["shorted"], done["in_time"]) == (3, 0, True)
    while floor.shop.store.printing.turn("P1"):
        pass
    assert [slip.title for slip in printer.slips] == ["袋签 0017", "包裹卡 0017"]
    floor.shop.store.hand_over.redeem(RedeemRequest(nonce="n1", code=floor.hq.code()), cashier)
    assert floor.reserved("A1") == (8, 0, 8)


def test_a_riders_parcel_gets_a_waybill_and_goes_for_the_riders_code(
    floor: Floor, cashier: Operator, printer: Any
) -> None:
    floor.order(service="delivery", carrier="own", waybill="SF1234567", ring="R1", numeric_code="48150017")
    floor.take(cashier)
    for code in (CUP, TEA, TEA):
        floor.scan(code, cashier)
    label = floor.desks.packing.pack(ONE, cashier, nonce()).label
    floor.desks.packing.shelve(label, "R-1", cashier, nonce())
    while floor.shop.store.printing.turn("P1"):
        pass
    assert [slip.title for slip in printer.slips] == ["袋签 0017", "配送单 0017"]
    scan = floor.shop.store.scans.type_in("48150017", "T1")
    done = floor.shop.store.hand_over.redeem(RedeemRequest(nonce="rider-01", scan=scan.id), cashier)
    assert done.state is OrderState.PICKED_UP
    purchases = PurchaseDesk(floor.shop.books, floor.shop.store.status, STORE, None)
    assert {purchases.find(number).ref for number in ("SF1234567", label, ONE)} == {ONE}
    refused(AlreadyCollected, lambda: floor.shop.store.pickup.look(floor.hq.code(), cashier))


def test_of_two_pickers_one_gets_the_wave(floor: Floor, cashier: Operator, other: Operator) -> None:
    promised = stamp(datetime.now(UTC) + timedelta(minutes=25))
    floor.order(promised=promised)
    floor.order(TWO, promised=promised)
    (wave,) = floor.desks.board.waves(cashier)
    assert floor.desks.picking.claim(wave.name, cashier, nonce()) == (ONE, TWO)
    refused(no.PickTaken, lambda: floor.desks.picking.claim(wave.name, other, nonce()))
    refused(no.WrongItem, lambda: floor.scan(TEA, other))
    refused(no.PickTaken, lambda: floor.desks.shorts.settle(ONE, other, nonce()))
    assert floor.desks.picking.leave(cashier, nonce()) == 2
    assert floor.desks.picking.claim(ONE, other, nonce()) == (ONE,)


def test_a_picker_who_went_home_is_relieved(floor: Floor, cashier: Operator, other: Operator) -> None:
    floor.order()
    floor.take(cashier)
    long_ago = stamp(datetime.now(UTC) - timedelta(minutes=11))
    with floor.shop.books.ledger.transaction() as tx:
        floor.shop.books.picks.set(tx, ONE, touched_at=long_ago)
    assert floor.take(other) == (ONE,)


def test_a_wish_that_comes_twice_is_done_once(floor: Floor, cashier: Operator) -> None:
    floor.order()
    floor.take(cashier)
    first = floor.desks.picking.scan(TEA, cashier, "the-same-scan")
    again = floor.desks.picking.scan(TEA, cashier, "the-same-scan")
    assert (first.picked, again.picked, again.repeat) == (1, 1, True)
    refused(NonceReused, lambda: floor.desks.picking.scan(CUP, cashier, "the-same-scan"))


@pytest.mark.parametrize(
    ("reason", "after"),
    [
        # 10 on hand, 2 wanted here, 3 packed for somebody else.
        (ShortReason.NOT_IN_STOCK, (3, 3, 0)),
        (ShortReason.MISMATCH, (8, 3, 5)),
        (ShortReason.DAMAGED, (10, 3, 5)),
        (ShortReason.WORN, (10, 3, 5)),
    ],
)
def test_a_short_pick_corrects_the_books_by_its_reason(
    floor: Floor, cashier: Operator, reason: ShortReason, after: tuple[int, int, int]
) -> None:
    line = {"line": 1, "sku": "A1", "name_zh": "茶", "name_en": "Tea", "qty": 3, "unit_fen": 1}
    floor.hq.order("WX2026112200099", numeric_code="11112222", lines=[line])
    floor.order()
    floor.take(cashier)
    assert floor.reserved("A1") == (10, 5, 5)
    assert floor.desks.shorts.short(ONE, 1, reason, cashier, nonce()) is OrderState.SHORT
    assert floor.reserved("A1") == after
    told = facts(floor.shop)
    assert told.count("pick.shorted") == told.count("demand.lost") == 1
    assert ("stock.shifted" in told) == (reason in (ShortReason.DAMAGED, ShortReason.WORN))
    assert floor.desks.counting.tasks(cashier)[0].why == "short"
    assert floor.desks.shorts.settle(ONE, cashier, nonce()) is OrderState.PICKING
    floor.scan(CUP, cashier)
    label = floor.desks.packing.pack(ONE, cashier, nonce()).label
    floor.desks.packing.shelve(label, "A-1", cashier, nonce())


def test_a_substitute_by_rule_turns_one_product_into_the_other(floor: Floor, cashier: Operator) -> None:
    floor.hq.put("g:catalog:CN", "substitute", "A1", {"sku": "A1", "instead": ["C3"]})
    floor.order(substitutes=True)
    floor.take(cashier)
    floor.desks.shorts.short(ONE, 1, ShortReason.MISMATCH, cashier, nonce())
    assert [one.sku for one in floor.desks.shorts.choices(ONE, 1)] == ["C3", "B2"]
    refused(no.NoSubstitute, lambda: floor.desks.shorts.substitute(ONE, 1, "A1", cashier, nonce()))
    floor.desks.shorts.substitute(ONE, 1, "C3", cashier, nonce())
    floor.scan(CUP, cashier)
    label = floor.desks.packing.pack(ONE, cashier, nonce()).label
    floor.desks.packing.shelve(label, "A-1", cashier, nonce())
    assert floor.reserved("C3") == (2, 0, 2)
    floor.shop.store.hand_over.redeem(RedeemRequest(nonce="n1", code=floor.hq.code()), cashier)
    # Ten teas less the two that were never there; the two handed over were jars.
    assert (floor.reserved("A1"), floor.reserved("C3")) == ((8, 0, 8), (2, 0, 2))


def test_no_substitute_without_the_customers_word(floor: Floor, cashier: Operator) -> None:
    floor.hq.put("g:catalog:CN", "substitute", "A1", {"sku": "A1", "instead": ["C3"]})
    floor.order()
    floor.take(cashier)
    floor.desks.shorts.short(ONE, 1, ShortReason.MISMATCH, cashier, nonce())
    assert floor.desks.shorts.choices(ONE, 1) == ()
    refused(no.NoSubstitute, lambda: floor.desks.shorts.substitute(ONE, 1, "C3", cashier, nonce()))


def test_an_order_of_which_nothing_is_there_is_turned_down(floor: Floor, cashier: Operator) -> None:
    line = {"line": 1, "sku": "A1", "name_zh": "茶", "name_en": "Tea", "qty": 2, "unit_fen": 1}
    floor.order(lines=[line])
    floor.take(cashier)
    floor.desks.shorts.short(ONE, 1, ShortReason.NOT_IN_STOCK, cashier, nonce())
    refused(no.NothingPicked, lambda: floor.desks.shorts.settle(ONE, cashier, nonce()))
    assert floor.desks.shorts.reject(ONE, RejectReason.NOT_IN_STOCK, cashier, nonce()) is OrderState.REJECTED
    assert floor.reserved("A1") == (0, 0, 0)
    assert facts(floor.shop).count("pick.shorted") == 1


@pytest.mark.parametrize(
    ("reason", "line", "after"),
    [
        (RejectReason.BUSY, 0, (10, 0, 10)),
        (RejectReason.NOT_IN_STOCK, 1, (0, 0, 0)),
        (RejectReason.MISMATCH, 1, (8, 0, 8)),
        (RejectReason.WORN, 1, (10, 0, 8)),
    ],
)
def test_an_order_is_turned_down_before_it_is_taken_on(
    floor: Floor, cashier: Operator, reason: RejectReason, line: int, after: tuple[int, int, int]
) -> None:
    floor.order()
    assert floor.desks.shorts.reject(ONE, reason, cashier, nonce(), line) is OrderState.REJECTED
    assert floor.reserved("A1") == after
    (told,) = [e.d for e in floor.shop.books.journal.pending(0, 50, 1 << 20) if e.k == "order.advanced"]
    assert told["reason"] == reason.value


def test_goods_of_a_cancelled_pick_are_kept_until_they_are_put_back(floor: Floor, cashier: Operator) -> None:
    floor.order()
    floor.take(cashier)
    floor.scan(TEA, cashier)
    cmd = {"cmd": "c1", "order": ONE, "gen": 1, "kind": "cancel_requested", "at": stamp(datetime.now(UTC))}
    floor.hq.put(f"s:{STORE}:cmd", "cmd", "c1", cmd)
    floor.shop.store.fulfilment.turn()
    assert floor.state() is OrderState.CANCELLED
    assert floor.reserved("A1") == (10, 1, 9)
    ((order, why, _),) = floor.desks.board.put_back()
    assert (order, why) == (ONE, "cancelled")
    floor.desks.shorts.put_back(ONE, cashier, nonce())
    assert floor.reserved("A1") == (10, 0, 10)
    assert floor.desks.board.put_back() == ()


def test_what_nobody_fetched_goes_back_to_its_place(floor: Floor, cashier: Operator) -> None:
    floor.hq.order(hold_until=stamp(datetime.now(UTC) - timedelta(days=1)))
    floor.shop.store.fulfilment.turn()
    assert floor.reserved("A1") == (10, 2, 8)
    assert floor.desks.shorts.put_back(ONE, cashier, nonce()) is OrderState.RESTOCKED
    assert floor.reserved("A1") == (10, 0, 10)


def test_an_order_that_nobody_accepts_calls_out_twice(floor: Floor, cashier: Operator) -> None:
    called: list[str] = []
    floor.shop.wakes.listen(called.append)
    floor.order()

    def wait(minutes: int) -> None:
        past = stamp(datetime.now(UTC) - timedelta(minutes=minutes, seconds=1))
        with floor.shop.books.ledger.transaction() as tx:
            floor.shop.books.picks.set(tx, ONE, seen_at=past)
        for _ in range(2):
            floor.desks.picking.turn()

    for minutes, calls in ((4, 0), (5, 1), (9, 1), (10, 2), (60, 2)):
        wait(minutes)
        assert called.count("attention") == calls, minutes
    assert floor.desks.board.counts().calling == 1
    floor.desks.picking.accept(ONE, cashier, nonce())
    assert (floor.desks.board.counts().calling, floor.desks.board.counts().open) == (0, 1)


def test_the_short_cut_past_the_label_is_the_leads(floor: Floor, cashier: Operator, lead: Operator) -> None:
    floor.order()
    refused(no.NotPacked, lambda: floor.shop.store.fulfilment.shelve(ONE, "A-1", cashier))
    assert floor.shop.store.fulfilment.shelve(ONE, "A-1", lead) is OrderState.READY
    floor.desks.picking.turn()
    assert floor.desks.board.counts().open == 0


def test_an_order_that_was_turned_down_and_comes_again_is_picked_again(
    floor: Floor, cashier: Operator
) -> None:
    floor.order()
    floor.take(cashier)
    floor.scan(TEA, cashier)
    # In the middle of a pick an order is not turned down: what is short is said first.
    refused(no.PickClosed, lambda: floor.desks.shorts.reject(ONE, RejectReason.BUSY, cashier, nonce()))
    floor.desks.shorts.short(ONE, 2, ShortReason.MISMATCH, cashier, nonce())
    floor.desks.shorts.reject(ONE, RejectReason.BUSY, cashier, nonce())
    floor.order(gen=2)
    assert floor.state() is OrderState.ALLOCATED
    floor.take(cashier)
    assert floor.scan(TEA, cashier).picked == 1


@pytest.mark.parametrize(
    ("minute", "tone"),
    [(0, Tone.CALM), (14, Tone.CALM), (15, Tone.HALF), (24, Tone.SOON), (30, Tone.OVER), (31, Tone.OVER)],
)
def test_the_last_half_hour_is_what_counts(minute: int, tone: Tone) -> None:
    start = datetime(2026, 7, 31, 10, tzinfo=UTC)
    due = start + timedelta(minutes=30)
    clock = countdown(start - timedelta(hours=3), due, start + timedelta(minutes=minute))
    assert (clock.tone, clock.left_s) == (tone, (30 - minute) * 60)
    assert wave_of(due) == "07-31T10:30"
    # Half past ten was promised at twenty-eight past: nothing divides by nought.
    assert countdown(due, due, due).tone is Tone.OVER
