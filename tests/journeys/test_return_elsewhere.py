"""Goods bought in one store come back in another: HQ's word first, its money last, nothing back twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from config.schema import parse
from edge.desks.returns import ReturnDesk as Desk
from edge.domain.return_refusals import PurchaseUnknown, ReturnNeedsHq, ReturnNotAuthorised, ReturnTooMany
from edge.domain.returns import Condition, Fate, Reason, Source, Wanted
from edge.domain.selling import Sale
from edge.domain.staff import Operator
from edge.domain.views import RedeemRequest
from edge.records.inbox import Inbox
from edge.return_crew import return_desk
from sync.asking import HqAsk
from sync.benefits import Coupon
from sync.client import SyncClient
from sync.hub.benefits import BenefitDesk
from sync.hub.publishing import NotPossible
from sync.hub.return_desk import ReturnDesk
from sync.hub.web import create_hub
from sync.messages import Price
from sync.messages import Shop as ShopRow
from sync.returning import RmaAsk
from sync.transport import LoopTransport
from tests.founded import founded_shop
from tests.journeys.conftest import STORE, Line, Pair

OTHER = "S00007"
TEA = "6901234567892"


@dataclass
class Ends:
    """Two stores of a chain, each with its return desk, and HQ's."""

    south: Pair
    north: Pair
    desks: dict[str, Desk]
    hq: ReturnDesk
    ask: Line

    def sync(self) -> None:
        for _ in range(2):
            assert self.south.sync() == []
            assert self.north.sync() == []

    def codes(self) -> list[str]:
        return [case["code"] for case in self.south.hq.cases()]


def want(line: int = 1, qty: int = 1) -> Wanted:
    return Wanted(line, qty, Condition.INTACT, Reason.NO_REASON, Fate.SHELF)


def desk_of(pair: Pair, settings: Any, line: Any) -> Desk:
    store = pair.shop.store
    return return_desk(settings, store.till, store.tender, store.customers, store.sales, HqAsk(lambda: line))


@pytest.fixture
def ends(pair: Pair, tmp_path: Path) -> Iterator[Ends]:
    pair.hq.publish_prices([Price("A1", 5990, "b1")])
    token = pair.hq.add_store(ShopRow(store=OTHER, name_zh="南京路店", name_en="Nanjing Road"))
    facts = {
        "store": {"id": OTHER, "state_dir": str(tmp_path / "north")},
        "stations": {"T1": {"printer": "P1"}},
        "printers": {"P1": {"host": "127.0.0.1"}},
    }
    settings = parse(facts)
    shop = founded_shop(settings, bytes(range(32)), {"P1": pair.paper})
    app = create_hub(pair.hq._engine)
    line = Line(LoopTransport(app, token))
    inbox = Inbox(shop.books.hq, shop.books.clock)
    client = SyncClient(line, shop.books.journal, inbox, store_id=OTHER, clock=shop.books.clock)
    north = replace(pair, shop=shop, line=line, client=client)
    ask = Line(LoopTransport(app, token))
    own = parse({**facts, "store": {"id": STORE, "state_dir": str(tmp_path / "state")}})
    desks = {OTHER: desk_of(north, settings, ask), STORE: desk_of(pair, own, pair.line)}
    both = Ends(pair, north, desks, ReturnDesk(pair.hq._engine), ask)
    both.sync()
    yield both
    shop.books.close()


def sell(pair: Pair, who: Operator, pieces: int = 2, coupons: tuple[str, ...] = ()) -> Sale:
    sales = pair.shop.store.sales
    if sales.shifts.at(who.station) is None:
        sales.shifts.open(10_000, who, "float-0001")
    for n in range(pieces):
        basket = sales.selling.add("A1", who, f"add-{n:05}")
    for name in coupons:
        basket = sales.selling.coupon(basket.basket, name, who, f"coupon-{name}")
    total = int(sales.selling.bill(basket).total_fen)
    return sales.checkout.cash(basket.basket, total, total, who, "cash-00001")


