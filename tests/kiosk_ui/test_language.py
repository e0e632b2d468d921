"""Every language is complete, and none is written into a template."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from edge.domain.guide_views import StockWord
from edge.domain.orders import OrderState
from edge.domain.scanned import ScanKind
from edge.domain.views import LineWord
from kiosk_ui import words
from kiosk_ui.translations.traditional import refusals

ROOM = Path(__file__).resolve().parents[2] / "kiosk_ui"
CATALOG = ROOM / "translations" / "en" / "LC_MESSAGES"
HANT = ROOM / "translations" / "zh_Hant" / "LC_MESSAGES"
SIMPLIFIED = re.compile(
    "[们这为个说时会对过还进动开关门见车马鱼鸟长东书买卖贝页风飞齿龙讲请认识话语读谁课谢钱铁银错键镜间问闻队阳阴阶际陆险随难"
    "顶项顺须预领频题颜额饭馆码扫单实现货库员务数据线设备类号积换选择记录发应网络连断运输计销补顾区仅张优]"
)
"""Characters that only Simplified Chinese has, the common ones of a shop."""
HAN = re.compile(r"[\u3400-\u9fff]")


def msgids() -> set[str]:
    found = extract_from_dir(
        ROOM,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        keywords={"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, *_ in found}


def test_every_word_is_translated_and_no_old_one_is_kept() -> None:
    with (CATALOG / "messages.po").open("rb") as file:
        catalog = read_po(file, locale="en")
    entries = {m.id if isinstance(m.id, str) else m.id[0]: m for m in catalog if m.id}
    assert set(entries) == msgids()
    for msgid, entry in entries.items():
        assert not entry.fuzzy, msgid
        said = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(said), msgid
        assert not any(HAN.search(text) for text in said), msgid
        for text in said:
            assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(re.findall(r"%\(\w+\)s", msgid)), msgid


def test_traditional_chinese_has_every_word_of_the_pages_and_of_the_refusals() -> None:
    with (HANT / "messages.po").open("rb") as file:
        catalog = read_po(file, locale="zh_Hant")
    entries = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in catalog if m.id}
    # New words: .venv/bin/python kiosk_ui/translations/traditional.py, then read what it added.
    assert msgids() | set(refusals()) <= set(entries)
    for msgid, string in entries.items():
        said = string if isinstance(string, str) else (string or ("",))[0]
        assert said, msgid
        assert not SIMPLIFIED.search(said), said
        for marks in (r"%\(\w+\)s", r"\{\w+\}"):
            assert sorted(re.findall(marks, said)) == sorted(re.findall(marks, msgid)), msgid


@pytest.mark.parametrize(("folder", "locale"), [(CATALOG, "en"), (HANT, "zh_Hant")])
def test_the_compiled_catalog_is_the_written_one(folder: Path, locale: str) -> None:
    with (folder / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    assert compiled.getvalue() == (folder / "messages.mo").read_bytes()


def test_a_page_and_its_refusals_speak_traditional_chinese(desk: FlaskClient) -> None:
    desk.post("/language", data={"language": "hant", "next": "/cashier/"})
    page = desk.get("/cashier/").text
    assert '<html lang="zh-Hant">' in page
    assert "掃描" in page
    rest = re.sub(r'lang="zh-CN"[^>]*>[^<]*<', "", page.partition("<body")[2])
    seen = SIMPLIFIED.findall(re.sub(r"1号服务台|2号服务台|淮海路店|李晓云", "", rest))
    assert seen == [], "a Simplified character on the Traditional page"
    refused = desk.get("/it/").text
    assert "權限不足，需要店長操作" in refused
    assert "請店長登入後操作" in refused


@pytest.mark.parametrize("template", sorted(ROOM.glob("templates/**/*.html")), ids=lambda path: path.stem)
def test_no_template_speaks_chinese_by_itself(template: Path) -> None:
    text = template.read_text("utf-8")
    bare = re.sub(r"\b(?:_|ngettext)\((?:'[^']*'(?:,\s*)?)+", "", text)
    assert not HAN.search(bare)


def test_scripts_and_styles_hold_no_words() -> None:
    for path in (*ROOM.glob("static/*.js"), *ROOM.glob("static/*.css")):
        assert not HAN.search(path.read_text("utf-8")), path


def test_every_state_and_kind_has_a_word() -> None:
    assert set(words._STATES) == set(OrderState)
    assert set(words._KINDS) == set(ScanKind)
    assert set(words._LINES) == set(LineWord)
    assert set(words._STOCK) == set(StockWord)


@pytest.mark.parametrize(
    ("fen", "said"),
    [(0, "¥0.00"), (5, "¥0.05"), (1250, "¥12.50"), (123_456_789, "¥1,234,567.89"), (-5, "-¥0.05")],
)
def test_money(fen: int, said: str) -> None:
    assert words.money(fen) == said


def test_the_switch_changes_the_language_and_leads_back(desk: FlaskClient) -> None:
    assert 'lang="zh-CN"' in desk.get("/cashier/").text
    answer = desk.post("/language", data={"language": "en", "next": "/cashier/"})
    assert (answer.status_code, answer.location) == (303, "/cashier/")
    page = desk.get("/cashier/").text
    assert '<html lang="en">' in page
    assert "Scan anything" in page
    rest = re.sub(r'lang="zh-(?:CN|Hant)"[^>]*>[^<]*<', "", page)
    assert not HAN.search(rest), "a Chinese word on the English page"


@pytest.mark.parametrize("here", ["/cashier/sale", "/cashier/sale/shift", "/cashier/return"])
def test_the_switch_leads_back_to_the_page_it_stands_on(desk: FlaskClient, here: str) -> None:
    assert f'name="next" value="{here}"' in desk.get(here).text
    answer = desk.post("/language", data={"language": "en", "next": here})
    assert answer.location == here


@pytest.mark.parametrize(
    "next_", ["//evil.example", "http://evil.example/", "/cashier/redeem", "", "/guide/../x"]
)
def test_the_switch_leads_nowhere_else(client: FlaskClient, next_: str) -> None:
    answer = client.post("/language", data={"language": "tlh", "next": next_})
    assert answer.location == "/cashier/"
    assert "se_language" not in str(answer.headers)
