"""Where a simulated printer is plugged in: a TCP port or a pseudo-terminal, which take bytes and can break."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import threading
import time
import tty
from collections.abc import Callable
from typing import Protocol

Took = Callable[[bytes], None]


class Port(Protocol):
    """One end of a line; `rate` throttles it to so many bytes a second (0: not at all)."""

    rate: int

    def open(self) -> None:
        """Lets hosts in; nothing if it already does."""

    def close(self) -> None:
        """Lets nobody in any more, and whoever is in hears a reset."""

    def send(self, answer: bytes) -> None:
        """To the host, if there is one."""

    def hang_up(self, *, reset: bool) -> None:
        """Ends the line of the host of now, with a reset or in good order."""


class TcpPort:
    """Serves one host at a time, like the real ones; port 0 takes a free one, kept when opened again."""

    def __init__(self, host: str, port: int, took: Took, gone: Callable[[], None]) -> None:
        self.rate = 0
        self.host = host
        self.port = port
        self._took = took
        self._gone = gone
        self._listener: socket.socket | None = None
        self._line: socket.socket | None = None
        self._cut: socket.socket | None = None

    def open(self) -> None:
        """Starts listening."""
        if self._listener:
            return
        listener = socket.create_server((self.host, self.port), backlog=8)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), name="simulated-printer", daemon=True).start()

    def close(self) -> None:
        """Refuses connections from now on."""
        listener, self._listener = self._listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
            listener.close()
        self.hang_up(reset=True)

    def send(self, answer: bytes) -> None:
        """To the host; it may be gone."""
        line = self._line
        if line is not None:
            with contextlib.suppress(OSError):
                line.sendall(answer)

    def hang_up(self, *, reset: bool) -> None:
        """The host hears a reset, or an end in good order."""
        line = self._line
        if line is None:
            return
        self._cut = line  # what lies in its buffer is not read any more
        with contextlib.suppress(OSError):  # the host may be gone
            if reset:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.shutdown(socket.SHUT_RD)  # wakes the thread in recv(), which closes it

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line = line
            with contextlib.suppress(OSError):
                while self._cut is not line and (data := line.recv(256 if self.rate else 65536)):
                    _throttle(len(data), self.rate)
                    self._took(data)
            self._line = None
            self._gone()
            line.close()


class PtyPort:
    """A serial line; `device` is what the host opens. A reset is silence: a cable has no more to say."""

    def __init__(self, took: Took) -> None:
        self.rate = 0
        self.device = ""
        self._took = took
        self._ours = self._theirs = self._pull = -1

    def open(self) -> None:
        """Makes the pair and reads from it."""
        if self.device:
            return
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.device = os.ttyname(self._theirs)
        self._pull = os.eventfd(0)
        ends = (self._ours, self._theirs, self._pull)
        threading.Thread(target=self._serve, args=ends, name="simulated-printer", daemon=True).start()

    def close(self) -> None:
        """Pulls the cable: the host's descriptor hangs up."""
        if self.device:
            self.device = ""
            os.eventfd_write(self._pull, 1)

    def send(self, answer: bytes) -> None:
        """To whoever has the device open."""
        with contextlib.suppress(OSError):
            os.write(self._ours, answer)

    def hang_up(self, *, reset: bool) -> None:
        """Nothing that a host could notice."""

    def _serve(self, ours: int, theirs: int, pull: int) -> None:
        # Closed by this thread: a descriptor that somebody still reads from does not hang up.
        while pull not in select.select([ours, pull], [], [])[0]:
            data = os.read(ours, 256 if self.rate else 65536)
            _throttle(len(data), self.rate)
            self._took(data)
        for end in (theirs, ours, pull):
            os.close(end)


def _throttle(count: int, rate: int) -> None:
    if rate:
        time.sleep(count / rate)
