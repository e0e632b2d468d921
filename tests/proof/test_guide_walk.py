"""Every place of the guide screen in every language and reading aid, upright and lying: no accessibility violation,
nothing to touch under 48 pixels, nothing cut off or wider than the screen, no complaint, no foreign request."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
import pytest

from config.playlists import Slide
from edge.clock import Clock
from edge.domain.guide_session import Place
from edge.domain.idle import Idle
from sync.messages import Price
from tests.conftest import CHROMIUM
from tests.kiosk_ui import conftest as first  # noqa: F401 - before browsing, which it serves
from tests.kiosk_ui.browsing import Watch, Watched, watch  # noqa: F401
from tests.kiosk_ui.guide_floor import Floor, floor, served
from tests.kiosk_ui.guide_till import ALIPAY, OTHER, WECHAT, GuideTill, guide_till
from tests.proof.walking import SIZES, TEA_SLIDE, wrong_with

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
_On = TypeVar("_On")
_SLIDES = (TEA_SLIDE, Slide("器皿", "Tableware", sku="B2", seconds=1))
_RULE = {
    "rule": "r1",
    "version": 1,
    "level": "line",
    "benefit": {"do": "percent", "off_mille": 200},
    "name_zh": "春茶 8 折",
    "name_en": "Spring tea, 20 % off",
    "include": {"categories": ["tea"]},
}
LISTS = frozenset(
    {
        *("home", "letters found", "category", "offers", "product", "product off", "stale", "out of stock"),
        *("product at night", "ways paid here"),
    }
)
"""Goods may be more than a screen holds."""


def nonce() -> str:
    return secrets.token_urlsafe(12)


def slides(on: Floor, shown: tuple[Slide, ...]) -> None:
    on.shop.books.playlists.slides = lambda _station, _groups=(): shown  # type: ignore[method-assign, assignment]
    on.store.guide.rest("G1")


def away(on: Floor, act: Callable[[], object]) -> None:
    on.line.up = False
    on.store.guide.open("G1", "A1")
    act()
    on.line.up = True


def stale(on: Floor) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=16)
    Clock.now, before = lambda _: moment, Clock.now  # type: ignore[method-assign, assignment]
    AFTER.append(lambda: setattr(Clock, "now", before))
    on.store.guide.open("G1", "A1")


def offers(on: Floor) -> None:
    on.hq.put("g:promo:CN", "promotion", "r1:1", {"row": "r1:1", "rule": _RULE})
    on.store.guide.offers("G1")


def joined(on: Floor) -> None:
    on.store.guide.join("G1", nonce())
    scene = on.store.guide.places.here("G1").said("scene")
    told = {"scene": scene, "result": "joined", "at": "2026-01-05T10:00:00.000Z"}
    on.hq.put("s:S00421:member", "join_scene", scene, told)


AFTER: list[Callable[[], object]] = []
"""What puts the time back when a place was looked at."""
PLACES: dict[str, Callable[[Floor], object]] = {
    "attract": lambda on: on.store.guide.rest("G1"),
    "slide": lambda on: slides(on, _SLIDES),
    "paused": lambda on: on.store.guide.pause("G1", still=True),
    "home": lambda on: on.store.guide.home("G1"),
    "letters": lambda on: on.store.guide.letters("G1", ""),
    "letters found": lambda on: on.store.guide.letters("G1", "L"),
    "nothing found": lambda on: on.store.guide.letters("G1", "ZZZ"),
    "category": lambda on: on.store.guide.category("G1", "tea"),
    "no offers": lambda on: on.store.guide.offers("G1"),
    "product": lambda on: on.store.guide.open("G1", "A1"),
    "offers": offers,
    "product off": lambda on: on.store.guide.open("G1", "A1"),
    "stale": stale,
    "out of stock": lambda on: on.store.guide.open("G1", "A3"),
    "order": lambda on: (on.store.guide.open("G1", "A1"), on.store.guide.order("G1")),
    "ordering away": lambda on: away(on, lambda: on.store.guide.order("G1")),
    "nowhere": lambda on: (on.store.guide.open("G1", "S1"), on.store.guide.order("G1")),
    "phone": lambda on: (
        on.store.guide.open("G1", "A1"),
        on.store.guide.to_phone("G1", "continue", "", nonce()),
    ),
    "phone away": lambda on: away(on, lambda: on.store.guide.to_phone("G1", "continue", "", nonce())),
    "called": lambda on: (on.store.guide.open("G1", "A1"), on.store.guide.bring("G1", nonce())),
    "join": lambda on: on.store.guide.join("G1", nonce()),
    "joined": joined,
    "feedback": lambda on: on.store.guide.ask("G1"),
    "reasons": lambda on: on.store.guide.rate("G1", "2"),
    "thanks": lambda on: on.store.guide.answer("G1", (), nonce()),
    "unknown": lambda on: on.store.scans.type_in("no such code", "G1"),
    "desk": lambda on: on.store.scans.type_in("PK1.AAAA", "G1"),
}
AT_NIGHT: dict[str, Callable[[Floor], object]] = {
    "window": lambda on: on.store.guide.rest("G1"),
    "window slide": lambda on: slides(
        on, tuple(msgspec.structs.replace(one, when="closed") for one in _SLIDES)
    ),
    "product at night": lambda on: on.store.guide.open("G1", "A1"),
}


def nears(on: GuideTill) -> None:
    """HQ's price is another one than the page's when the member asks."""
    on.floor.desk_prices([Price("A3", 6900, "b1")])
    on.scan(on.member())


def until(on: GuideTill, place: Place) -> None:
    deadline = time.monotonic() + 60
    while on.floor.store.guide.places.here("G1").place is not place:
        assert time.monotonic() < deadline, place
        on.payers.turn()
        on.floor.store.guide.pay.turn()


def chosen(on: GuideTill) -> None:
    on.floor.store.guide.open("G1", "A3")
    on.floor.store.guide.order("G1")
    on.floor.store.guide.choose("G1", "pickup_there:S2", nonce())


def ordered(on: GuideTill) -> None:
    on.scan(WECHAT)
    until(on, Place.ORDERED)


def lapsed(on: GuideTill) -> None:
    """Somebody looks at it, now and then touching it, until HQ has the order no more for long."""
    chosen(on)
    on.scan(on.member(OTHER))
    guide = on.floor.store.guide
    guide.pay.confirm("G1")
    moment, before = datetime.now(UTC), Clock.now
    while guide.places.here("G1").place is Place.PAY:
        moment += timedelta(seconds=20)
        assert moment < datetime.now(UTC) + timedelta(days=1), "it never lapses"
        Clock.now = lambda _, at=moment: at  # type: ignore[method-assign, misc]
        guide.touch("G1")
        guide.pay.turn()
    Clock.now = before  # type: ignore[method-assign]
    assert guide.places.here("G1").place is Place.LAPSED


PAYING: dict[str, Callable[[GuideTill], object]] = {
    "ways paid here": lambda on: (
        on.floor.store.guide.open("G1", "A3"),
        on.floor.store.guide.order("G1"),
    ),
    "who": lambda on: on.floor.store.guide.choose("G1", "pickup_there:S2", nonce()),
    "no member": lambda on: on.scan(WECHAT),
    "check": nears,
    "pay": lambda on: on.floor.store.guide.pay.confirm("G1"),
    "no pay code": lambda on: on.scan("6901234567939"),
    "paying": lambda on: on.scan(ALIPAY),
    "userpaying": lambda on: until(on, Place.USERPAYING),
    "clearing": lambda on: on.floor.store.guide.pay.cancel("G1"),
    "pay again": lambda on: until(on, Place.PAY),
    "ordered": ordered,
    "lapsed": lapsed,
}
"""The way of an order that is paid at the screen, one after the other."""


def walked(on: _On, seen: Watched, places: Mapping[str, Callable[[_On], object]], shot: str) -> list[str]:
    """What is wrong, place by place."""
    found = []
    for name, go in places.items():
        go(on)
        try:
            scrolls = name in LISTS
            found += wrong_with(seen, "/guide/", name, f"{shot}-guide", scrolls=scrolls)
        finally:
            while AFTER:
                AFTER.pop()()
    return found


def night() -> dict[str, str]:
    """Hours by which a shop is closed now."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    return {"opens": f"{now + timedelta(hours=2):%H:%M}", "closes": f"{now - timedelta(hours=2):%H:%M}"}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thanks stand for three seconds; measuring them takes longer on a busy machine."""
    monkeypatch.setattr("kiosk_ui.guide.pages._THANKS", Idle(120))


