"""The retailer's logo: on every shopper's screen and at the head of receipts where it can be shown, type where not."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from config.layers import foreign
from config.problems import SettingsRefused
from config.schema import Settings, parse
from devices.slip import Align, Logo, Slip, Text
from devices.slip import Image as Printed
from edge.daemon import Shop
from edge.desks.letterhead import headed
from edge.media_line import hire_media
from edge.workers import Worker
from kiosk_ui.web import create_app
from tests.founded import founded_shop
from tests.kiosk_ui.conftest import PaperPrinter, browser_like, settings_in

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def drawn(colour: str, size: tuple[int, int] = (600, 200), kind: str = "PNG") -> bytes:
    into = io.BytesIO()
    Image.new("RGBA", size, colour).save(into, kind)
    return into.getvalue()


def named(data: bytes, kind: str = "png") -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "kind": kind}


class House:
    """A shop with a logo in its settings, its pages, and the worker that fetches, all without HQ."""

    def __init__(self, folder: Path, logo: dict[str, Any], files: dict[str, bytes] | None = None) -> None:
        self.printer = PaperPrinter()
        raw: dict[str, Any] = {
            "store": {"id": "S00421", "state_dir": str(folder)},
            "stations": {"G1": {"kind": "guide", "label_zh": "导购", "label_en": "Guide", "screen": "local"}},
            "printers": {"P1": {"host": "127.0.0.1"}},
            "screens": {"logo": logo},
        }
        self.settings: Settings = parse(raw)
        self.shop: Shop = founded_shop(self.settings, bytes(32), {"P1": self.printer})
        shelf = folder / "media"
        shelf.mkdir(exist_ok=True)
        for name, data in (files or {}).items():
            (shelf / name).write_bytes(data)
        hired: list[Worker] = []
        hire_media(
            self.settings,
            self.shop.books,
            self.shop.store,
            self.shop.wakes.poke,
            lambda w, *_t: hired.append(w),
        )
        self.media = next(one._turn for one in hired if one.name == "media")
        self.client = browser_like(create_app(self.shop.store, self.settings, 0))

    def page(self) -> str:
        answer = self.client.get("/guide/")
        assert answer.status_code == 200
        return answer.text

    def receipt(self) -> Slip:
        desk = self.shop.store.printing
        desk.submit("k", "P1", "G1", "ref", headed(Slip("t", (Text("禾里集", align=Align.CENTER),))))
        assert desk.turn("P1")
        return self.printer.slips[-1]


def test_hqs_logo_is_shown_once_it_is_here_and_its_hash_is_right(tmp_path: Path) -> None:
    light, dark, paper = drawn("#123"), drawn("#eee", kind="WEBP"), drawn("#000", (1200, 400))
    logo = {"light": named(light), "dark": named(dark, "webp"), "paper": named(paper)}
    files = {logo["light"]["sha256"]: light, logo["dark"]["sha256"]: dark, logo["paper"]["sha256"]: paper}
    house = House(tmp_path, logo, files)
    try:
        assert "/brand/" not in house.page(), "nobody looked into the files yet"
        for _ in range(3):
            house.media()
        page = house.page()
        for name, mime in (("light", "image/png"), ("dark", "image/webp")):
            path = f"/brand/{logo[name]['sha256']}"
            assert path in page
            answer = house.client.get(path)
            assert (answer.status_code, answer.mimetype) == (200, mime)
            assert "immutable" in answer.headers["Cache-Control"]
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert house.client.get(f"/brand/{logo['paper']['sha256']}").status_code == 404, "no screen shows it"
        head = house.receipt().parts[0]
        assert isinstance(head, Printed)
        with Image.open(io.BytesIO(head.png)) as dots:
            assert (dots.mode, dots.size) == ("1", (480, 160))
        kept = house.shop.books.jobs.of("ref")
        assert kept is not None
        assert isinstance(kept.slip.parts[0], Logo), "rows keep the place, not the picture"
        assert house.shop.store.printing.printed_by(kept.id)[0].parts[0] == head
    finally:
        house.shop.books.close()


@pytest.mark.parametrize("wrong", ["another", "cut short", "svg", "huge", "nothing"])
def test_what_cannot_be_shown_leaves_the_name_in_type(tmp_path: Path, wrong: str) -> None:
    good = drawn("#123")
    data = {"svg": SVG, "cut short": good[: len(good) // 2], "huge": drawn("#123", (2100, 2000))}.get(
        wrong, good
    )
    named_as = named(data)
    on_disk = {"another": drawn("#124")[: len(data)].ljust(len(data), b"0")}.get(wrong, data)
    files = {} if wrong == "nothing" else {named_as["sha256"]: on_disk}
    house = House(tmp_path, {"light": named_as, "paper": named_as}, files)
    try:
        house.media()
        page = house.page()
        assert "/brand/" not in page
        assert "导购" in page
        assert house.client.get(f"/brand/{named_as['sha256']}").status_code == 404
        assert house.receipt().parts == (Text("禾里集", align=Align.CENTER),)
    finally:
        house.shop.books.close()


def test_a_shop_without_hq_names_a_file_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "logo.png"
    own.write_bytes(drawn("#123"))
    house = House(tmp_path, {"light": {"file": str(own)}})
    try:
        page = house.page()
        assert f"/brand/{hashlib.sha256(own.read_bytes()).hexdigest()}" in page
        assert "plated" in page, "without a dark one it brings its own ground"
    finally:
        house.shop.books.close()


def test_settings_of_a_logo_that_could_never_be_shown_are_refused_and_hq_may_push_the_others(
    tmp_path: Path,
) -> None:
    plain: dict[str, Any] = {"store": {"id": "S1", "state_dir": str(tmp_path)}}
    sha = "0" * 64
    for wrong in (
        {"file": "/srv/logo.svg"},
        {"file": "logo.png"},
        {"sha256": sha, "bytes": 9, "kind": "svg"},
        {"sha256": sha},
        {"sha256": sha, "bytes": 9, "file": "/srv/logo.png"},
    ):
        with pytest.raises(SettingsRefused) as caught:
            parse({**plain, "screens": {"logo": {"light": wrong}}})
        assert all(str(one).startswith("screens.logo.light") for one in caught.value.problems), wrong
    assert foreign({"screens": {"logo": {"light": {"sha256": sha, "bytes": 9}}}}) == []
    assert settings_in(tmp_path).screens.logo.light.sha256 == ""
