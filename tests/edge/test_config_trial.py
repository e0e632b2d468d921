"""A trial step by step: crash windows, broken files, a probation that fails."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.config_box import MOST_STARTS
from edge.config_files import ConfigFiles, Kept, Trial
from sync.configured import Bundle, ConfigError
from sync.messages import stamp
from sync.signed import sign
from tests.edge.config_rig import CONFIG, NOW, Rig, kept


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    made = Rig(tmp_path)
    yield made
    made.close()


def test_a_push_is_tried_kept_and_told(rig: Rig) -> None:
    rig.offer(1)
    assert rig.turn() == [(1, "trying", "")]
    assert rig.restarts == 1
    assert rig.lock_s() == 60, "in force with the next start"
    rig.start()
    assert rig.lock_s() == 50
    rig.mono += 599
    assert rig.turn() == []
    rig.mono += 2
    assert rig.turn() == [(1, "applied", "")]
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [], "nothing is told or tried twice"


def test_the_probation_needs_health_and_one_hiccup_is_none(rig: Rig) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    rig.start()
    rig.well = False
    rig.trial.turn()
    rig.well = True
    assert rig.turn() == []
    rig.well = False
    assert rig.turn() == [(2, "rolled_back", "HEALTH")]
    assert rig.restarts == 2 + 1
    rig.well = True
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [], "what failed stands in the feed still, and is not tried again"


def test_each_start_counts_before_anything_is_read(rig: Rig) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    for _ in range(MOST_STARTS - 1):
        rig.start()
        assert rig.lock_s() == 70
    rig.box.files._write("trying.json", b"\x00 nothing that could be read")
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [(2, "rolled_back", "CRASH_LOOP")]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"word":1}', b"\xff" * 40])
def test_a_broken_file_of_a_trial_is_a_trial_that_failed(rig: Rig, broken: bytes) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    rig.box.files._write("trying.json", broken)
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [(2, "rolled_back", "UNREADABLE")]


def test_without_any_readable_file_the_boxs_own_settings_count(rig: Rig) -> None:
    kept(rig)
    for name in ("good.json", "notes.json", "attempts"):
        rig.box.files._write(name, b"garbage")
    rig.start()
    assert rig.lock_s() == 60


def test_a_file_of_the_box_that_no_longer_fits_puts_the_trial_and_then_the_good_aside(rig: Rig) -> None:
    kept(rig, 1, {"stations": {"T1": {"printer": "front"}}})
    rig.path.write_text(rig.path.read_text().replace("[printers.front]", "[printers.other]"))
    rig.start()
    assert rig.box.settings.stations["T1"].printer == ""


def test_killed_between_two_writes_it_is_told_and_tried_all_the_same(rig: Rig) -> None:
    kept(rig)
    until = stamp(NOW + timedelta(days=9))
    word = sign("config", Bundle(2, "S1", stamp(NOW), until, {"pickup": {"lock_s": 70}}), [CONFIG])
    trial = Trial(word, (), restart=True)
    files: ConfigFiles = rig.box.files
    files._write("trying.json", msgspec.json.encode(trial))  # and the notes were never written
    assert files.seen() == 2
    rig.start()
    assert rig.lock_s() == 70
    rig.mono += 601
    assert rig.turn() == [(2, "applied", "")]


@pytest.mark.parametrize("told", [True, False])
def test_killed_while_it_is_kept_it_is_kept_and_told(rig: Rig, told: bool) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    rig.start()
    files: ConfigFiles = rig.box.files
    word = files.trial()
    assert word is not None
    files._write("good.json", msgspec.json.encode(Kept(word.word, stamp(NOW))))
    if told:
        files.tell("applied", 2)
    rig.start()  # the trial's file is still there
    assert (rig.lock_s(), rig.box.trial, files.on_trial()) == (70, None, False)
    rig.well = False
    assert rig.turn() == [(2, "applied", "")], "its probation is over"
    rig.well = True
    rig.start()
    assert rig.lock_s() == 70


def test_killed_while_it_is_given_up_it_is_not_tried_again(rig: Rig) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    rig.start()
    rig.box.files.tell("rolled_back", 2, ConfigError("HEALTH", "", "ill"))  # and no more
    rig.start()
    assert (rig.lock_s(), rig.box.files.on_trial()) == (50, False)
    assert rig.turn() == [(2, "rolled_back", "HEALTH")]


def test_what_only_the_box_can_tell_is_probed_before_it_is_tried(rig: Rig) -> None:
    rig.offer(1, {"stations": {"T1": {"printer": "back"}}})
    assert rig.turn() == [(1, "rejected", "SETTINGS")]
    error = rig.hq.heard[-1].error
    assert error is not None
    assert (error.path, "front" in error.msg) == ("/stations/T1/printer", True)
    rig.offer(2, {"store": {"id": "S9"}})
    assert rig.turn() == [(2, "rejected", "SETTINGS")]
    rig.start()
    assert rig.turn() == [], "refused once is enough"
    assert rig.restarts == 0


def test_a_device_that_works_is_not_moved_to_where_nothing_is(rig: Rig) -> None:
    rig.status.device("front", "printer", "online")
    rig.offer(
        1, {"printers": {"front": {"driver": "escpos-file", "device": "/nowhere/lp0", "confirm": "none"}}}
    )
    assert rig.turn() == [(1, "rejected", "UNBINDABLE")]
    rig.status.device("front", "printer", "absent")
    rig.offer(
        2, {"printers": {"front": {"driver": "escpos-file", "device": "/nowhere/lp0", "confirm": "none"}}}
    )
    assert rig.turn() == [(2, "trying", "")], "it did not work before: nothing is lost by it"


def test_a_device_that_worked_has_a_minute_to_come_back(rig: Rig) -> None:
    rig.status.device("front", "printer", "online")
    rig.offer(1, {"printers": {"front": {"charset": "gbk"}}})
    assert rig.turn() == [(1, "trying", "")]
    rig.start()
    rig.status.device("front", "printer", "unknown")
    rig.mono += 59
    assert rig.turn() == []
    rig.mono += 2
    assert rig.turn() == [(1, "rolled_back", "DEVICE_LOST")]
