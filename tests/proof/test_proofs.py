"""The long proofs: a thousand races, five hundred kills, and that both would see the bugs they are there for."""

from __future__ import annotations

import pytest

from tests.proof.asked import proof

pytestmark = pytest.mark.slow


def test_a_thousand_races_have_a_thousand_single_winners():
    code, report = proof("races", "--races", "1000")
    assert report["outcomes"] == {"already_collected + handed": 1000}
    assert (code, report["violations"], report["pickups"], report["facts"]) == (0, 0, 1000, 1000)
    assert report["overlapped"] > 800, "they did not meet often enough to prove anything"


def test_races_over_the_api_of_one_daemon():
    code, report = proof("api_races", "--races", "300")
    assert (code, report["outcomes"]) == (0, {"already_collected + ok": 300})


def test_five_hundred_kills_lose_and_double_nothing():
    code, report = proof("kills", "--cycles", "500")
    assert (code, report["violations"]) == (0, {})
    assert report["acknowledged"] > 300
    assert report["done before the kill, told after"] > 10, "no kill fell between commit and answer"


def test_fifty_kills_of_the_whole_daemon():
    code, report = proof("kills", "--whole", "--cycles", "50")
    assert (code, report["violations"]) == (0, {})
    assert report["acknowledged"] > 30


@pytest.mark.parametrize("plant", ["check_then_act", "deferred_lock"])
def test_races_see_a_planted_bug(plant: str):
    code, report = proof("races", "--races", "200", "--plant", plant)
    assert code == 1
    assert report["violations"] > 0


@pytest.mark.parametrize("plant", ["split_transaction", "forgets_nonces", "new_fact_each_start"])
def test_kills_see_a_planted_bug(plant: str):
    code, report = proof("kills", "--cycles", "60", "--plant", plant)
    assert code == 1
    assert report["violations"]
