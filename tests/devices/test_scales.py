"""Scales on real pseudo-terminals: every language, every fault (failure row 28), pulled and plugged in again."""

from __future__ import annotations

import contextlib
import os
import select
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from config.device_schema import ScaleSettings
from devices.cas_scale import CasScale
from devices.dialog06_scale import Dialog06Scale
from devices.ports import (
    BadSource,
    DeviceAbsent,
    DeviceClaimed,
    DeviceFault,
    Moving,
    Overweight,
    Scale,
    Underweight,
    Unweighed,
    Weight,
)
from devices.simulated_scale import Language, SimulatedScale
from devices.stream_scale import StreamScale
from devices.toledo_scale import ToledoScale

LANGUAGES: tuple[Language, ...] = get_args(Language)
ASKED = ("toledo-8217", "cas", "dialog06")


def driver(simulated: SimulatedScale, language: Language) -> Scale:
    device = simulated.port
    match language:
        case "toledo-8217":
            return ToledoScale("s1", ScaleSettings(device=device, framing="7E1"))
        case "cas":
            return CasScale("s1", ScaleSettings(driver="cas", device=device))
        case "dialog06":
            return Dialog06Scale("s1", ScaleSettings(driver="dialog06", device=device, framing="7O1"))
        case _:
            return StreamScale("s1", ScaleSettings(driver="stream", device=device, format=language))


@pytest.fixture(params=LANGUAGES)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[SimulatedScale, Scale]]:
    with SimulatedScale(request.param) as simulated:
        scale = driver(simulated, request.param)
        scale.open()
        yield simulated, scale
        scale.close()


def open_files() -> list[str]:
    files = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            files.append(str(link.readlink()))
    return files


