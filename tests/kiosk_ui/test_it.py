"""The page for whoever looks after the devices: who may come in, what it says, what its forms do."""

from __future__ import annotations

import io
import re
from typing import Any, get_args

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from devices.plugged import Kind
from devices.ports import OutOfPaper, Unconfirmed
from devices.slip import Image as Picture
from devices.slip import Qr, Slip, Text
from edge.daemon import Shop
from edge.domain.refusals import NotAllowed
from edge.domain.staff import Operator, Role
from edge.domain.views import PluggedDevice
from tests.kiosk_ui.conftest import PIN, PaperPrinter, PretendHq, browser_like, signed_in
from tests.kiosk_ui.gear import aged

NONCE = "n" * 20
SLIP = Slip("取货单 1", (Text("淮海路店 ¥12.50"), Qr("ORDER-1")))


@pytest.fixture
def lead(client: FlaskClient, hq: PretendHq) -> FlaskClient:
    assert hq is not None
    return signed_in(client, "2001")


def queued(shop: Shop, key: str = "k1") -> int:
    return shop.store.printing.submit(key, "P1", "T1", "", SLIP, "voucher").id


def states(shop: Shop) -> list[str]:
    return [job.state for job in shop.store.printing.jobs()]


PATHS = ("/it/", "/it/board", "/it/papers/1.png", "/it/cameras/c1")
DEEDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/it/test", {"printer": "P1", "nonce": NONCE}),
    ("/it/cancel", {"job": "1"}),
    ("/it/settle", {"job": "1", "came_out": "1"}),
    ("/it/accept", {"device": "P1"}),
)


def test_a_cashier_is_refused_everywhere(desk: FlaskClient, shop: Shop) -> None:
    queued(shop)
    assert [desk.get(path).status_code for path in PATHS] == [403] * 4
    assert [desk.post(path, data=data).status_code for path, data in DEEDS] == [403] * 4
    assert "需要店长" in desk.get("/it/").text
    assert states(shop) == ["queued"]


def test_the_desk_itself_refuses_whatever_page_asks(shop: Shop) -> None:
    cashier, upkeep = Operator("1001", "", Role.CASHIER, "T1"), shop.store.upkeep
    for verb in (
        lambda: upkeep.board(cashier),
        lambda: upkeep.paper(1, cashier),
        lambda: upkeep.test("P1", NONCE, cashier),
        lambda: upkeep.cancel(1, cashier),
        lambda: upkeep.settle(1, cashier, came_out=True),
        lambda: upkeep.accept("P1", cashier),
        lambda: upkeep.look("c1", cashier),
    ):
        with pytest.raises(NotAllowed):
            verb()


@pytest.mark.usefixtures("hq")
def test_nobody_is_sent_to_sign_in_and_comes_back(app: Flask) -> None:
    client = browser_like(app)
    assert client.get("/it/").location == "/cashier/sign-in?next=/it/"
    page = client.get("/cashier/sign-in?next=/it/").text
    assert page.count('name="next" value="/it/"') == 2  # badge, number
    sign_in = {"staff": "2001", "pin": PIN, "station": "T1"}
    assert client.post("/cashier/sign-in", data={**sign_in, "next": "//evil"}).location == "/cashier/"
    assert client.post("/cashier/sign-in", data={**sign_in, "next": "/it/"}).location == "/it/"


def test_the_board_is_sent_again_only_when_it_says_something_else(lead: FlaskClient, shop: Shop) -> None:
    first = lead.get("/it/board").text
    key = first.partition('data-key="')[2].partition('"')[0]
    assert lead.get(f"/it/board?have={key}").status_code == 204
    shop.store.status.device("scanner-1", "scanner", "absent", "DEVICE_ABSENT", "T1")
    again = lead.get(f"/it/board?have={key}")
    assert again.status_code == 200
    assert "检查电源和数据线" in again.text


@pytest.mark.parametrize("kind", get_args(Kind))
def test_each_kind_of_device_that_can_be_plugged_in_has_a_word(
    lead: FlaskClient, shop: Shop, kind: str
) -> None:
    shop.store.plugs.sees((PluggedDevice("/dev/new", kind, "Maker Model", ""),))
    assert "Maker Model" in (text := lead.get("/it/").text)
    assert f"<small>{kind} ·" not in text


def test_a_drawer_that_no_sensor_watches_is_no_trouble(lead: FlaskClient, shop: Shop) -> None:
    shop.store.status.device("D1", "drawer", "ready", station="T1")
    before = lead.get("/it/").text.partition("<b>D1</b>")[0]
    assert re.findall(r'<li class="(\w+)" id="device-', before)[-1] == "good"


def test_a_test_page_is_one_job_a_wish(lead: FlaskClient, shop: Shop, printer: PaperPrinter) -> None:
    for _ in range(2):
        assert lead.post("/it/test", data={"printer": "P1", "nonce": NONCE}).location == "/it/"
    assert states(shop) == ["queued"]
    assert shop.store.printing.turn("P1")
    assert [slip.title for slip in printer.slips] == ["打印测试 / test page"]


