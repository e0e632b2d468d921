"""A bare Debian 12 is booted, the package installed, and harm done to it that the package's own proof does not do."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.proof import booted

pytestmark = booted.SKIPS
SETTINGS = """
[store]
id = "S00421"
state_dir = "/var/lib/store-edge"
[web]
host = "127.0.0.1"
allowed_hosts = ["127.0.0.1", "10.77.0.5"]
[lane_port]
listen = "unix:/run/store-edge/lane.sock"
[lanes.box]
where = "unit"
[stations.T1]
[stations.G1]
kind = "guide"
[scanners.hangs]
driver = "camera"
station = "G1"
port = "/var/lib/store-edge-lane/stuck.mp4"
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the guest saw; tests/proof/minipc_guest.py says what each name means."""
    folder = tmp_path_factory.mktemp("minipc")
    proof = booted.stage(folder, "minipc_guest.py", booted.package())
    (proof / "store.toml").write_text(SETTINGS, "utf-8")
    found = booted.what_was_seen(folder, 1200)
    assert "unusable" not in found, found["unusable"]
    return found


def within(seen: dict[str, Any], name: str, bound_s: float) -> None:
    """A step took no longer than the bound, on a machine as slow as this one was around it; the figure is printed."""
    took, slow = seen[name]
    sys.stdout.write(f"{name}: {took} s on a machine {slow} times slower than alone, bound {bound_s} s\n")
    assert took <= bound_s * slow


def test_a_shop_without_an_hq_is_set_up_once(seen) -> None:
    assert seen["check"][0] == 0
    assert seen["alone twice"][0] == 1
    assert "is there already" in seen["alone twice"][1]


def test_it_is_started_when_it_serves(seen) -> None:
    first = seen["first"]
    assert (first["ActiveState"], first["SubState"], first["NRestarts"]) == ("active", "running", "0")
    assert first["User"] == "store-edge"
    assert seen["pages"] == {"/cashier/sign-in": 200, "/guide/": 303, "/nowhere": 404}


def test_its_state_is_its_own(seen) -> None:
    assert seen["modes"]["state"] == ["0o700", "store-edge"]
    assert {tuple(mode) for name, mode in seen["modes"].items() if name != "state"} == {
        ("0o600", "store-edge")
    }


def test_a_driver_that_hangs_takes_its_own_unit_down_and_nothing_else(seen) -> None:
    assert seen["stuck_said"][0]
    assert seen["stuck_stacks"]
    assert seen["stuck_store"] == [True, True]
    within(seen, "stuck_s", 35)


def test_it_stops_cleanly(seen) -> None:
    assert seen["stop"] == {"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"}
    within(seen, "stop_s", 15)
    assert [name for name in seen["left"] if name.endswith(("-wal", "-shm"))] == []


def test_refused_settings_are_not_tried_again(seen) -> None:
    refused = seen["refused"]
    assert (refused["ActiveState"], refused["ExecMainStatus"], refused["NRestarts"]) == ("failed", "78", "0")
    assert seen["refused_says"]


def test_an_address_that_comes_late_is_waited_for(seen) -> None:
    assert seen["late_tries_s"] < float("inf")
    within(seen, "late_s", 15)
