"""The driver in docs/writing-a-driver.md works as it is printed there."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.device_schema import ScannerSettings
from devices.ports import BadSource, DeviceAbsent, Scanner, Symbology

GUIDE = Path(__file__).parents[2] / "docs" / "writing-a-driver.md"
Make = Callable[[str, ScannerSettings], Scanner]


@pytest.fixture(scope="module")
def driver() -> Make:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "devices.gate_scanner"}
    exec(compile(code, str(GUIDE), "exec"), names)  # noqa: S102 - our own document
    made: Make = names["GateScanner"]
    return made


def settings(port: str) -> ScannerSettings:
    return ScannerSettings(port=port)


def test_it_reads_codes_and_survives_a_hang_up(driver: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scanner = driver("door", settings(f"127.0.0.1:{listener.getsockname()[1]}"))
        for turn in range(3):
            scanner.open()
            line, _ = listener.accept()
            with line:
                line.sendall(f"]Q1PK1.{turn}\rhal".encode())
                (one,) = scanner.read(5)
                assert (one.text, one.symbology) == (f"PK1.{turn}", Symbology.QR)
                assert list(scanner.read(0.01)) == []
            with pytest.raises(DeviceAbsent):
                scanner.read(5)
            with pytest.raises(DeviceAbsent):
                scanner.read(0)
        scanner.close()
        scanner.close()


def test_its_errors_are_the_doors(driver: Make) -> None:
    with pytest.raises(BadSource):
        driver("door", settings("no address")).open()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeviceAbsent):
        driver("door", settings(f"127.0.0.1:{port}")).open()
    with pytest.raises(DeviceAbsent):
        driver("door", settings("127.0.0.1:999999")).open()
    driver("door", settings("127.0.0.1:1")).close()


def test_the_files_that_the_guide_names_exist() -> None:
    root = GUIDE.parents[1]
    text = GUIDE.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:devices|config|tests)/[\w/]+\.py)`", text)) - {"devices/gate_scanner.py"}
    modules = {name.replace(".", "/") + ".py" for name in re.findall(r"`(devices\.[a-z_]+)[`.]", text)}
    assert len(named) >= 4
    assert len(modules) >= 5
    assert [name for name in sorted(named | modules) if not (root / name).exists()] == []
