"""Facts in quarantine are judged again after HQ was mended: once, in their place, with what was said before kept."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from sync.hub.audit import acting
from sync.hub.effects import Effects
from sync.hub.judging import Unfit
from sync.hub.publishing import NotPossible
from sync.hub.quarantine import Place, Quarantine
from sync.messages import HandedLine, OrderAdvanced, PickupCollected


def pickup(order: str, pickup: str, qty: int = 1, state: str = "partial", sku: str = "P1") -> PickupCollected:
    return PickupCollected(pickup, order, 1, state, (HandedLine(1, sku, qty),))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A release of HQ that cannot take in any fact whose number is named."""
    seqs: set[int] = set()
    whole = Effects.apply

    def apply(self: Effects, fact: Any) -> str:
        if self._from.seq in seqs:
            raise Unfit("BROKEN")
        return whole(self, fact)

    monkeypatch.setattr(Effects, "apply", apply)
    return seqs


def test_a_fact_is_taken_in_once_and_its_history_is_kept(
    hub: Any, shop: Any, order_form: Any, broken: Any
) -> None:
    hub.desk.publish_order(order_form("O1", qty=2, mode="quantity"))
    broken.add(1)
    shop.journal.append(pickup("O1", "p1"))
    shop.settle()
    shelf, place = Quarantine(hub.engine), Place(shop.journal.stream, 1)
    assert [(row["store"], row["seq"], row["code"]) for row in shelf.listed()] == [("S1", 1, "BROKEN")]
    assert shelf.replay(place).verdict == "quarantined", "not mended yet"
    assert hub.desk.stock("S1") == {"P1": 10}
    broken.clear()
    with acting("li", "quarantine.replay", "S1 1"):
        assert shelf.replay(place).verdict == "applied"
    with pytest.raises(NotPossible, match="not in quarantine"):
        shelf.replay(place)
    assert hub.desk.stock("S1") == {"P1": 9}
    assert hub.desk.orders("S1")[0].state == "partial"
    shown = shelf.shown(place)
    assert (shown["verdict"], shown["d"]["pickup"]) == ("applied", "p1")
    assert [(old["code"], old["who"]) for old in shown["former"]] == [("BROKEN", ""), ("BROKEN", "li")]
    assert shelf.listed() == []
    shop.settle()
    assert shop.replica.usable("s:S1:orders")["O1"]["state"] == "partial"


def test_what_later_facts_said_of_the_order_stands(hub: Any, shop: Any, order_form: Any, broken: Any) -> None:
    hub.desk.publish_order(order_form("O1", qty=2, mode="quantity"))
    broken |= {1, 2}
    shop.journal.append(OrderAdvanced("O1", 1, "pack", "packed", "B-1"))
    shop.journal.append(pickup("O1", "p1"))
    shop.journal.append(pickup("O1", "p2", state="picked_up"))
    shop.settle()
    broken.clear()
    for seq in (1, 2):
        assert Quarantine(hub.engine).replay(Place(shop.journal.stream, seq)).verdict == "applied"
    assert hub.desk.orders("S1")[0].state == "picked_up"
    assert hub.desk.stock("S1") == {"P1": 8}, "but every unit handed over counts"


def test_how_far_the_journal_is_counted_in_does_not_go_back(
    hub: Any, shop: Any, order_form: Any, broken: Any
) -> None:
    hub.desk.publish_order(order_form("O1", qty=9, mode="quantity"))
    broken |= {1, 2}
    shop.journal.append(pickup("O1", "p1"))
    shop.journal.append(pickup("O2", "p2", sku="NEW"))
    shop.journal.append(pickup("O1", "p3"))
    shop.settle()
    broken.clear()
    for seq in (1, 2):
        Quarantine(hub.engine).replay(Place(shop.journal.stream, seq))
    shop.settle()
    rows = shop.replica.usable("s:S1:stock")
    # What is not yet counted in would be counted twice by the store.
    assert {sku: (row["on_hand"], row["upto_seq"]) for sku, row in rows.items()} == {
        "P1": (8, 3),
        "NEW": (-1, 3),
    }
    assert {row["stream"] for row in rows.values()} == {shop.journal.stream}


def test_two_people_at_once_take_it_in_once(hub: Any, shop: Any, order_form: Any, broken: Any) -> None:
    hub.desk.publish_order(order_form("O1", qty=2, mode="quantity"))
    broken.add(1)
    shop.journal.append(pickup("O1", "p1"))
    shop.settle()
    broken.clear()
    said: list[str] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        try:
            said.append(Quarantine(hub.engine).replay(Place(shop.journal.stream, 1)).verdict)
        except NotPossible:
            said.append("refused")

    people = [threading.Thread(target=ask) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(said) == ["applied", "refused", "refused", "refused"]
    assert hub.desk.stock("S1") == {"P1": 9}


def test_what_no_release_can_read_stays(hub: Any, shop: Any) -> None:
    shop.journal.append_raw("moon.landed", {"who": "us"})
    shop.settle()
    place = Place(shop.journal.stream, 1)
    assert Quarantine(hub.engine).replay(place).code == "UNKNOWN_KIND"
    assert Quarantine(hub.engine).shown(place)["d"] == {"who": "us"}
    with pytest.raises(NotPossible, match="no fact 9"):
        Quarantine(hub.engine).replay(Place(shop.journal.stream, 9))
