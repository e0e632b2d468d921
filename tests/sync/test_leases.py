"""Orders taken back by force or given to another store: at most one hand-over, else exactly one case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync.hub.desk import HubDesk, NotPossible
from sync.messages import HandedLine, PickupAnnulled

PAST, FUTURE = "2020-01-05T09:00:00.000Z", "2199-01-05T09:00:00.000Z"


def codes(hub: Any) -> list[str]:
    return [case["code"] for case in hub.desk.cases()]


def test_taken_back_by_force_and_collected_meanwhile_is_one_case(
    hub: Any, shop: Any, order_form: Any
) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop.settle()
    hub.desk.force_cancel("O1")
    shop.collect("O1", 2)
    shop.settle()
    assert codes(hub) == ["COLLECTED_AFTER_CANCEL"]
    assert hub.desk.stock("S1") == {"P1": 8}, "the goods are gone all the same"
    assert hub.desk.orders()[0].state == "cancelled"
    assert shop.replica.usable("s:S1:cmd") == {}, "it answered the wish: the goods are gone"


def test_taken_back_by_force_collected_and_annulled_it_can_go_elsewhere(
    hub: Any, shop: Any, order_form: Any
) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop.settle()
    hub.desk.force_cancel("O1")
    pickup = shop.collect("O1", 2).d["pickup"]
    shop.journal.append(PickupAnnulled(pickup, "O1", 1, "ready", (HandedLine(1, "P1", 2),)))
    shop.settle()
    assert hub.desk.reassign("O1", "S2").store == "S2"


def test_a_store_that_is_heard_of_again_gets_the_wish(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    hub.desk.force_cancel("O1")
    shop.settle()
    (wish,) = shop.replica.usable("s:S1:cmd").values()
    assert wish["kind"] == "cancel_requested"
    shop.journal.append_raw("lease.returned", {"order": "O1", "gen": 1, "cmd": wish["cmd"]})
    shop.settle()
    assert (codes(hub), shop.replica.usable("s:S1:cmd")) == ([], {})
    with pytest.raises(NotPossible, match="cancelled"):
        hub.desk.force_cancel("O1")


@pytest.mark.parametrize("how", ["returned", "forced", "rejected", "lease over"])
def test_another_store_gets_it_once_the_first_cannot_hand_it_over(
    how: str, hub: Any, make_shop: Callable[..., Any], order_form: Any
) -> None:
    first, second = make_shop("S1"), make_shop("S2")
    old = hub.desk.publish_order(order_form("O1", lease_until=PAST if how == "lease over" else FUTURE))
    first.settle()
    if how == "returned":
        wish = hub.desk.request_cancel("O1")
        first.journal.append_raw("lease.returned", {"order": "O1", "gen": 1, "cmd": wish.cmd})
    elif how == "forced":
        hub.desk.force_cancel("O1")
    elif how == "rejected":
        first.advance("O1", "rejected")
    first.settle()
    new = hub.desk.reassign("O1", "S2", FUTURE)
    first.settle()
    second.settle()
    assert (new.store, new.gen, new.state) == ("S2", 2, "allocated")
    assert new.numeric_code != old.numeric_code
    assert first.replica.usable("s:S1:orders") == {}
    assert first.replica.usable("s:S1:cmd") == {}
    assert second.replica.usable("s:S2:orders")["O1"]["gen"] == 2
    for shop in (first, second):
        for bucket in ("orders", "cmd"):
            name = f"s:{shop.store}:{bucket}"
            assert shop.replica.checksum(name) == hub.head(name)


def test_a_leased_or_begun_order_stays_where_it_is(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1", lease_until=FUTURE))
    hub.desk.publish_order(order_form("O2", lease_until=PAST, mode="quantity"))
    shop.collect("O2", 1, state="partial")
    shop.settle()
    for order, words in (("O1", "ask for it back"), ("O2", "handed over in part"), ("O9", "no order")):
        with pytest.raises(NotPossible, match=words):
            hub.desk.reassign(order, "S2")
    with pytest.raises(NotPossible, match="no store S9"):
        hub.desk.reassign("O1", "S9")
    with pytest.raises(NotPossible, match="already"):
        hub.desk.reassign("O1", "S1")


def test_both_stores_hand_it_over_and_there_is_one_case(
    hub: Any, make_shop: Callable[..., Any], order_form: Any
) -> None:
    first, second = make_shop("S1"), make_shop("S2")
    hub.desk.publish_order(order_form("O1", lease_until=PAST))
    first.settle()
    hub.desk.reassign("O1", "S2")
    second.settle()
    second.collect("O1", 2, gen=2)
    first.collect("O1", 2)
    second.settle()
    first.settle()
    assert codes(hub) == ["WRONG_STORE"]
    desk: HubDesk = hub.desk
    assert [(o.state, o.store) for o in desk.orders()] == [("picked_up", "S2")]


def test_given_back_late_is_no_case(hub: Any, make_shop: Callable[..., Any], order_form: Any) -> None:
    first = make_shop("S1")
    hub.desk.publish_order(order_form("O1", lease_until=PAST))
    wish = hub.desk.request_cancel("O1")
    first.settle()
    hub.desk.reassign("O1", "S2")
    first.journal.append_raw("lease.returned", {"order": "O1", "gen": 1, "cmd": wish.cmd})
    first.settle()
    assert codes(hub) == []
    assert hub.desk.orders()[0].state == "allocated"
