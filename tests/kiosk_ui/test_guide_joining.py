"""Joining at the guide screen: a code for each shopper, renewed while somebody is there, ticked when HQ says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.desks.members import MemberDesk
from edge.domain.guide_session import Act, Place
from edge.domain.member_views import JoinView
from tests.kiosk_ui.conftest import BADGE
from tests.kiosk_ui.guide_floor import Floor, floor


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def later(monkeypatch: pytest.MonkeyPatch, **more: float) -> None:
    moment = datetime.now(UTC) + timedelta(**more)
    monkeypatch.setattr(Clock, "now", lambda _: moment)


def test_joining_ticks_when_hq_says_so_and_the_code_renews_itself(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = here.do("join")
    assert "入会送券" in page
    assert "join.example" not in page
    scene = here.store.guide.places.here("G1").said("scene")
    later(monkeypatch, seconds=60)
    assert here.client.post("/guide/touch").status_code == 204
    here_now = here.store.guide.places.here("G1")
    later(monkeypatch, seconds=121)
    here.page()
    fresh = here.store.guide.places.here("G1")
    assert fresh.said("scene") != scene
    assert fresh.touched_at == here_now.touched_at, "a code that renews itself keeps nobody's screen awake"
    told = {"scene": fresh.said("scene"), "result": "joined", "at": "2026-01-05T10:00:00.000Z"}
    here.hq.put("s:S00421:member", "join_scene", told["scene"], told)
    assert "欢迎加入" in here.page()


def test_touching_again_shows_the_same_code_until_it_is_somebody_elses(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scene() -> str:
        here.do("home")
        here.do("join")
        return here.store.guide.places.here("G1").said("scene")

    first = scene()
    assert scene() == first, "one shopper, one offer told to HQ"
    here.scan(BADGE)
    credited = scene()
    assert credited != first, "an offer names whom it credits"
    later(monkeypatch, seconds=80)
    assert scene() != credited, "a code that is nearly over is not shown again"
    here.do("rest")
    here.do("home")
    known = here.store.guide.places.here("G1")
    assert known.said("scene") == "", "the next shopper does not get this one's"


def test_two_pages_that_see_the_same_joining_are_both_answered(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.do("join")
    guide = here.store.guide
    told = {
        "scene": guide.places.here("G1").said("scene"),
        "result": "joined",
        "at": "2026-01-05T10:00:00.000Z",
    }
    here.hq.put("s:S00421:member", "join_scene", told["scene"], told)
    asked = MemberDesk.joined

    def late(desk: MemberDesk, scene: str, station: str) -> JoinView:
        """The other page's answer comes between the look and the move."""
        found = asked(desk, scene, station)
        if guide.places.here("G1").place is Place.JOIN:
            guide.places.move("G1", Act.JOINED)
        return found

    monkeypatch.setattr(MemberDesk, "joined", late)
    assert "欢迎加入" in here.page()
