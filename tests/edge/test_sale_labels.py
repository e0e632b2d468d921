"""What a till's scanner reads off goods: pieces and cases, dates, labels with weights and prices, the scale."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.schema import Settings
from devices.simulated_scale import SimulatedScale
from edge.daemon import Shop
from edge.domain.scanned import check_digit_ok
from edge.domain.scanned_refusals import BatchExpired, BestBeforeOver, LabelTooLight, WeightDiffers
from edge.domain.selling_refusals import NotRecognised, WeighFirst
from edge.domain.staff import Operator
from edge.till_crew import let_go
from sync.goods import ItemUnrecognised
from tests.edge.conftest import KEY, PaperPrinter, PretendHq, settings_in
from tests.edge.sale_shop import APPLE, TEA, Till, facts, price, stocked
from tests.founded import founded_shop

G = "0" + TEA
PEAR = "A-PEAR"
LABELS = {
    "weight": {"prefix": "20", "plu_digits": 5, "measure": "weight", "decimals": 3},
    "price": {"prefix": "21", "plu_digits": 5, "measure": "price", "decimals": 2},
    "count": {"prefix": "2", "plu_digits": 6, "measure": "count", "decimals": 0},
}


def label(twelve: str) -> str:
    return next(f"{twelve}{digit}" for digit in range(10) if check_digit_ok(f"{twelve}{digit}"))


@pytest.fixture
def scale() -> Iterator[SimulatedScale]:
    with SimulatedScale() as simulated:
        yield simulated


@pytest.fixture
def held() -> str:
    return "labels"


@pytest.fixture
def settings(tmp_path: Path, scale: SimulatedScale, held: str) -> Settings:
    scales = {"S1": {"station": "T1", "device": scale.port}}
    return settings_in(tmp_path, labels=LABELS, scales=scales, selling={"held_to_scale": held})


@pytest.fixture
def shop(settings: Settings, printer: PaperPrinter) -> Iterator[Shop]:
    built = founded_shop(settings, KEY, {"P1": printer})
    yield built
    let_go(built.store.till)
    built.books.close()


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    pear: dict[str, Any] = {
        "sku": PEAR,
        "gtin": "0",
        "name_zh": "鸭梨",
        "name_en": "Pears",
        "category": "food",
    }
    hq.put("g:catalog:CN", "product", PEAR, pear | {"unit": "斤", "plu": "31"})
    price(hq, PEAR, 640)
    tea = {"gtin": TEA, "name_zh": "龙井", "name_en": "Tea", "category": "tea", "grams": 400, "grams_off": 15}
    hq.put("g:catalog:CN", "product", "A1", {"sku": "A1", **tea})
    case = {"gtin": "16901234567899", "sku": "A1", "units": 12}
    hq.put("g:catalog:CN", "barcode", "16901234567899", case)
    return Till(shop, cashier).open()


def line(till: Till) -> tuple[str, int, int, int]:
    one = till.basket().lines[-1]
    return (one.sku, one.qty, one.grams, one.unit_fen)


def test_a_code_is_goods_at_their_price(till: Till) -> None:
    soon = f"{datetime.now(UTC) + timedelta(days=60):%y%m%d}"
    for code, wanted in (
        (TEA, ("A1", 1, 0, 5990)),
        ("16901234567899", ("A1", 12, 0, 5990)),
        (f"]d201{G}17{soon}10LOT7", ("A1", 1, 0, 5990)),
        (f"https://id.gs1.org/01/{G}/10/LOT7?17={soon}", ("A1", 1, 0, 5990)),
        ("(02)16901234567899(37)2", ("A1", 24, 0, 5990)),
        (f"]d201{G}39221250", ("A1", 1, 0, 1250)),
        (label("200001201234"), (APPLE, 1, 1234, 1580)),
        (label("210001201580"), (APPLE, 1, 0, 1580)),
        (label("200003100750"), (PEAR, 1, 750, 960)),
    ):
        basket = till.scan(code)
        assert line(till) == wanted, code
        assert till.total() == wanted[1] * wanted[3], code
        till.shop.store.sales.selling.remove(basket.basket, basket.lines[-1].line, till.who, till.nonce())


def test_what_is_past_its_date_is_stopped_and_the_basket_stays(till: Till) -> None:
    till.scan(TEA)
    before = till.basket()
    for code, refusal in ((f"]d201{G}17200131", BatchExpired), (f"]d201{G}15200131", BestBeforeOver)):
        with pytest.raises(refusal):
            till.scan(code)
        # Its station's scanner is told the same way: it is the basket's, and the page says why.
        assert till.shop.store.scans.type_in(code, "T1").handled
        assert isinstance(till.shop.store.sales.said("T1"), refusal)
        assert till.basket() == before


def test_what_nobody_knows_is_told_to_hq_once_a_day_and_never_in_training(till: Till) -> None:
    with pytest.raises(NotRecognised):
        till.scan("4006381333931", training=True)
    assert facts(till.shop, "item.") == []
    for code in ("4006381333931", "4006381333931", label("200999901234")):
        with pytest.raises(NotRecognised):
            till.scan(code)
    assert facts(till.shop, "item.") == [
        ItemUnrecognised("04006381333931", "gtin"),
        ItemUnrecognised("plu:9999", "variable"),
    ]


def test_a_labels_weight_is_held_against_what_lies_on_the_pan(till: Till, scale: SimulatedScale) -> None:
    half = label("200001200500")
    scale.put(800)
    with pytest.raises(LabelTooLight):
        till.scan(half)
    scale.put(300)
    with pytest.raises(WeightDiffers):
        till.scan(half)
    assert till.shop.store.sales.selling.at("T1") is None
    scale.put(509)
    till.scan(half)
    scale.put(0)
    till.scan(half)  # nobody weighs it
    scale.unplug()
    till.scan(half)  # nobody can
    assert [one.grams for one in till.basket().lines] == [500, 500, 500]
    till.scan(TEA)  # the catalogue's weight is not looked at unless a chain wants that


@pytest.mark.parametrize("held", ["goods"])
def test_goods_of_a_known_weight_too_where_a_chain_wants_it(till: Till, scale: SimulatedScale) -> None:
    scale.put(430)
    with pytest.raises(WeightDiffers):
        till.scan(TEA)
    scale.put(415)
    till.scan(TEA)
    scale.put(12 * 400 + 12 * 15)
    till.scan("16901234567899")
    assert line(till) == ("A1", 13, 0, 5990)


@pytest.mark.parametrize("held", ["none"])
def test_or_nothing_is_held_against_the_scale(till: Till, scale: SimulatedScale) -> None:
    scale.put(800)
    till.scan(label("200001200500"))
    assert line(till) == (APPLE, 1, 500, 640)


def test_loose_goods_weigh_themselves_where_there_is_a_scale_and_once_a_wish(
    till: Till, scale: SimulatedScale, other: Operator
) -> None:
    sales = till.shop.store.sales
    scale.put(1234)
    sales.selling.weigh(APPLE, till.who, "weigh-01")
    scale.put(2000)
    sales.selling.weigh(APPLE, till.who, "weigh-01")
    assert [one.grams for one in till.basket().lines] == [1234]
    till.scan(APPLE)
    assert line(till) == (APPLE, 1, 2000, 2560)
    with pytest.raises(WeighFirst):
        sales.scan(APPLE, other, "no-scale")
