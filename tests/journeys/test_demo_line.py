"""The line between store and HQ carries everything, breaks at once when cut, and mends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from edge.demo.line import Line


@pytest.fixture
def echo() -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            while data := line.recv(65536):
                line.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def dial(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=10)


def said_back(call: socket.socket, data: bytes) -> bytes:
    heard = b""
    sender = threading.Thread(target=call.sendall, args=(data,))
    sender.start()
    while len(heard) < len(data) and (more := call.recv(65536)):
        heard += more
    sender.join()
    return heard


def broken(call: socket.socket) -> bool:
    try:
        call.sendall(b"?")
        return call.recv(1) == b""
    except OSError:
        return True


def dead(line: Line) -> bool:
    """Whether a new attempt fails, at the latest with its first byte."""
    try:
        with dial(line) as call:
            return broken(call)
    except OSError:
        return True


def test_carries_a_lot_both_ways(echo: int) -> None:
    data = bytes(range(256)) * 8192
    with Line(echo) as line, dial(line) as call:
        assert said_back(call, data) == data


def test_cut_breaks_what_runs_and_what_is_tried(echo: int) -> None:
    with Line(echo) as line, dial(line) as call:
        assert said_back(call, b"before") == b"before"
        line.cut()
        assert not line.whole
        assert broken(call)
        assert dead(line)
        line.restore()
        with dial(line) as again:
            assert said_back(again, b"after") == b"after"


def test_a_slow_line_loses_nothing(echo: int) -> None:
    with Line(echo) as line:
        line.slow(0.01)
        with dial(line) as call:
            assert said_back(call, b"x" * 200_000) == b"x" * 200_000
        line.restore()
        assert line.delay_s == 0


def test_a_half_closed_call_still_hears_the_answer(echo: int) -> None:
    with Line(echo) as line, dial(line) as call:
        call.sendall(b"last words")
        call.shutdown(socket.SHUT_WR)
        heard = b""
        while more := call.recv(100):
            heard += more
        assert heard == b"last words"


def test_nobody_at_the_far_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = int(probe.getsockname()[1])
    with Line(free) as line:
        assert dead(line)
