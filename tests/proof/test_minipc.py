"""A bare Debian 12 is booted, the service installed by the README's own words, and harm done to it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
README = ROOT / "systemd/README.md"
PACKAGES = "systemd-sysv,udev,iproute2,ca-certificates"
MIRROR_SETTINGS = (
    "apt/apt.conf.d",
    "apt/sources.list.d",
    "pip.conf",
    "resolv.conf",
    "ssl/certs/ca-certificates.crt",
)
"""This machine's own words on where packages come from, so that the guest's set-up finds them too."""
IN_GUEST = {
    "HOME": "/root",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}
SETTINGS = """
[store]
id = "S00421"
state_dir = "/var/lib/store-edge"
[web]
host = "127.0.0.1"
allowed_hosts = ["127.0.0.1", "10.77.0.5"]
[hq]
url = "http://127.0.0.1:9/edge"
token_file = "/run/credentials/store-edge.service/hq-token"
[stations.T1]
[stations.G1]
kind = "guide"
[scanners.desk-left]
station = "T1"
port = "/dev/store-edge/scanner-desk-left"
[scanners.hangs]
driver = "camera"
station = "G1"
port = "/var/lib/store-edge/stuck.mp4"
"""
EDITOR = """#!/bin/sh
case $1 in
    *.toml) cat /proof/store.toml >"$1" ;;
    *) echo a-token-that-only-lives-in-this-proof >"$1" ;;
esac
"""
# All mounts are private to this shell. PID 1 wants cgroup2 alone, whatever this machine uses.
BOOT = """
set -e
mount -t tmpfs tmpfs /run
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/$1
echo $$ >/sys/fs/cgroup/$1/cgroup.procs
mount -t overlay overlay -o lowerdir="$2",upperdir="$3/upper",workdir="$3/work" "$3/merged"
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn -D "$3/merged" --quiet --register=no --keep-unit --private-network --machine=minipc \\
    --capability=CAP_BPF,CAP_NET_ADMIN --system-call-filter=bpf --bind="$3/proof:/proof" -b --console=pipe
"""
PROOF_UNIT = """[Unit]
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
ExecStart=/usr/bin/python3 /proof/minipc_guest.py
[Install]
WantedBy=multi-user.target
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can boot a guest"),
    *(
        pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not here")
        for tool in ("git", "systemd-nspawn", "mmdebstrap", "unshare")
    ),
]


def readme_steps() -> list[str]:
    """The README's first block, cut before each numbered step."""
    block = re.findall(r"(?ms)^```sh\n(.*?)^```", README.read_text("utf-8"))[0]
    return [step for step in re.split(r"(?m)^(?=# \d\. )", block) if step.strip()]


