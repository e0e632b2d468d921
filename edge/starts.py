"""Why the store last started: a note in its state folder, written at each start and each orderly end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge.domain.checkup_unit import LastStart
from edge.durable import settled

_NOTE = "last-start.json"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def began(folder: Path) -> LastStart:
    """Notes a start and gives it: how often so far, and what became of the run before."""
    last, boot = _read(folder), _BOOT.read_text().strip()
    if not last:
        reason = "first"
    elif last.get("clean"):
        reason = "clean"
    else:
        # Another boot: nobody had stopped us before the machine went down.
        reason = "crash" if last.get("boot") == boot else "power"
    starts, at = _count(last) + 1, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    _write(folder, {"boot": boot, "at": at, "starts": starts, "reason": reason, "clean": False})
    return LastStart(reason, at, starts)


def ended(folder: Path) -> None:
    """Notes that this run was stopped in order."""
    _write(folder, {**_read(folder), "clean": True})


@contextmanager
def noted(folder: Path) -> Iterator[LastStart]:
    """A run of the store for the time of a `with` block."""
    try:
        yield began(folder)
    finally:
        ended(folder)


def last_start(folder: Path) -> LastStart:
    """What `began` noted last; an empty one where it never did, or nobody may look."""
    note = _read(folder)
    return LastStart(str(note.get("reason", "")), str(note.get("at", "")), _count(note))


def _count(note: dict[str, object]) -> int:
    starts = note.get("starts", 0)
    return starts if isinstance(starts, int) else 0


def _read(folder: Path) -> dict[str, object]:
    try:
        note = json.loads((folder / _NOTE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _write(folder: Path, note: dict[str, object]) -> None:
    """Whole or not at all. A full disk is no reason not to serve, nor not to stop."""
    aside = folder / f".{_NOTE}.{os.getpid()}"
    try:
        with aside.open("w", encoding="utf-8") as file:
            json.dump(note, file)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(folder / _NOTE)
        settled(folder)
    except OSError:
        aside.unlink(missing_ok=True)