def test_weights_at_rest_one_after_another(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    for grams in (0, 5, 1250, 15_000):
        simulated.put(grams)
        assert scale.read(3) == Weight(grams)


@pytest.mark.parametrize(
    ("state", "fault"), [("moving", Moving), ("over", Overweight), ("under", Underweight)]
)
def test_moving_over_and_under_zero_are_no_weights(
    pair: tuple[SimulatedScale, Scale], state: str, fault: type[Unweighed]
) -> None:
    simulated, scale = pair
    simulated.put(1250, state=state)
    with pytest.raises(Unweighed) as caught:
        scale.read(0.2)
    # CAS and OS2 have one word for all that is out of range.
    one_word = state == "over" and type(scale) is CasScale
    one_word |= state == "over" and "not zeroed" in caught.value.detail
    assert one_word or type(caught.value) is fault
    simulated.put(1250)
    assert scale.read(3) == Weight(1250)


def test_a_scale_that_comes_to_rest_while_we_wait(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.put(1250)
    simulated.settles_at = time.monotonic() + 0.3
    assert scale.read(5) == Weight(1250)
    assert time.monotonic() >= simulated.settles_at


def test_a_tare_at_the_scale_is_said(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.put(1250, net=True)
    weight = scale.read(3)
    assert weight.grams == 1250
    assert weight.net is (simulated.language in {"toledo-8217", "st-gs", "os2"}), "the others cannot say it"


def test_more_than_the_settings_say_that_it_can_weigh_is_not_believed(
    pair: tuple[SimulatedScale, Scale],
) -> None:
    simulated, scale = pair
    simulated.put(15_005)
    with pytest.raises(Overweight):
        scale.read(0.2)


def test_pounds_are_no_weight(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.put(1250, unit="lb")
    with pytest.raises(Unweighed):
        scale.read(0.2)


@pytest.mark.parametrize("language", ["cas", "os2"])
def test_a_wrong_check_byte_is_no_weight(language: Language) -> None:
    with SimulatedScale(language) as simulated:
        scale = driver(simulated, language)
        scale.open()
        simulated.put(1250)
        simulated.bad_check = True
        with pytest.raises(Unweighed, match="check byte"):
            scale.read(0.2)
        simulated.bad_check = False
        assert scale.read(3) == Weight(1250)
        scale.close()


def test_a_silent_scale_is_absent_and_comes_back(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.silent = True
    for _ in range(2):
        with pytest.raises(DeviceAbsent):
            scale.read(0.1)
    simulated.silent = False
    simulated.put(1250)
    scale.open()
    assert scale.read(3) == Weight(1250)


def test_garbage_and_half_frames_are_no_weight(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.put(1250)
    simulated.garbage = b"hello\r\n\x00\xff\x02\x01ST,"
    with pytest.raises(Unweighed):
        scale.read(0.1)
    simulated.garbage, simulated.halves = None, True
    with pytest.raises(DeviceFault):
        scale.read(0.1)
    simulated.halves = False
    scale.open()
    assert scale.read(3) == Weight(1250)


def test_one_byte_at_a_time_is_the_same(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.trickle = True
    simulated.put(1250)
    assert scale.read(5) == Weight(1250)


def test_unplugged_while_it_weighs_and_plugged_in_again(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    before = len(open_files())
    for grams in range(10):
        simulated.put(grams)
        assert scale.read(3) == Weight(grams)
        node = str(Path(simulated.port).readlink())
        simulated.unplug()
        with pytest.raises(DeviceAbsent):
            scale.read(3)
        with pytest.raises(DeviceAbsent):
            scale.read(0)
        with pytest.raises(DeviceAbsent):
            scale.open()
        assert not any(file.startswith(node) for file in open_files()), "it would rename the adapter"
        simulated.replug()
        scale.open()
    assert len(open_files()) == before


def test_what_waited_in_the_line_is_not_sold_by(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, scale = pair
    simulated.put(999)
    assert scale.read(3) == Weight(999)
    frames = {ToledoScale: b"\x0200.999\r", CasScale: b"\x06"}.get(type(scale), b"")
    simulated.put(1250)
    simulated.say(frames)
    time.sleep(0.05)
    assert scale.read(3) == Weight(1250)


def test_a_full_line_keeps_its_oldest_weights_and_they_are_dropped() -> None:
    with SimulatedScale("st-gs") as simulated:
        scale = driver(simulated, "st-gs")
        scale.open()
        simulated.put(999)
        for _ in range(400):  # more than the four kilobytes that the line holds
            simulated.say(b"ST,GS,+  0.999kg\r\n")
        simulated.put(1250)
        time.sleep(0.05)
        assert scale.read(3) == Weight(1250)
        scale.close()


def test_a_certified_scale_that_demands_check_sums_gives_no_weight() -> None:
    with SimulatedScale("dialog06") as simulated:
        simulated.certified = True
        scale = driver(simulated, "dialog06")
        scale.open()
        with pytest.raises(Unweighed, match="check sums"):
            scale.read(0.2)
        scale.close()


def test_a_port_that_another_program_has_is_claimed(pair: tuple[SimulatedScale, Scale]) -> None:
    simulated, _ = pair
    with pytest.raises(DeviceClaimed):
        ToledoScale("s2", ScaleSettings(device=simulated.port)).open()


def test_what_is_no_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "scale"
    file.write_bytes(b"\x0201.250\r")
    with pytest.raises(BadSource):
        ToledoScale("s1", ScaleSettings(device=str(file))).open()
    closed = ToledoScale("s1", ScaleSettings(device=str(tmp_path / "none")))
    with pytest.raises(DeviceAbsent):
        closed.open()
    with pytest.raises(DeviceAbsent):
        closed.read(0)
    closed.close()


def test_a_line_that_takes_no_bytes_holds_nobody() -> None:
    """The other side never reads, as with a CTS that stays low."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(theirs, False)
    room = select.poll()
    room.register(theirs, select.POLLOUT)
    while room.poll(50):  # the kernel moves bytes on behind our back, and has room again
        with contextlib.suppress(BlockingIOError):
            os.write(theirs, bytes(4096))
    scale = ToledoScale("s1", ScaleSettings(device=os.ttyname(theirs)))
    scale.open()
    with pytest.raises(DeviceAbsent, match="takes no bytes"):
        scale.read(0)
    os.close(ours)
    os.close(theirs)
