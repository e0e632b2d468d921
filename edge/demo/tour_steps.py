"""Steps that several scenes of the tour take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from edge.demo.shop import Ware
    from edge.demo.tour import Tour


def goods(walk: Tour, count: int) -> list[Ware]:
    """One of each of the first departments, in stock and without rules of their own."""
    found: dict[str, Ware] = {}
    for ware in walk.stage.wares:
        if ware.on_hand >= 12 and not ware.flags and ware.fen < 20_000:
            found.setdefault(ware.category, ware)
    return list(found.values())[:count]


def sign_in(walk: Tour, page: Page, role: str) -> None:
    """Signs somebody of this role in at desk 1."""
    person = next(one for one in walk.stage.people if one.role == role)
    walk.open(page, "/cashier/sign-in?station=T1", "#staff")
    page.fill("#staff", person.staff)
    page.fill("#pin", person.pin)
    page.press("#pin", "Enter")
    page.wait_for_selector("#scan-text")


def forward(page: Page, state: str) -> None:
    """Touches the one button until this state is reached."""
    for _ in range(6):
        if page.query_selector(f".state-{state}"):
            return
        key = page.get_attribute(".state", "data-key")
        page.click(".bar .go")
        page.wait_for_selector(f".state:not([data-key='{key}'])")
    page.wait_for_selector(f".state-{state}")
