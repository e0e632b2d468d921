"""What a store is told was handed over of its open orders: journal by journal, summed, the same however HQ finds it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from sync.hub import rows
from sync.hub.bulk import rows_of
from sync.hub.rows import with_handed
from sync.hub.schema import customer_order, pickup, pickup_line, stock_level
from sync.messages import HandedLine, OrderLine

LINES = tuple(OrderLine(n, "P1", "牛奶", "Milk", 900, 1250) for n in (1, 2, 3))


def told(shop: Any, order: str = "O1") -> list[tuple[str, int, int, int]]:
    """What stands at the store: (journal, line, qty, unit)."""
    said = shop.replica.usable("s:S1:orders")[order].get("handed", ())
    return [(one["stream"], one["line"], one["qty"], one.get("unit", 0)) for one in said]


def annul(shop: Any, event: Any) -> None:
    back = {key: event.d[key] for key in ("pickup", "order", "gen", "lines")}
    shop.journal.append_raw("pickup.annulled", {**back, "state": "ready"})


@pytest.fixture
def many(hub: Any, order_form: Any) -> Callable[[str], None]:
    """many("O1") publishes an order of three lines that is handed over in parts."""

    def publish(order: str, **more: Any) -> None:
        hub.desk.publish_order(order_form(order, mode="quantity", **{"lines": LINES, **more}))

    return publish


def some(*parts: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"state": "partial", "lines": tuple(HandedLine(line, "P1", qty) for line, qty in parts), **more}


def test_one_journal_is_told_line_by_line(shop: Any, many: Any) -> None:
    many("O1")
    many("O2")
    shop.collect("O1", **some((3, 4), (1, 2)))
    shop.collect("O1", **some((1, 5)))
    shop.collect("O2", **some((2, 1)))
    shop.settle()
    me = shop.journal.stream
    assert told(shop) == [(me, 1, 7, 0), (me, 3, 4, 0)]
    assert told(shop, "O2") == [(me, 2, 1, 0)]


def test_several_journals_are_told_apart(shop: Any, make_shop: Any, many: Any) -> None:
    many("O1")
    shop.collect("O1", **some((1, 2), (2, 1)))
    shop.settle()
    other = make_shop()
    other.collect("O1", **some((1, 3)))
    other.collect("O1", **some((1, 4)))
    other.settle()
    wanted = sorted(
        [(shop.journal.stream, 1, 2, 0), (shop.journal.stream, 2, 1, 0), (other.journal.stream, 1, 7, 0)]
    )
    assert told(other) == wanted


def test_units_are_told_by_number(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1", qty=5, mode="unit"))
    for unit in (4, 2):
        shop.collect("O1", 1, unit=unit, state="partial")
    shop.settle()
    me = shop.journal.stream
    assert told(shop) == [(me, 1, 1, 2), (me, 1, 1, 4)]


@pytest.mark.parametrize("mixed", [False, True], ids=["one journal", "two journals"])
def test_what_was_annulled_is_told_no_more(shop: Any, make_shop: Any, many: Any, mixed: bool) -> None:
    many("O1")
    wrong, right = shop.collect("O1", **some((1, 6), (2, 2))), shop.collect("O1", **some((1, 1)))
    shop.settle()
    annul(shop, wrong)
    shop.settle()
    wanted = [(shop.journal.stream, 1, 1, 0)]
    assert told(shop) == wanted
    if mixed:
        other = make_shop()
        gone = other.collect("O1", **some((1, 9)))
        other.settle()
        assert told(other) == sorted([*wanted, (other.journal.stream, 1, 9, 0)])
        annul(other, gone)
        other.settle()
        assert told(other) == wanted
        return
    annul(shop, right)
    shop.settle()
    assert told(shop) == []


def test_what_was_handed_over_before_hq_knew_the_order_counts(shop: Any, make_shop: Any, many: Any) -> None:
    """As after HQ was restored: its lines count nothing of it, its pickups do."""
    shop.collect("O1", **some((1, 2)))
    shop.collect("O1", **some((1, 1), (2, 1)))
    shop.settle()
    many("O1")
    new = make_shop()
    new.advance("O1", "ready")
    new.settle()
    assert told(new) == [(shop.journal.stream, 1, 3, 0), (shop.journal.stream, 2, 1, 0)]


def test_any_hand_overs_come_to_the_plain_sum(hub: Any, make_shop: Any, many: Any) -> None:
    """Batches of one fact (a savepoint each) and of many, three journals one after the other, annulments."""
    dice = random.Random(7)  # noqa: S311 - no secret
    orders = [f"O{n}" for n in range(12)]
    for order in orders:
        many(order)
    for life in range(3):
        shop, done = make_shop(), []
        for n in range(50):
            line = dice.choice((1, 2, 3))
            done.append(shop.collect(dice.choice(orders[life * 2 :]), **some((line, dice.randint(1, 3)))))
            if dice.random() < 0.2:
                annul(shop, done.pop(dice.randrange(len(done))))
            if dice.random() < 0.3 and n < 45:  # the last is a batch of many
                shop.settle()
        shop.settle()
        assert shop.journal.verdicts == {}
    assert {order: sorted(told(shop, order)) for order in orders} == plain(hub, orders)
    level = shop.replica.usable("s:S1:stock")["P1"]
    with hub.engine.connect() as conn:
        (row,) = rows_of(conn, stock_level, "sku", ["P1"], also={"store": "S1"})
        states = {row.order_no: row.state for row in rows_of(conn, customer_order, "order_no", orders)}
    # What a batch holds is published without being read again: it is what stands in the tables.
    assert (level["on_hand"], level["stream"], level["upto_seq"]) == (row.on_hand, row.stream, row.upto_seq)
    published = shop.replica.usable("s:S1:orders")
    assert {order: published[order]["state"] for order in orders} == states


def plain(hub: Any, orders: list[str]) -> dict[str, list[tuple[str, int, int, int]]]:
    """The sums, out of every pickup ever, one by one."""
    sums: dict[str, Counter[tuple[str, int]]] = {order: Counter() for order in orders}
    with hub.engine.connect() as conn:
        joined = select(pickup, pickup_line).join(pickup_line, pickup_line.c.pickup == pickup.c.pickup)
        for row in conn.execute(joined.where(pickup.c.annulled == 0)):
            sums[row.order_no][row.stream, row.line] += row.qty
    return {order: sorted((*key, qty, 0) for key, qty in found.items()) for order, found in sums.items()}


def test_closed_and_whole_orders_are_told_nothing(hub: Any, shop: Any, many: Any, order_form: Any) -> None:
    many("O1")
    hub.desk.publish_order(order_form("O2"))
    shop.collect("O1", **some((1, 1), state="picked_up"))
    shop.collect("O2", 1, state="partial")
    shop.settle()
    assert told(shop) == []
    assert told(shop, "O2") == []


def test_a_told_order_does_not_depend_on_where_its_rows_lie(hub: Any, shop: Any, many: Any) -> None:
    """PostgreSQL puts a row that changes elsewhere: told again, the order is still the same, and not sent again."""
    many("O1")
    for line in (1, 3, 2, 1):
        shop.collect("O1", **some((line, 1)))
        shop.settle()
    with hub.engine.connect() as conn:
        (order,) = with_handed(
            conn, [rows.order_of(row) for row in rows_of(conn, customer_order, "order_no", ["O1"])]
        )
    assert [one.line for one in order.handed] == [1, 2, 3]


def test_rows_of_finds_what_is_named_and_nothing_else(hub: Any) -> None:
    """Names with what SQL, JSON and arrays hold special, thousands at once, and none."""
    odd = ["a'b", 'a"b', "a,b", "{a}", "a\\b", "NULL", "", " ", "％", "%s", "?", "茶", "[1]"]
    names = [*odd, *(f"N{n}" for n in range(3000))]
    hub.desk.set_stocks("S2", dict.fromkeys(names, 5))
    hub.desk.set_stocks("S1", {"N1": 1})
    with hub.engine.connect() as conn:

        def skus(asked: list[str], **more: Any) -> list[str]:
            found = rows_of(conn, stock_level, "sku", asked, **{"also": {"store": "S2"}, **more})
            return [row.sku for row in found]

        assert sorted(skus([*names, "not there", "n1"])) == sorted(names)
        for name in odd:
            assert skus([name]) == [name]
        assert skus([]) == []
        assert skus(["not there"]) == []
        assert skus(["N2", "N2"]) == ["N2"], "named twice, found once"
        assert len(skus(["N1"], also={})) == 2, "of both stores"
        (only,) = rows_of(conn, stock_level, "sku", ["N2"], only=("on_hand",))
        assert tuple(only) == (5,)
    with hub.engine.begin() as conn:
        locked = rows_of(conn, stock_level, "sku", names, also={"store": "S2"}, lock=True)
        assert [row.sku.encode() for row in locked] == sorted((n.encode() for n in names), key=_place(conn))
        if conn.dialect.name == "postgresql":
            with hub.engine.connect() as other:
                free = other.exec_driver_sql("SELECT sku FROM stock_level FOR UPDATE SKIP LOCKED").all()
            assert {row.sku for row in free} == {"P1", "N1"}, "all the others wait for this commit"


def _place(conn: Any) -> Callable[[bytes], int]:
    """Where the database sorts a name: by its own rules of the language."""
    found = conn.execute(select(stock_level.c.sku).where(stock_level.c.store == "S2").order_by("sku"))
    order = {row.sku.encode(): n for n, row in enumerate(found)}
    return lambda name: order[name]


def test_no_row_of_a_table_read_whole_is_compared_with_each_name(hub: Any) -> None:
    """As `= ANY(array)` has PostgreSQL do: names times rows, where a hash of the names does."""
    if hub.engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL's planner")
    from sync.hub.bulk import _select_text

    hub.desk.set_stocks("S2", {f"N{n}": n for n in range(400)})
    names = [f"N{n}" for n in range(300)]
    with hub.engine.begin() as conn:
        conn.exec_driver_sql("ANALYZE stock_level")
        text = _select_text(stock_level, "sku", (), ("store",), lock=False, postgres=True)
        plan = conn.exec_driver_sql(f"EXPLAIN {text}", (names, "S2")).scalars().all()
    assert any("Seq Scan on stock_level" in line for line in plan), "small enough to be read whole"
    assert not [line for line in plan if "ANY" in line], plan
