"""The short form of the long proofs: races between processes, and kill -9, on every run of the tests."""

from __future__ import annotations

from tests.proof.asked import proof


def test_two_desks_one_code_one_winner():
    code, report = proof("races", "--races", "50")
    assert (code, report["outcomes"]) == (0, {"already_collected + handed": 50})
    assert report["facts"] == 50


def test_races_would_see_a_check_outside_the_transaction():
    code, report = proof("races", "--races", "50", "--plant", "check_then_act")
    assert (code, report["violations"] > 0) == (1, True)


def test_killed_at_any_point_nothing_is_lost_or_doubled():
    code, report = proof("kills", "--cycles", "20")
    assert (code, report["violations"]) == (0, {})
    assert report["acknowledged"] > 0


def test_kills_would_see_a_retry_that_is_not_recognised():
    code, report = proof("kills", "--cycles", "20", "--plant", "forgets_nonces")
    assert (code, bool(report["violations"])) == (1, True)
