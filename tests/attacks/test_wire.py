"""Requests that are none (28, 37 of the list), sent as bytes to a real server: refused by it, told in the log."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from waitress.server import create_server

from kiosk_ui.front_door import LIMITS, watched
from tests.attacks.ground import Ground

_HOST = b"Host: 127.0.0.1\r\n"
_PAGE = b"GET /cashier/sign-in HTTP/1.1\r\n"
_OLD = b"POST /language HTTP/1.0\r\n" + _HOST
_POST = b"POST /language HTTP/1.1\r\n" + _HOST
RAW: dict[str, tuple[bytes, int, str]] = {
    "absolute-form": (
        b"GET http://evil.test/cashier/sign-in HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        421,
        "foreign_host",
    ),
    "absolute-form-two-hosts": (
        b"GET http://127.0.0.1/x HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        400,
        "not_http",
    ),
    "absolute-form-our-host": (b"GET http://evil.test/x HTTP/1.1\r\n" + _HOST + b"\r\n", 400, "not_http"),
    "chunks-in-1.0": (_OLD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "not_http"),
    "no-host": (_PAGE + b"\r\n", 421, "foreign_host"),
    "two-hosts": (_PAGE + _HOST + b"Host: evil.test\r\n\r\n", 421, "foreign_host"),
    "length-and-chunks": (
        _POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /it/ HTTP/1.1\r\n\r\n",
        400,
        "not_http",
    ),
    "two-lengths": (_POST + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd", 400, "not_http"),
    "length-is-no-number": (_POST + b"Content-Length: +4\r\n\r\nabcd", 400, "not_http"),
    "odd-encoding": (_POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "not_http"),
    "chunk-is-no-number": (_POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", 400, "not_http"),
    "large-header": (_PAGE + _HOST + b"X-A: " + b"a" * (64 << 10) + b"\r\n\r\n", 431, "not_http"),
    "folded-header": (_PAGE + _HOST + b"X-A: b\r\n c: d\x00\r\n\r\n", 400, "not_http"),
    "blank-in-name": (_PAGE + _HOST + b"X A: b\r\n\r\n", 400, "not_http"),
    "bare-newline": (_PAGE + _HOST + b"X-A: b\nX-C: d\r\n\r\n", 400, "not_http"),
    "no-request": (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
        400,
        "not_http",
    ),
    "large-body": (_POST + b"Content-Length: 99999999\r\n\r\n", 413, "not_http"),
}


@pytest.fixture(scope="module")
def door(whole: Ground) -> Iterator[int]:
    """The port where the application is served as the daemon serves it."""
    server: Any = create_server(whole.app, host="127.0.0.1", port=0, threads=2, **LIMITS)
    thread = threading.Thread(target=_run, args=(watched(server, whole.app),), daemon=True)
    thread.start()
    yield server.effective_port
    server.close()
    server.task_dispatcher.shutdown()


def _run(server: Any) -> None:
    with suppress(OSError):  # the listener was closed under it: that is how it is stopped
        server.run()


def said(port: int, request: bytes) -> bytes:
    """All that the server says to these bytes until it hangs up or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        with suppress(OSError):  # it hung up before it had heard all
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
        heard = b""
        with suppress(OSError):
            while piece := line.recv(65536):
                heard += piece
        return heard


@pytest.mark.parametrize("name", RAW)
def test_what_is_no_request_is_refused_and_told(ground: Ground, door: int, name: str) -> None:
    request, status, code = RAW[name]
    with ground.unchanged():
        heard = said(door, request)
    assert heard[:7] == b"HTTP/1."
    assert heard[9:12] == str(status).encode()
    assert heard.count(b"HTTP/1.") == 1, "a second request was smuggled in"
    line = ground.one_line(code, address="127.0.0.1")
    assert line["status"] == status


def test_37_a_hundred_that_never_finish_keep_nobody_out(ground: Ground, door: int) -> None:
    lines = [socket.create_connection(("127.0.0.1", door), 10) for _ in range(100)]
    try:
        for line in lines:
            line.sendall(_PAGE + b"X-Slow: ")
        assert said(door, _PAGE + _HOST + b"Connection: close\r\n\r\n")[9:12] == b"200"
        for line in lines:
            line.sendall(b"a")
        assert said(door, _PAGE + _HOST + b"Connection: close\r\n\r\n")[9:12] == b"200"
    finally:
        for line in lines:
            line.close()
    ground.silence()
