"""Trusted time: HQ's word against a box whose clock lies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import Clock, moment_of, stamp

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Box(Clock):
    """A clock whose hardware is ours to move."""

    def __init__(self, floor: datetime | None = None) -> None:
        self.hardware = NOON
        self.ms = 1_000_000
        super().__init__("Asia/Shanghai", floor)

    def wall(self) -> datetime:
        return self.hardware

    def mono_ms(self) -> int:
        return self.ms

    def pass_time(self, **span: float) -> None:
        step = timedelta(**span)
        self.hardware += step
        self.ms += int(step.total_seconds() * 1000)


def test_stamps_come_back() -> None:
    assert stamp(NOON) == "2026-11-22T12:00:00.000Z"
    assert moment_of(stamp(NOON)) == NOON


def test_alone_the_wall_clock_counts() -> None:
    box = Box()
    assert (box.now(), box.state(), box.offset_ms()) == (NOON, "unsynced", 0)


def test_setting_the_clock_back_revives_nothing() -> None:
    box = Box(floor=NOON)
    box.hardware = NOON - timedelta(days=365)
    assert box.now() == NOON
    box.ms += 60_000
    assert box.now() == NOON + timedelta(minutes=1)


def test_a_dead_rtc_blocks_nothing() -> None:
    box = Box(floor=NOON)
    box.hardware = datetime(1970, 1, 1, tzinfo=UTC)
    assert box.now() == NOON


@pytest.mark.parametrize("jump", [timedelta(days=365), timedelta(days=-365), timedelta(days=20000)])
def test_once_hq_was_heard_a_jump_changes_nothing(jump: timedelta) -> None:
    box = Box()
    box.saw_server_time(stamp(NOON))
    assert box.state() == "ok"
    box.pass_time(minutes=5)
    box.hardware += jump
    assert box.now() == NOON + timedelta(minutes=5)
    assert box.state() == "suspect"
    assert box.offset_ms() == int(jump.total_seconds() * 1000)


def test_small_differences_are_the_line_not_the_clock() -> None:
    box = Box()
    box.saw_server_time(stamp(NOON - timedelta(seconds=100)))
    assert (box.now(), box.state()) == (NOON, "ok")


def test_drift_over_a_month_offline_is_forgiven() -> None:
    box = Box()
    box.saw_server_time(stamp(NOON))
    box.pass_time(days=30)
    box.ms += int(30 * 86_400_000 * 0.005)
    assert box.state() == "ok"
    assert box.now() == box.hardware


def test_the_stores_zone_is_on_paper() -> None:
    assert Box().local(NOON).hour == 20
