"""Scanner settings that a driver would quietly ignore are refused, in words that say what to do."""

from __future__ import annotations

from typing import Any

import pytest

from config.scanner_checks import torches
from config.schema import SettingsRefused, parse

SHOP: dict[str, Any] = {
    "stations": {"T1": {}},
    "lanes": {"L1": {"where": "inside"}},
    "lights": {"torch": {"device": "/sys/class/leds/torch"}, "far": {"device": "/dev/x", "lane": "L1"}},
}


def problems(**scanner: Any) -> list[str]:
    try:
        parse({**SHOP, "scanners": {"S": {"port": "/dev/video0", **scanner}}})
    except SettingsRefused as refused:
        return [str(problem) for problem in refused.problems]
    return []


@pytest.mark.parametrize(
    ("scanner", "said"),
    [
        ({"driver": "camera", "debounce_ms": 500}, "scanners.S.debounce_ms: a camera has its own rule"),
        ({"feedback": "zebra-ssi"}, "scanners.S.feedback: zebra-ssi is understood in SSI mode only"),
        ({"feedback": "datalogic", "protocol": "ssi"}, "feedback: a scanner in SSI mode takes packets only"),
        ({"driver": "tcp", "feedback": "newland"}, "scanners.S.feedback: tcp scanners cannot be told"),
        ({"driver": "evdev", "protocol": "ssi"}, "scanners.S.protocol: evdev scanners do not speak SSI"),
        (
            {"driver": "camera", "camera": {"torch": "troch"}},
            "torch: 'troch' is not defined (did you mean torch?)",
        ),
        (
            {"driver": "camera", "camera": {"torch": "far"}},
            "camera.torch: a lane lights no torch",
        ),
        ({"driver": "serial", "camera": {"torch": "torch"}}, "camera.torch: only a camera needs light"),
        ({"driver": "camera", "camera": {"region": [50, 0, 50, 100]}}, "scanners.S.camera.region: is empty"),
        (
            {"driver": "camera", "port": "file:///etc/shadow"},
            "S.port: file:// is no camera's (http://, https://",
        ),
        ({"driver": "camera", "port": "subfile,,start,0,end,9,,:file:///a"}, "file:// is no camera's"),
    ],
)
def test_what_the_driver_would_ignore_is_refused(scanner: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in problems(**scanner)), problems(**scanner)


@pytest.mark.parametrize(
    "scanner",
    [
        {"driver": "camera", "camera": {"torch": "torch"}},
        {"protocol": "ssi", "feedback": "zebra-ssi"},
        {"protocol": "ssi"},
        {"feedback": "honeywell"},
        {"driver": "tcp", "debounce_ms": 500},
        {"driver": "camera", "port": "RTSP://shop:secret@192.168.10.9/live"},
        {"driver": "camera", "port": "https://192.168.10.9/stream.mjpg"},
    ],
)
def test_what_fits_together_is_taken(scanner: dict[str, Any]) -> None:
    assert problems(**scanner) == []


@pytest.mark.parametrize(
    ("lanes", "port", "taken"),
    [
        (("L1", "L2"), "/dev/store-edge/scanner", True),
        (("", "L1"), "/dev/store-edge/scanner", True),
        (("L1", "L1"), "/dev/store-edge/scanner", False),
        (("L1", "L2"), "192.168.10.9:2001", False),
    ],
)
def test_a_path_is_one_of_its_lane_s_machine(lanes: tuple[str, str], port: str, *, taken: bool) -> None:
    driver = "serial" if port.startswith("/") else "tcp"
    two = {f"S{at}": {"driver": driver, "port": port, "lane": lane} for at, lane in enumerate(lanes)}
    raw = {**SHOP, "lanes": {"L1": {"where": "inside"}, "L2": {"where": "inside"}}, "scanners": two}
    printers = {
        f"P{at}": {"driver": "escpos-usb", "device": port, "lane": lane} for at, lane in enumerate(lanes)
    }
    for shop in (
        (raw, {**SHOP, "lanes": raw["lanes"], "printers": printers}) if port.startswith("/") else (raw,)
    ):
        if taken:
            parse(shop)
        else:
            with pytest.raises(SettingsRefused):
                parse(shop)


def test_one_light_is_the_torch_of_one_camera() -> None:
    camera = {"driver": "camera", "camera": {"torch": "torch"}}
    with pytest.raises(SettingsRefused, match="at the same place"):
        parse({**SHOP, "scanners": {"A": {**camera, "port": "/a"}, "B": {**camera, "port": "/b"}}})
    settings = parse({**SHOP, "scanners": {"A": {**camera, "port": "/a"}, "C": {"port": "/c"}}})
    assert torches(settings.scanners) == {"torch"}
