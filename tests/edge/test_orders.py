"""The fulfilment table, walked whole."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import msgspec
import pytest

from edge.domain import orders
from edge.domain.moves import IllegalMove, advance
from edge.domain.orders import FULFILMENT, Fulfilment, OrderEvent, OrderState, RedeemMode
from sync import messages

S, E = OrderState, OrderEvent

WALKS = """
allocated: accept=accepted reject=rejected request_cancel=cancel_requested
accepted: start_pick=picking reject=rejected request_cancel=cancel_requested
rejected:
picking: report_short=short pack=packed request_cancel=cancel_requested
short: settle_short=picking reject=rejected request_cancel=cancel_requested
packed: shelve=ready request_cancel=cancel_requested
ready: claim=handing expire=expired request_cancel=cancel_requested
handing: claim=handing release=ready release_partial=partial hand_over_all=picked_up hand_over_some=partial
partial: claim=handing annul_to_ready=ready annul_to_partial=partial expire=expired request_cancel=cancel_requested
picked_up: annul_to_ready=ready annul_to_partial=partial
expired: restock=restocked request_cancel=cancel_requested
restocked:
cancel_requested: acknowledge_cancel=cancelled
cancelled:
"""
"""The table as the shop's rules say it, written down a second time on purpose."""

EXPECTED = {
    (S(state), E(pair.split("=")[0])): S(pair.split("=")[1])
    for state, _, rest in (line.partition(":") for line in WALKS.split("\n") if line)
    for pair in rest.split()
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(S, E)))
def test_every_state_meets_every_event(state: OrderState, event: OrderEvent) -> None:
    wanted = EXPECTED.get((state, event))
    if wanted is None:
        with pytest.raises(IllegalMove):
            advance(FULFILMENT, state, event)
    else:
        assert advance(FULFILMENT, state, event) is wanted


def test_every_state_has_a_row_and_can_be_reached() -> None:
    assert set(FULFILMENT) == set(S)
    reached = {S.ALLOCATED}
    while True:
        more = {after for state in reached for after in FULFILMENT[state].values()} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(S)


def test_goods_on_the_counter_are_never_cancelled_under_the_cashiers_hands() -> None:
    assert E.REQUEST_CANCEL not in FULFILMENT[S.HANDING]
    assert E.REQUEST_CANCEL not in FULFILMENT[S.PICKED_UP]


def test_the_wire_and_the_domain_mean_the_same_order() -> None:
    wire = {field.name for field in msgspec.structs.fields(messages.Order)}
    domain = {field.name for field in msgspec.inspect.type_info(orders.Order).fields}  # type: ignore[attr-defined]
    assert wire == domain
    wire_line = {field.name for field in msgspec.structs.fields(messages.OrderLine)}
    assert wire_line == {f.name for f in msgspec.inspect.type_info(orders.OrderLine).fields}  # type: ignore[attr-defined]


def order(*quantities: int) -> orders.Order:
    lines = tuple(
        orders.OrderLine(n, f"SKU{n}", "茶", "Tea", qty, orders.Fen(100))
        for n, qty in enumerate(quantities, 1)
    )
    return orders.Order(
        "WX12345678",
        1,
        "S1",
        "app",
        RedeemMode.UNIT,
        S.READY,
        lines,
        "王*",
        "5678",
        orders.Fen(0),
        orders.Fen(0),
        "",
        "",
    )


def test_units_count_through_the_lines() -> None:
    placed = order(2, 1, 3)
    assert [placed.line_of_unit(unit).line for unit in range(1, 7)] == [1, 1, 2, 3, 3, 3]
    for beyond in (0, -1, 7):
        with pytest.raises(LookupError):
            placed.line_of_unit(beyond)


def test_remaining_leaves_complete_lines_out() -> None:
    placed = order(2, 1)
    done = Fulfilment(placed.order, 1, S.PARTIAL, "", {1: 1, 2: 1})
    assert done.remaining(placed) == {1: 1}


def test_the_drawn_table_is_the_real_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)$", page, re.MULTILINE))
    table = {(s.value, t.value, e.value) for s, row in FULFILMENT.items() for e, t in row.items()}
    assert drawn == table
