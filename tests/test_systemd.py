"""The unit, the user and the device rules of a shop's box, as far as they can be judged without booting it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.loader import checked
from config.own_lane import unit_lane
from config.schema import Settings
from edge.box import SETTINGS, UNATTENDED, UNITS, Wishes, settings_text
from edge.cli import REFUSED, main
from edge.sealed import EDGE_KEY, LANE_TOKEN, place_of
from sync.admission import Invitation

SYSTEMD = Path(__file__).resolve().parent.parent / "systemd"
UNIT = SYSTEMD / "store-edge.service"
LANE = SYSTEMD / "store-edge-lane.service"
FAR_LANE = SYSTEMD / "store-edge-lane@.service"
BACKUP, PURGE = SYSTEMD / "store-edge-backup.service", SYSTEMD / "store-edge-purge.service"
ALL = sorted((*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.timer")))
SCORES = {UNIT: 15, LANE: 10, FAR_LANE: 15, BACKUP: 15, PURGE: 10}
"""Exposure by `systemd-analyze security` that no unit may exceed, in tenths."""
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
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    # The command is not installed here: /bin/true stands in, so that every complaint is a real one.
    for unit in ALL:
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text("utf-8"))
        (tmp_path / unit.name.replace("@.", "@one.")).write_text(text, "utf-8")
    units = sorted(str(unit) for unit in tmp_path.iterdir())
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    complaints = [line for line in run.stderr.splitlines() if str(tmp_path) in line or "store-edge" in line]
    assert (run.returncode, complaints) == (0, [])


@needs_analyze
@pytest.mark.parametrize("service", SCORES, ids=lambda unit: unit.stem)
def test_the_fence_does_not_get_lower(service: Path) -> None:
    threshold = f"--threshold={SCORES[service]}"
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", threshold, "--no-pager", str(service)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-400:]


@pytest.mark.parametrize("service", [UNIT, LANE, FAR_LANE], ids=lambda unit: unit.stem)
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
        "/opt/store-edge/current/bin/store-edge run --settings /etc/store-edge/store.toml"
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
    for lane in (LANE, FAR_LANE):
        assert {value.split()[0] for value in settings(lane)["Service.DeviceAllow"]} == set(KINDS)
    modules = (SYSTEMD / "store-edge.modules.conf").read_text("utf-8").splitlines()
    assert {line for line in modules if line and line[0] != "#"} == set(KINDS.values()) - {""}
    assert "store-edge.modules.conf" in (SYSTEMD / "README.md").read_text("utf-8")
    there = re.findall(r"^ *\d+ (\S+)$", Path("/proc/devices").read_text(), re.MULTILINE)
    for name in {"char-ttyS", "char-input"} if "input" in there else ():
        assert name.removeprefix("char-") in there, "as this kernel spells it"


def test_udev_can_tell_the_service_what_was_plugged_in() -> None:
    assert "AF_NETLINK" in settings(UNIT)["Service.RestrictAddressFamilies"][0].split()


def test_the_devices_groups_are_the_users_groups() -> None:
    users = (SYSTEMD / "store-edge.sysusers.conf").read_text("utf-8")
    members = re.findall(r"^m store-edge-lane (\S+)$", users, re.MULTILINE)
    for lane in (LANE, FAR_LANE):
        assert settings(lane)["Service.SupplementaryGroups"] == [" ".join(members)]
    assert not re.search(r"^m store-edge ", users, re.MULTILINE), "the store opens no device"


def test_no_secret_comes_by_the_environment_or_lies_open() -> None:
    for unit in (UNIT, LANE, FAR_LANE, BACKUP, PURGE):
        said = settings(unit)
        assert not [
            key
            for key in said
            if key.startswith(("Service.Environment", "Service.LoadCredential"))
            and key not in ("Service.LoadCredentialEncrypted", "Service.EnvironmentFile")
        ], unit.name
        name = "lane-token" if "lane" in unit.name else "edge.key"
        assert [value.split(":")[0] for value in said["Service.LoadCredentialEncrypted"]] == [name]
    for unit, name in ((UNIT, EDGE_KEY), (LANE, LANE_TOKEN)):
        assert settings(unit)["Service.LoadCredentialEncrypted"] == [f"{name}:{place_of(name)}"]


def test_what_enrolment_starts_and_the_package_enables_is_there() -> None:
    names = {unit.name for unit in ALL}
    assert set(UNITS) <= names
    postinst = (SYSTEMD.parent / "deb/postinst").read_text("utf-8")
    assert set(re.findall(r"store-edge[\w-]*\.(?:service|timer)", postinst)) == {
        *UNITS,
        "store-edge-enroll.service",
    }
    assert settings(SYSTEMD / "store-edge-enroll.service")["Unit.ConditionPathExists"] == [str(UNATTENDED)]


def test_what_runs_by_itself_is_a_verb_and_has_its_time() -> None:
    for job in (BACKUP, PURGE):
        words = settings(job)["Service.ExecStart"][0].split()
        assert words[0] == "/opt/store-edge/current/bin/store-edge"
        assert words[-2:] == ["--settings", str(SETTINGS)]
        # A job that calls what this release has not would fail every night: it is switched on with its command.
        assert (job.with_suffix(".timer").name in UNITS) == (words[1] in main.commands)
        timer = settings(job.with_suffix(".timer"))
        assert (timer["Timer.Persistent"], timer["Install.WantedBy"]) == (["yes"], ["timers.target"])


def test_a_kiosk_s_browser_keeps_nothing_and_goes_nowhere_else() -> None:
    kiosk = settings(SYSTEMD / "kiosk@.service")
    assert kiosk["Service.User"] == ["store-edge-kiosk"]
    command = kiosk["Service.ExecStart"][0]
    assert re.fullmatch(r"/usr/bin/cage -d -- /usr/bin/chromium --kiosk .* %I", command)
    assert "--user-data-dir=%t/store-edge-kiosk/" in command
    assert kiosk["Service.RuntimeDirectory"] == ["store-edge-kiosk"], "in memory, gone with each end"
    policy = json.loads((SYSTEMD / "chromium-policy.json").read_text("utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    assert all(urlsplit(one).hostname in ("127.0.0.1", "localhost") for one in policy["URLAllowlist"])
    assert (policy["DeveloperToolsAvailability"], policy["DownloadRestrictions"]) == (2, 3)
    assert (policy["PrintingEnabled"], policy["AllowFileSelectionDialogs"]) == (False, False)


def test_the_firewall_lets_in_the_ports_that_pages_use() -> None:
    rules = (SYSTEMD / "nftables.conf").read_text("utf-8")
    assert "policy drop" in rules
    web = Settings().web
    assert f"tcp dport {{ {web.port}, {web.live_port} }} accept" in rules


def test_the_example_settings_use_the_units_paths() -> None:
    example = (SYSTEMD.parent / "config/examples/store.toml").read_text("utf-8")
    assert f'state_dir = "{STATE}"' in example
    assert f'token_file = "/run/credentials/{UNIT.name}/hq-token"' in example
    written = settings_text(Invitation(1, "https://hq.example", "t", "f"), Wishes("S00421", "192.168.10.5"))
    said = checked(tomllib.loads(written))
    assert (said.store.id, said.store.state_dir, said.web.host) == ("S00421", STATE, "192.168.10.5")
    assert f"unix:/run/{settings(UNIT)['Service.RuntimeDirectory'][0]}/" in said.lane_port.listen
    lane = settings(LANE)["Service.ExecStart"][0]
    assert f"--store {said.lane_port.listen} " in lane
    assert f"--name {unit_lane(said)} " in lane
    assert said.lanes[unit_lane(said)].user == settings(LANE)["Service.User"][0]


def test_every_jump_of_the_device_rules_has_its_label() -> None:
    for name in ("70-store-edge.rules", "71-store-edge-devices.rules"):
        rules = (SYSTEMD / name).read_text("utf-8")
        logical = [line for line in rules.splitlines() if line and not line.startswith("#")]
        jumps = {name for line in logical for name in re.findall(r'GOTO="(\w+)"', line)}
        assert jumps == set(re.findall(r'LABEL="(\w+)"', rules))
        examples = re.findall(r"(?m)^# ((?:SUBSYSTEMS?|ENV)\b.*)$", rules)
        for line in (*logical, *examples):
            assert re.fullmatch(r'(?:(?:[A-Z]+|[A-Z]+\{\w+\})(?:==|!=|=|\+=)"[^"]*"(?:, )?)+', line), line


def test_the_devices_are_fenced_off_and_see_nothing_of_the_store() -> None:
    store, own, far = settings(UNIT), settings(LANE), settings(FAR_LANE)
    assert store["Service.RuntimeDirectoryMode"] == ["0750"], (
        "the socket's group comes to the socket, no further"
    )
    for lane in (own, far):
        assert lane["Service.InaccessiblePaths"] == [f"-{STATE} -/etc/store-edge"]
        assert lane["Service.User"] == ["store-edge-lane"]
        assert lane["Service.PrivateUsers"] == ["yes"]
        assert lane["Service.RestartPreventExitStatus"] == [str(REFUSED)]
    assert "Service.DeviceAllow" not in store
    assert (own["Service.PrivateNetwork"], own["Service.RestrictAddressFamilies"]) == (["yes"], ["AF_UNIX"])
    apart = re.compile(r"Device|PrivateUsers|PrivateNetwork|IPAddressAllow|AddressFamilies")
    fences = [
        key
        for key in store
        if re.search(r"Protect|Private|Restrict|System|Capab|IPAddr|NoNew", key) and not apart.search(key)
    ]
    assert len(fences) > 15
    for lane in (own, far):
        assert {key: lane.get(key) for key in fences} == {key: store[key] for key in fences}