def walk(watch: Watch, folder: Path, language: str, ease: str, size: str, **more: str) -> list[str]:  # noqa: F811
    """Every place by day, then by night, then the way of an order that is paid at the screen."""
    wide, high = SIZES[size]
    shot = f"{size}-{language}-{ease or 'plain'}{'-'.join(('', *more.values()))}"
    found: list[str] = []

    def through(on: Floor, who: _On, places: Mapping[str, Callable[[_On], object]]) -> None:
        with served(on) as site:
            seen = watch(
                site, language, viewport={"width": wide, "height": high}, reduced_motion="reduce", **more
            )
            if ease:
                seen.page.context.add_cookies([{"name": "se_ease", "value": ease, "url": site.url}])
            found.extend(walked(who, seen, places, shot))
            seen.page.context.close()

    with floor(folder / "day") as on:
        through(on, on, PLACES)
    with floor(folder / "night", guide=night()) as on:
        through(on, on, AT_NIGHT)
    with guide_till(folder / "till", "declined 1", "success") as till:
        through(till.floor, till, PAYING)
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ease", ["", "large", "low"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_place(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    language: str,
    ease: str,
    size: str,
) -> None:
    found = walk(watch, tmp_path, language, ease, size)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_same_in_the_dark_and_in_traditional_chinese(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    scheme: str,
) -> None:
    language = "hant" if scheme == "light" else "zh"
    found = walk(watch, tmp_path, language, "", "upright", color_scheme=scheme)
    assert not found, "\n".join(found)
