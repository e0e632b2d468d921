"""The page of simulated devices: what a newcomer does there reaches the store; nobody else may do it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from edge.demo.devices_page import served
from edge.demo.journey import photo_of
from edge.demo.office import reduced
from edge.demo.ports import free_ports
from edge.demo.prelude import play
from edge.demo.screenful import screenful
from edge.demo.shop import STORE
from edge.demo.stage import Address, Stage
from edge.demo.till import Till
from sync.messages import Order

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass
class Shown:
    stage: Stage
    url: str

    def get(self, path: str = "", language: str = "en") -> str:
        answer = requests.get(self.url + path, cookies={"se_language": language}, timeout=20)
        assert answer.status_code == 200, path
        return answer.text

    def do(self, verb: str, /, **fields: str) -> None:
        headers = {"Origin": self.url.rstrip("/")}
        answer = requests.post(
            f"{self.url}do/{verb}", fields, headers=headers, allow_redirects=False, timeout=20
        )
        assert answer.status_code == 303

    def ready(self, mode: str = "whole") -> Order:
        waiting = (o for o in self.stage.desk.orders(STORE) if o.state == "ready" and o.mode == mode)
        return next(o for o in waiting if not o.due_fen and not o.lease_until)


def until(holds: Callable[[], object], wait_s: float = 20) -> bool:
    end = time.monotonic() + wait_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    web, live, page = free_ports(3)
    folder: Path = tmp_path_factory.mktemp("demo") / "shop"
    with Stage(folder, Address(web, live), pace_s=0.3) as stage, served(stage, page) as url:
        play(stage)
        yield Shown(stage, url)


@pytest.fixture
def desk(shown: Shown) -> Iterator[Till]:
    till = Till(shown.stage.address.url, "T1")
    till.sign_in(shown.stage.people[2].staff, shown.stage.people[2].pin)
    yield till
    if not till.page().key.startswith("home"):
        till.put_back()
    till.close()


def test_both_languages_are_whole(shown: Shown) -> None:
    order = shown.ready("unit").order
    for path in ("", f"orders/{order}", f"orders/{order}?unit=2"):
        english = shown.get(path).replace(">中文<", "><").replace("中文\n", "\n")
        english = re.sub(r'<p class="pole".*?</p>', "", english)  # what customers of the shop see
        assert CHINESE.findall(english) == [], path
        chinese = shown.get(path, "zh")
        assert "服务台" in chinese
        assert 'lang="zh-CN"' in chinese


def test_one_order_was_handed_over_in_part_before_the_newcomer_came(shown: Shown) -> None:
    assert until(lambda: [o.order for o in shown.stage.desk.orders(STORE) if o.state == "partial"])
    assert "partly collected" in shown.get()
    assert len(shown.stage.printer.wait_papers(2, 20)) >= 2


@pytest.mark.parametrize("how", ["scanner", "camera"])
def test_a_scan_at_desk_1_reaches_its_page(shown: Shown, desk: Till, how: str) -> None:
    order = shown.ready()
    shown.do("scan", order=order.order, how=how)
    assert until(lambda: order.order in desk.page().key)


def test_a_picture_that_is_dropped_in_reaches_the_page(shown: Shown, desk: Till) -> None:
    order = shown.ready()
    photo = photo_of(shown.stage.codes[order.order].texts[0], 3)
    headers = {"Origin": shown.url.rstrip("/")}
    requests.post(f"{shown.url}do/picture", files={"picture": ("a.jpg", photo)}, headers=headers, timeout=20)
    assert until(lambda: order.order in desk.page().key)


def test_anything_but_a_picture_is_named(shown: Shown) -> None:
    headers = {"Origin": shown.url.rstrip("/")}
    requests.post(
        f"{shown.url}do/picture", files={"picture": ("a.jpg", b"words")}, headers=headers, timeout=20
    )
    assert "Choose a picture" in shown.get()


def test_paper_is_taken_and_given_back(shown: Shown, desk: Till) -> None:
    order = shown.ready()
    before = len(shown.stage.printer.papers)
    shown.do("printer", deed="take_paper")
    assert "out of paper" in shown.get()
    shown.do("scan", order=order.order, how="scanner")
    assert until(lambda: order.order in desk.page().key)
    _, result = desk.hand_over()
    assert until(lambda: ":blocked:" in desk.page(result.replace("?", "") + "?stay=1").key)
    assert len(shown.stage.printer.papers) == before
    shown.do("printer", deed="give_paper")
    assert len(shown.stage.printer.wait_papers(before + 1, 30)) == before + 1
    slip = requests.get(f"{shown.url}slips/{before + 1}.png", timeout=20)
    assert slip.content.startswith(b"\x89PNG")


def test_the_line_is_cut_and_restored(shown: Shown) -> None:
    shown.do("line", deed="cut")
    assert until(lambda: shown.stage.api.line()["word"] == "down")
    assert "Restore the line" in shown.get()
    shown.do("line", deed="restore")
    assert until(lambda: shown.stage.api.line()["word"] == "up")


def test_a_new_order_can_be_collected(shown: Shown) -> None:
    before = set(shown.stage.codes)
    shown.do("order")
    (number,) = set(shown.stage.codes) - before
    text = shown.stage.codes[number].texts[0]
    assert until(lambda: shown.stage.api.look(text, "T2")[0] == 200)


def test_a_product_is_scanned_at_the_guide_screen(shown: Shown) -> None:
    ware = next(ware for ware in shown.stage.wares if ware.on_hand > 9)
    guide = Till(shown.stage.address.url, "G1")
    shown.do("guide", text=ware.gtin)
    assert until(lambda: ware.name_zh in guide.page("/guide/").text)
    guide.close()


def test_a_foreign_page_and_a_foreign_name_are_refused(shown: Shown) -> None:
    deed = f"{shown.url}do/line"
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": shown.stage.address.url}):
        assert requests.post(deed, {"deed": "cut"}, headers=headers, timeout=20).status_code == 421
    assert requests.get(shown.url, headers={"Host": "evil.example"}, timeout=20).status_code == 421
    assert shown.stage.line.whole


def test_pages_keep_to_themselves(shown: Shown) -> None:
    answer = requests.get(shown.url, timeout=20)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.text
    assert "onclick" not in answer.text
    assert "http://" not in re.sub(r"http://(127\.0\.0\.1|localhost):\d+", "", answer.text)


def test_no_order_no_page(shown: Shown) -> None:
    for path in ("orders/HL000", "orders/HL000/qr.svg", "slips/999.png", "slips/0.png"):
        assert requests.get(shown.url + path, timeout=20).status_code == 404


def test_the_screenful_names_what_a_newcomer_needs(shown: Shown) -> None:
    told = screenful(shown.stage, shown.url)
    codes = {order.numeric_code for order in shown.stage.desk.orders(STORE)}
    assert len(set(re.findall(r"^ +(\d{8}) ", told, re.MULTILINE)) & codes) == 4
    for needed in (shown.url, "/guide/", "station=T1", "station=T2", "Ctrl-C", shown.stage.people[0].pin):
        assert needed in told
    for needed in (shown.stage.fleet_page, "store.toml"):
        assert needed in told
    folder = str(shown.stage.folder)
    assert max(len(line.replace(folder, "var/demo")) for line in told.splitlines()) <= 100


def test_a_price_is_pushed_by_the_printed_command(shown: Shown) -> None:
    told = screenful(shown.stage, shown.url).replace("\\\n", " ")
    command = next(line for line in told.splitlines() if "./dev run hub prices" in line).split()
    ware = reduced(shown.stage.wares)
    subprocess.run([sys.executable, "-m", "edge", *command[2:]], check=True, timeout=60)
    shown.do("guide", text=ware.gtin)
    guide = Till(shown.stage.address.url, "G1")
    assert until(lambda: f"{ware.fen / 100 - 10:.2f}" in guide.page("/guide/").text)
    guide.close()


def test_a_member_shows_the_code_at_the_guide_screen(shown: Shown) -> None:
    shown.do("guide", card="member")
    assert "Gold member code" in shown.get()


def test_drawer_scale_and_display_of_desk_1_are_real_to_the_store(shown: Shown, desk: Till) -> None:
    stage = shown.stage
    assert until(lambda: stage.pole.lines[1] in {"Welcome", "Thank you"})
    shown.do("till", deed="apples")
    assert stage.api.beside_the_till("weight")[1]["grams"] == 1250
    shown.do("till", deed="shaky")
    assert stage.api.beside_the_till("weight")[1]["code"] == "scale_moving"
    before = stage.printer.kicks
    desk.submit(desk.page("/cashier/till").form("/cashier/till/drawer"))
    assert until(lambda: stage.printer.drawer_open)
    assert until(lambda: "drawer open" in shown.get())
    assert until(lambda: stage.api.beside_the_till("drawers")[1]["drawers"][0]["open"])
    shown.do("till", deed="shut")
    assert until(lambda: stage.api.beside_the_till("drawers")[1]["drawers"][0]["open"] is False)
    assert stage.printer.kicks == before + 1
