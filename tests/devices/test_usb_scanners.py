"""The wedge and the HID-POS driver on pipes that carry the kernel's bytes; the kernel itself is on the USB bench."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from config.device_schema import ScannerSettings
from devices.evdev_scanner import EvdevScanner
from devices.hidpos_scanner import HidPosScanner
from devices.ports import BadSource, DeviceAbsent, DeviceClaimed, DeviceDenied, Reading, Scanner
from devices.simulated_nodes import (
    SimulatedHidPos,
    SimulatedNode,
    SimulatedWedge,
    hid_pos_reports,
    nobody_asks,
    typed,
)

Make = Callable[[str, ScannerSettings], Scanner]


def wedge_of(port: str, **more: object) -> EvdevScanner:
    return EvdevScanner("w1", ScannerSettings(driver="evdev", port=port, **more), nobody_asks)  # type: ignore[arg-type]


def hidpos_of(port: str) -> HidPosScanner:
    return HidPosScanner("h1", ScannerSettings(driver="hidpos", port=port), nobody_asks)


@pytest.fixture
def wedge() -> Iterator[SimulatedWedge]:
    with SimulatedWedge() as simulated:
        yield simulated


@pytest.fixture
def hidpos() -> Iterator[SimulatedHidPos]:
    with SimulatedHidPos() as simulated:
        yield simulated


def texts(readings: Sequence[Reading]) -> list[str]:
    return [reading.text for reading in readings]


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_typed_code_is_read(wedge: SimulatedWedge) -> None:
    scanner = wedge_of(wedge.port)
    scanner.open()
    for code in ("6901234567892", "PK1.Ab-9/x", "]C1010950\x1d10A"):
        wedge.scan(code)
        assert texts(scanner.read(5)) == [code.removeprefix("]C1")]
    assert list(scanner.read(0)) == []
    scanner.close()
    scanner.close()


def test_the_layout_is_the_settings_word() -> None:
    with SimulatedWedge("fr") as wedge:
        scanner = wedge_of(wedge.port, layout="fr")
        scanner.open()
        wedge.scan("AZERTY-0123/é")
        assert texts(scanner.read(5)) == ["AZERTY-0123/é"]
        scanner.close()


def test_a_hid_pos_code_is_read_in_any_number_of_reports(hidpos: SimulatedHidPos) -> None:
    scanner = hidpos_of(hidpos.port)
    scanner.open()
    for size in (1, 56, 57, 500):
        hidpos.scan(b"x" * size)
        assert texts(scanner.read(5)) == ["x" * size]
    hidpos.scan("提货".encode())
    hidpos.scan(b"6901234567892", b"]E0")
    assert texts(scanner.read(5))[:1] == ["提货"]
    scanner.close()


@pytest.mark.parametrize(
    ("simulated", "make", "half"),
    [
        (SimulatedWedge, wedge_of, typed("half a co", "us")),
        (SimulatedHidPos, hidpos_of, hid_pos_reports(b"x" * 60)[0]),
    ],
)
def test_unplugged_in_mid_code_and_plugged_in_again(
    simulated: type[SimulatedNode], make: Callable[[str], EvdevScanner | HidPosScanner], half: bytes
) -> None:
    with simulated() as node:
        scanner = make(node.port)
        scanner.open()
        before = open_files()
        for turn in range(20):
            node.send(half)
            node.unplug()
            with pytest.raises(DeviceAbsent):
                scanner.read(5)
            with pytest.raises(DeviceAbsent):
                scanner.read(0)
            with pytest.raises(DeviceAbsent):
                scanner.open()
            node.replug()
            scanner.open()
            if isinstance(node, SimulatedWedge):
                node.scan(f"code {turn}")
            else:
                node.send(hid_pos_reports(b"code %d" % turn)[0])
            assert texts(scanner.read(5)) == [f"code {turn}"]
            assert scanner.dropped == turn + 1
        assert open_files() == before
        scanner.close()


@pytest.mark.parametrize("make", [EvdevScanner, HidPosScanner])
def test_what_is_no_such_device_is_a_bad_source(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "node"
    file.write_bytes(b"6901234567892\n")
    for port in (str(file), "/dev/null", str(tmp_path)):
        before = open_files()
        with pytest.raises(BadSource):
            make("u1", ScannerSettings(port=port)).open()
        assert open_files() == before
    with pytest.raises(DeviceAbsent) as absent:
        make("u1", ScannerSettings(port=str(tmp_path / "none"))).open()
    assert absent.type is DeviceAbsent


@pytest.mark.parametrize("make", [EvdevScanner, HidPosScanner])
@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.EBUSY, DeviceClaimed),
        (errno.EAGAIN, DeviceClaimed),
        (errno.EACCES, DeviceDenied),
        (errno.EIO, DeviceAbsent),
    ],
)
def test_a_refused_claim_says_why_and_leaves_nothing_open(
    wedge: SimulatedWedge, make: type[EvdevScanner], number: int, fault: type[DeviceAbsent]
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    before = open_files()
    with pytest.raises(DeviceAbsent) as refused:
        make("u1", ScannerSettings(port=wedge.port), refuse).open()
    assert refused.type is fault
    assert open_files() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open anything")
def test_a_node_of_another_group_is_denied(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.touch(0o000)
    with pytest.raises(DeviceDenied):
        EvdevScanner("w1", ScannerSettings(port=str(node))).open()
