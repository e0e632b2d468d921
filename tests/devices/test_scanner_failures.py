"""Rows of the failure list about scanners' lines, each on a real pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.device_schema import ScannerSettings
from devices.ports import Reading, Symbology
from devices.serial_scanner import SerialScanner
from devices.simulated_scanner import SimulatedScanner


@pytest.fixture
def cable() -> Iterator[SimulatedScanner]:
    with SimulatedScanner() as simulated:
        yield simulated


def opened(cable: SimulatedScanner, **settings: object) -> SerialScanner:
    scanner = SerialScanner("s1", ScannerSettings(port=cable.port, **settings))  # type: ignore[arg-type]
    scanner.open()
    return scanner


def collected(scanner: SerialScanner, count: int) -> list[Reading]:
    got: list[Reading] = []
    deadline = time.monotonic() + 10
    while len(got) < count and time.monotonic() < deadline:
        got += scanner.read(0.2)
    return got


def test_one_code_in_twenty_reads_and_one_byte_each_fifty_milliseconds(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    for byte in b"6901234567892 ABCDEF":
        cable.send(bytes([byte]))
        time.sleep(0.05)  # the slowness of the line is what is tried
        assert list(scanner.read(0)) == []
    cable.send(b"\r")
    assert [one.text for one in collected(scanner, 1)] == ["6901234567892 ABCDEF"]
    assert scanner.dropped == 0
    scanner.close()


def test_a_lost_stx_or_etx_costs_its_own_code_only() -> None:
    with SimulatedScanner("etx") as cable:
        scanner = opened(cable, suffix="etx")
        cable.send(b"\x02one\x03" + b"two\x03" + b"\x02three\x03" + b"\x02four" + b"\x02five\x03")
        assert [one.text for one in collected(scanner, 3)] == ["one", "three", "five"]
        assert scanner.dropped == 2
        scanner.close()


def test_a_code_of_four_kilobytes_is_dropped_whole_and_the_next_one_read(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    cable.send(b"]Q1")
    for _ in range(256):
        cable.send(b"0123456789abcde\n")
    cable.send(b"\r")
    deadline = time.monotonic() + 10
    while not scanner.dropped and time.monotonic() < deadline:
        assert list(scanner.read(0.1)) == []
    cable.send(b"]E06901234567892\r")
    assert [one.text for one in collected(scanner, 1)] == ["6901234567892"]
    assert scanner.dropped == 1
    scanner.close()


def test_eight_bit_noise_between_codes_ends_with_silence(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    for seed in range(3):
        cable.send(bytes(byte for byte in os.urandom(200) if byte not in b"\r\n") + bytes([seed]))
        deadline = time.monotonic() + 10
        while scanner.dropped <= seed and time.monotonic() < deadline:
            assert list(scanner.read(0.1)) == []
        cable.scan(f"690{seed}")
        assert [one.text for one in collected(scanner, 1)] == [f"690{seed}"]
    assert scanner.dropped == 3
    scanner.close()


def test_flipped_bits_of_a_wrong_parity_are_kept_raw_and_never_cost_the_next_code(
    cable: SimulatedScanner,
) -> None:
    scanner = opened(cable)
    flipped = bytes(byte | (0x80 if byte.bit_count() % 2 else 0) for byte in b"6901234567892")
    cable.send(b"\0\0" + flipped + b"\r" + b"6901234567892\r")
    wrong, right = collected(scanner, 2)
    assert wrong.raw == flipped
    assert wrong.text != "6901234567892"
    assert right.text == "6901234567892"
    scanner.close()


@pytest.mark.parametrize(
    ("sent", "text", "symbology", "charset"),
    [
        (b"]Q3010950110153000310A\x1d21B", "010950110153000310A\x1d21B", Symbology.QR, "auto"),
        (b"]C1010950110153000310A\x1d21B", "010950110153000310A\x1d21B", Symbology.GS1_128, "auto"),
        ("]Q1提货".encode("gbk"), "提货", Symbology.QR, "auto"),
        ("]Q1提货".encode(), "提货", Symbology.QR, "auto"),
        ("]Q1提货".encode()[:-1], "提\ufffd", Symbology.QR, "utf-8"),
    ],
    ids=["gs in qr", "gs in 128", "gbk", "utf-8", "truncated utf-8"],
)
def test_payloads_of_the_field_keep_their_bytes(
    cable: SimulatedScanner, sent: bytes, text: str, symbology: Symbology, charset: str
) -> None:
    scanner = opened(cable, charset=charset)
    cable.send(sent + b"\r")
    (one,) = collected(scanner, 1)
    assert (one.text, one.symbology, one.raw) == (text, symbology, sent)
    scanner.close()


def test_a_second_process_is_refused_and_takes_no_byte(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    code = (
        "import sys, serial\n"
        "try:\n    serial.Serial(sys.argv[1], 9600, timeout=1, exclusive=True)\n"
        "except serial.SerialException:\n    sys.exit(3)\n"
    )
    other = subprocess.run([sys.executable, "-c", code, cable.port], timeout=20, check=False)
    assert other.returncode == 3
    cable.scan("690")
    assert [one.text for one in collected(scanner, 1)] == ["690"]
    scanner.close()


def test_fifty_codes_a_second_wait_for_one_who_is_busy_for_two_seconds(cable: SimulatedScanner) -> None:
    scanner = opened(cable)
    sent = [f"69{number:011d}" for number in range(100)]
    for code in sent:
        cable.scan(code)
        time.sleep(0.02)  # fifty a second, and nobody reads meanwhile
    assert [one.text for one in collected(scanner, 100)] == sent
    assert scanner.dropped == 0
    scanner.close()


def test_the_low_latency_mode_is_asked_for_and_its_absence_is_no_trouble(
    cable: SimulatedScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    import serial

    asked: list[bool] = []
    # A pseudo-terminal has no such mode; that an adapter takes it is seen in the USB bench.
    monkeypatch.setattr(serial.Serial, "set_low_latency_mode", lambda _, wanted: asked.append(wanted))
    opened(cable).close()
    assert asked == [True]
    monkeypatch.undo()
    opened(cable).close()
    assert Path(cable.port).exists()
