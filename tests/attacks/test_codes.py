"""Codes 1 to 26 of the list: each is refused by name, leaves no row behind, and is one line of the security log."""

from __future__ import annotations

import pytest

from tests.attacks.cases import COLLECTED, KEY, WITHDRAWN, WITHDRAWN_NONCE, Shown, code, shown
from tests.attacks.ground import Ground, told_plainly
from tests.kiosk_ui.conftest import ORDER

ALL = tuple(shown())


@pytest.fixture(scope="module", autouse=True)
def _orders(whole: Ground) -> None:
    """One order that waits, one that is gone, one whose code was withdrawn."""
    public = KEY.public_key().public_bytes_raw().hex()
    whole.hq.put("g:keys:CN", "pickup_key", "1", {"kid": 1, "public": public, "not_after": ""})
    for number in (ORDER, COLLECTED, WITHDRAWN):
        whole.hq.order(number)
    whole.hq.put("g:keys:CN", "revocation", WITHDRAWN_NONCE, {"nonce": WITHDRAWN_NONCE, "order": WITHDRAWN})
    assert redeem(whole, code(order=COLLECTED)).status_code == 200


def redeem(ground: Ground, text: str):
    body = {"code": text, "station": "T1", "nonce": ground.nonce()}
    return ground.program().post("/api/v1/pickups/redeem", json=body)


def refused_whole(ground: Ground, attack: Shown) -> None:
    with ground.unchanged():
        answer = redeem(ground, attack.text)
    told_plainly(answer, attack.code)
    line = ground.one_line(attack.code, attack.text)
    assert (line["method"], line["status"]) == ("POST", answer.status_code)


def some() -> list[Shown]:
    """One of each number and refusal: the rest is the proof's."""
    return list({(attack.number, attack.code): attack for attack in reversed(ALL)}.values())[::-1]


@pytest.mark.parametrize("attack", some(), ids=lambda attack: attack.id)
def test_a_code_of_the_list_hands_nothing_over(ground: Ground, attack: Shown) -> None:
    refused_whole(ground, attack)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.id)
def test_every_code_of_the_list_hands_nothing_over(ground: Ground, attack: Shown) -> None:
    refused_whole(ground, attack)


def test_the_honest_code_is_honest(ground: Ground) -> None:
    """What all these attacks were made from is good: they were refused for what was done to it."""
    body = {"code": code(), "station": "T1", "nonce": ground.nonce(), "dry_run": True}
    assert ground.program().post("/api/v1/pickups/redeem", json=body).status_code == 200
    ground.silence()


def test_16_what_hq_sends_again_is_not_handed_over_again(ground: Ground) -> None:
    ground.hq.order(COLLECTED)  # the same order, ready, with a higher number: HQ was restored, or means it
    with ground.unchanged():
        answer = redeem(ground, code(order=COLLECTED))
    told_plainly(answer, "already_collected")
    ground.one_line("already_collected")


@pytest.mark.parametrize("text", [attack.text for attack in some() if attack.number in {18, 19, 20, 24}])
def test_what_is_typed_at_the_desk_is_shown_harmlessly(ground: Ground, text: str) -> None:
    """The same codes in the desk's own field: a plain page, no word of theirs as markup, nothing handed over."""
    with ground.unchanged("scan", "unrecognised", "sqlite_sequence"):
        ground.desk.post("/cashier/scan", data={"text": text, "nonce": ground.nonce()})
        page = ground.desk.get("/cashier/")
    assert page.status_code == 200
    assert text not in page.text or not set(text) & set("<{$:")
