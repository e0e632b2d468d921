"""The check-up looks at the machine: programs, key, disk, clock, ports, screens, systemd."""

from __future__ import annotations

import base64
import importlib
import importlib.metadata
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from config.schema import Settings
from edge.db import CREDENTIALS
from edge.domain import checkup_books, checkup_unit
from edge.domain import checkup_box as judge
from edge.domain.checkup import Verdict
from edge.domain.checkup_box import KeyPlace
from edge.domain.checkup_unit import FENCES, UnitState
from edge.file_key import KEY_FILE
from edge.sealed import EDGE_KEY, place_of
from edge.starts import last_start

_TOOL_S = 5.0
_BACKUPS = Path("/var/backups/store-edge")
_PACKAGED = Path("/opt/store-edge/current")
_RULES = ("70-store-edge.rules", "71-store-edge-devices.rules")
_RULE_FOLDERS = ("/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_NATIVE = ("sqlcipher3.dbapi2", "pyzbar.pyzbar", "cryptography.hazmat.primitives.ciphers.aead", "serial")
"""Loaded to see whether what they stand on is there."""
_SEALS = {
    "5a1c6a86df9d4096b1d5a65e0862f19a": "host",
    "0c7cc07b117645919c4b0bea08bc20fe": "tpm",
    "faf7eb9341e3412ca1a436f95a29362f": "tpm",
    "93a894094874449090caf2fc93cab553": "tpm",
    "af4950a849134eb1a73846304ff30c05": "tpm",
}
"""First 16 bytes of what systemd-creds makes: by what it is sealed (systemd 252, src/shared/creds-util.h)."""


def machine(settings: Settings, drift_s: float | None, *, running: bool) -> Iterator[Verdict]:
    """The lines about the machine; run as root they say the most."""
    state = Path(settings.store.state_dir)
    yield programs()
    yield judge.key(key_place(state))
    yield from _disk(state)
    built = Path(__file__).stat().st_mtime
    yield judge.clock(synchronised=_synchronised(), wall=time.time(), built=built, drift_s=drift_s)
    yield ports(settings, running=running)
    yield judge.fonts(_said("fc-list", ":lang=zh", "family").partition("\n")[0])
    yield checkup_books.backup(_backup_age_s(), wanted=_BACKUPS.is_dir())
    yield judge.voice(shutil.which("espeak-ng") or "")
    yield _kiosk(settings)
    missing = tuple(name for name in _RULES if not any(Path(f, name).exists() for f in _RULE_FOLDERS))
    yield checkup_unit.udev(missing, packaged=_PACKAGED.exists())
    unit = unit_state()
    yield checkup_unit.unit(unit)
    yield checkup_unit.fences(unit)
    yield checkup_unit.start(last_start(state))


def release() -> str:
    """The version of this release; "" where it is not installed."""
    try:
        return importlib.metadata.version("store-edge")
    except importlib.metadata.PackageNotFoundError:
        return ""


def programs() -> Verdict:
    """Python, and every library that the store asks for."""
    missing = []
    for line in importlib.metadata.requires("store-edge") or [] if release() else ["store-edge"]:
        name = line.partition(";")[0].strip()
        if "extra ==" in line:
            continue
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    for module in _NATIVE:
        try:
            importlib.import_module(module)
        except (ImportError, OSError):
            missing.append(module)
    return judge.programs(".".join(map(str, sys.version_info[:3])), release() or "?", tuple(missing))


def key_place(state: Path) -> KeyPlace:
    """Where the key of the books lies, and by what it is sealed."""
    granted = os.environ.get(CREDENTIALS)
    sealed = place_of(EDGE_KEY)
    try:
        if sealed.exists():
            head = base64.b64decode(sealed.read_bytes()[:24], validate=False)[:16].hex()
            return KeyPlace(str(sealed), found=True, sealed_by=_SEALS.get(head, "other"))
    except PermissionError:
        return KeyPlace(str(sealed), found=True, sealed_by="unseen")
    plain = state / KEY_FILE
    if granted and Path(granted, KEY_FILE).exists():
        return KeyPlace(str(Path(granted, KEY_FILE)), found=True, sealed_by="other")
    try:
        mode = stat.S_IMODE(plain.stat().st_mode)
    except OSError:
        return KeyPlace(str(plain), found=False)
    return KeyPlace(str(plain), found=True, loose=f"{mode:o}" if mode & 0o077 else "")


def _disk(state: Path) -> Iterator[Verdict]:
    there = next(folder for folder in (state, *state.absolute().parents) if folder.exists())
    seen = os.statvfs(there)
    # What root keeps for itself is no room for the store.
    taken = seen.f_blocks - seen.f_bfree
    yield judge.space("disk", (taken + seen.f_bavail) * seen.f_frsize, seen.f_bavail * seen.f_frsize)
    yield judge.space("inodes", seen.f_files, seen.f_favail)


def _backup_age_s() -> float | None:
    """Age of the newest file where backups go; None: there is none, or only root may see it."""
    try:
        moments = [file.stat().st_mtime for file in _BACKUPS.iterdir() if file.is_file()]
    except OSError:
        return None
    return time.time() - max(moments) if moments else None


def is_running(state: Path) -> bool:
    """Whether a store works on this folder: who holds its lock, as the kernel lists it; takes no lock itself."""
    try:
        seen = (state / "daemon.lock").stat()
        locks = Path("/proc/locks").read_text("ascii")
    except OSError:
        return False
    name = f"{os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}:{seen.st_ino}"
    return any(name in line.split() for line in locks.splitlines())


def ports(settings: Settings, *, running: bool) -> Verdict:
    """The pages' and the streams' ports."""
    web = settings.web
    places = [(web.host, port) for port in (web.port, web.live_port) if port]
    silent = [f"{h}:{p}" for h, p in places if running and not _answers(h, p)]
    taken = [f"{h}:{p}" for h, p in places if not running and not _free(h, p)]
    return judge.ports(tuple(taken), tuple(silent), running=running)


def _answers(host: str, port: int) -> bool:
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - a key to look up
    try:
        socket.create_connection((anywhere.get(host, host), port), timeout=2.0).close()
    except OSError:
        return False
    return True


def _free(host: str, port: int) -> bool:
    try:
        socket.create_server((host, port)).close()
    except OSError:
        return False
    return True


def _synchronised() -> bool | None:
    said = _said("timedatectl", "show", "-p", "NTPSynchronized", "--value")
    return {"yes": True, "no": False}.get(said)


def _kiosk(settings: Settings) -> Verdict:
    stations = tuple(name for name, one in settings.stations.items() if one.screen == "local")
    programs_wanted = {"chromium": ("chromium", "chromium-browser"), "cage": ("cage",)}
    missing = tuple(
        package for package, names in programs_wanted.items() if not any(shutil.which(one) for one in names)
    )
    listed = _said("systemctl", "list-units", "--all", "--plain", "--no-legend", "kiosk@*")
    states = [line.split() for line in listed.splitlines() if len(line.split()) > 2]
    stopped = tuple(words[0] for words in states if words[2] != "active")
    return judge.kiosk(stations, missing, stopped)


def unit_state() -> UnitState:
    """store-edge.service as systemd has it."""
    wanted = ("LoadState", "ActiveState", "Result", "NRestarts", "DropInPaths", *FENCES)
    said = _said("systemctl", "show", "store-edge.service", "-p", ",".join(wanted))
    told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    if told.get("LoadState") != "loaded":
        return UnitState(known=False)
    restarts = told.get("NRestarts", "0")
    return UnitState(
        known=True,
        active=told.get("ActiveState", ""),
        result=told.get("Result", ""),
        restarts=int(restarts) if restarts.isdigit() else 0,
        drop_ins=tuple(told.get("DropInPaths", "").split()),
        properties={name: told[name] for name in FENCES if name in told},
    )


def _said(*words: str) -> str:
    """What a program of the system says; "" where it is missing, fails or hangs."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TOOL_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
