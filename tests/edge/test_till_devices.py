"""Scales, customer displays and lamps as the shop uses them: on lines that move, break and come back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.schema import Settings
from devices.ports import Light, Showing, Unconfirmed, Weight
from devices.simulated_display import SimulatedDisplay
from devices.simulated_lights import CODES, SimulatedRelay
from devices.simulated_scale import SimulatedScale
from devices.slip import Slip, Text
from edge.daemon import Shop
from edge.desks.signals import Standing, light_of
from edge.domain import refusals as no
from edge.domain import scale_refusals as heavy
from edge.domain.views import RedeemRequest
from edge.till_crew import let_go
from tests.edge.conftest import KEY, PaperPrinter, PretendHq, settings_in
from tests.founded import founded_shop


@pytest.fixture
def scale() -> Iterator[SimulatedScale]:
    with SimulatedScale() as simulated:
        yield simulated


@pytest.fixture
def pole() -> Iterator[SimulatedDisplay]:
    with SimulatedDisplay(chinese=True) as simulated:
        yield simulated


@pytest.fixture
def lamp() -> Iterator[SimulatedRelay]:
    with SimulatedRelay() as simulated:
        yield simulated


@pytest.fixture
def settings(tmp_path: Path, scale: Any, pole: Any, lamp: Any) -> Settings:
    return settings_in(
        tmp_path,
        scales={"S1": {"station": "T1", "device": scale.port}},
        displays={"pole": {"station": "T1", "device": pole.port, "charset": "gb18030"}},
        lights={"L1": {"driver": "serial-relay", "station": "T1", "device": lamp.port, "codes": CODES}},
    )


@pytest.fixture
def shop(settings: Settings, printer: PaperPrinter) -> Iterator[Shop]:
    built = founded_shop(settings, KEY, {"P1": printer})
    yield built
    let_go(built.store.till)
    built.books.close()


def state_of(shop: Shop, name: str) -> tuple[str, str]:
    return next((d.state, d.detail) for d in shop.store.status.devices() if d.name == name)


# ---- weighing --------------------------------------------------------------------------------------


def test_a_weight_at_rest_is_a_weight(shop, scale):
    scale.put(1250)
    assert shop.store.till.weighing.weigh("T1") == Weight(1250)
    assert state_of(shop, "S1") == ("online", "")


@pytest.mark.parametrize(
    ("state", "refusal"),
    [("moving", heavy.ScaleMoving), ("over", heavy.ScaleOver), ("under", heavy.ScaleUnder)],
)
def test_nothing_is_sold_by_another_weight_and_each_says_what_to_do(shop, scale, state, refusal):
    scale.put(1250, state=state)
    with pytest.raises(refusal) as refused:
        shop.store.till.weighing.weigh("T1", 0.2)
    for language in ("zh", "en"):
        assert refused.value.words(language).next
    scale.put(1250)
    assert shop.store.till.weighing.weigh("T1").grams == 1250


def test_an_empty_pan_is_no_weight_to_sell_by(shop, scale):
    scale.put(0)
    with pytest.raises(heavy.ScaleEmpty):
        shop.store.till.weighing.weigh("T1")
    assert state_of(shop, "S1") == ("online", "")


def test_a_scale_that_says_nothing_clear_gives_no_weight(shop, scale):
    scale.put(1250, unit="lb")
    with pytest.raises(heavy.ScaleUnclear):
        shop.store.till.weighing.weigh("T1", 0.2)


def test_a_scale_that_was_pulled_is_absent_and_weighs_again_when_it_is_back(shop, scale):
    scale.put(500)
    shop.store.till.weighing.weigh("T1")
    scale.unplug()
    with pytest.raises(heavy.ScaleAbsent):
        shop.store.till.weighing.weigh("T1", 0.2)
    assert state_of(shop, "S1")[0] == "absent"
    scale.replug()
    assert shop.store.till.weighing.weigh("T1").grams == 500
    assert state_of(shop, "S1") == ("online", "")
    with pytest.raises(no.UnknownThing):
        shop.store.till.weighing.weigh("T2")


# ---- customer displays -----------------------------------------------------------------------------


def test_the_display_follows_what_happens_at_its_station(shop, pole, cashier, printer):
    assert printer.faults == []
    hq = PretendHq(shop)
    hq.open()
    hq.order()
    show = shop.store.till.showing
    show.turn("pole")
    assert pole.wait(lambda: pole.lines == ("欢迎光临", "Welcome"))
    scan = shop.store.scans.type_in(hq.code(), "T1")
    show.turn("pole")
    assert pole.wait(lambda: pole.lines[1] == "One moment, please")
    shop.store.hand_over.redeem(RedeemRequest(nonce="nonce-1", scan=scan.id), cashier)
    shop.store.scans.dismiss(scan.id, "T1")
    show.turn("pole")
    assert pole.wait(lambda: pole.lines[1] == "Thank you")


def test_what_should_stand_there_stands_there_again_after_a_replug(shop, pole):
    show = shop.store.till.showing
    show.show("T1", Showing("龙井茶", "59.90"), 60)
    show.turn("pole")
    assert pole.wait(lambda: pole.lines == ("龙井茶", "59.90"))
    pole.unplug()
    pole.power_cut()
    show.show("T1", Showing("青瓷杯", "129.00"), 60)
    show.turn("pole")
    assert state_of(shop, "pole")[0] == "absent"
    pole.replug()
    show.turn("pole")
    assert pole.wait(lambda: pole.lines == ("青瓷杯", "129.00"))
    assert state_of(shop, "pole") == ("online", "")
    with pytest.raises(no.UnknownThing):
        show.show("T2", Showing("x"), 60)


def test_a_display_that_lost_its_power_is_written_again(shop, pole, monkeypatch):
    show = shop.store.till.showing
    show.turn("pole")
    assert pole.wait(lambda: pole.lines[1] == "Welcome")
    pole.power_cut()
    show.turn("pole")
    assert pole.lines == ("", ""), "nobody told us"
    monkeypatch.setattr("edge.desks.showing._AGAIN_S", 0.0)
    show.turn("pole")
    assert pole.wait(lambda: pole.lines[1] == "Welcome")


# ---- lamps -----------------------------------------------------------------------------------------


def test_the_gravest_reason_gives_the_colour():
    for reasons in itertools.product([False, True], repeat=4):
        long, blocked, look, helped = reasons
        light = light_of(Standing(long, blocked, look, helped))
        if long:
            assert light is Light.RED_BLINKING
        elif blocked:
            assert light is Light.RED
        else:
            assert light is (Light.AMBER if look or helped else Light.GREEN)


def test_the_lamp_shows_how_its_station_is_also_after_a_replug(shop, lamp):
    lamps = shop.store.till.lamps
    lamps.turn("L1")
    assert lamp.wait(lambda: lamp.light is Light.GREEN)
    shop.store.status.device("P1", "printer", "out_of_paper")
    lamps.turn("L1")
    assert lamp.wait(lambda: lamp.light is Light.RED)
    lamp.unplug()
    shop.store.status.device("P1", "printer", "online")
    lamps.turn("L1")
    assert state_of(shop, "L1")[0] == "absent"
    lamp.replug()
    lamps.turn("L1")
    assert lamp.wait(lambda: lamp.light is Light.GREEN)


def test_a_lamp_that_was_out_for_a_moment_is_lit_again(shop, lamp, monkeypatch):
    lamps = shop.store.till.lamps
    lamps.turn("L1")
    assert lamp.wait(lambda: lamp.light is Light.GREEN)
    lamp.light = None
    lamps.turn("L1")
    assert lamp.light is None, "nobody told us"
    monkeypatch.setattr("edge.desks.lamps._AGAIN_S", 0.0)
    lamps.turn("L1")
    assert lamp.wait(lambda: lamp.light is Light.GREEN)


def test_a_slip_of_unknown_fate_makes_amber(shop, printer):
    shop.store.printing.submit("k1", "P1", "T1", "ref", Slip("t", (Text("x"),)), "voucher")
    printer.faults = [Unconfirmed("P1")]
    shop.store.printing.turn("P1")
    shop.store.status.device("P1", "printer", "online")
    assert light_of(shop.store.till.lamps.standing("T1")) is Light.AMBER
