"""One line between a store and a lane: frames both ways, a beat, and an end as soon as the other side is gone."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable

from devices.lane_messages import (
    FRAME_LIMIT,
    Beat,
    FromLane,
    FromStore,
    Message,
    NotUnderstood,
    Parting,
    TooLarge,
    frame,
    length_of,
)

BEAT_S = 1.0
"""How often each side says that it is there."""
SILENCE_S = 5.0
"""After how much silence, or how long a message that does not get away, the other side counts as gone."""
_ROOM = 4 * FRAME_LIMIT
_PIECE = 1 << 16


class LineLost(Exception):
    """The line is down."""


class Line:
    """A connection whose two sides know each other. `run` is its only thread that touches the socket.

    `heard` gets each message in that thread and must not wait; `NotUnderstood` from it or `read` ends the line.
    """

    def __init__(
        self,
        connection: socket.socket,
        read: Callable[[bytes], FromLane] | Callable[[bytes], FromStore],
        heard: Callable[[Message], None],
    ) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._read = read
        self._heard = heard
        self._lock = threading.Lock()
        self._out = bytearray()
        self._in = bytearray()
        self._ended: str | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stirred = self._moved = self._beaten = time.monotonic()

    @property
    def up(self) -> bool:
        """Whether messages can still be sent."""
        return self._ended is None

    def send(self, message: Message) -> None:
        """Queues a message; raises LineLost. It may still get lost with the line."""
        data = frame(message)
        with self._lock:
            if self._ended is not None:
                raise LineLost(self._ended)
            if not self._out:
                self._moved = time.monotonic()
            self._out += data
            if len(self._out) > _ROOM:
                self._ended = "SLOW_PEER"
            os.eventfd_write(self._wake, 1)

    def end(self, reason: str = "ENDED") -> None:
        """Asks the thread in `run` to hang up; at once back."""
        with self._lock:
            if self._ended is None:
                self._ended = reason
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def run(self) -> str:
        """Carries messages until the line ends; gives the reason, a code."""
        self._stirred = time.monotonic()
        try:
            while self._ended is None:
                self._turn()
        except (TooLarge, NotUnderstood) as refused:
            self._part("TOO_LARGE" if isinstance(refused, TooLarge) else "NOT_UNDERSTOOD")
        except ssl.SSLError:
            self.end("TLS_FAILED")
        except OSError:
            self.end("CUT")
        finally:
            self._shut()
        return self._ended or ""

    def _turn(self) -> None:
        now = time.monotonic()
        if now - self._stirred > SILENCE_S:
            self.end("SILENT_PEER")
            return
        if self._out and now - self._moved > SILENCE_S:
            self.end("SLOW_PEER")
            return
        if now - self._beaten >= BEAT_S:
            self._beaten = now
            if not self._out:  # what waits in the queue says as much
                with contextlib.suppress(LineLost):
                    self.send(Beat())
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
        ready = dict(poll.poll(max(0.0, self._beaten + BEAT_S - now) * 1000))
        if self._wake in ready:
            os.eventfd_read(self._wake)
        self._flush()
        if ready.keys() - {self._wake}:
            self._fill()

    def _flush(self) -> None:
        with self._lock:
            while self._out:
                try:
                    sent = self._socket.send(bytes(self._out[:_PIECE]))
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    return
                del self._out[:sent]
                self._moved = time.monotonic()

    def _fill(self) -> None:
        """Everything that has arrived; TLS may hold more than the socket shows, so until it says wait."""
        for _ in range(16):
            try:
                data = self._socket.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not data:
                self.end("HUNG_UP")
                return
            self._stirred = time.monotonic()
            self._in += data
            self._parse()
        os.eventfd_write(self._wake, 1)

    def _parse(self) -> None:
        while len(self._in) >= 4 and self._ended is None:
            length = length_of(self._in)
            if len(self._in) < 4 + length:
                return
            body = bytes(self._in[4 : 4 + length])
            del self._in[: 4 + length]
            message = self._read(body)
            if isinstance(message, Parting):
                self.end(f"TOLD_{message.code}")
            elif not isinstance(message, Beat):
                self._heard(message)

    def _part(self, code: str) -> None:
        """Says why before it hangs up, if the other side still listens."""
        self.end(code)
        with contextlib.suppress(OSError):
            self._socket.send(frame(Parting(code)))

    def _shut(self) -> None:
        self.end("CRASHED")
        with contextlib.suppress(OSError):
            self._socket.close()
        with self._lock:
            os.close(self._wake)
            self._wake = -1


def give(connection: socket.socket, message: Message, wait_s: float) -> None:
    """Sends one message before the line has a thread; raises OSError."""
    connection.settimeout(wait_s)
    connection.sendall(frame(message))


def take(connection: socket.socket, limit: int, wait_s: float) -> bytes:
    """The body of one message before the line has a thread; raises TooLarge, and OSError when it takes too long."""
    deadline = time.monotonic() + wait_s
    return _exactly(connection, length_of(_exactly(connection, 4, deadline), limit), deadline)


def _exactly(connection: socket.socket, count: int, deadline: float) -> bytes:
    got = bytearray()
    while len(got) < count:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        some = connection.recv(count - len(got))
        if not some:
            raise ConnectionResetError
        got += some
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(got)
