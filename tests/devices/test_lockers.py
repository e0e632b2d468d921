"""Lock boards on pseudo-terminals: one pulse a call, whatever happens to it, and only the lock's own word believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from config.device_schema import LockerSettings
from devices.lock_board import LockBoard, frame
from devices.ports import BadSource, DeviceAbsent, DeviceClaimed, Unconfirmed
from devices.simulated_locker import SimulatedLocker


@pytest.fixture
def bank() -> Iterator[SimulatedLocker]:
    with SimulatedLocker() as simulated:
        yield simulated


def board(simulated: SimulatedLocker, open_says: Literal["00", "11"] = "00", number: int = 1) -> LockBoard:
    locks = LockBoard("k1", LockerSettings(device=simulated.port, open_says=open_says, board=number))
    locks.open()
    return locks


def test_the_bytes_are_those_of_the_boards_manual() -> None:
    assert frame(0x8A, 1, 1, 0x11) == bytes.fromhex("8A0101119B")
    assert frame(0x8A, 1, 2, 0x11) == bytes.fromhex("8A01021198")
    assert frame(0x80, 1, 1, 0x33) == bytes.fromhex("80010133B3")


@pytest.mark.parametrize("open_says", ["00", "11"])
@pytest.mark.parametrize("echoes", [False, True])
def test_a_box_opens_with_one_pulse_and_says_so(open_says: Literal["00", "11"], echoes: bool) -> None:
    with SimulatedLocker(open_says=open_says) as bank:
        bank.echoes = echoes
        locks = board(bank, open_says)
        for box in (1, 24):
            assert locks.is_open(box) is False
            locks.unlock(box)
            assert locks.is_open(box) is True
            bank.shut(box)
            assert locks.is_open(box) is False
        assert bank.pulses == [1, 24]
        locks.close()


@pytest.mark.parametrize(("open_says", "echoes"), [("00", False), ("00", True), ("11", True)])
def test_a_stuck_lock_is_never_said_to_be_open(open_says: Literal["00", "11"], echoes: bool) -> None:
    """With contacts that say 11 the echo of the pulse is, byte for byte, the word of an open lock."""
    with SimulatedLocker(open_says=open_says) as bank:
        bank.echoes, bank.stuck = echoes, {7}
        locks = board(bank, open_says)
        with pytest.raises(Unconfirmed, match="closed"):
            locks.unlock(7)
        assert bank.pulses == [7], "no driver repeats a pulse"
        locks.close()


def test_a_board_that_falls_silent_after_the_pulse_leaves_it_unconfirmed(bank: SimulatedLocker) -> None:
    locks = board(bank)
    bank.dies_after_pulse = True
    with pytest.raises(Unconfirmed, match="does not answer"):
        locks.unlock(3)
    assert bank.pulses == [3]
    assert locks.is_open(3) is None
    locks.close()


def test_what_a_board_garbles_is_no_word(bank: SimulatedLocker) -> None:
    locks = board(bank)
    for bank.garbage in (b"\x80\x01\x01", b"\x80\x01\x01\x00\x81", b"\x00\x80\x8a" * 9):
        assert locks.is_open(1) is None
    bank.garbage, bank.bad_check = None, True
    with pytest.raises(Unconfirmed):
        locks.unlock(1)
    assert bank.pulses == [1]
    locks.close()


def test_one_byte_at_a_time_is_the_same(bank: SimulatedLocker) -> None:
    locks = board(bank)
    bank.trickle = True
    locks.unlock(5)
    assert locks.is_open(5) is True
    locks.close()


def test_an_answer_about_another_box_or_board_is_none(bank: SimulatedLocker) -> None:
    locks = board(bank)
    for other in (frame(0x80, 1, 2, 0x00), frame(0x80, 2, 1, 0x00), frame(0x8A, 1, 1, 0x00)):
        bank.garbage = other
        assert locks.is_open(1) is None
    locks.close()
    locks = board(bank, number=2)
    bank.garbage = None
    assert locks.is_open(1) is None
    locks.close()


@pytest.mark.parametrize("box", [0, -1, 25, 256])
def test_a_box_that_is_not_there_gets_no_pulse(bank: SimulatedLocker, box: int) -> None:
    locks = board(bank)
    with pytest.raises(BadSource):
        locks.unlock(box)
    assert locks.is_open(box) is None
    locks.unlock(1)
    assert bank.pulses == [1], "box 0 would be all of them"
    locks.close()


def test_unplugged_before_the_pulse_and_plugged_in_again(bank: SimulatedLocker) -> None:
    locks = board(bank)
    for turn in range(1, 4):
        bank.unplug()
        with pytest.raises(DeviceAbsent):
            locks.unlock(turn)
        assert locks.is_open(turn) is None
        with pytest.raises(DeviceAbsent):
            locks.open()
        bank.replug()
        locks.open()
        locks.unlock(turn)
    assert bank.pulses == [1, 2, 3]
    locks.close()


def test_pulled_after_the_pulse_is_unconfirmed_not_absent(bank: SimulatedLocker) -> None:
    locks = board(bank)
    bank.pulled_after_pulse = True
    with pytest.raises(Unconfirmed, match="line was lost"):
        locks.unlock(4)
    assert bank.pulses == [4]
    locks.close()


def test_nobody_else_opens_its_boxes(bank: SimulatedLocker, tmp_path: Path) -> None:
    locks = board(bank)
    with pytest.raises(DeviceClaimed):
        board(bank)
    locks.close()
    with pytest.raises(DeviceAbsent):
        locks.unlock(1)
    absent = LockBoard("k1", LockerSettings(device=str(tmp_path / "none")))
    with pytest.raises(DeviceAbsent):
        absent.open()
    absent.close()
