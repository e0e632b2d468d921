"""A bare Debian 12 that boots here in a container, with nothing in it but what the package depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
PACKAGES = "systemd-sysv,udev,dbus,iproute2,nftables,python3,libzbar0"
"""The package's own Depends, and what the proof itself looks with."""
NEEDED = ("git", "systemd-nspawn", "mmdebstrap", "unshare", "dpkg-deb")
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
ExecStart=/usr/bin/python3 /proof/{guest}
[Install]
WantedBy=multi-user.target
"""
SKIPS = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can boot a guest"),
    *(pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not here") for tool in NEEDED),
]


def _made_once(kind: str, key: str, make: Any) -> Path:
    """A folder below .cache that `make` fills, made once for each key; those of other keys go."""
    home = ROOT / ".cache" / kind
    ready = home / key
    if not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        making = home / "making"
        making.mkdir(parents=True)
        make(making)
        making.rename(ready)
    return ready


def bare_root() -> Path:
    """Debian 12 as its installer leaves it, as far as this product is concerned."""

    def make(folder: Path) -> None:
        folder.rmdir()
        words = ["--quiet", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(folder)]
        subprocess.run(["mmdebstrap", *words], check=True)
        # The guest asks nobody for packages: what is not here is not to be had.
        for lists in ((folder / "etc/apt").glob("sources.list*"), (folder / "var/lib/apt/lists").glob("*")):
            for one in lists:
                shutil.rmtree(one) if one.is_dir() else one.unlink()

    return _made_once("booted", hashlib.sha256(PACKAGES.encode()).hexdigest()[:16], make)


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def unpacked(folder: Path) -> Path:
    """What a clone brings: the last commit."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=git("archive", "HEAD"), check=True)
    return folder


def built(source: Path, out: Path) -> Path:
    """The package of a source tree, as `./dev deb` makes it."""
    epoch = {"SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct").decode().strip()}
    command = [sys.executable, str(source / "deb/build.py"), "--out", str(out)]
    done = subprocess.run(command, env={**os.environ, **epoch}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return Path(done.stdout.split()[-1])


def package() -> Path:
    """The package of the last commit, built once for it."""

    def make(folder: Path) -> None:
        built(unpacked(folder / "source"), folder)
        shutil.rmtree(folder / "source")

    parts = (
        "config",
        "deb",
        "devices",
        "docs",
        "edge",
        "kiosk_ui",
        "paying",
        "requirements",
        "setup.cfg",
        "sync",
    )
    key = hashlib.sha256(
        git("rev-parse", *(f"HEAD:{one}" for one in (*parts, "systemd", "README.md")))
    ).hexdigest()
    return next(_made_once("deb", key[:16], make).glob("*.deb"))


def stage(folder: Path, guest: str, *beside: Path) -> Path:
    """The layer over the bare root: the proof's unit and files in /proof; gives the host's side of that folder."""
    for name in ("upper", "work", "merged", "proof"):
        (folder / name).mkdir()
    wanted = folder / "upper/etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(parents=True)
    (wanted.parent / "proof.service").write_text(PROOF_UNIT.format(guest=guest), "utf-8")
    (wanted / "proof.service").symlink_to("../proof.service")
    for file in (HERE / guest, HERE / "guest_words.py", HERE / "minipc_probe.py", *beside):
        shutil.copy(file, folder / "proof")
    return folder / "proof"


def what_was_seen(folder: Path, limit_s: float) -> dict[str, Any]:
    """Boots the staged layer, waits until the guest has switched itself off, and gives what it wrote down.

    Skips where no guest boots on this machine.
    """
    boot = ["unshare", "-m", "--propagation", "private", "sh", "-c", BOOT, "boot", f"minipc-{os.getpid()}"]
    try:
        done = subprocess.run(
            [*boot, str(bare_root()), str(folder)],
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
        )
    finally:
        _leave_no_groups(boot[-1])
    report = folder / "proof/seen.json"
    if not report.exists():
        pytest.skip(f"no guest boots here: {(done.stdout + done.stderr)[-600:]}")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    sys.stdout.write(report.read_text("utf-8"))
    sys.stdout.write((folder / "proof/journal.txt").read_text("utf-8")[-20000:])
    return found


def _leave_no_groups(name: str) -> None:
    """Takes the guest's empty control groups away again."""
    for tree in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        for folder, _, _ in os.walk(f"{tree}/{name}", topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
