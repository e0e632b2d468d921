"""The package: the same bytes twice, and its whole life in a booted Debian 12 without a network."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.proof import booted, minipc_probe

pytestmark = booted.SKIPS
STORE = "S00421"


def within(seen: dict[str, Any], name: str, bound_s: float) -> None:
    """A step took no longer than the bound, on a machine as slow as this one was around it; the figure is printed."""
    took, slow = seen[name]
    sys.stdout.write(f"{name}: {took} s on a machine {slow} times slower than alone, bound {bound_s} s\n")
    assert took <= bound_s * slow


@pytest.fixture(scope="module")
def package() -> Path:
    return booted.package()


@pytest.fixture(scope="module")
def seen(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the guest saw; tests/proof/deb_guest.py says what each name means."""
    folder = tmp_path_factory.mktemp("deb")
    proof = booted.stage(folder, "deb_guest.py", package)
    (proof / "no-invitation.txt").write_text("ABCD-1234", "utf-8")
    found = booted.what_was_seen(folder, 600)
    assert "unusable" not in found, found["unusable"]
    return found


def test_two_builds_in_two_places_are_the_same_bytes(package: Path, tmp_path: Path) -> None:
    elsewhere = booted.unpacked(tmp_path / "a place with another name and a longer path")
    again = booted.built(elsewhere, tmp_path / "out")
    first, second = (hashlib.sha256(one.read_bytes()).hexdigest() for one in (package, again))
    sys.stdout.write(f"{package.name}: {package.stat().st_size / 1e6:.1f} MB, sha256 {first}\n")
    assert first == second


def test_it_installs_without_a_network_and_serves_nobody_before_it_is_a_store_s(seen) -> None:
    assert seen["network"].split()[::3][:1] == ["lo"]
    assert seen["install"][0] == 0
    assert set(seen["enabled"].values()) == {"enabled"}
    assert set(seen["before"].values()) == {"inactive"}
    assert seen["current"].startswith("releases/")
    assert seen["bare nft"][0] == 0, seen["bare nft"][1]


def test_what_is_no_invitation_leaves_the_box_as_it_was(seen) -> None:
    code, said = seen["wrong"]
    assert (code, "no invitation" in said) == (1, True)
    assert "Traceback" not in said
    assert seen["wrong left"] == [False, False]


def test_two_commands_and_it_serves(seen) -> None:
    assert seen["enroll"][0] == 0
    sys.stdout.write(f"install {seen['install_s']}, process to READY {seen['ready_s']} s\n")
    within(seen, "enroll_s", 15)
    assert seen["pages"] == {"/cashier/sign-in": 200, "/guide/": 303, "/nowhere": 404}
    assert seen["synced_s"] < 30
    assert STORE in seen["devices at HQ"]
    assert seen["again"][0] == 1
    assert "--again" in seen["again"][1]


def test_its_secrets_lie_sealed_and_its_state_is_its_own(seen) -> None:
    modes = seen["modes"]
    assert modes["/var/lib/store-edge"] == ["0o700", "store-edge", "store-edge"]
    assert modes["/var/lib/store-edge/ledger.db"] == ["0o600", "store-edge", "store-edge"]
    assert modes["/etc/store-edge/store.toml"] == ["0o640", "root", "store-edge"]
    sealed = {name: mode for name, mode in modes.items() if "credstore" in name}
    assert len(sealed) == 2
    assert set(map(tuple, sealed.values())) == {("0o600", "root", "root")}
    assert seen["plain keys"] == ""


def test_devices_are_run_by_their_own_unit_known_by_its_user(seen) -> None:
    assert seen["scan_s"] < 15
    assert seen["lane user"]["User"] == "store-edge-lane"
    assert seen["lane holds it"] == ["store-edge-lane"]
    assert "TOLD_WRONG_TOKEN" in seen["stranger"]


def test_killed_and_hung_they_come_back(seen) -> None:
    within(seen, "kill_s", 3)
    within(seen, "kill_lane_s", 3)
    within(seen, "hang_s", 30)
    assert seen["hang_lane_s"] < float("inf")
    assert seen["hang_said"] == 2
    assert int(seen["heartbeat"].split()[1]) == seen["heart"]


@pytest.mark.parametrize(
    ("side", "allowed"),
    [
        ("web", {"write its state", "read its credential", "read its settings", "call the shop's network"}),
        ("devices", {"write its state", "read its credential", "open a listed device"}),
    ],
)
def test_the_fence_lets_the_job_be_done_and_nothing_else(seen, side: str, allowed: set[str]) -> None:
    found = seen[f"fence {side}"]
    assert {deed for deed, how in found.items() if how == "done"} == allowed
    assert len(found) - len(allowed) >= 20


@pytest.mark.parametrize("side", ["web", "devices"])
def test_each_forbidden_deed_is_possible_without_the_fence(seen, side: str) -> None:
    """Else its refusal would prove nothing."""
    refused = {deed for deed, how in seen[f"no fence {side}"].items() if how != "done"}
    assert refused == {"read its credential", *minipc_probe.BEYOND}


@pytest.mark.parametrize(
    ("unit", "limit"),
    [("store-edge", 1.5), ("store-edge-lane", 1.0), ("store-edge-backup", 1.5), ("store-edge-purge", 1.0)],
)
def test_the_score_of_the_running_unit(seen, unit: str, limit: float) -> None:
    found = re.search(r": ([\d.]+) ", seen["scores"][unit])
    assert found is not None, seen["scores"][unit]
    sys.stdout.write(f"{unit}: {found[1]}\n")
    assert float(found[1]) <= limit


def test_purge_takes_the_package_and_leaves_the_store(seen) -> None:
    assert seen["purge"][0] == 0
    assert seen["purged"] == {
        "served": False,
        "code": False,
        "unit": False,
        "ledger": True,
        "settings": True,
        "keys": 2,
    }


def test_installed_again_it_is_the_store_that_it_was(seen) -> None:
    assert seen["reinstall"][0] == 0
    within(seen, "back_s", 15)
    assert seen["remembers after"][0] == seen["remembers"][0]
    assert "Error" not in seen["remembers"][0]


def test_wipe_asks_for_the_store_s_number_and_ends_it(seen) -> None:
    assert seen["wipe wrong word"][0] == 2
    assert seen["still serves"]
    assert seen["key length"] == 64
    assert seen["wipe"][0] == 0, seen["wipe"][1]
    ended = json.loads(seen["wipe"][1])
    assert ended["store"] == STORE
    assert len(ended["keys"]) >= 2
    nothing: list[str] = []
    assert seen["wiped"] == {
        "served": False,
        "state": nothing,
        "lane": nothing,
        "keys": nothing,
        "settings": False,
    }
    assert seen["wipe twice"][0] == 0


def test_a_box_from_an_image_enrols_itself(seen) -> None:
    within(seen, "unattended_s", 15)
    assert seen["unattended file"] is False
