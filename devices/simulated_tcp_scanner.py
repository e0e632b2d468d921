"""A network scanner that exists only as a socket: it is called or calls, scans, and loses its power."""

from __future__ import annotations

import contextlib
import socket
import struct
from types import TracebackType
from typing import Self


class SimulatedTcpScanner:
    """A scanner at `port` that waits to be called; `ring` makes it call instead. Use as a context."""

    def __init__(self) -> None:
        self._door: socket.socket | None = None
        self._line: socket.socket | None = None
        self._number = 0
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
        return f"127.0.0.1:{self._number}"

    def take_call(self, wait_s: float = 5.0) -> None:
        """Waits until the host calls."""
        if self._door:
            self._door.settimeout(wait_s)
            self._line = self._door.accept()[0]

    def ring(self, address: tuple[str, int]) -> None:
        """Calls the host; without hanging up before, as after a loss of power."""
        self._line = socket.create_connection(address, timeout=5)

    def scan(self, code: str | bytes) -> None:
        """Sends one code and a carriage return."""
        self.send((code.encode() if isinstance(code, str) else code) + b"\r")

    def send(self, data: bytes) -> None:
        """Sends bytes as they are; with nobody there they are lost."""
        if self._line:
            with contextlib.suppress(OSError):
                self._line.sendall(data)

    def hang_up(self, *, abruptly: bool = False) -> None:
        """Ends the call; abruptly: with a reset."""
        line, self._line = self._line, None
        if line:
            if abruptly:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()

    def unplug(self) -> None:
        """Its power is gone: the call ends, nobody answers any more."""
        self.hang_up()
        door, self._door = self._door, None
        if door:
            door.close()

    def replug(self) -> None:
        """Its power is back, at the same address."""
        if not self._door:
            self._door = socket.create_server(("127.0.0.1", self._number))
            self._number = self._door.getsockname()[1]

    def close(self) -> None:
        """Unplugs for good."""
        self.unplug()
