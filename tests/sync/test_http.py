"""The same exchange over a real socket: waitress, gzip, one deadline, and answers that are not HQ's."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waitress.server import create_server

from sync.answers import fault_of
from sync.messages import HubBusy, LineDown, NotAdmitted
from sync.transport import HttpTransport, checked_url

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def served(hub: Any) -> Iterator[str]:
    server: Any = create_server(hub.app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    server.close()


@pytest.fixture
def impostor() -> Iterator[Callable[[Callable[[socket.socket, threading.Event], None]], str]]:
    """Serves whatever a function writes to each connection, on loopback."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def start(speak: Callable[[socket.socket, threading.Event], None]) -> str:
        def serve() -> None:
            while not over.is_set():
                try:
                    talk, _ = listener.accept()
                except OSError:
                    return
                with talk:
                    try:
                        talk.recv(65536)
                        speak(talk, over)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    over.set()
    listener.close()


def test_a_store_syncs_over_http(hub: Any, served: str, make_shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop = make_shop("S1", HttpTransport(served, hub.tokens["S1"], 10))
    for _ in range(40):
        shop.advance("O1", "ready")
    shop.collect("O1", 2)
    shop.settle()
    assert len(hub.desk.events("S1")) == 41
    assert shop.replica.checksum("s:S1:orders") == hub.head("s:S1:orders")
    shop.wire.plan = ["lost", "drop", "truncate"]
    shop.collect("O1", 1)
    shop.settle()
    assert len(hub.desk.events("S1")) == 42


def test_a_wrong_token_is_hqs_own_word(served: str, make_shop: Any) -> None:
    with pytest.raises(NotAdmitted):
        make_shop("S1", HttpTransport(served, "wrong", 10)).turn()


def drip(start: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def speak(talk: socket.socket, over: threading.Event) -> None:
        talk.sendall(start)
        # Bounded, so that a client without a deadline fails the test instead of hanging it.
        for _ in range(600):
            talk.sendall(b"x")
            if over.wait(0.05):
                return

    return speak


@pytest.mark.parametrize(
    "start",
    [HEAD + b"Content-Length: 600\r\n\r\n", HEAD + b"X-Slow: ", b"", HEAD + b"\r\n"],
    ids=["body", "header", "status", "until closed"],
)
def test_an_answer_that_drips_is_given_up(impostor: Any, start: bytes) -> None:
    line = HttpTransport(impostor(drip(start)), "t", 0.4)
    with pytest.raises(LineDown):
        line.post("/sync/v1/pull", b"{}")


class SlowBearer:
    """A credential that takes its time to be renewed."""

    def __init__(self, takes_s: float) -> None:
        self.takes_s = takes_s

    def bearer(self, ask: Any) -> str:
        del ask
        ends = time.monotonic() + self.takes_s
        while time.monotonic() < ends:
            threading.Event().wait(self.takes_s / 10)
        return "t"

    def refused(self) -> bool:
        return False


def test_a_question_and_the_bearer_before_it_share_one_budget(impostor: Any) -> None:
    asked: list[bool] = []

    def answers(talk: socket.socket, _: threading.Event) -> None:
        asked.append(True)
        talk.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    url = impostor(answers)
    # A question alone has all of its time; the exchange has it anew for each request.
    assert HttpTransport(url, SlowBearer(0.0), 10).post_within("/ask", b"{}", 10) == b"{}"
    assert HttpTransport(url, SlowBearer(0.3), 10).post("/ask", b"{}") == b"{}"
    with pytest.raises(LineDown, match="took its time"):
        HttpTransport(url, SlowBearer(0.3), 10).post_within("/ask", b"{}", 0.2)
    assert len(asked) == 2


def test_silence_and_a_closed_door_are_a_line_down(impostor: Any) -> None:
    url = impostor(lambda _talk, over: over.wait(5))
    with pytest.raises(LineDown):
        HttpTransport(url, "t", 0.3).post("/sync/v1/pull", b"{}")
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(LineDown):
        HttpTransport(f"http://127.0.0.1:{port}", "t", 1).post("/sync/v1/pull", b"{}")


NOT_OURS = {
    "portal": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<ht>",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "proxy 403": b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx",
    "500": b"HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "cut short": HEAD + b"Content-Length: 500\r\n\r\n{",
    "bad gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    "huge": HEAD + b"Content-Length: 9000000\r\n\r\n" + b" " * 9_000_000,
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_what_is_not_hq_is_a_line_down(impostor: Any, name: str) -> None:
    url = impostor(lambda talk, _over: talk.sendall(NOT_OURS[name]))
    with pytest.raises(LineDown) as fault:
        HttpTransport(url, "secret-token", 5).post("/sync/v1/pull", b"{}")
    assert "secret-token" not in repr(fault.value)


def test_the_line_recovers_after_a_fault(hub: Any, served: str, impostor: Any) -> None:
    line = HttpTransport(impostor(drip(b"")), hub.tokens["S1"], 0.3)
    with pytest.raises(LineDown):
        line.post("/sync/v1/pull", b"{}")
    line._base, line._timeout_s = served, 10
    assert line.post("/sync/v1/pull", b'{"proto":1,"stream":"x"}').endswith(b"}\n")


def test_retry_after_is_honoured_up_to_five_minutes() -> None:
    said = [fault_of(503, {"Retry-After": text}, b"") for text in ("7", "99999", "Tue, 1 Jan 2030", "")]
    assert [fault.retry_s for fault in said if isinstance(fault, HubBusy)] == [7, 300, 30, 30]


@pytest.mark.parametrize(
    "url", ["https://hq.example", "http://127.0.0.1:8780/", "http://localhost", "http://[::1]:1"]
)
def test_safe_addresses(url: str) -> None:
    assert checked_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://hq.example",
        "http://10.0.0.1",
        "hq.example",
        "ftp://x",
        "https://u:p@hq.example",
        "https://x?a=b",
        "",
    ],
)
def test_unsafe_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="HQ's address"):
        checked_url(url)
