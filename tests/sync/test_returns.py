"""Returns at HQ: every one is kept, what is odd is a case, a piece has one word, and money owed is settled once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from sync.hub.fleet.rows import Fleet
from sync.hub.publishing import NotPossible
from sync.hub.return_desk import ReturnDesk
from sync.hub.return_tables import goods_return, return_piece
from sync.hub.schema import ingest_event
from sync.returning import ReturnAccepted, ReturnedLine, RmaAsk, SoldAsk
from sync.selling import SoldTender
from tests.sync.shop_floor import Floor, Stores
from tests.sync.test_goods import codes, on_sqlite
from tests.sync.test_sales import rows, sold, tell

FIRST, SECOND, BOTH = (1,), (2,), (1, 2)
COST = {1: 910, 2: 1000}
"""What the two pieces of `sold` had cost."""


def back(ret: str, units: tuple[int, ...] = FIRST, sale: str = "1", **more: Any) -> ReturnAccepted:
    fen = sum(COST[unit] for unit in units)
    line = ReturnedLine(1, "P1", len(units), fen, units, "intact", "no_reason", "shelf")
    facts: dict[str, Any] = {
        "ret": ret,
        "source": "sale",
        "ref": sale,
        "shop": "S1",
        "lines": (line,),
        "refund_fen": fen,
        "tenders": (SoldTender("cash", fen),),
    }
    return ReturnAccepted(**(facts | more))


def elsewhere(ret: str, units: tuple[int, ...] = FIRST, **more: Any) -> ReturnAccepted:
    """Goods of S1 that came back at another store: HQ owes the money."""
    facts: dict[str, Any] = {"tenders": (), "at_hq": True, "rma": "RMA1"}
    return back(ret, units, **(facts | more))


def odd(hub: Any) -> list[str]:
    return sorted(code for code in codes(hub) if code != "NEGATIVE_STOCK")


def gone_at(shop: Floor) -> dict[int, frozenset[int]]:
    from edge.domain.returns import Source

    return shop.books.returns.gone(Source.SALE, "1")


def test_what_came_back_is_on_the_shelf_and_its_pieces_are_known(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    level = hub.desk.stock("S1").get("P1", 0)
    tell(shop, sold("1"), back("r1"))
    tell(shop, back("r2", SECOND))
    assert odd(hub) == []
    assert hub.desk.stock("S1")["P1"] == level
    assert sorted(rows(hub, return_piece.c.unit, return_piece.c.ret)) == [(1, "r1"), (2, "r2")]
    assert rows(hub, goods_return.c.state, goods_return.c.back_fen)[0] == ("done", 910)
    found = ReturnDesk(hub.engine).sold("S2", SoldAsk("T1-AA1")).purchase
    assert found is not None
    assert found.lines[0].pieces == ()


@on_sqlite
def test_the_store_that_sold_it_hears_when_the_last_piece_is_back_wherever_that_was(
    hub: Any, floor: Stores
) -> None:
    shop, other = floor("S1"), floor("S2")
    tell(shop, sold("1"))
    tell(other, elsewhere("r1", SECOND))
    shop.settle()
    assert shop.books.returns.whole_elsewhere(9) == ()
    # It takes the other piece back before it heard of that one.
    tell(shop, back("r2", FIRST))
    shop.settle()
    assert odd(hub) == []
    ((sale, at),) = shop.books.returns.whole_elsewhere(9)
    assert (sale, at[:2]) == ("1", "20")


def test_contradictions_are_cases_and_the_goods_are_back_all_the_same(hub: Any, floor: Stores) -> None:
    shop, other = floor("S1"), floor("S2")
    # In the same batch as its sale, and before it.
    tell(shop, back("early"), sold("1"), sold("2"), back("dear", sale="2", refund_fen=911))
    assert odd(hub) == ["REFUND_DIFFERS", "RETURN_OF_UNKNOWN"]
    tell(shop, back("again"))
    tell(other, elsewhere("mine", SECOND, rma=""))
    tell(other, elsewhere("nobody", sale="no such sale"))
    assert odd(hub) == [
        "REFUND_DIFFERS",
        "RETURNED_TWICE",
        "RETURN_OF_UNKNOWN",
        "RETURN_OF_UNKNOWN",
        "RETURN_UNAUTHORISED",
    ]
    assert len(rows(hub, goods_return.c.ret)) == 5
    tell(shop, back("again"))
    assert rows(hub, ingest_event.c.verdict, ingest_event.c.code)[-1] == ("quarantined", "DUPLICATE_RETURN")
    assert len(rows(hub, goods_return.c.ret)) == 5


@on_sqlite
@pytest.mark.parametrize("later", [False, True], ids=["same batch", "later batch"])
@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({}, True),
        ({"refund_fen": 909}, False),
        ({"tenders": (SoldTender("cash", 900),)}, False),
        ({"gift_fen": 100, "refund_fen": 810, "tenders": (SoldTender("cash", 810),)}, True),
        ({"broken_fen": -90, "refund_fen": 1000, "tenders": (SoldTender("cash", 1000),)}, True),
        ({"lines": (ReturnedLine(1, "P1", 1, 911, FIRST, "intact", "other", "shelf"),)}, False),
        ({"lines": (ReturnedLine(1, "P1", 1, 910, (3,), "intact", "other", "shelf"),)}, False),
    ],
)
def test_what_goes_back_is_held_to_what_the_pieces_had_cost(
    hub: Any, floor: Stores, more: dict[str, Any], *, later: bool, fits: bool
) -> None:
    shop = floor("S1")
    if later:
        tell(shop, sold("1"))
        tell(shop, back("r1", **more))
    else:
        tell(shop, sold("1"), back("r1", **more))
    assert odd(hub) == ([] if fits else ["REFUND_DIFFERS"])


@on_sqlite
def test_a_return_that_counts_a_piece_twice_is_no_return(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    lines = (ReturnedLine(1, "P1", 2, 1820, (1, 1), "intact", "other", "shelf"),)
    tell(shop, sold("1"), back("r1", lines=lines, refund_fen=1820))
    assert rows(hub, ingest_event.c.verdict, ingest_event.c.code)[-1] == ("quarantined", "BAD_FACT")
    assert rows(hub, goods_return.c.ret) == []


def test_two_stores_that_ask_for_one_piece_at_once_get_one_word(hub: Any, floor: Stores) -> None:
    tell(floor("S1"), sold("1"))
    desk, said, start = ReturnDesk(hub.engine), {}, threading.Barrier(4)

    def ask(store: str) -> None:
        start.wait()
        said[store] = desk.rma(store, RmaAsk(f"ret-{store}", "sale", "1", {"1": BOTH}))

    threads = [threading.Thread(target=ask, args=(f"S{n}",)) for n in range(2, 6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(word.why for word in said.values()) == ["", "returned", "returned", "returned"]
    (winner,) = [store for store, word in said.items() if word.rma]
    asked = RmaAsk(f"ret-{winner}", "sale", "1", {"1": BOTH})
    assert desk.rma(winner, asked) == said[winner]
    # Under the same name nothing else is allowed, and nobody else may use the name.
    assert desk.rma(winner, RmaAsk(asked.ret, "sale", "1", {"1": FIRST})).why == "returned"
    assert desk.rma("S9", asked).why == "returned"


@on_sqlite
def test_a_word_whose_answer_was_lost_is_had_again_and_one_that_nobody_used_is_taken_back(
    hub: Any, floor: Stores
) -> None:
    shop, other = floor("S1"), floor("S2")
    tell(shop, sold("1"))
    desk = ReturnDesk(hub.engine)
    lost = desk.rma("S2", RmaAsk("lost", "sale", "1", {"1": FIRST}))
    shop.settle()
    assert gone_at(shop) == {1: frozenset({1})}, "the store that sold it hears of the word"

    def out(store: str) -> list[int]:
        found = desk.sold(store, SoldAsk("1")).purchase
        assert found is not None
        return [piece.unit for piece in found.lines[0].pieces]

    assert (out("S2"), out("S3")) == ([1, 2], [2])
    begun_anew = desk.rma("S2", RmaAsk("anew", "sale", "1", {"1": FIRST}))
    assert begun_anew.rma
    assert desk.rma("S3", RmaAsk("theirs", "sale", "1", {"1": FIRST})).why == "returned"
    for word in (lost, begun_anew):
        desk.withdraw(word.rma)
    shop.settle()
    assert gone_at(shop) == {1: frozenset()} or gone_at(shop) == {}
    theirs = desk.rma("S3", RmaAsk("theirs", "sale", "1", {"1": FIRST}))
    assert theirs.rma
    tell(other, elsewhere("used", SECOND, rma=desk.rma("S2", RmaAsk("used", "sale", "1", {"1": SECOND})).rma))
    used = RmaAsk("used", "sale", "1", {"1": SECOND})
    with pytest.raises(NotPossible, match="used"):
        desk.withdraw(desk.rma("S2", used).rma)
    with pytest.raises(NotPossible, match="no word"):
        desk.withdraw("RMA0")
    assert odd(hub) == []


def test_money_that_hq_owes_is_settled_once_and_the_store_hears_of_it(hub: Any, floor: Stores) -> None:
    shop, other = floor("S1"), floor("S2")
    tell(shop, sold("1"))
    tell(other, elsewhere("r1"), elsewhere("r2", SECOND))
    assert odd(hub) == []
    desk = ReturnDesk(hub.engine)
    assert [(one["ret"], one["refund_fen"]) for one in desk.owed()] == [("r1", 910), ("r2", 1000)]
    assert desk.owed("S1") == []
    assert Fleet(hub.engine).totals(datetime.now(UTC))["owed"] == 2
    ends: list[str] = []

    def settle() -> None:
        try:
            desk.settle("r1", 900)
            ends.append("settled")
        except NotPossible:
            ends.append("refused")

    threads = [threading.Thread(target=settle) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(ends) == ["refused", "refused", "refused", "settled"]
    desk.settle("r2", refused="货物有损")
    other.settle()
    first, second = other.books.returns.back("r1"), other.books.returns.back("r2")
    assert first is not None
    assert second is not None
    assert (first.state, first.fen, second.state, second.note) == ("refunded", 900, "refused", "货物有损")
    assert desk.owed() == []
    assert gone_at(shop) == {}
    shop.settle()
    assert gone_at(shop) == {1: frozenset({1, 2})}
    with pytest.raises(NotPossible):
        desk.settle("none")


@on_sqlite
def test_hqs_people_settle_by_verbs_and_it_stands_on_record(hub: Any, floor: Stores) -> None:
    from click.testing import CliRunner

    from edge.hq.returns import returns
    from sync.hub.people import People

    tell(floor("S1"), sold("1"))
    tell(floor("S2"), elsewhere("r1"), elsewhere("r2", SECOND))
    run, there = CliRunner(), ["--database", hub.where]
    listed = run.invoke(returns, ["list", *there])
    assert [line.split("\t")[0] for line in listed.output.splitlines()] == ["ret", "r1", "r2"]
    assert run.invoke(returns, ["refund", "r1", *there, "--who", "li"]).exit_code == 0
    assert run.invoke(returns, ["refuse", "r2", *there, "--who", "li", "--why", " "]).exit_code == 1
    assert run.invoke(returns, ["refuse", "r2", *there, "--who", "li", "--why", "货损"]).exit_code == 0
    again = run.invoke(returns, ["refund", "r1", *there, "--who", "li"])
    assert (again.exit_code, again.output) == (1, "Error: return r1 is refunded\n")
    assert run.invoke(returns, ["withdraw", "RMA0", *there, "--why", "x"]).exit_code == 1
    acts = [(act["who"], act["act"], act["about"], act["why"]) for act in People(hub.engine).acts()]
    assert acts == [("li", "returns.refuse", "r2", "货损"), ("li", "returns.refund", "r1", "")]
    with hub.engine.connect() as conn:
        states = {row.ret: row.state for row in conn.execute(select(goods_return))}
    assert states == {"r1": "refunded", "r2": "refused"}
