"""What a store says of its shelves and what HQ makes of it: the night's comparison, unfit pieces, shorts, nodes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from edge.desks.stock_watch import StockWatch
from edge.records.journal import Author
from sync.goods import DemandLost, Inbound, Node, StockAlarmed, StockChecked, StockShifted
from sync.hub.nodes import NodeDesk
from sync.hub.pick_tables import lost_demand, pick_short, pick_time, unfit_piece
from sync.hub.publishing import NotPossible
from sync.hub.schema import ingest_event, stock_level
from sync.picks import PickFinished, PickShorted
from tests.spots import DEPOT
from tests.sync.conftest import an_order
from tests.sync.shop_floor import Floor, Stores

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def codes(hub: Any) -> list[str]:
    return [case["code"] for case in hub.desk.cases()]


def say(shop: Floor, *facts: Any) -> None:
    with shop.books.ledger.transaction() as tx:
        for fact in facts:
            shop.books.journal.append(tx, fact, Author("T1", "1001"))
    shop.settle()


def watch(shop: Floor) -> StockWatch:
    return StockWatch(shop.books, shop.status, lambda _topic: None)


def test_figures_that_agree_are_no_case(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    shop.move(5)
    shop.count(13)
    shop.settle()
    shop.move(-2, reason="sale")  # of this HQ has not heard when the check is made
    assert watch(shop).check("2026-07-31")
    shop.settle()
    assert codes(hub) == []
    checked = shop.goods.alerts().checked
    assert checked is not None
    assert checked.word == "same"


def test_a_difference_is_a_case_and_corrects_nothing(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    shop.move(5)
    shop.settle()
    with hub.engine.begin() as conn:  # a fault of HQ's: its figure changes and nobody is told
        conn.execute(update(stock_level).values(on_hand=stock_level.c.on_hand + 1))
    watch(shop).check("2026-07-31")
    shop.settle()
    assert codes(hub) == ["STOCK_DIFFERS"]
    assert (hub.desk.stock("S1")["P1"], shop.goods.on_hand("P1")) == (16, 15)
    checked = shop.goods.alerts().checked
    assert checked is not None
    assert checked.word == "differs"


def test_a_correction_on_its_way_is_no_difference(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    shop.move(5)
    shop.settle()
    hub.desk.set_stock("S1", "P1", 99)
    watch(shop).check("2026-07-31")
    shop.settle()
    assert codes(hub) == []
    watch(shop).check("2026-08-01")
    shop.settle()
    assert codes(hub) == []
    assert shop.goods.on_hand("P1") == 99


def test_a_check_that_names_another_moment_is_not_believed(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    say(shop, StockChecked(7, 1, "0" * 16))
    with hub.engine.connect() as conn:
        assert conn.execute(select(ingest_event.c.verdict, ingest_event.c.code)).all() == [
            ("quarantined", "BAD_FACT")
        ]
    assert codes(hub) == []


def test_what_a_store_says_of_picks_is_kept(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    hub.desk.publish_order(an_order("O1"))
    say(
        shop,
        StockShifted("P1", 2, "damaged"),
        DemandLost("P1", 1, "short"),
        PickShorted("O1", 1, 1, "P1", 1, "damaged"),
        PickFinished("O1", 1, 30, 20, 200, 15, 1, 1, True),
        StockAlarmed("P1", "oversold", 1, 2, 2),
        PickShorted("nothing of ours", 1, 1, "P1", 1, "worn"),
    )
    assert sorted(codes(hub)) == ["OVERSOLD", "UNKNOWN_ORDER"]
    with hub.engine.connect() as conn:
        assert conn.execute(select(unfit_piece.c.sku, unfit_piece.c.qty)).all() == [("P1", 2)]
        assert conn.scalars(select(lost_demand.c.how)).all() == ["short"]
        assert conn.scalars(select(pick_short.c.reason)).all() == ["damaged", "worn"]
        assert conn.execute(select(pick_time.c.pick_s, pick_time.c.in_time)).all() == [(200, 1)]


def test_other_places_are_told_as_news_only(hub: Any, floor: Stores) -> None:
    shop, desk = floor("S1"), NodeDesk(hub.engine)
    desk.set_nodes([Node("W1", "warehouse", "华东仓", "East", *DEPOT), Node("S1", "store", "一店", "One")])
    assert desk.set_levels("W1", {"P1": 40, "P2": 3}) == 2
    assert desk.set_levels("W1", {"P1": 40}) == 1  # P2 is gone
    hub.desk.publish_order(an_order("O1"))
    say(shop, StockShifted("P1", 3, "worn"))
    desk.snapshot()
    shop.settle()
    # Ten on hand, two promised, three unfit.
    other = floor("S2")
    other.settle()
    assert sorted((one.node, one.sellable) for one in other.goods.elsewhere("P1")) == [("S1", 5), ("W1", 40)]
    assert [one.node for one in shop.goods.elsewhere("P1")] == ["W1"], "its own shelf is no other place"
    assert desk.snapshot() == 0


def test_goods_on_their_way_are_announced_and_closed(hub: Any, floor: Stores) -> None:
    shop, desk = floor("S1"), NodeDesk(hub.engine)
    desk.announce("S1", [Inbound("T9:P1", "T9", "P1", 6, "W1", "2026-08-01T02:00:00.000Z")])
    shop.settle()
    assert shop.goods.buckets("P1").in_transit == 6
    shop.move(6, reason="transfer", ref="T9")
    shop.settle()
    assert shop.goods.buckets("P1").in_transit == 0
    assert desk.arrived("S1", "T9") == 1
    shop.settle()
    assert (shop.goods.buckets("P1").in_transit, hub.desk.stock("S1")["P1"]) == (0, 16)
    with pytest.raises(NotPossible):
        desk.announce("S1", [Inbound("other", "T9", "P1", 6, "W1")])
