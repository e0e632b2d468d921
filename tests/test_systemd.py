"""The unit, the user and the device rules of a shop's box, as far as they can be judged without booting it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.cli import REFUSED

SYSTEMD = Path(__file__).resolve().parent.parent / "systemd"
UNIT = SYSTEMD / "store-edge.service"
LANE = SYSTEMD / "store-edge-lane.service"
STATE = "/var/lib/store-edge"

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here"
)


def settings(unit: Path) -> dict[str, list[str]]:
    """`Section.Key` -> its values in order, as systemd reads them (an empty one would clear the list)."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in unit.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith(("#", ";")):
            key, value = line.split("=", 1)
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


@needs_analyze
@pytest.mark.parametrize("service", [UNIT, LANE], ids=lambda unit: unit.stem)
def test_systemd_understands_every_line(service: Path, tmp_path: Path) -> None:
    # The command is not installed here: /bin/true stands in, so that every complaint is a real one.
    unit = tmp_path / service.name
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", service.read_text("utf-8")), "utf-8")
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in run.stderr.splitlines() if service.name in line]
    assert (run.returncode, complaints) == (0, [])


@needs_analyze
@pytest.mark.parametrize("service", [UNIT, LANE], ids=lambda unit: unit.stem)
def test_the_fence_does_not_get_lower(service: Path) -> None:
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", str(service)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-400:]


@pytest.mark.parametrize("service", [UNIT, LANE], ids=lambda unit: unit.stem)
def test_a_camera_s_process_that_takes_too_much_memory_dies_alone(service: Path) -> None:
    unit = settings(service)
    assert unit["Service.MemoryMax"]
    assert unit["Service.OOMPolicy"] == ["continue"]


def test_the_service_is_watched_and_is_nobody_else() -> None:
    unit = settings(UNIT)
    assert unit["Service.Type"] == ["notify"]
    assert unit["Service.WatchdogSec"] == ["20"]
    assert unit["Service.Restart"] == ["always"]
    # Tried for ever, except with refused settings: nobody is in the shop to start it again.
    assert unit["Unit.StartLimitIntervalSec"] == ["0"]
    assert unit["Service.RestartPreventExitStatus"] == [str(REFUSED)]
    assert unit["Service.User"] == ["store-edge"]
    assert unit["Service.StateDirectory"] == [Path(STATE).name]
    assert unit["Service.WorkingDirectory"] == [STATE]
    assert unit["Service.ExecStart"] == [
        "/opt/store-edge/.venv/bin/store-edge run --settings /etc/store-edge/store.toml"
    ]


# Names that the kernel gives kinds of devices (/proc/devices), and the module that brings each; "": always there.
KINDS = {
    "char-ttyACM": "cdc_acm",
    "char-ttyUSB": "usbserial",
    "char-ttyS": "",
    "char-hidraw": "usbhid",
    "char-input": "",
    "char-usb": "usblp",
    "char-usb_device": "",
    "char-video4linux": "videodev",
}


def test_the_kinds_of_devices_are_known_to_the_kernel_when_the_service_starts() -> None:
    """A kind that the kernel has not heard of yet is left out, and a scanner plugged in later is refused."""
    assert {value.split()[0] for value in settings(UNIT)["Service.DeviceAllow"]} == set(KINDS)
    modules = (SYSTEMD / "store-edge.modules.conf").read_text("utf-8").splitlines()
    assert {line for line in modules if line and line[0] != "#"} == set(KINDS.values()) - {""}
    assert "store-edge.modules.conf" in (SYSTEMD / "README.md").read_text("utf-8")
    there = re.findall(r"^ *\d+ (\S+)$", Path("/proc/devices").read_text(), re.MULTILINE)
    for name in {"char-ttyS", "char-input"} if "input" in there else ():
        assert name.removeprefix("char-") in there, "as this kernel spells it"


def test_udev_can_tell_the_service_what_was_plugged_in() -> None:
    assert "AF_NETLINK" in settings(UNIT)["Service.RestrictAddressFamilies"][0].split()


def test_its_groups_are_the_users_groups() -> None:
    members = re.findall(
        r"^m store-edge (\S+)$", (SYSTEMD / "store-edge.sysusers.conf").read_text(), re.MULTILINE
    )
    assert settings(UNIT)["Service.SupplementaryGroups"] == [" ".join(members)]


def test_no_secret_comes_by_the_environment() -> None:
    unit = settings(UNIT)
    assert not [key for key in unit if key.startswith("Service.Environment")]
    assert [value.split(":")[0] for value in unit["Service.LoadCredential"]] == ["edge.key", "hq-token"]


def test_the_example_settings_use_the_units_paths() -> None:
    example = (SYSTEMD.parent / "config/examples/store.toml").read_text("utf-8")
    assert f'state_dir = "{STATE}"' in example
    assert f'token_file = "/run/credentials/{UNIT.name}/hq-token"' in example


def test_every_jump_of_the_device_rules_has_its_label() -> None:
    rules = (SYSTEMD / "70-store-edge.rules").read_text("utf-8")
    logical = [line for line in rules.splitlines() if line and not line.startswith("#")]
    jumps = {name for line in logical for name in re.findall(r'GOTO="(\w+)"', line)}
    assert jumps == set(re.findall(r'LABEL="(\w+)"', rules))
    for line in logical:
        assert re.fullmatch(r'(?:(?:[A-Z]+|[A-Z]+\{\w+\})(?:==|!=|=|\+=)"[^"]*"(?:, )?)+', line), line


def test_a_lane_is_fenced_as_the_store_is_and_sees_nothing_of_it() -> None:
    store, lane = settings(UNIT), settings(LANE)
    assert store["Service.RuntimeDirectoryMode"] == ["0750"], (
        "the socket's group comes to the socket, no further"
    )
    assert lane["Service.InaccessiblePaths"] == [f"-{STATE} -/etc/store-edge"]
    assert [value.split(":")[0] for value in lane["Service.LoadCredential"]] == ["lane-token"]
    assert lane["Service.User"] == ["store-edge-lane"]
    members = re.findall(
        r"^m store-edge-lane (\S+)$", (SYSTEMD / "store-edge.sysusers.conf").read_text(), re.MULTILINE
    )
    assert lane["Service.SupplementaryGroups"] == [" ".join(members)]
    fences = [
        key for key in store if re.search(r"Protect|Private|Restrict|Device|System|Capab|IPAddr|NoNew", key)
    ]
    assert {key: lane.get(key) for key in fences} == {key: store[key] for key in fences}
    assert lane["Service.RestartPreventExitStatus"] == [str(REFUSED)]
