"""A serial scanner that exists only as a pseudo-terminal: scans and is unplugged on request."""

from __future__ import annotations

import contextlib
import os
import tempfile
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.scanned_bytes import Suffix

_WRAPS = {
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "crlf": (b"", b"\r\n"),
    "tab": (b"", b"\t"),
    "etx": (b"\x02", b"\x03"),
    "none": (b"", b""),
}


class SimulatedScanner:
    """A scanner at `port`, a link that stays the same through replugging; use as a context."""

    def __init__(self, suffix: Suffix = "cr") -> None:
        self._prefix, self._suffix = _WRAPS[suffix]
        self._folder = tempfile.TemporaryDirectory(prefix="scanner-")
        self._link = Path(self._folder.name) / "port"
        self._ends: tuple[int, int] | None = None
        self.replug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What goes into the settings as the scanner's port."""
        return str(self._link)

    @property
    def plugged(self) -> bool:
        """Whether the cable is in."""
        return self._ends is not None

    def scan(self, code: str | bytes) -> None:
        """Sends one code (text as UTF-8) and its suffix."""
        self.send(self._prefix + (code.encode() if isinstance(code, str) else code) + self._suffix)

    def send(self, data: bytes) -> None:
        """Sends bytes as they are; unplugged or with nobody reading they are lost, as on a real line."""
        if self._ends:
            with contextlib.suppress(BlockingIOError):
                os.write(self._ends[0], data)

    def heard(self) -> bytes:
        """Takes what the host has sent to the scanner since the last time."""
        try:
            return os.read(self._ends[0], 4096) if self._ends else b""
        except BlockingIOError:
            return b""

    def unplug(self) -> None:
        """The cable is pulled: the port vanishes, who has it open is hung up."""
        ends, self._ends = self._ends, None
        if ends:
            self._link.unlink(missing_ok=True)
            for end in ends:
                os.close(end)

    def replug(self) -> None:
        """The cable is back, under another device name behind the same link."""
        if self._ends:
            return
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._link.symlink_to(os.ttyname(theirs))
        self._ends = (ours, theirs)

    def close(self) -> None:
        """Unplugs for good."""
        self.unplug()
        self._folder.cleanup()
