"""Trying scales, displays and lock boards of the settings, against the simulated ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.schema import Settings, parse
from devices.simulated_cable import SimulatedCable
from devices.simulated_display import SimulatedDisplay
from devices.simulated_locker import SimulatedLocker
from devices.simulated_scale import SimulatedScale
from edge.device_trial import trial


def findings(table: str, port: str, **more: object) -> list[tuple[str, str]]:
    settings: Settings = parse({"stations": {"T1": {}}, table: {"it": {"device": port, **more}}})
    return list(trial(settings, "it", (), 2.0))


def test_a_scale_gives_a_weight_or_says_why_not() -> None:
    with SimulatedScale() as scale:
        scale.put(1250)
        assert findings("scales", scale.port)[1:] == [("weighs", "1250 g")]
        scale.put(1250, state="moving")
        word, said = findings("scales", scale.port)[-1]
        assert (word, "rest" in said) == ("failed", True)


def test_a_display_shows_a_line_that_a_person_can_look_for() -> None:
    with SimulatedDisplay() as display:
        assert [word for word, _ in findings("displays", display.port)] == ["opened", "shows"]


def test_a_lock_board_tells_its_doors_and_opens_none() -> None:
    with SimulatedLocker(boxes=4) as board:
        board.open_boxes.add(3)
        assert findings("lockers", board.port, boxes=4)[1:] == [("doors", "4 boxes, open: 3")]
        assert board.pulses == []
        word, said = findings("lockers", board.port, board=2, boxes=4)[-1]
        assert (word, said) == ("failed", "board 2 says nothing of box 1")


@pytest.mark.parametrize("table", ["scales", "displays", "lockers"])
def test_what_is_not_there_is_said_to_be_absent(table: str, tmp_path: Path) -> None:
    ((word, said),) = findings(table, str(tmp_path / "none"))
    assert (word, "does not answer" in said) == ("failed", True)


def test_a_device_of_another_machine_is_not_tried_on_this_one() -> None:
    with SimulatedScale() as scale:
        raw = {"stations": {"T1": {}}, "lanes": {"K1": {"token_sha256": "a" * 64}}}
        raw |= {
            "lane_port": {"listen": "unix:/run/lane.sock"},
            "scales": {"it": {"device": scale.port, "lane": "K1"}},
        }
        ((word, said),) = trial(parse(raw), "it", (), 2.0)
        assert (word, "K1" in said, scale.asked) == ("failed", True, 0)


def test_a_silent_line_is_no_scale() -> None:
    with SimulatedCable(lambda _: b"") as line:
        assert findings("scales", line.port)[-1][0] == "failed"
