"""A proxy between a store and HQ that reads whole requests and answers, and spoils some of them, as a seed decides."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from random import Random

FAULTS = {
    "drop": 3,
    "delay": 3,
    "truncate": 2,
    "twice": 4,
    "lost": 5,
    "cut": 3,
    "garbage": 2,
    "storm": 2,
    "drip": 1,
}
_PAGE = b"<html><body>Please log in to the wifi</body></html>"
GARBAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(_PAGE), _PAGE)
STORM = (
    b"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nRetry-After: 1\r\nContent-Length: 16\r\n\r\n"
    b'{"error":"busy"}'
)


class _Gone(Exception):
    """The other side is not there, or went amid a message."""


class FaultProxy:
    """Listens on `port` of loopback, forwards to HQ's. Spoils `share` of the requests until it is calm."""

    def __init__(self, hq_port: int, seed: int, share: float) -> None:
        self._hq_port = hq_port
        self._dice = Random(seed)  # noqa: S311 - chance that can be repeated
        self.share = share
        self.met: Counter[str] = Counter()
        self._ears = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._ears.getsockname()[1])
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Hears nobody any more."""
        self._ears.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._ears.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError, _Gone):
            left = b""
            while True:
                head, body, left = _message(near, left)
                self._exchange(near, head + body, len(head))

    def _exchange(self, near: socket.socket, request: bytes, head: int) -> None:
        word = self._word()
        if word == "drop":
            raise _Gone
        if word == "delay":
            time.sleep(0.3)
        if word == "truncate":
            with self._far() as far:
                far.sendall(request[: head + max(0, len(request) - head) // 2])
            raise _Gone
        if word in {"garbage", "storm"}:
            near.sendall(GARBAGE if word == "garbage" else STORM)
            return
        answer = self._ask(request)
        if word == "twice":
            answer = self._ask(request)
        if word == "lost":
            raise _Gone
        if word == "cut":
            near.sendall(answer[: len(answer) // 2])
            raise _Gone
        if word == "drip":
            self._drip(near, answer)
            return
        near.sendall(answer)

    def _word(self) -> str:
        with self._lock:
            word = ""
            if self._dice.random() < self.share:
                word = self._dice.choices(list(FAULTS), list(FAULTS.values()))[0]
            self.met[word or "passed"] += 1
            return word

    def _ask(self, request: bytes) -> bytes:
        with self._far() as far:
            far.sendall(request)
            head, body, _ = _message(far, b"")
            return head + body

    def _far(self) -> socket.socket:
        far = socket.create_connection(("127.0.0.1", self._hq_port), 5.0)
        far.settimeout(30.0)
        return far

    def _drip(self, near: socket.socket, answer: bytes) -> None:
        """A byte at a time, until whoever waits has had enough."""
        for at in range(min(len(answer), 400)):
            near.sendall(answer[at : at + 1])
            time.sleep(0.02)
        raise _Gone


def _message(line: socket.socket, left: bytes) -> tuple[bytes, bytes, bytes]:
    """One whole request or answer: its head, its body, and what came after it."""
    said = left
    while b"\r\n\r\n" not in said:
        said += _some(line)
    head, _, said = said.partition(b"\r\n\r\n")
    head += b"\r\n\r\n"
    sizes = [
        row.partition(b":")[2] for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")
    ]
    size = int(sizes[0]) if sizes else 0
    while len(said) < size:
        said += _some(line)
    return head, said[:size], said[size:]


def _some(line: socket.socket) -> bytes:
    said = line.recv(1 << 16)
    if not said:
        raise _Gone
    return said
