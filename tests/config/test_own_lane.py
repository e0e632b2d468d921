"""The box's own devices unit: which devices are its, and what it cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from config.loader import checked
from config.own_lane import at_hand
from config.schema import SettingsRefused

UNIT: dict[str, Any] = {
    "stations": {"T1": {}},
    "lane_port": {"listen": "unix:/run/store-edge/lane.sock"},
    "lanes": {"box": {"where": "unit"}, "K1": {"token_sha256": "ab" * 32}},
}


def test_the_unit_runs_what_hangs_on_this_machine_and_nothing_else() -> None:
    settings = checked(
        UNIT
        | {
            "scanners": {
                "desk": {"port": "/dev/store-edge/desk"},
                "door": {"driver": "tcp", "port": "192.168.10.40:9001"},
                "eye": {"driver": "camera", "port": "rtsp://10.0.0.9/"},
                "near": {"driver": "camera", "port": "/dev/video0"},
                "kiosk": {"port": "/dev/ttyACM0", "lane": "K1"},
            },
            "printers": {
                "wire": {"host": "192.168.10.31"},
                "usb": {"driver": "escpos-usb", "device": "/dev/usb/lp0"},
            },
            "scales": {"s": {"device": "/dev/ttyS0", "station": "T1"}},
        }
    )
    lanes = {
        name: one.lane
        for table in (settings.scanners, settings.printers, settings.scales)
        for name, one in table.items()
    }
    assert lanes == {
        "desk": "box",
        "door": "",
        "eye": "",
        "near": "box",
        "kiosk": "K1",
        "wire": "",
        "usb": "box",
        "s": "box",
    }
    assert [name for name, lane in lanes.items() if not at_hand(settings, lane)] == ["kiosk"]


def test_without_a_unit_the_store_runs_its_devices_itself() -> None:
    settings = checked({"stations": {"T1": {}}, "scanners": {"desk": {"port": "/dev/desk"}}})
    assert settings.scanners["desk"].lane == ""


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"lane_port": {"listen": ""}}, "lane_port.listen"),
        ({"lane_port": {"listen": "192.168.10.5:8775"}}, "lane_port.listen"),
        ({"lanes": {"box": {"where": "unit"}, "other": {"where": "unit"}}}, "lanes.other.where"),
        (
            {
                "lights": {"lamp": {"driver": "sysfs-led", "device": "/sys/class/leds/x", "station": "T1"}},
                "scanners": {
                    "near": {"driver": "camera", "port": "/dev/video0", "camera": {"torch": "lamp"}}
                },
            },
            "scanners.near.camera.torch",
        ),
    ],
)
def test_what_the_unit_cannot_do_is_said(change: dict[str, Any], where: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        checked(UNIT | change)
    assert where in [problem.path for problem in refused.value.problems]
