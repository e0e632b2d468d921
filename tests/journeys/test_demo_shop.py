"""The demo's shop is believable, valid, and the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.demo.customers import encode, orders, publish_orders
from edge.demo.shop import OTHER_STORE, STORE, Person, Ware, people, publish_shop, wares
from edge.domain import pickup_code
from edge.domain.orders import OrderState
from edge.domain.scanned import ScanKind, classify
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def range_() -> tuple[Ware, ...]:
    return wares()


def test_two_thousand_products_that_a_scanner_knows(range_: tuple[Ware, ...]) -> None:
    assert len(range_) == 2000
    for ware in range_:
        assert classify(ware.gtin).kind is ScanKind.GTIN
        assert 690 <= int(ware.gtin[:3]) <= 699
        assert ware.fen > 0
    for key in ("sku", "gtin", "name_zh", "name_en"):
        assert len({getattr(ware, key) for ware in range_}) == 2000, key


def test_the_range_looks_like_a_shop(range_: tuple[Ware, ...]) -> None:
    assert set(Counter(ware.category for ware in range_).values()) == {200}
    assert len({ware.category for ware in range_}) == 10
    alcohol = [ware for ware in range_ if "alcohol" in ware.flags]
    assert 20 < len(alcohol) < 120
    assert {ware.category for ware in alcohol} == {"drinks"}
    sold_out = sum(ware.on_hand == 0 for ware in range_)
    few = sum(1 <= ware.on_hand <= 5 for ware in range_)
    assert 40 < sold_out < 200
    assert 100 < few < 500
    assert all(ware.name_en.isascii() for ware in range_)


def test_one_seed_one_shop(range_: tuple[Ware, ...]) -> None:
    assert wares() == range_
    assert wares(1) != range_
    assert orders(range_, NOW) == orders(range_, NOW)
    assert people() == people()


def test_staff_can_be_told_apart_and_badges_are_badges() -> None:
    crew: tuple[Person, ...] = people()
    assert [person.role for person in crew] == ["cashier", "cashier", "lead"]
    assert len({person.badge for person in crew}) == 3
    assert all(classify(person.badge).kind is ScanKind.BADGE for person in crew)


def test_forty_orders_in_every_state_that_hq_can_publish(range_: tuple[Ware, ...]) -> None:
    written = [order for _, order in orders(range_, NOW)]
    assert len(written) == 40
    assert len({order.order[-4:] for order in written}) == 40
    assert all(classify(order.order).kind is ScanKind.ORDER for order in written)
    # Cancelled comes about by HQ's wish, handing and partial at the desk.
    at_the_store = {OrderState.CANCELLED, OrderState.HANDING, OrderState.PARTIAL}
    assert {order.state for order in written} == {state.value for state in set(OrderState) - at_the_store}
    assert {order.mode for order in written} == {"whole", "quantity", "unit"}
    assert {order.store for order in written} == {STORE, OTHER_STORE}
    assert any(order.due_fen for order in written)
    assert any("alcohol" in line.flags for order in written for line in order.lines)
    stock = {ware.sku: ware.on_hand for ware in range_}
    assert all(stock[line.sku] >= line.qty for order in written for line in order.lines)
    assert all(
        order.paid_fen + order.due_fen == sum(line.qty * line.unit_fen for line in order.lines)
        for order in written
    )


def test_hq_takes_the_whole_shop_and_its_codes_are_genuine(range_: tuple[Ware, ...], tmp_path: Path) -> None:
    engine = open_hub(tmp_path / "hq.db")
    desk = HubDesk(engine)
    publish_shop(desk, range_, people())
    codes = publish_orders(desk, orders(range_, NOW), NOW)
    published = desk.orders()
    engine.dispose()
    assert len(published) == 40
    assert len({order.numeric_code for order in published}) == 40
    assert desk.stock(STORE) == {ware.sku: ware.on_hand for ware in range_}
    told = [_unchecked(text) for issued in codes.values() for text in issued.texts]
    assert {kid for kid, _ in told} == {1, 2}
    by_unit = [issued for issued in codes.values() if len(issued.texts) > 1]
    assert {len(issued.texts) for issued in by_unit} == {5}
    assert [[unit for _, unit in map(_unchecked, issued.texts)] for issued in by_unit] == [
        [0, 1, 2, 3, 4]
    ] * 2


def test_codes_are_in_the_stores_own_format() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sync.hub.desk import CodeClaims

    key = Ed25519PrivateKey.generate()
    text = encode(CodeClaims(1, STORE, "HL260301001", 1, NOW, "0" * 20), key.sign)

    def verify(signature: bytes, message: bytes) -> bool:
        key.public_key().verify(signature, message)
        return True

    claims = pickup_code.read(text, {1: verify})
    assert (claims.store, claims.order, claims.not_after) == (STORE, "HL260301001", NOW)


def _unchecked(text: str) -> tuple[int, int]:
    """(key id, unit) of a code, read without asking whether it is genuine."""
    claims = pickup_code.read(text, dict.fromkeys(range(256), lambda _signature, _message: True))
    return claims.kid, claims.unit
