"""What HQ says is read before anything believes it: times, numbers, words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edge.domain.orders import OrderState, RedeemMode
from edge.domain.staff import Role
from sync.figures import INT_MAX
from sync.hub.database import write
from sync.hub.feed import Change, publish
from sync.messages import (
    MODES,
    ROLES,
    STATES,
    Down,
    LineDown,
    Op,
    OrderCommand,
    PickupKey,
    Staff,
    Stock,
    canonical,
    check_row,
    is_stamp,
    row_of,
)

AT = "2026-01-05T10:00:00.000Z"
ODD_TIMES = (
    "",
    "soon",
    "2026-01-05T10:00:00.120",
    "2026-01-05",
    "2026-13-05T10:00:00.120Z",
    "9999-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00.000+08:00",
)


class Altered:
    """A line that changes one field of every answer that has it."""

    def __init__(self, below: Any, field: str, value: Any) -> None:
        self.below, self.field, self.value = below, field, value

    def post(self, path: str, body: bytes) -> bytes:
        lines = [msgspec.json.decode(line) for line in self.below.post(path, body).splitlines()]
        for line in lines:
            if self.field in line:
                line[self.field] = self.value
        return b"\n".join(canonical(line) for line in lines)


@pytest.mark.parametrize("time", ODD_TIMES)
def test_an_odd_time_is_no_line_and_changes_nothing(hub: Any, shop: Any, order_form: Any, time: str) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop.wire.below = Altered(hub.line("S1"), "server_time", time)
    with pytest.raises(LineDown):
        shop.turn()
    assert (shop.replica.places, shop.replica.rows, shop.clock.server_times) == ({}, {}, [])
    shop.advance("O1")
    with pytest.raises(LineDown):
        shop.turn()
    assert (shop.journal.acked(), shop.clock.server_times) == (0, [])
    shop.wire.below = hub.line("S1")
    shop.settle()
    assert shop.journal.acked() == 1


def test_an_unusual_form_of_the_time_reaches_the_clock_as_ours(hub: Any, shop: Any) -> None:
    shop.wire.below = Altered(hub.line("S1"), "server_time", "2026-01-05T18:00:00+08:00")
    shop.advance("O1")
    shop.settle()
    assert set(shop.clock.server_times) == {AT}


@pytest.mark.parametrize("field", ["ver", "seq", "up_acked"])
def test_a_number_no_database_holds_is_no_line(hub: Any, shop: Any, field: str) -> None:
    shop.wire.below = Altered(hub.line("S1"), field, INT_MAX + 1)
    with pytest.raises(LineDown):
        shop.turn()
    assert shop.replica.rows == {}


def test_a_verdict_about_no_fact_is_no_line(hub: Any, shop: Any) -> None:
    verdicts = [{"seq": INT_MAX + 1, "verdict": "conflict"}]
    shop.wire.below = Altered(hub.line("S1"), "results", verdicts)
    shop.advance("O1")
    with pytest.raises(LineDown):
        shop.turn()
    assert shop.journal.verdicts == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ready_by", "soon"),
        ("hold_until", "2026-01-05T18:00:00.000+08:00"),
        ("lease_until", "2026-01-05T10:00:00.000"),
        ("placed_at", "2026-01-05T10:00:00Z"),
        ("mode", "sideways"),
        ("state", "lost"),
    ],
)
def test_an_order_with_an_odd_field_is_set_aside_and_hq_hears_of_it(
    hub: Any, shop: Any, order_form: Any, field: str, value: str
) -> None:
    assert check_row(order_form("O1")) == ""
    bad = order_form("O1", **{field: value})
    assert check_row(bad) == field
    body = msgspec.to_builtins(bad)
    del body["tb"]
    write(hub.engine, lambda c: publish(c, [Change("s:S1:orders", "order", "O1", body)], AT))
    shop.settle()
    assert shop.replica.aside == {("s:S1:orders", "order", "O1"): "VALIDATION"}
    shop.turn()
    assert [(n["id"], n["code"]) for n in hub.desk.nacks("S1")] == [("O1", "VALIDATION")]


def test_every_kind_with_a_time_or_a_word_is_checked() -> None:
    rows: dict[str, Down] = {
        "not_after": PickupKey(1, "ab", "tomorrow"),
        "role": Staff("s1", "李", "owner", "hash"),
        "at": OrderCommand("c", "O1", 1, "cancel_requested", "now"),
    }
    assert {field: check_row(row) for field, row in rows.items()} == {field: field for field in rows}
    assert check_row(Stock("P1", 1, "", 0, "")) == "at"
    assert check_row(PickupKey(1, "ab")) == ""
    assert check_row(Staff("s1", "李", "lead", "hash")) == ""
    huge = {"sku": "P1", "on_hand": INT_MAX + 1, "stream": "", "upto_seq": 0, "at": AT}
    for tb, d in (("stock", huge), ("pickup_key", {"kid": 256, "public": "ab"})):
        with pytest.raises(msgspec.ValidationError):
            row_of(Op("b", 1, "put", tb, "x", 1, d))
    assert not is_stamp("2026-01-05T10:00:00.000000Z")


def test_the_words_of_the_wire_are_those_of_the_store() -> None:
    assert {mode.value for mode in RedeemMode} == MODES
    assert {state.value for state in OrderState} == STATES
    assert {role.value for role in Role} == ROLES
