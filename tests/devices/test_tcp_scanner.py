"""Network scanners that are called and that call, hang up, and lose their power."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.device_schema import ScannerSettings
from devices.ports import BadSource, DeviceAbsent
from devices.simulated_tcp_scanner import SimulatedTcpScanner
from devices.tcp_scanner import TcpScanner


def settings(port: str, **more: object) -> ScannerSettings:
    return ScannerSettings(driver="tcp", port=port, **more)  # type: ignore[arg-type]


@pytest.fixture
def far() -> Iterator[SimulatedTcpScanner]:
    with SimulatedTcpScanner() as simulated:
        yield simulated


@pytest.fixture
def listening() -> Iterator[TcpScanner]:
    scanner = TcpScanner("door", settings("listen:127.0.0.1:0"))
    with pytest.raises(DeviceAbsent):
        scanner.open()
    yield scanner
    scanner.close()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it never happened"


def connected(scanner: TcpScanner) -> bool:
    try:
        scanner.open()
    except DeviceAbsent:
        return False
    return True


def texts(scanner: TcpScanner, wait_s: float = 5.0) -> list[str]:
    return [reading.text for reading in scanner.read(wait_s)]


def read_until(scanner: TcpScanner, count: int) -> list[str]:
    got: list[str] = []
    deadline = time.monotonic() + 10
    while len(got) < count and time.monotonic() < deadline:
        got += texts(scanner, 0.1)
    return got


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("abruptly", [False, True])
def test_we_call_and_call_again_after_it_hung_up(far: SimulatedTcpScanner, abruptly: bool) -> None:
    scanner = TcpScanner("door", settings(far.port))
    before = open_files()
    for turn in range(2):
        until(lambda: connected(scanner))
        far.take_call()
        far.send(f"code {turn}\rhal".encode())
        assert texts(scanner) == [f"code {turn}"]
        far.hang_up(abruptly=abruptly)
        with pytest.raises(DeviceAbsent):
            scanner.read(5)
        with pytest.raises(DeviceAbsent):
            scanner.read(0)
    assert scanner.dropped == 2
    assert open_files() == before


def test_calls_are_a_second_apart(far: SimulatedTcpScanner) -> None:
    far.unplug()
    scanner = TcpScanner("door", settings(far.port))
    with pytest.raises(DeviceAbsent, match="refused"):
        scanner.open()
    with pytest.raises(DeviceAbsent, match="a moment ago"):
        scanner.open()
    far.replug()
    until(lambda: connected(scanner))
    scanner.close()


def test_framing_is_that_of_a_serial_line(far: SimulatedTcpScanner) -> None:
    scanner = TcpScanner("door", settings(far.port, suffix="etx", charset="gb18030"))
    scanner.open()
    far.take_call()
    far.send(b"noise\x02a\rb\x03\x02" + "提货".encode("gb18030") + b"\x03")
    assert (read_until(scanner, 2), scanner.dropped) == (["a\rb", "提货"], 1)
    scanner.close()


def test_it_calls_us_and_calls_anew_without_having_hung_up(
    far: SimulatedTcpScanner, listening: TcpScanner
) -> None:
    assert listening.address
    far.ring(listening.address)
    until(lambda: connected(listening))
    far.scan("one")
    assert texts(listening) == ["one"]
    far.send(b"hal")
    first = far._line  # kept alive: its power is gone, it never says so
    far.ring(listening.address)
    far.scan("two")
    assert read_until(listening, 1) == ["two"]
    assert first
    first.close()


def test_a_call_that_comes_between_two_tries_is_taken(
    far: SimulatedTcpScanner, listening: TcpScanner
) -> None:
    assert listening.address
    far.ring(listening.address)
    far.scan("early")
    until(lambda: connected(listening))
    assert texts(listening) == ["early"]
    far.hang_up()
    with pytest.raises(DeviceAbsent):
        listening.read(5)
    far.ring(listening.address)
    until(lambda: connected(listening))


def test_only_the_scanner_that_is_known_may_call(far: SimulatedTcpScanner) -> None:
    strict = TcpScanner("door", settings("listen:127.0.0.1:0", peer="127.0.0.9"))
    assert not connected(strict)
    assert strict.address
    far.ring(strict.address)
    far.scan("from elsewhere")
    assert not connected(strict)
    with socket.socket() as known:
        known.bind(("127.0.0.9", 0))
        known.connect(strict.address)
        known.sendall(b"known\r")
        until(lambda: connected(strict))
        assert texts(strict) == ["known"]
    strict.close()
    assert strict.address is None


@pytest.mark.parametrize("port", ["", "no address", "host:", "host:99999", ":2001", "listen:", "listen:x"])
def test_what_is_no_address_is_a_bad_source(port: str) -> None:
    with pytest.raises(BadSource):
        TcpScanner("door", settings(port)).open()


def test_a_port_that_another_program_has_is_absent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        scanner = TcpScanner("door", settings(f"listen:127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(DeviceAbsent):
            scanner.open()
        scanner.close()
