"""The line between a store and HQ as a thing one can cut, mend and slow: a small TCP relay on loopback."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)


class Line:
    """Relays 127.0.0.1:`port` to 127.0.0.1:`far_port`; use as a context. Public verbs from any thread.

    A cut line resets what runs over it and every new attempt; `slow` holds each piece of data back.
    """

    def __init__(self, far_port: int, port: int = 0) -> None:
        self._far = ("127.0.0.1", far_port)
        self._listener = socket.create_server(("127.0.0.1", port), backlog=32)
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._whole = True
        self._closed = threading.Event()
        self._delay_s = 0.0
        self._thread = threading.Thread(target=self._accept, name="line", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def whole(self) -> bool:
        """Whether the line is not cut."""
        return self._whole

    @property
    def delay_s(self) -> float:
        """How long each piece of data is held back, seconds; 0 as fast as it goes."""
        return self._delay_s

    def cut(self) -> None:
        """Everything on the line is reset, and so is whatever is tried from now on."""
        with self._lock:
            self._whole = False
            for end in self._ends:
                _reset(end)

    def restore(self) -> None:
        """The line works again, at full speed."""
        with self._lock:
            self._whole = True
            self._delay_s = 0.0

    def slow(self, delay_s: float) -> None:
        """Holds each piece of data back by so many seconds, both ways."""
        self._delay_s = delay_s

    def close(self) -> None:
        """Ends the line for good and waits for its threads to notice."""
        self.cut()
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = self._dial() if self._whole else None
            if far is None or not self._join(near, far):
                _reset(near)
                near.close()

    def _dial(self) -> socket.socket | None:
        try:
            return socket.create_connection(self._far, timeout=5)
        except OSError:
            return None

    def _join(self, near: socket.socket, far: socket.socket) -> bool:
        far.settimeout(None)
        with self._lock:
            if not self._whole:
                far.close()
                return False
            self._ends |= {near, far}
        running = [near, far]
        for source, target in ((near, far), (far, near)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self._relay, args=(source, target, running), name="line", daemon=True
            ).start()
        return True

    def _relay(self, source: socket.socket, target: socket.socket, running: list[socket.socket]) -> None:
        """One direction until its end; the second of the two to finish closes both sockets."""
        try:
            while data := source.recv(_CHUNK):
                if self._delay_s:
                    self._closed.wait(self._delay_s)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(source)
            _reset(target)
        with self._lock:
            running.remove(source)
            if running:
                return
            self._ends -= {source, target}
        source.close()
        target.close()


def _reset(end: socket.socket) -> None:
    """Makes both sides of a connection fail at once instead of ending politely."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RDWR)
