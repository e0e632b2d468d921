"""The box's secrets at rest: sealed by systemd-creds to its TPM, or to its host key where it has none."""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

from edge.durable import settled

FOLDER = Path("/etc/credstore.encrypted")
EDGE_KEY, LANE_TOKEN = "edge.key", "lane-token"
_TOOL_S = 60.0


class SealBroken(Exception):
    """A secret cannot be sealed or opened on this machine; the message is what systemd-creds said."""


def place_of(name: str) -> Path:
    """Where a secret lies sealed; units name the same path."""
    return FOLDER / f"store-edge.{name}"


def seal(name: str, secret: str) -> None:
    """Seals a secret for this machine alone, whole or not at all; raises SealBroken, OSError."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    target = place_of(name)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        sealed = _tool(secret.encode(), "encrypt", f"--name={name}", "-", "-")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    settled(FOLDER)


def unsealed(name: str) -> str | None:
    """The secret, for root on the machine that it was sealed to; None where there is none. Raises SealBroken."""
    try:
        sealed = place_of(name).read_bytes()
    except OSError:
        return None
    return _tool(sealed, "decrypt", f"--name={name}", "-", "-").decode().strip()


def destroy(name: str) -> bool:
    """Overwrites and removes a sealed secret: what it encrypted is noise from here on. False: there was none."""
    target = place_of(name)
    if not target.exists():
        return False
    shred(target)
    return True


def shred(target: Path) -> None:
    """Overwrites a file in place, waits for the disk, and removes it.

    A flash disk may keep the old cells for a while; a TPM's seal and the host key, wiped too, are what they would need.
    """
    with target.open("r+b") as file:
        file.write(secrets.token_bytes(max(1, target.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())
    target.unlink()
    settled(target.parent)


def _tool(given: bytes, *words: str) -> bytes:
    try:
        done = subprocess.run(
            ["systemd-creds", *words], input=given, capture_output=True, check=False, timeout=_TOOL_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SealBroken(str(error)) from error
    if done.returncode:
        raise SealBroken(done.stderr.decode("utf-8", "replace").strip()[-300:])
    return done.stdout
