"""The serial driver on real pseudo-terminals."""

from __future__ import annotations

import array
import fcntl
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from config.device_schema import ScannerSettings
from devices.label_ids import LABELS
from devices.ports import BadSource, DeviceAbsent, DeviceClaimed, Reading, Symbology
from devices.scanned_bytes import Suffix
from devices.scanner_feedback import FEEDBACK, Feedback
from devices.serial_scanner import SerialScanner
from devices.simulated_scanner import SimulatedScanner
from devices.ssi import command, packet

TIOCGEXCL = 0x80045440  # asm-generic/ioctls.h; the termios module lacks it
SUFFIXES: list[Suffix] = ["cr", "lf", "crlf", "tab", "none"]


@pytest.fixture
def cable() -> Iterator[SimulatedScanner]:
    with SimulatedScanner() as simulated:
        yield simulated


def opened(simulated: SimulatedScanner, suffix: Suffix = "cr") -> SerialScanner:
    scanner = SerialScanner("s1", ScannerSettings(port=simulated.port, suffix=suffix, idle_gap_ms=20))
    scanner.open()
    return scanner


def texts(readings: Sequence[Reading]) -> list[str]:
    return [reading.text for reading in readings]


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def read_until(scanner: SerialScanner, count: int) -> list[str]:
    got: list[str] = []
    deadline = time.monotonic() + 5
    while len(got) < count and time.monotonic() < deadline:
        got += texts(scanner.read(0.2))
    return got


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_scan_after_another(suffix: Suffix) -> None:
    with SimulatedScanner(suffix) as simulated:
        scanner = opened(simulated, suffix)
        for code in ("6901234567892", "PK1.提货", "]C101095\x1d10A"):
            simulated.scan(code)
            (one,) = scanner.read(5)
            assert one.text == code.removeprefix("]C1")
        assert one.raw == b"]C101095\x1d10A"
        assert one.symbology is Symbology.GS1_128
        scanner.close()


