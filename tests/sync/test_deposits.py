"""Deposits between a store and HQ: published, used, given back, and what contradicts what HQ knew."""

from __future__ import annotations

from typing import Any

import pytest

from edge.records.journal import Author
from sync.deposits import Deposit, DepositReleased, DepositUsed
from sync.hub.deposit_desk import DepositDesk
from sync.hub.publishing import NotPossible
from sync.hub.quarantine import Quarantine
from sync.messages import Up
from tests.sync.shop_floor import Floor, Stores


def tell(shop: Floor, *facts: Up) -> None:
    with shop.books.ledger.transaction() as tx:
        for fact in facts:
            shop.books.journal.append(tx, fact, Author("T1", "1001"))
    shop.settle()


def codes(hub: Any) -> list[tuple[str, str, str]]:
    return [(case["code"], case["store"], case["subject"]) for case in hub.desk.cases()]


def used(use: str, deposit: str = "D1") -> DepositUsed:
    return DepositUsed(use, deposit, f"sale-{use}", 4000, 2000)


def state(shop: Floor, deposit: str = "D1") -> str:
    found = shop.books.deposits.known(deposit)
    return found.state if found is not None else ""


def test_a_deposit_goes_to_its_store_alone_and_is_used_once(hub: Any, floor: Stores) -> None:
    one, two = floor("S1"), floor("S2")
    desk = DepositDesk(hub.engine)
    assert desk.take([Deposit("D1", "S1", 2000, order="TB1", k_mille=2000, member="m-1")]) == 1
    assert desk.take([Deposit("D1", "S1", 2000, order="TB1", k_mille=2000, member="m-1")]) == 0
    with pytest.raises(NotPossible, match="says something else"):
        desk.take([Deposit("D1", "S1", 3000, k_mille=2000)])
    one.settle()
    two.settle()
    assert (state(one), state(one, "TB1"), state(two)) == ("live", "live", "")
    tell(one, used("u1"))
    assert state(one) == "used"
    assert [(row["state"], row["sale"]) for row in desk.listed("S1")] == [("used", "sale-u1")]
    with pytest.raises(NotPossible, match="is used"):
        desk.refund("D1")
    tell(one, DepositReleased("u1", "D1"))
    assert (state(one), desk.listed(state="live")[0]["sale"]) == ("live", "")
    tell(one, used("u2"), DepositReleased("u2", "D1"), used("u3"))
    assert (state(one), codes(hub)) == ("used", [])


def test_what_contradicts_hq_stands_with_a_case(hub: Any, floor: Stores) -> None:
    one, two = floor("S1"), floor("S2")
    desk = DepositDesk(hub.engine)
    desk.take([Deposit(name, "S1", 2000, k_mille=2000) for name in ("D1", "D2", "D3")])
    desk.refund("D2")
    tell(one, used("u1"), used("u2"), used("u3", "D2"), used("u4", "D9"))
    tell(two, used("u5", "D3"))
    assert codes(hub) == [
        ("DEPOSIT_USED_TWICE", "S1", "D1"),
        ("DEPOSIT_REFUNDED", "S1", "D2"),
        ("UNKNOWN_DEPOSIT", "S1", "D9"),
        ("DEPOSIT_NOT_HERE", "S2", "D3"),
    ]
    # One of two uses given back: the other stands.
    tell(one, DepositReleased("u1", "D1"))
    assert (state(one), state(one, "D2"), state(one, "D3")) == ("used", "refunded", "used")


def test_what_makes_no_sense_is_kept_apart(hub: Any, floor: Stores) -> None:
    one, two = floor("S1"), floor("S2")
    DepositDesk(hub.engine).take([Deposit("D1", "S1", 2000, k_mille=2000)])
    tell(one, used("u1"), used("u1"), DepositReleased("u9", "D1"))
    tell(two, DepositReleased("u1", "D1"))
    tell(one, DepositReleased("u1", "D1"), DepositReleased("u1", "D1"))
    odd = Quarantine(hub.engine).listed()
    assert [row["code"] for row in odd if row["store"] == "S1"] == [
        "DUPLICATE_USE",
        "UNKNOWN_USE",
        "RELEASED_TWICE",
    ]
    assert [row["code"] for row in odd if row["store"] == "S2"] == ["UNKNOWN_USE"]
    assert state(one) == "live"