def test_a_test_page_of_unknown_fate_is_not_repeated(
    lead: FlaskClient, shop: Shop, printer: PaperPrinter
) -> None:
    lead.post("/it/test", data={"printer": "P1", "nonce": NONCE})
    printer.faults.append(Unconfirmed("P1"))
    shop.store.printing.turn("P1")
    assert states(shop) == ["uncertain"]


def test_waiting_slips_can_be_cancelled_and_doubtful_ones_settled(
    lead: FlaskClient, shop: Shop, printer: PaperPrinter
) -> None:
    waiting = queued(shop)
    printer.faults.append(OutOfPaper("P1"))
    shop.store.printing.turn("P1")
    page = lead.get("/it/").text
    assert "缺纸" in page
    assert "换一卷纸" in page
    lead.post("/it/cancel", data={"job": str(waiting)})
    assert states(shop) == ["cancelled"]
    doubtful = queued(shop, "k2")
    printer.faults.append(Unconfirmed("P1"))
    shop.store.printing.turn("P1")
    lead.post("/it/settle", data={"job": str(doubtful), "came_out": "0"})
    assert states(shop) == ["queued", "uncertain", "cancelled"]  # a marked copy


def test_the_paper_is_drawn_from_the_slip(lead: FlaskClient, shop: Shop) -> None:
    job = queued(shop)
    answer = lead.get(f"/it/papers/{job}.png")
    assert answer.headers["Cache-Control"] == "no-store"
    paper = Image.open(io.BytesIO(answer.data)).convert("L")
    assert paper.width == 48 * 12 + 2 * 28
    dark = paper.point(lambda level: 255 if level < 128 else 0).getbbox()
    assert dark is not None
    assert dark[3] > 150, "the QR code stands below the words"
    torn = Slip("t", (Picture(b"no picture at all"),))
    never = shop.store.printing.submit("torn", "P1", "T1", "", torn, "voucher").id
    for number in (str(never), "999", "9" * 15, "9" * 30):  # more than a database's integer holds
        assert lead.get(f"/it/papers/{number}.png").status_code == 404


def test_the_drawing_is_what_the_interpreter_of_paper_reads(shop: Shop) -> None:
    from devices.decoding import decode, load_image

    job = queued(shop)
    png = shop.store.upkeep.paper(job, Operator("2001", "", Role.LEAD, "T1"))
    assert [code.reading.text for code in decode(load_image(png))] == ["ORDER-1"]


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/it/test", {"printer": "none", "nonce": NONCE}, 404),
        ("/it/test", {"printer": "P1", "nonce": "<>"}, 400),
        ("/it/test", {"printer": "../P1", "nonce": NONCE}, 400),
        ("/it/cancel", {"job": "77"}, 404),
        ("/it/cancel", {"job": "-1"}, 400),
        ("/it/settle", {"job": "1", "came_out": "maybe"}, 400),
        ("/it/accept", {"device": "P1"}, 404),
    ],
)
def test_nonsense_gets_a_clear_answer(
    lead: FlaskClient, path: str, data: dict[str, Any], status: int
) -> None:
    assert lead.post(path, data=data).status_code == status


def test_there_is_no_such_camera(lead: FlaskClient) -> None:
    assert lead.get("/it/cameras/nowhere").status_code == 404
    assert lead.get("/it/cameras/..").status_code == 404


AGES = {
    "orders": 5,
    "cmd": 119,
    "stock": 120,
    "staff": 599,
    "price": 600,
    "catalog": 899,
    "keys": 900,
    "config": 9000,
}


@pytest.mark.parametrize(
    ("language", "words", "notice"),
    [
        ("zh", ("最新", "变旧", "太旧", "过期", "未收到"), "总部数据太旧"),
        ("en", ("fresh", "getting old", "too old", "out of date", "never came"), "data are too old"),
    ],
)
def test_each_class_of_data_has_a_word_for_its_age(
    lead: FlaskClient, shop: Shop, language: str, words: tuple[str, ...], notice: str
) -> None:
    lead.set_cookie("se_language", language, domain="127.0.0.1")
    aged(shop, dict.fromkeys(AGES, 5))
    shop.store.status._has_hq = True
    assert notice not in lead.get("/it/").text
    aged(shop, AGES)
    page = lead.get("/it/").text
    shown = {name: tone for tone, name in re.findall(r'<li class="(\w+)" id="age-(\w+)"', page)}
    assert shown == {
        "orders": "fresh",
        "cmd": "fresh",
        "stock": "ageing",
        "staff": "ageing",
        "price": "alarm",
        "catalog": "alarm",
        "keys": "stale",
        "config": "stale",
        "shops": "never",
    }
    assert all(word in page for word in words)
    told = page[page.index(notice) :].partition("</section>")[0]
    assert [minutes in told for minutes in ("10 ", "14 ", "15 ", "2 ")] == [True] * 4
    assert page.count("alarm stop") == 1, "red, since some of it is out of date"
    aged(shop, {"orders": 610})
    page = lead.get("/it/").text
    assert notice in page
    assert "alarm stop" not in page


def test_a_store_without_an_hq_has_no_ages(lead: FlaskClient, shop: Shop) -> None:
    aged(shop, AGES)
    page = lead.get("/it/").text
    assert 'id="age-' not in page
    assert "总部数据太旧" not in page