def bare_root(folder: Path) -> None:
    """A Debian 12 with systemd, and the README's first step done in it, which needs a network."""
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(folder)],
        check=True,
    )
    for name in MIRROR_SETTINGS:
        there, here = folder / "etc" / name, Path("/etc") / name
        if here.is_dir():
            shutil.copytree(here, there, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.disabled*"))
        elif here.exists():
            there.unlink(missing_ok=True)
            shutil.copyfile(here, there)
    if (folder / "etc/apt/sources.list.d/debian.sources").exists():
        (folder / "etc/apt/sources.list").unlink(missing_ok=True)
    put_product(folder)
    first = readme_steps()[0]
    assert "git clone REPOSITORY /opt/store-edge" in first
    script = "set -ex\n" + "\n".join(
        line for line in first.splitlines() if not line.startswith(("apt-get", "git clone"))
    )
    proc = folder / "proc"
    subprocess.run(["mount", "-t", "proc", "proc", str(proc)], check=True)
    try:
        subprocess.run(["chroot", str(folder), "/bin/bash", "-c", script], env=IN_GUEST, check=True)
    finally:
        subprocess.run(["umount", str(proc)], check=True)


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def put_product(folder: Path) -> None:
    """What a clone brings: the last commit."""
    place = folder / "opt/store-edge"
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", str(place)], input=git("archive", "HEAD"), check=True)


def cached_root() -> Path:
    """The prepared root, made once for each set of locked packages."""
    made_of = (f"HEAD:{name}" for name in ("requirements/run.txt", "setup.cfg", "pyproject.toml", "dev"))
    key = hashlib.sha256(git("rev-parse", *made_of) + PACKAGES.encode()).hexdigest()[:16]
    home = ROOT / ".cache/minipc"
    ready = home / key
    if not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        making = home / "making"
        making.mkdir(parents=True)
        bare_root(making)
        making.rename(ready)
    return ready


def stage(folder: Path) -> None:
    """The layer over the cached root: the committed product, the proof's unit, a person's editor, no udev."""
    for name in ("upper", "work", "merged", "proof"):
        (folder / name).mkdir()
    upper = folder / "upper"
    put_product(upper)
    (upper / "usr/local/bin").mkdir(parents=True)
    for tool, text in (("editor", EDITOR), ("udevadm", "#!/bin/sh\n# A container has no udev.\n")):
        (upper / "usr/local/bin" / tool).write_text(text, "utf-8")
        (upper / "usr/local/bin" / tool).chmod(0o755)
    wanted = upper / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(parents=True)
    (wanted.parent / "proof.service").write_text(PROOF_UNIT, "utf-8")
    (wanted / "proof.service").symlink_to("../proof.service")
    shutil.copy(HERE / "minipc_guest.py", folder / "proof")
    shutil.copy(HERE / "minipc_probe.py", folder / "proof")
    (folder / "proof/store.toml").write_text(SETTINGS, "utf-8")
    (folder / "proof/steps.sh").write_text("".join(readme_steps()[1:]), "utf-8")


def leave_no_groups(name: str) -> None:
    """Takes the guest's empty control groups away again."""
    for tree in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        for folder, _, _ in os.walk(f"{tree}/{name}", topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the guest saw; tests/proof/minipc_guest.py says what each name means."""
    folder = tmp_path_factory.mktemp("minipc")
    lower = cached_root()
    stage(folder)
    boot = ["unshare", "-m", "--propagation", "private", "sh", "-c", BOOT, "boot", f"minipc-{os.getpid()}"]
    try:
        done = subprocess.run(
            [*boot, str(lower), str(folder)], capture_output=True, text=True, check=False, timeout=230
        )
    finally:
        leave_no_groups(boot[-1])
    report = folder / "proof/seen.json"
    if not report.exists():
        pytest.skip(f"no guest boots here: {(done.stdout + done.stderr)[-600:]}")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    sys.stdout.write(report.read_text("utf-8"))
    sys.stdout.write((folder / "proof/journal.txt").read_text("utf-8"))
    assert found["install"][0] == 0, found["install"][1]
    return found


def test_the_readme_can_be_followed_word_for_word(seen) -> None:
    assert "active (running)" in seen["install"][1]


def test_it_is_started_when_it_serves(seen) -> None:
    first = seen["first"]
    assert (first["ActiveState"], first["SubState"], first["NRestarts"]) == ("active", "running", "0")
    assert first["User"] == "store-edge"
    assert seen["ready_s"] < 15
    assert seen["pages"] == {"/cashier/sign-in": 200, "/guide/": 303, "/nowhere": 404}


def test_its_state_is_its_own(seen) -> None:
    assert seen["modes"]["state"] == ["0o700", "store-edge"]
    assert {tuple(mode) for name, mode in seen["modes"].items() if name != "state"} == {
        ("0o600", "store-edge")
    }


def test_a_scanner_on_a_serial_line_is_heard(seen) -> None:
    assert seen["scanner_online_s"] < 15
    assert '"device": "desk-left"' in seen["scan_line"][0]


def test_killed_it_serves_again_within_three_seconds(seen) -> None:
    assert seen["kill_s"] < 3
    assert seen["kill_restarts"] == 1


def test_frozen_it_is_restarted_by_the_watchdog(seen) -> None:
    assert seen["freeze_s"] < 30
    assert seen["freeze_said"] == 1


def test_a_driver_that_hangs_is_noticed_and_named(seen) -> None:
    assert seen["stuck_s"] + seen["stuck_back_s"] < 30
    assert seen["stuck_stacks"]


def test_the_fence_lets_the_job_be_done_and_nothing_else(seen) -> None:
    allowed = {"write its state", "read its credential", "read its settings", "call the shop's network"}
    assert {deed for deed, how in seen["fence"].items() if how == "done"} == allowed


def test_each_forbidden_deed_is_possible_without_the_fence(seen) -> None:
    """Else its refusal would prove nothing."""
    assert {deed for deed, how in seen["no_fence"].items() if how != "done"} == {"read its credential"}


def test_the_score_of_the_running_unit(seen) -> None:
    score = re.search(r": ([\d.]+) ", seen["score"])
    assert score is not None, seen["score"]
    assert float(score[1]) <= 1.5


def test_it_stops_cleanly(seen) -> None:
    assert seen["stop"] == {"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"}
    assert seen["stop_s"] < 15
    assert [name for name in seen["left"] if name.endswith(("-wal", "-shm"))] == []


def test_refused_settings_are_not_tried_again(seen) -> None:
    refused = seen["refused"]
    assert (refused["ActiveState"], refused["ExecMainStatus"], refused["NRestarts"]) == ("failed", "78", "0")
    assert seen["refused_says"]


def test_an_address_that_comes_late_is_waited_for(seen) -> None:
    assert seen["late_tries_s"] < 60
    assert seen["late_s"] < 15
