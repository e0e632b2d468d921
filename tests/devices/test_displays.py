"""Customer displays on pseudo-terminals: what stands there, pulled and plugged in again (failure row 30)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.device_schema import DisplaySettings
from devices import epson_vfd_display, led8_display
from devices.display_text import shown
from devices.epson_vfd_display import EpsonVfdDisplay
from devices.escpos_rom import width
from devices.led8_display import Led8Display
from devices.ports import DeviceAbsent, DeviceClaimed, Lamp, Showing
from devices.simulated_display import SimulatedDisplay


@pytest.fixture
def vfd() -> Iterator[SimulatedDisplay]:
    with SimulatedDisplay() as simulated:
        yield simulated


@pytest.fixture
def led() -> Iterator[SimulatedDisplay]:
    with SimulatedDisplay("led8") as simulated:
        yield simulated


def open_files() -> list[str]:
    files = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            files.append(str(link.readlink()))
    return files


def two_lines(simulated: SimulatedDisplay, **settings: object) -> EpsonVfdDisplay:
    display = EpsonVfdDisplay("d1", DisplaySettings(device=simulated.port, **settings))  # type: ignore[arg-type]
    display.open()
    return display


def test_two_lines_replace_what_stood_there(vfd: SimulatedDisplay) -> None:
    display = two_lines(vfd)
    display.show(Showing("Milk 1 L", "       12.50"))
    assert vfd.wait(lambda: vfd.lines == ("Milk 1 L", "       12.50"))
    display.show(Showing("TOTAL", ""))
    assert vfd.wait(lambda: vfd.lines == ("TOTAL", ""))
    assert vfd.unknown == b""
    display.close()


def test_text_longer_than_the_line_is_cut(vfd: SimulatedDisplay) -> None:
    display = two_lines(vfd)
    display.show(Showing("x" * 19 + "yz", "second"))
    assert vfd.wait(lambda: vfd.lines == ("x" * 19 + "y", "second")), "and never runs on into the other line"
    display.close()


def test_chinese_on_a_display_without_it_leaves_the_rest(vfd: SimulatedDisplay) -> None:
    display = two_lines(vfd)
    display.show(Showing("苹果 / Apple 1×2", "合计：￥12.50"))
    assert vfd.wait(lambda: vfd.lines == ("Apple 1x2", ":12.50"))
    assert vfd.unknown == b""
    display.close()


def test_chinese_on_a_chinese_display_is_cut_by_width() -> None:
    with SimulatedDisplay(chinese=True) as vfd:
        display = two_lines(vfd, charset="gb18030")
        display.show(Showing("有机燕麦片即食冲饮营养早餐", "合计 ¥12.50"))
        assert vfd.wait(lambda: vfd.lines == ("有机燕麦片即食冲饮营", "合计 ￥12.50"))
        display.show(Showing("a有机燕麦片即食冲饮营", "x"))
        assert vfd.wait(lambda: vfd.lines == ("a有机燕麦片即食冲饮", "x")), "half a character is none"
        assert vfd.unknown == b""
        display.close()


def test_text_from_outside_executes_nothing(vfd: SimulatedDisplay) -> None:
    display = two_lines(vfd)
    display.show(Showing("a\x0cb\x1b@c\x1f$\x01\x02d\x9b", "\u202e\x00e\x7f\tf"))
    assert vfd.wait(lambda: vfd.lines == ("a b@c$d", "e f"))
    assert (vfd.inits, vfd.unknown) == (1, b"")
    display.close()


def test_an_unplugged_display_shows_the_latest_word_when_it_is_back(vfd: SimulatedDisplay) -> None:
    display = two_lines(vfd)
    display.show(Showing("one"))
    assert vfd.wait(lambda: vfd.lines[0] == "one")
    for turn in range(5):
        node = str(Path(vfd.port).readlink())
        vfd.unplug()
        vfd.power_cut()
        with pytest.raises(DeviceAbsent):
            display.show(Showing(f"two {turn}"))
        assert not any(file.startswith(node) for file in open_files()), "it would rename the adapter"
        with pytest.raises(DeviceAbsent):
            display.open()
        vfd.replug()
        display.open()
        assert vfd.wait(lambda turn=turn: vfd.lines[0] == f"two {turn}")  # type: ignore[misc]
        assert vfd.inits == turn + 2
    display.close()


def test_a_display_that_lost_its_power_shows_the_next_word(vfd: SimulatedDisplay) -> None:
    display = two_lines(vfd)
    display.show(Showing("one", "two"))
    assert vfd.wait(lambda: vfd.lines == ("one", "two"))
    vfd.power_cut()
    display.show(Showing("three", "four"))
    assert vfd.wait(lambda: vfd.lines == ("three", "four"))
    display.close()


def test_nobody_else_writes_on_it(vfd: SimulatedDisplay) -> None:
    first = two_lines(vfd)
    with pytest.raises(DeviceClaimed):
        two_lines(vfd)
    first.close()
    two_lines(vfd).close()
    first.close()


def test_the_bytes_are_those_of_the_manual() -> None:
    upper, lower = b"A".ljust(20), b"12.50".ljust(20)
    expected = b"\x1f\x24\x01\x01" + upper + b"\x1f\x24\x01\x02" + lower
    assert epson_vfd_display.encode(Showing("A", "12.50"), 20, "ascii") == expected
    assert led8_display.encode(Showing(amount=1250, lamp=Lamp.TOTAL)) == b"\x1bs2\x1bQA12.50\r"


@given(st.text(max_size=40), st.integers(8, 40), st.sampled_from(["ascii", "gb18030"]))
def test_any_text_fills_exactly_the_columns_and_holds_no_control(
    text: str, columns: int, charset: str
) -> None:
    line = shown(text, columns, charset)
    assert len(line) == columns, "a Chinese character is two bytes and two columns"
    assert width(line.decode(charset)) == columns
    assert min(line) >= 0x20
    assert 0x7F not in line
    assert charset == "gb18030" or max(line) < 0x7F


# ---- eight digits ------------------------------------------------------------------------------------


def digits(simulated: SimulatedDisplay) -> Led8Display:
    display = Led8Display("d1", DisplaySettings(driver="led8", device=simulated.port, baud=2400))
    display.open()
    return display


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (1250, "12.50"),
        (-1250, "-12.50"),
        (-5, "-0.05"),
        (99_999_999, "999999.99"),
        (100_000_000, "--------"),
        (-10_000_000, "--------"),
        (-9_999_999, "-99999.99"),
        (None, ""),
    ],
)
def test_a_figure_is_shown_whole_or_not_at_all(led: SimulatedDisplay, amount: int | None, said: str) -> None:
    display = digits(led)
    display.show(Showing(amount=1, lamp=Lamp.PRICE))
    display.show(Showing("text is for others", amount=amount, lamp=Lamp.CHANGE))
    assert led.wait(lambda: (led.digits, led.lamp) == (said, Lamp.CHANGE))
    assert led.unknown == b""
    display.close()


@pytest.mark.parametrize("lamp", Lamp)
def test_each_lamp_stands_beside_its_figure(led: SimulatedDisplay, lamp: Lamp) -> None:
    display = digits(led)
    display.show(Showing(amount=1250, lamp=lamp))
    assert led.wait(lambda: (led.digits, led.lamp) == ("12.50", lamp))
    display.close()


def test_an_unplugged_display_of_digits_shows_the_latest_figure_when_it_is_back(
    led: SimulatedDisplay,
) -> None:
    display = digits(led)
    display.show(Showing(amount=100, lamp=Lamp.PRICE))
    led.unplug()
    led.power_cut()
    with pytest.raises(DeviceAbsent):
        display.show(Showing(amount=250, lamp=Lamp.TOTAL))
    led.replug()
    display.open()
    assert led.wait(lambda: (led.digits, led.lamp) == ("2.50", Lamp.TOTAL))
    display.close()


def test_a_display_that_is_not_there(tmp_path: Path) -> None:
    for display in (
        EpsonVfdDisplay("d1", DisplaySettings(device=str(tmp_path / "none"))),
        Led8Display("d1", DisplaySettings(device=str(tmp_path / "none"))),
    ):
        with pytest.raises(DeviceAbsent):
            display.open()
        with pytest.raises(DeviceAbsent):
            display.show(Showing("a"))
        display.close()
