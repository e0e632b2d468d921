"""Pieces by what may be done with them, counts that nobody is told the answer of, figures that cannot be true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from edge.clock import stamp
from edge.daemon import Shop
from edge.desks import goods as goods_desk
from edge.desks import night_sums, stock_watch
from edge.desks.low_stock import LowStocks
from edge.desks.stock_watch import sum_of
from edge.domain.picking_refusals import CountAgain, PickClosed
from edge.domain.refusals import BadRequest, UnknownThing
from edge.domain.staff import Operator, Role
from edge.domain.stock import Buckets, needs_recount
from tests.edge.conftest import STORE, PretendHq
from tests.edge.pick_floor import Floor, nonce
from tests.edge.wishes import facts
from tests.spots import DEPOT, HERE, NEAR

LEAD = Operator("2001", "张店长", Role.LEAD, "T1")


@pytest.fixture
def floor(shop: Shop, hq: PretendHq) -> Floor:
    made = Floor(shop, hq)
    made.goods("A1", "6901234567892", 10, min_stock=9)
    made.goods("B2", "6901234567908", 4)
    return made


def told(shop: Shop, kind: str) -> list[dict[str, Any]]:
    return [event.d for event in shop.books.journal.pending(0, 99, 1 << 20) if event.k == kind]


def test_unfit_pieces_stay_and_cannot_be_sold(floor: Floor, cashier: Operator) -> None:
    goods: Any = floor.shop.store.goods
    goods.shift("A1", 3, "damaged", cashier, nonce())
    goods.shift("A1", -1, "mended", cashier, nonce())
    assert goods.buckets("A1") == Buckets(10, 0, 2)
    assert goods.buckets("A1").sellable == 8
    goods.shift("A1", -2, "scrapped", cashier, nonce())
    assert goods.buckets("A1") == Buckets(8, 0, 0)
    for qty, reason in ((1, "mended"), (-1, "damaged"), (-1, "scrapped"), (0, "worn")):
        with pytest.raises(BadRequest):
            goods.shift("A1", qty, reason, cashier, nonce())
    assert facts(floor.shop) == ["stock.shifted"] * 3 + ["stock.moved"]


def test_what_is_on_its_way_arrives_by_its_paper(floor: Floor, cashier: Operator) -> None:
    row = {"row": "T9:A1", "ref": "T9", "sku": "A1", "qty": 6, "source": "W1", "due": ""}
    floor.hq.put(f"s:{STORE}:stock", "inbound", "T9:A1", row)
    goods = floor.shop.store.goods
    assert goods.buckets("A1").in_transit == 6
    goods.move("A1", 4, "transfer", cashier, nonce(), ref="T9")
    assert (goods.buckets("A1").in_transit, goods.on_hand("A1")) == (2, 14)
    goods.move("A1", 5, "receipt", cashier, nonce(), ref="another")
    assert goods.buckets("A1").in_transit == 2
    goods.move("A1", 3, "transfer", cashier, nonce(), ref="T9")
    assert goods.buckets("A1").in_transit == 0
    assert goods.history("A1")[0][1:4] == (3, "transfer", "T9")


def test_low_stock_and_other_places(floor: Floor, cashier: Operator) -> None:
    goods = floor.shop.store.goods
    assert goods.alerts().low == ()
    goods.move("A1", -2, "sample", cashier, nonce())
    (low,) = goods.alerts().low
    assert (low.sku, low.sellable, low.min_stock) == ("A1", 8, 9)
    places = (("W1", "warehouse", DEPOT), (STORE, "store", HERE), ("S00007", "store", NEAR))
    for node, kind, (lat, lon) in places:
        word = {"node": node, "kind": kind, "name_zh": "仓", "name_en": "N", "lat_e5": lat, "lon_e5": lon}
        floor.hq.put("g:nodes:CN", "node", node, word)
        at = stamp(datetime.now(UTC))
        stock = {"row": f"{node}:A1", "node": node, "sku": "A1", "sellable": 3, "at": at}
        floor.hq.put("g:nodes:CN", "node_stock", f"{node}:A1", stock)
    near, far = goods.elsewhere("A1")
    assert (near.node, near.km10, far.node) == ("S00007", 12, "W1")
    assert near.age_s is not None
    assert near.age_s < 60


def test_however_many_have_a_least_number_one_look_asks_after_a_portion(
    floor: Floor, cashier: Operator
) -> None:
    for number in range(5):
        floor.goods(f"L{number}", f"690123456{number:04}", 1, min_stock=2)
    room, asked = floor.shop.books.stockroom, list[str]()
    lows = LowStocks(room, portion=2)
    reader = floor.shop.books.ledger.read()
    found = []
    for _ in range(4):
        reader.set_trace_callback(asked.append)
        found.append(len(lows.look({})))
        reader.set_trace_callback(None)
    # A1 has enough; the fourth look finds the end of the round.
    assert found == [1, 3, 5, 5]
    assert sum("FROM unfit" in sql for sql in asked) == 2 + 2 + 2 + 0
    floor.shop.store.goods.move("L3", 4, "receipt", cashier, nonce())
    assert [len(lows.look({})) for _ in range(3)] == [5, 5, 4]
    alerts = floor.shop.store.goods.alerts()
    assert (alerts.low_count, alerts.doubt_count) == (4, 0)


def test_a_list_of_stock_is_bounded_and_says_how_many_there_are(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goods_desk, "MOST_SHOWN", 2)
    for number in range(3):
        floor.goods(f"L{number}", f"690123456{number:04}", 1, min_stock=2)
    with floor.shop.books.ledger.transaction() as tx:
        for number in range(3):
            floor.shop.books.stockroom.alarm(tx, f"L{number}", "negative", "2026-11-22T00:00:00Z")
    alerts = floor.shop.store.goods.alerts()
    assert (len(alerts.low), alerts.low_count, len(alerts.doubts), alerts.doubt_count) == (2, 3, 2, 3)
    assert alerts.total >= 6


def test_what_somebody_wanted_in_vain_is_told_once(floor: Floor, cashier: Operator) -> None:
    goods = floor.shop.store.goods
    for _ in range(2):
        goods.lost("A1", 2, "asked", cashier, "same-wish-1")
    assert told(floor.shop, "demand.lost") == [{"sku": "A1", "qty": 2, "how": "asked"}]
    with pytest.raises(UnknownThing):
        goods.lost("nothing", 1, "asked", cashier, nonce())


def test_a_count_near_the_books_is_entered_and_tells_the_difference(floor: Floor, cashier: Operator) -> None:
    desk = floor.desks.counting
    desk.ask("A1", cashier)
    desk.ask("A1", cashier)
    (task,) = desk.tasks(cashier)
    upto = desk.begin()
    floor.shop.store.goods.move("A1", -1, "sample", cashier, nonce())
    done = desk.enter(task.id, 9, upto, cashier, nonce())
    # Nine were there before one more left.
    assert (done.delta, floor.shop.store.goods.on_hand("A1")) == (-1, 8)
    assert desk.tasks(cashier) == ()
    with pytest.raises(PickClosed):
        desk.enter(task.id, 9, upto, cashier, nonce())


def test_a_count_far_off_is_another_persons_to_confirm(
    floor: Floor, cashier: Operator, other: Operator
) -> None:
    desk, goods = floor.desks.counting, floor.shop.store.goods
    desk.ask("A1", cashier)
    (task,) = desk.tasks(cashier)
    first = desk.enter(task.id, 3, desk.begin(), cashier, "count-wish-1")
    assert (first.delta, goods.on_hand("A1")) == (None, 10)
    assert desk.enter(task.id, 3, 0, cashier, "count-wish-1").repeat
    (again,) = desk.tasks(cashier)
    assert (again.second, again.mine) == (True, True)
    assert "3" not in {str(value) for value in vars(again).values()}
    with pytest.raises(CountAgain):
        desk.enter(task.id, 3, desk.begin(), cashier, nonce())
    assert told(floor.shop, "stock.counted") == []
    second = desk.enter(task.id, 4, desk.begin(), other, nonce())
    assert (second.delta, goods.on_hand("A1")) == (-6, 4)
    right = floor.desks.watch.accuracy()
    assert (right.counts, right.right, right.right_share) == (1, 0, 0.0)


@pytest.mark.parametrize(
    ("counted", "books", "again"),
    [(13, 10, False), (14, 10, True), (6, 10, True), (110, 100, False), (111, 100, True), (9, None, False)],
)
def test_three_pieces_or_a_tenth_are_believed(counted: int, books: int | None, again: bool) -> None:
    assert needs_recount(counted, books) is again


def test_figures_that_cannot_be_true_are_told_once_and_end(floor: Floor, cashier: Operator) -> None:
    goods, watch = floor.shop.store.goods, floor.desks.watch
    goods.move("B2", -6, "sale", cashier, nonce())
    for _ in range(2):
        watch.turn()
    (alarm,) = told(floor.shop, "stock.alarmed")
    assert (alarm["sku"], alarm["kind"], alarm["on_hand"]) == ("B2", "negative", -2)
    assert [one.kind for one in goods.alerts().doubts] == ["negative"]
    assert floor.desks.counting.tasks(cashier)[0].why == "negative"
    goods.move("B2", 3, "receipt", cashier, nonce())
    watch.turn()
    assert goods.alerts().doubts == ()
    assert len(told(floor.shop, "stock.alarmed")) == 1


def test_more_promised_than_there_is(floor: Floor, cashier: Operator) -> None:
    floor.order()
    floor.take(cashier)
    floor.shop.store.goods.move("B2", -4, "sale", cashier, nonce())
    floor.desks.watch.turn()
    assert [(d["sku"], d["kind"], d["reserved"]) for d in told(floor.shop, "stock.alarmed")] == [
        ("B2", "oversold", 1)
    ]


def test_the_nights_figures_and_the_days_counts(floor: Floor, cashier: Operator) -> None:
    assert floor.shop.store.goods.alerts().checked is None
    floor.shop.store.goods.move("A1", -1, "sale", cashier, nonce())
    assert floor.desks.watch.check("2026-07-31")
    (fact,) = told(floor.shop, "stock.checked")
    assert (fact["n"], fact["ck"], fact["upto_seq"]) == (2, sum_of([("A1", 9), ("B2", 4)]), 1)
    assert fact["ck"] != sum_of([("A1", 10), ("B2", 4)])
    assert {one.sku for one in floor.desks.counting.tasks(cashier)} == {"A1", "B2"}
    checked = floor.shop.store.goods.alerts().checked
    assert checked is not None
    assert (checked.day, checked.word) == ("2026-07-31", "pending")


def test_goods_that_move_amid_the_nights_sum_are_in_it_as_they_are(
    floor: Floor, cashier: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_sums, "PRODUCTS", 1)
    goods, watch = floor.shop.store.goods, floor.desks.watch
    assert watch.night("2026-07-31")
    goods.move("A1", -3, "sale", cashier, nonce())
    assert watch.night("2026-07-31")
    goods.count("B2", 7, cashier, nonce())
    # New to this store: beyond all that HQ named, and amid it.
    goods.move("A1", -1, "sale", cashier, nonce())
    for _ in range(9):
        if not watch.night("2026-07-31") or told(floor.shop, "stock.checked"):
            break
    (fact,) = told(floor.shop, "stock.checked")
    assert (fact["n"], fact["ck"], fact["upto_seq"]) == (2, sum_of([("A1", 6), ("B2", 7)]), 3)


def test_figures_that_hq_tells_amid_the_nights_sum_begin_it_anew(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_sums, "PRODUCTS", 1)
    watch = floor.desks.watch
    assert watch.night("2026-07-31")
    floor.goods("A1", "6901234567892", 11, min_stock=9)
    assert not watch.night("2026-07-31"), "two of HQ's words in one sum"
    assert not watch.night("2026-07-31"), "worked out again at once"
    assert told(floor.shop, "stock.checked") == []
    assert watch.check("2026-07-31")
    (fact,) = told(floor.shop, "stock.checked")
    assert fact["ck"] == sum_of([("A1", 11), ("B2", 4)])


def test_under_the_write_lock_little_is_read(
    floor: Floor, cashier: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_sums, "PRODUCTS", 1)
    floor.goods("C3", "6901234567915", 2)
    goods, books = floor.shop.store.goods, floor.shop.books
    sums = night_sums.NightSums(books.stockroom, books.stockroom.cursor())
    while not sums.whole:
        sums.step(books.journal.last_seq())
    for sku in ("A1", "B2", "C3"):
        goods.move(sku, -1, "sale", cashier, nonce())
    with books.ledger.transaction() as tx:
        assert not sums.settle(tx, 3, most=2)
    sums.step(3)
    with books.ledger.transaction() as tx:
        assert sums.settle(tx, 3, most=2)
    assert sums.sums() == (3, sum_of([("A1", 9), ("B2", 3), ("C3", 1)]))
    floor.goods("A1", "6901234567892", 12)
    with books.ledger.transaction() as tx:
        assert not sums.settle(tx, 3, most=2), "HQ told another figure meanwhile"


def test_after_a_start_all_that_ever_moved_is_looked_at_in_portions(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_watch, "_LOOKED_AT", 1)
    for sku in ("A1", "B2"):
        floor.shop.store.goods.move(sku, -20, "adjust", LEAD, nonce())
    for _ in range(6):
        floor.desks.watch.turn()
    assert {fact["sku"] for fact in told(floor.shop, "stock.alarmed")} == {"A1", "B2"}


def test_however_many_products_are_looked_at_the_orders_are_gone_through_once(
    floor: Floor, cashier: Operator
) -> None:
    for nth in range(20):
        floor.goods(f"P{nth}", f"69012345{nth:05}", 0, min_stock=2)
        floor.shop.store.goods.move(f"P{nth}", 1, "receipt", cashier, nonce())
    asked: list[str] = []
    room, reader = floor.shop.books.stockroom, floor.shop.books.ledger.read()

    def rounds(look: Callable[[], object]) -> int:
        asked.clear()
        reader.set_trace_callback(asked.append)
        look()
        reader.set_trace_callback(None)
        return sum("json_each(o.doc, '$.lines')" in sql for sql in asked)

    assert rounds(floor.shop.store.goods.alerts) == 1
    assert rounds(lambda: room.instead_of("A1", "tea")) == 1
    assert rounds(floor.desks.watch.turn) == 2, "which are promised, and how many"
