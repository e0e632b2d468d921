"""Playlists: judged by HQ and the box alike, read from the word that is in force, shown in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.layers import foreign
from config.playlists import Slide, slide_at, slides_of
from edge.records.playlists import Playlists
from tests.edge.config_rig import Rig

TEA = {"title_zh": "新茶上市", "title_en": "New tea", "sku": "A1", "seconds": 20}
MILK = {"title_zh": "鲜奶", "title_en": "Fresh milk"}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.close()


def titles(kept: Playlists, station: str) -> list[str]:
    return [slide.title_en for slide in kept.slides(station)]


def test_slides_that_no_screen_could_show_are_named() -> None:
    wrong = {
        "all": [TEA, {"title_zh": "x"}, {**MILK, "seconds": 9}, {**MILK, "url": "http://x"}, "a.jpg"],
        "G1": {"pictures": []},
        "G2": [MILK] * 51,
        "G3": [MILK],
    }
    paths = [problem.path for problem in foreign({"playlists": wrong})]
    assert paths == [
        "playlists.all.2",
        "playlists.all.3",
        "playlists.all.4",
        "playlists.all.5",
        "playlists.G1",
        "playlists.G2",
    ]
    assert foreign({"playlists": {"all": [TEA, MILK]}}) == []


@pytest.mark.parametrize("name", ["promotions", "prices", "coupons"])
def test_what_comes_as_rows_is_no_section(name: str) -> None:
    assert [problem.path for problem in foreign({name: {}})] == [name]


def test_each_slide_has_its_seconds_and_then_it_begins_anew() -> None:
    slides = slides_of({"all": [TEA, MILK]}, "G1")
    shown = [slide_at(slides, second) for second in (0, 19, 20, 29, 30, 59)]
    assert [slide.title_en if slide else "" for slide in shown] == [
        "New tea",
        "New tea",
        "Fresh milk",
        "Fresh milk",
        "New tea",
        "Fresh milk",
    ]
    assert slide_at((), 5) is None
    assert slides_of({"G1": [MILK], "all": [TEA]}, "G1") == (Slide("鲜奶", "Fresh milk"),)


def test_the_word_in_force_is_shown_and_one_that_goes_back_takes_its_slides_along(rig: Rig) -> None:
    kept = Playlists(rig.box.files._folder.parent)
    assert kept.slides("G1") == ()
    rig.offer(1, {"playlists": {"all": [TEA]}})
    assert rig.turn() == [(1, "trying", "")]
    assert titles(kept, "G1") == ["New tea"], "what is on trial is in force"
    rig.mono += 601
    assert rig.turn() == [(1, "applied", "")]
    assert titles(kept, "G1") == ["New tea"]
    rig.offer(2, {"playlists": {"all": [TEA], "G1": [MILK, TEA]}})
    rig.turn()
    assert (titles(kept, "G1"), titles(kept, "G2")) == (["Fresh milk", "New tea"], ["New tea"])
    rig.box.files.give_up(2, "HEALTH")
    assert titles(kept, "G1") == ["New tea"]
    (rig.box.files._folder / "trying.json").write_bytes(b"half a fi")
    assert titles(kept, "G1") == ["New tea"], "a broken file is none"
    rig.offer(3, {"playlists": {"all": ["a.jpg"]}})
    rig.box.files.give_up(2, "HEALTH")
    assert rig.turn()[-1][:2] == (3, "rejected")