def test_with_hqs_word_goods_come_back_elsewhere_and_hq_gives_the_money(
    ends: Ends, cashier: Operator
) -> None:
    sale = sell(ends.south, cashier)
    ends.sync()
    desk = ends.desks[OTHER]
    found = desk.find(sale.receipt, cashier)
    assert (found.store, found.ref, [line.left for line in found.lines]) == (STORE, sale.sale, [2])
    done = desk.accept(Source.SALE, sale.sale, [want()], cashier, "ret-00001")
    assert (done.refund_fen, done.pending) == (5990, True)
    ends.sync()
    (owed,) = ends.hq.owed()
    assert (owed["store"], owed["shop"], owed["refund_fen"]) == (OTHER, STORE, 5990)
    assert ends.south.hq.stock(OTHER) == {"A1": 1}
    ends.hq.settle(done.ret)
    ends.sync()
    assert not desk.view(done.ret).pending
    with pytest.raises(NotPossible):
        ends.hq.settle(done.ret)
    # The store that sold it knows which piece is gone, and takes the other one back.
    home = ends.desks[STORE]
    assert [line.left for line in home.find(sale.receipt, cashier).lines] == [1]
    with pytest.raises(ReturnTooMany):
        home.accept(Source.SALE, sale.sale, [want(1, 2)], cashier, "ret-00002")
    home.accept(Source.SALE, sale.sale, [want()], cashier, "ret-00003")
    ends.sync()
    assert ends.codes() == []
    with pytest.raises(ReturnTooMany):
        desk.accept(Source.SALE, sale.sale, [want()], cashier, "ret-00004")


@pytest.mark.parametrize("last_at_home", [False, True], ids=["last piece elsewhere", "last piece at home"])
@pytest.mark.parametrize("cls", ["A", "B", "C"])
def test_a_sale_that_is_back_whole_over_two_stores_gives_its_coupon_back(
    ends: Ends, cashier: Operator, cls: Any, *, last_at_home: bool
) -> None:
    coupons = BenefitDesk(ends.south.hq._engine)
    store, over = STORE if cls == "B" else "", "2099-01-01T00:00:00.000Z"
    limits: dict[str, Any] = {"offline_fen": 2000, "offline_per_hour": 9} if cls == "C" else {}
    coupons.issue([Coupon("Q1", cls, 1000, "减10", "10 off", store=store, not_after=over, **limits)])
    ends.sync()
    sale = sell(ends.south, cashier, coupons=("Q1",))
    assert sale.net_fen == 2 * 5990 - 1000
    ends.sync()
    here, there = ends.desks[STORE], ends.desks[OTHER]
    first, second = (there, here) if last_at_home else (here, there)
    first.accept(Source.SALE, sale.sale, [want()], cashier, "ret-00001")
    ends.sync()
    assert not here.turn(), "a piece is still out"
    if not last_at_home:
        assert ends.hq.rma(OTHER, RmaAsk("word", "sale", sale.sale, {"1": (2,)})).rma
        ends.sync()
        assert not here.turn(), "HQ's word is no return"
    second.accept(Source.SALE, sale.sale, [want(1)], cashier, "ret-00002")
    ends.sync()
    here.turn()
    assert not here.turn()
    ends.sync()
    (use,) = coupons.uses("Q1")
    assert use["released"]
    assert ends.codes() == []
    assert ends.south.shop.store.customers.coupons.look("Q1").refusal is None
    assert sell_again(ends.south, cashier) == 5990 - 1000


def sell_again(pair: Pair, who: Operator) -> int:
    selling = pair.shop.store.sales.selling
    basket = selling.add("A1", who, "again-1")
    basket = selling.coupon(basket.basket, "Q1", who, "again-2")
    return int(selling.bill(basket).total_fen)