def test_two_codes_in_one_burst_and_one_code_in_pieces(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    cable.send(b"one\rtwo\rthr")
    assert texts(scanner.read(5)) == ["one", "two"]
    cable.send(b"ee\r")
    assert texts(scanner.read(5)) == ["three"]


def test_nothing_to_read_returns_after_the_wait(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    assert list(scanner.read(0)) == []
    assert list(scanner.read(0.02)) == []


def test_half_a_code_is_forgotten_after_a_silence(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    cable.send(b"69012")
    assert texts(scanner.read(0.8)) == []
    assert scanner.dropped == 1
    cable.scan("whole")
    assert texts(scanner.read(5)) == ["whole"]


def test_a_code_of_600_bytes_is_dropped_whole(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    cable.send(b"x" * 600 + b"\rnext\r")
    assert read_until(scanner, 1) == ["next"]
    assert scanner.dropped == 1


def test_unplugged_in_mid_code_and_plugged_in_again(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    before = open_files()
    for turn in range(20):
        cable.send(b"half a co")
        scanner.read(0)
        cable.unplug()
        with pytest.raises(DeviceAbsent):
            scanner.read(5)
        with pytest.raises(DeviceAbsent):
            scanner.read(0)
        with pytest.raises(DeviceAbsent):
            scanner.open()
        cable.replug()
        scanner.open()
        cable.scan(f"code {turn}")
        assert texts(scanner.read(5)) == [f"code {turn}"]
    assert open_files() == before


def test_half_a_code_before_an_unplugging_is_counted_and_never_joined(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    cable.send(b"half")
    assert texts(scanner.read(0.1)) == []
    cable.unplug()
    with pytest.raises(DeviceAbsent):
        scanner.read(5)
    assert scanner.dropped == 1
    cable.replug()
    scanner.open()
    cable.send(b"whole\r")
    assert texts(scanner.read(5)) == ["whole"]


def test_a_second_program_cannot_open_the_port(cable: SimulatedScanner) -> None:
    first = opened(cable)
    with pytest.raises(DeviceAbsent):
        opened(cable)
    first.close()
    opened(cable).close()


def test_what_is_no_serial_port_is_a_bad_source(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_bytes(b"6901234567892\r")
    with pytest.raises(BadSource):
        SerialScanner("s1", ScannerSettings(port=str(file))).open()
    with pytest.raises(DeviceAbsent):
        SerialScanner("s1", ScannerSettings(port=str(tmp_path / "none"))).open()
    with pytest.raises(DeviceAbsent):
        SerialScanner("s1", ScannerSettings(port="/dev/null")).open()


def test_thousand_scans_none_lost_none_doubled(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    for start in range(0, 1000, 50):
        sent = [f"69{number:011d}" for number in range(start, start + 50)]
        for code in sent:
            cable.scan(code)
        assert read_until(scanner, 50) == sent


def test_charset_is_the_settings_word(cable: SimulatedScanner) -> None:
    settings = ScannerSettings(port=cable.port, charset="gb18030")
    scanner = SerialScanner("s1", settings)
    scanner.open()
    cable.scan("提货".encode("gb18030"))
    assert texts(scanner.read(5)) == ["提货"]
    scanner.close()


# ---- framing on a line, answers, claims ------------------------------------------------------------------


def test_a_fenced_code_keeps_its_line_ends() -> None:
    with SimulatedScanner("etx") as simulated:
        scanner = opened(simulated, "etx")
        simulated.scan("a\rb\r\n")
        assert texts(scanner.read(5)) == ["a\rb\r\n"]
        scanner.close()


def test_a_qr_code_with_lines_comes_whole_after_a_short_silence(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    cable.send(b"]Q1BEGIN\rEND\r")
    assert texts(scanner.read(5)) == ["BEGIN\rEND"]
    scanner.close()


def test_without_a_suffix_two_codes_are_kept_apart_though_nobody_asks() -> None:
    with SimulatedScanner("none") as simulated:
        scanner = opened(simulated, "none")
        simulated.scan("one")
        time.sleep(0.1)  # a scanner's own pause: without it there is nothing that tells two codes apart
        simulated.scan("two")
        assert read_until(scanner, 2) == ["one", "two"]
        scanner.close()


def heard(cable: SimulatedScanner, length: int) -> bytes:
    said, deadline = b"", time.monotonic() + 5
    while len(said) < length and time.monotonic() < deadline:
        said += cable.heard()
    return said


@pytest.mark.parametrize("maker", [name for name in FEEDBACK if name != "none"])
def test_the_scanner_hears_what_became_of_a_code(cable: SimulatedScanner, maker: Feedback) -> None:
    scanner = SerialScanner("s1", ScannerSettings(port=cable.port, feedback=maker))
    scanner.answer(good=True)  # before it is open: nobody hears it
    scanner.open()
    sounds = FEEDBACK[maker]
    assert sounds.good != sounds.bad
    for good, sound in ((True, sounds.good), (False, sounds.bad)):
        scanner.answer(good=good)
        assert heard(cable, len(sound)) == sound
    cable.unplug()
    scanner.answer(good=True)
    scanner.close()


def test_without_feedback_the_line_stays_silent(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    scanner.answer(good=True)
    cable.scan("690")
    assert texts(scanner.read(5)) == ["690"]
    assert cable.heard() == b""
    scanner.close()


def test_zebras_packets_are_read_and_answered(cable: SimulatedScanner) -> None:
    scanner = SerialScanner("s1", ScannerSettings(port=cable.port, protocol="ssi", feedback="zebra-ssi"))
    scanner.open()
    cable.send(packet(0xF3, b"\x1c" + "提货\r".encode()))
    (one,) = scanner.read(5)
    assert (one.text, one.symbology) == ("提货\r", Symbology.QR)
    assert heard(cable, 6) == command(0xD0)
    scanner.close()


def test_a_port_that_another_program_has_is_claimed(cable: SimulatedScanner) -> None:
    first = opened(cable)
    with pytest.raises(DeviceClaimed):
        opened(cable)
    exclusive = array.array("i", [0])
    with Path(cable.port).open("rb", buffering=0) as port:
        fcntl.ioctl(port, TIOCGEXCL, exclusive)
        assert exclusive[0]
        first.close()
        fcntl.ioctl(port, TIOCGEXCL, exclusive)
        assert not exclusive[0]


def test_a_debounced_code_is_read_once_while_it_is_held_in_view(cable: SimulatedScanner) -> None:
    scanner = SerialScanner("s1", ScannerSettings(port=cable.port, debounce_ms=60_000))
    scanner.open()
    for code in ("a", "a", "b", "a", "end"):
        cable.scan(code)
    assert read_until(scanner, 3) == ["a", "b", "end"]
    scanner.close()


def test_feedback_is_chosen_in_the_settings() -> None:
    assert set(get_args(get_type_hints(ScannerSettings)["feedback"])) == set(FEEDBACK)
    assert set(get_args(get_type_hints(ScannerSettings)["label_ids"])) == set(LABELS)
