"""The guest's side of the talk: wishes to the host, what was checked and measured, and who one is while looking."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from devices.ports import DeviceAbsent, DeviceFault, Reading, Scanner

PATIENCE_S = 30.0
"""How long a thing may take that must happen; everything in here is emulated on a busy machine."""
NOBODY = 65534


class Late(Exception):
    """What had to happen did not."""


class Talk:
    """The cable to the host; `group` names what is being looked at."""

    def __init__(self, fd: int) -> None:
        self._line = os.fdopen(fd, "r+b", 0)
        self.group = ""

    def wish(self, wish: str, **words: object) -> None:
        """Asks the host for something, and waits until it is done."""
        self._say(wish=wish, **words)
        while self._line.readline() != b"done\n":
            pass

    def check(self, name: str, ok: object, detail: object = "") -> None:
        """Reports something that must be so; `detail` tells a person what was seen instead."""
        self._say(group=self.group, check=name, ok=bool(ok), detail=str(detail)[-1500:])

    def refused(
        self, name: str, kind: type[DeviceFault], deed: Callable[[], object], words: str = ""
    ) -> None:
        """Checks that a deed is refused with exactly this fault, and with these words in it."""
        try:
            deed()
        except DeviceFault as fault:
            self.check(name, type(fault) is kind and words in str(fault), f"{type(fault).__name__}: {fault}")
        else:
            self.check(name, False, "it was let in")

    def figure(self, name: str, values: object) -> None:
        """Reports what was measured: one figure, or a list of them."""
        self._say(group=self.group, figure=name, values=values)

    def _say(self, **said: object) -> None:
        rest = memoryview(json.dumps(said).encode() + b"\n")
        while rest:
            rest = rest[self._line.write(rest) or 0 :]


def until(condition: Callable[[], Any], what: str = "", limit_s: float = PATIENCE_S) -> Any:
    """What the condition gave at last; raises Late."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise Late(what or condition)
        time.sleep(0.003)
    return found


def opened(scanner: Scanner) -> None:
    """Opens it as soon as that goes, as the service does."""

    def tried() -> bool:
        try:
            scanner.open()
        except DeviceAbsent:
            return False
        return True

    until(tried, f"{scanner} opens")


def heard(scanner: Scanner, count: int = 1, wait_s: float = PATIENCE_S) -> list[Reading]:
    """The next readings."""
    deadline, got = time.monotonic() + wait_s, list[Reading]()
    while len(got) < count and (left := deadline - time.monotonic()) > 0:
        got += scanner.read(left)
    return got


def texts(scanner: Scanner, count: int = 1, wait_s: float = PATIENCE_S) -> list[str]:
    """The next readings' texts."""
    return [reading.text for reading in heard(scanner, count, wait_s)]


def gone(scanner: Scanner, wait_s: float = PATIENCE_S) -> str:
    """Reads until the device is absent; gives the reason."""
    try:
        heard(scanner, 10**9, wait_s)
    except DeviceAbsent as absent:
        return str(absent)
    return ""


@contextlib.contextmanager
def as_root() -> Iterator[None]:
    """For what the bench itself does: everything else is done as the service's user."""
    user = os.geteuid()
    os.seteuid(0)
    try:
        yield
    finally:
        os.seteuid(user)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """A user in none of the service's groups."""
    user, groups, group = os.geteuid(), os.getgroups(), os.getegid()
    os.seteuid(0)
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setgroups(groups)
        os.setegid(group)
        os.seteuid(user)


def files() -> int:
    """How many files this process has open."""
    with as_root():
        return len(list(Path("/proc/self/fd").iterdir()))


def mode_of(path: str | Path) -> str:
    """Like "root:dialout 660"."""
    node = Path(path).resolve()
    return f"{node.owner()}:{node.group()} {node.stat().st_mode & 0o777:o}"


def only(pattern: str) -> str:
    """The path that the pattern fits once it is there; raises Late."""
    folder, _, name = pattern.rpartition("/")
    found: Path = until(lambda: next(Path(folder).glob(name), None), pattern)
    return str(found)