def test_pieces_that_hq_gave_its_word_for_are_not_given_it_twice(ends: Ends, cashier: Operator) -> None:
    sale = sell(ends.south, cashier, pieces=1)
    ends.sync()
    desk = ends.desks[OTHER]
    assert desk.find(sale.receipt, cashier).lines[0].left == 1
    assert ends.hq.rma("S00009", RmaAsk("elsewhere", "sale", sale.sale, {"1": (1,)})).rma
    with pytest.raises(ReturnTooMany):
        desk.accept(Source.SALE, sale.sale, [want()], cashier, "ret-00001")
    assert ends.hq.rma(OTHER, RmaAsk("late", "sale", sale.sale, {"1": (1,)})).why == "returned"
    assert ends.hq.rma(OTHER, RmaAsk("none", "sale", "nothing", {"1": (1,)})).why == "unknown"
    assert ReturnNotAuthorised.code == "return_not_authorised"


def test_without_a_line_only_own_purchases_come_back(ends: Ends, cashier: Operator) -> None:
    sale = sell(ends.south, cashier)
    ends.sync()
    ends.ask.cut = ends.south.line.cut = True
    with pytest.raises(ReturnNeedsHq):
        ends.desks[OTHER].find(sale.receipt, cashier)
    assert ends.desks[STORE].accept(Source.SALE, sale.sale, [want()], cashier, "ret-00001").refund_fen == 5990


def test_a_piece_back_in_two_stores_at_once_is_a_case(ends: Ends, cashier: Operator) -> None:
    """HQ gave its word while the selling store was cut off and took the same piece back."""
    sale = sell(ends.south, cashier, pieces=1)
    ends.sync()
    ends.desks[STORE].accept(Source.SALE, sale.sale, [want()], cashier, "ret-00001")
    ends.desks[OTHER].accept(Source.SALE, sale.sale, [want()], cashier, "ret-00002")
    ends.sync()
    assert ends.codes() == ["RETURNED_TWICE"]
    there = {store: ends.south.hq.stock(store)["A1"] for store in (STORE, OTHER)}
    assert there == {STORE: 10, OTHER: 1}, "goods are where they are"


def test_an_order_is_known_everywhere_once_hq_knows_it(ends: Ends, cashier: Operator) -> None:
    ends.south.order("WX2026112200017", service="delivery", carrier="third", waybill="SF1200345678901")
    ends.south.order("WX2026112200018", service="delivery", carrier="third", waybill="SF1200345678999")
    ends.sync()
    code = ends.south.code("WX2026112200017")
    ends.south.shop.store.hand_over.redeem(RedeemRequest(nonce="n1", code=code), cashier)
    ends.sync()
    desk = ends.desks[OTHER]
    found = desk.find("WX2026112200017", cashier)
    assert (found.estimate, found.net_fen, found.lines[0].left) == (True, 11980, 2)
    # The number on the parcel finds it too: at home without a line, elsewhere by HQ's word.
    assert desk.find("SF1200345678901", cashier) == found
    ends.south.line.cut = True
    assert ends.desks[STORE].find("SF1200345678901", cashier).ref == found.ref
    ends.south.line.cut = False
    assert [line.left for line in desk.find("SF1200345678999", cashier).lines] == [0], "nobody has it yet"
    # A carrier's number that came round again names nobody's parcel.
    ends.south.order("WX2026112200019", waybill="SF1200345678901")
    ends.sync()
    for store in (STORE, OTHER):
        with pytest.raises(PurchaseUnknown):
            ends.desks[store].find("SF1200345678901", cashier)
    done = desk.accept(Source.ORDER, found.ref, [want(1, 2)], cashier, "ret-00001")
    ends.sync()
    ends.hq.settle(done.ret, refused="货物有损")
    ends.sync()
    told = desk.view(done.ret)
    assert (told.parts[0].state, told.note) == ("refused", "货物有损")
    with pytest.raises(PurchaseUnknown):
        desk.find("WX0000000000000", cashier)
