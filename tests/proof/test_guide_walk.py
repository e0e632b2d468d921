"""Every place of the guide screen, and of the customer display, in every language and reading aid, upright and lying:
no accessibility violation, nothing to touch under 48 pixels, nothing wider than the screen, no complaint."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM
from tests.kiosk_ui import conftest as first  # noqa: F401 - before browsing, which it serves
from tests.kiosk_ui.browsing import Watch, Watched, watch  # noqa: F401
from tests.kiosk_ui.guide_floor import Floor, floor, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
SIZES = {"upright": (1080, 1920), "lying": (1920, 1080)}
LEAST_PX = 48
_SMALL = """least => [...document.querySelectorAll('button, a, input:not([type=hidden]), select')]
    .filter(one => one.checkVisibility({ checkVisibilityCSS: true }) && !one.classList.contains('unseen'))
    .filter(one => !one.closest('dialog:not([open])'))
    .map(one => [one.textContent.trim().slice(0, 24) || one.name, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.width < least || box.height < least))
    .map(([name, box]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


def nonce() -> str:
    return secrets.token_urlsafe(12)


def away(on: Floor) -> None:
    on.line.up = False
    on.store.guide.open("G1", "A1")
    on.store.guide.order("G1")
    on.line.up = True


PLACES: dict[str, Callable[[Floor], object]] = {
    "attract": lambda on: on.store.guide.rest("G1"),
    "home": lambda on: on.store.guide.home("G1"),
    "letters": lambda on: on.store.guide.letters("G1", "L"),
    "nothing found": lambda on: on.store.guide.letters("G1", "ZZZ"),
    "category": lambda on: on.store.guide.category("G1", "tea"),
    "offers": lambda on: on.store.guide.offers("G1"),
    "product": lambda on: on.store.guide.open("G1", "A1"),
    "out of stock": lambda on: on.store.guide.open("G1", "A3"),
    "order": lambda on: on.store.guide.order("G1"),
    "ordering away": away,
    "phone": lambda on: on.store.guide.to_phone("G1", "continue", "", nonce()),
    "called": lambda on: (on.store.guide.open("G1", "A1"), on.store.guide.bring("G1", nonce())),
    "join": lambda on: on.store.guide.join("G1", nonce()),
    "feedback": lambda on: on.store.guide.ask("G1"),
    "reasons": lambda on: on.store.guide.rate("G1", "2"),
    "thanks": lambda on: on.store.guide.answer("G1", (), nonce()),
    "unknown": lambda on: on.store.scans.type_in("no such code", "G1"),
    "desk": lambda on: on.store.scans.type_in("PK1.AAAA", "G1"),
}


def walked(on: Floor, seen: Watched) -> list[str]:
    """What is wrong, place by place."""
    found = []
    for name, go in PLACES.items():
        go(on)
        seen.page.goto(seen.site.url + "/guide/")
        seen.page.wait_for_load_state()
        # A browser that is no kiosk's says so where a page would sound before anybody touched it.
        seen.complaints[:] = [one for one in seen.complaints if "AudioContext" not in one]
        try:
            seen.sound(name)
        except AssertionError as error:
            found.append(str(error)[:900])
            seen.complaints.clear()
        found += [f"{name}: {small}" for small in seen.page.evaluate(_SMALL, LEAST_PX)]
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
    wide, high = SIZES[size]
    with floor(tmp_path) as on, served(on) as site:
        seen = watch(site, language, viewport={"width": wide, "height": high}, reduced_motion="reduce")
        if ease:
            seen.page.context.add_cookies([{"name": "se_ease", "value": ease, "url": site.url}])
        assert walked(on, seen) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_same_in_the_dark_and_in_traditional_chinese(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    scheme: str,
) -> None:
    with floor(tmp_path) as on, served(on) as site:
        language = "hant" if scheme == "light" else "zh"
        seen = watch(site, language, viewport={"width": 1080, "height": 1920}, color_scheme=scheme)
        assert walked(on, seen) == []
