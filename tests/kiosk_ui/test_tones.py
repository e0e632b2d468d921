"""Every word can be read on every ground, whatever colour a retailer brings."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.schema import SettingsRefused, parse
from edge.daemon import Shop
from kiosk_ui.brand import hue_and_chroma
from kiosk_ui.style import DESK, SHOPPER, STATES, measured
from kiosk_ui.tones import Tone, contrast, declared, tone_of, tones
from kiosk_ui.web import create_app
from tests.kiosk_ui.conftest import PretendHq, browser_like, signed_in

BRANDS = (
    "",
    "#e60012",
    "#0052d9",
    "#ffd100",
    "#00a34e",
    "#7b1fa2",
    "#ff6a00",
    "#00b5e2",
    "#c2185b",
    "#111111",
    "#ffffff",
)


@pytest.mark.parametrize("own", BRANDS)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("shopper", "least"), [(False, DESK), (True, SHOPPER)])
def test_words_stand_out_for_every_brand(own: str, dark: bool, shopper: bool, least: float) -> None:
    pairs = measured(shopper, own, dark=dark)
    assert len(pairs) >= 17
    assert [(word, ground, ratio) for word, ground, _, _, ratio in pairs if ratio < least] == []


def test_a_formula_that_fades_is_found_out() -> None:
    pale = declared(
        ":root { --brand-h: 172; --x: light-dark(oklch(0.6 0.1 var(--brand-h)), #ffffff); --y: #fff9ee; }"
    )
    seen = tones(pale, dark=False)
    assert contrast(seen["--x"], seen["--y"]) < DESK
    assert contrast(tones(pale, dark=True)["--x"], seen["--y"]) < 1.1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oklch(0.5 0.1 30)", Tone(0.5, 0.1, 30)),
        ("oklch(from #ff0000 calc(l - 0.1) calc(c * 0.5) h)", Tone(0.528, 0.129, 29.23)),
        ("oklch(0.5 0.1 30 / 0.5)", Tone(0.5, 0.1, 30, 0.5)),
    ],
)
def test_the_formulas_are_read_as_a_browser_reads_them(text: str, said: Tone) -> None:
    seen = tones({"--x": text}, dark=False)["--x"]
    assert (seen.light, seen.chroma, seen.hue, seen.alpha) == pytest.approx(
        (said.light, said.chroma, said.hue, said.alpha), abs=0.01
    )


@pytest.mark.parametrize("text", ["#000000", "#ffffff", "#3c7d6e", "#e60012", "#0052d9"])
def test_there_and_back_is_the_same_colour(text: str) -> None:
    assert tone_of(text).hex() == text
    assert contrast(tone_of("#000000"), tone_of("#ffffff")) == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize("own", BRANDS[1:])
def test_a_brand_is_no_louder_than_every_screen_can_show(own: str) -> None:
    hue, chroma = hue_and_chroma(own)
    assert 0 <= chroma <= 0.13
    for light in (0.33, 0.43, 0.8):
        assert Tone(light, chroma, hue).shows()
    if tone_of(own).chroma > 0.1:
        assert abs(hue - tone_of(own).hue) < 0.1


def test_a_brand_reaches_every_page_and_no_brand_costs_nothing(shop: Shop, client: FlaskClient) -> None:
    assert "theme.css" not in client.get("/screen/pair").text
    raw = {"store": {"state_dir": str(shop.books.ledger.path.parent)}, "screens": {"brand": "#e60012"}}
    branded = browser_like(create_app(shop.store, parse(raw), 0))
    page = branded.get("/screen/pair").text
    link = re.search(r'href="(/theme\.css\?v=[0-9a-f]{12})"', page)
    assert link
    assert page.index("tokens.css") < link.start(), "it is laid over the tokens"
    sheet = branded.get(link[1])
    assert "--brand-h: 27.9;" in sheet.text
    assert "immutable" in sheet.headers["Cache-Control"]
    with pytest.raises(SettingsRefused, match=r"screens.brand"):
        parse({"screens": {"brand": "red; } body { display: none"}})


def test_the_style_page_is_its_own_and_shows_everything(app: Flask, hq: PretendHq) -> None:
    assert hq is not None
    assert browser_like(app).get("/style").status_code == 303
    assert signed_in(browser_like(app), "1001").get("/style").status_code == 403
    lead = signed_in(browser_like(app), "2001")
    page = lead.get("/style").text
    for name in ("--ink-2", "--ok-wash", "7.0:1", "scan-barcode"):
        assert name in page
    assert "scheme-dark" in lead.get("/style?scheme=dark").text
    for state in STATES:
        assert f"/style/shopper/{state}" in page
        assert f"state-{state}" in lead.get(f"/style/shopper/{state}").text
    assert lead.get("/style/shopper/nowhere").status_code == 404
