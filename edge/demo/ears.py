"""An open page's ear: the store's event stream, read as a browser would."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Self

from edge.demo.hops import Missed

_WAIT_S = 20.0


class Ears:
    """Listens to `topics` at the event port; use as a context. What was poked before is not heard."""

    def __init__(self, web_port: int, live_port: int, topics: str) -> None:
        self._line = socket.create_connection(("127.0.0.1", live_port), timeout=_WAIT_S)
        ask = (
            f"GET /live?topics={topics} HTTP/1.1\r\nHost: 127.0.0.1:{live_port}\r\n"
            f"Origin: http://127.0.0.1:{web_port}\r\nAccept: text/event-stream\r\n\r\n"
        )
        self._line.sendall(ask.encode())
        self._heard = b""
        self._until(b"retry:")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()

    def hear(self, topic: str) -> None:
        """Waits for a poke of `topic`; raises Missed when none comes."""
        self._until(f'"topic":"{topic}"'.encode())

    def _until(self, mark: bytes) -> None:
        end = time.monotonic() + _WAIT_S
        while mark not in self._heard:
            try:
                data = self._line.recv(4096)
            except TimeoutError:
                data = b""
            if not data or time.monotonic() > end:
                raise Missed("the event stream stays silent")
            self._heard += data
        self._heard = self._heard.partition(mark)[2]
