"""PINs under attack, 41 and 42 of the list: a thousand guesses, a restart, a clock that jumps, and who works here."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters

from edge.clock import Clock
from edge.desks import staff as staff_desk
from edge.domain.refusals import WrongPin
from sync.hub import staffing
from tests.attacks.ground import Ground, standing, told_plainly
from tests.kiosk_ui.conftest import PIN, browser_like


def guess(ground: Ground, pin: str, address: str):
    client = browser_like(ground.app)
    client.environ_base["REMOTE_ADDR"] = address
    return client.post("/cashier/sign-in", data={"staff": "2001", "pin": pin, "station": "T2"})


def guessed(ground: Ground, times: int, address: str) -> None:
    """So many wrong PINs: five are looked at, all others wait, and the log tells how many there were."""
    ground.hushed()
    answers = [guess(ground, f"{number:06}", address) for number in range(times)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429] * (times - 4)
    told_plainly(answers[0], "wrong_pin")
    lines = ground.hushed()
    assert {(line["class"], line["station"], line["address"]) for line in lines} == {
        ("sign_in", "T2", address)
    }
    powers = [10**power for power in range(5) if 10**power <= times - 4]
    assert [line["times"] for line in lines if line["code"] == "too_many_tries"] == powers
    assert not any(pin in repr(lines) for pin in ("000000", "2001", PIN))


@pytest.mark.parametrize("times", [30, pytest.param(1000, marks=pytest.mark.slow)])
def test_41_guesses_stay_locked_out_over_restart_and_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    address = "10.9.9.9"
    with standing(tmp_path) as ground:
        guessed(ground, times, address)
        assert guess(ground, PIN, address).status_code == 429
        before = ground.state()["ledger.sale"], ground.state()["ledger.session"]
    boot = "00000000-0000-4000-8000-000000000001"
    for days in (3600, -3600):
        wall = Clock.wall
        with monkeypatch.context() as jump, standing(tmp_path) as ground:
            jump.setattr(Clock, "boot", lambda _, boot=boot + str(days): boot)
            jump.setattr(
                Clock, "wall", lambda clock, days=days, wall=wall: wall(clock) + timedelta(days=days)
            )
            answer = guess(ground, PIN, address)
            assert answer.status_code == 429
            told_plainly(answer, "too_many_tries")
            assert ground.state()["ledger.sale"] == before[0]
            assert browser_like(ground.app).get("/cashier/").status_code == 303


def test_42_a_number_that_nobody_has_costs_as_much_as_one_that_somebody_has() -> None:
    here = extract_parameters(staff_desk._NOBODY)
    made = extract_parameters(staffing._hasher().hash("000000"))
    assert (here.type, here.memory_cost, here.time_cost, here.parallelism) == (
        made.type,
        made.memory_cost,
        made.time_cost,
        made.parallelism,
    )


@pytest.mark.slow
def test_42_nobody_learns_from_the_time_who_works_here(tmp_path: Path) -> None:
    """By the time of our own thread, so that a busy machine is no reason: the medians lie within 10 ms."""
    with standing(tmp_path) as ground:
        row = ground.shop.books.replica.staff("2001")
        assert row is not None
        pin_hash = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PIN)
        facts = {"staff": "2001", "name": row.name, "role": "lead", "pin_hash": pin_hash, "badge_sha": ""}
        ground.hq.put("s:S00421:staff", "staff", "2001", facts)
        spent: dict[str, list[float]] = {"2001": [], "9999": []}
        for number in range(25):
            for person, times in spent.items():
                began = time.thread_time()
                with pytest.raises(WrongPin):
                    ground.shop.store.staff.sign_in(
                        person, "000000", "T2", origin=f"10.7.{number}.{person[:1]}"
                    )
                times.append(time.thread_time() - began)
                with ground.shop.books.ledger.transaction() as tx:
                    tx.execute("DELETE FROM attempt")
    known, nobody = (statistics.median(times) * 1000 for times in spent.values())
    assert abs(known - nobody) < 10
