"""The event stream over real sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kiosk_ui.guards import origin_gate
from kiosk_ui.live import LiveServer
from kiosk_ui.live_ask import Ask, Declined, read_ask
from tests.kiosk_ui.conftest import settings_in

PAGE = "http://127.0.0.1:8770"


@pytest.fixture
def make(tmp_path: object) -> Iterator[Callable[..., tuple[LiveServer, int]]]:
    """Starts a server with the given limits; all are stopped at the end."""
    from pathlib import Path

    gate = origin_gate(settings_in(Path(str(tmp_path))))
    servers = []

    def start(**limits: float) -> tuple[LiveServer, int]:
        server = LiveServer("127.0.0.1", 0, gate, **limits)  # type: ignore[arg-type]
        servers.append(server)
        return server, server.start()

    yield start
    for server in servers:
        server.stop()


class Tab:
    """A browser tab's EventSource, by hand."""

    def __init__(
        self, port: int, topics: str = "station:T1", last_id: str = "", own: str = "127.0.0.1", **headers: str
    ) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(own, 0))
        told = {"Host": f"127.0.0.1:{port}", "Origin": PAGE} | headers
        if last_id:
            told["Last-Event-ID"] = last_id
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self.sock.sendall(f"GET /live?topics={topics} HTTP/1.1\r\n{lines}\r\n".encode())
        self.data = b""

    def until(self, mark: bytes) -> bytes:
        """Reads up to and with the mark; b"" when the server closed before it came."""
        while mark not in self.data:
            more = self.sock.recv(65536)
            if not more:
                return b""
            self.data += more
        head, _, self.data = self.data.partition(mark)
        return head + mark

    def opened(self) -> Tab:
        assert b"200 OK" in self.until(b"\r\n\r\n")
        assert self.until(b"retry: 1000\n\n")
        return self

    def event(self) -> tuple[str, dict[str, object]]:
        """The next event's id and data."""
        fields = dict(line.split(": ", 1) for line in self.until(b"\n\n").decode().strip().split("\n"))
        return fields["id"], json.loads(fields["data"])


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 s"
        time.sleep(0.005)


def test_a_poke_reaches_those_who_listen_and_nobody_else(make: Callable[..., tuple[LiveServer, int]]) -> None:
    server, port = make()
    here, both, there = (
        Tab(port).opened(),
        Tab(port, "station:T1,orders").opened(),
        Tab(port, "station:T2").opened(),
    )
    wait_for(lambda: server.streams == 3)
    server.poke("station:T1")
    server.poke("orders")
    server.poke("station:T2")
    assert here.event()[1] == {"topic": "station:T1", "n": 1}
    assert [both.event()[1]["topic"] for _ in range(2)] == ["station:T1", "orders"]
    assert there.event()[1] == {"topic": "station:T2", "n": 3}


def test_what_was_missed_is_told_once_a_topic(make: Callable[..., tuple[LiveServer, int]]) -> None:
    server, port = make()
    first = Tab(port, "station:T1,orders").opened()
    wait_for(lambda: server.streams == 1)
    server.poke("station:T1")
    last_id, _ = first.event()
    first.sock.close()
    for topic in ("orders", "station:T1", "orders", "station:T9"):
        server.poke(topic)
    back = Tab(port, "station:T1,orders", last_id).opened()
    assert [back.event()[1]["n"] for _ in range(2)] == [3, 4]
    server.poke("orders")
    assert back.event()[1]["n"] == 6


@pytest.mark.parametrize("last_id", ["otherboot-1", "x", "-", "otherboot-99999999999999999999"])
def test_an_id_of_another_life_means_look_at_everything(
    make: Callable[..., tuple[LiveServer, int]], last_id: str
) -> None:
    server, port = make()
    server.poke("orders")
    back = Tab(port, "station:T1,orders", last_id).opened()
    assert {back.event()[1]["topic"] for _ in range(2)} == {"station:T1", "orders"}


def test_too_long_away_means_look_at_everything(make: Callable[..., tuple[LiveServer, int]]) -> None:
    server, port = make()
    tab = Tab(port).opened()
    wait_for(lambda: server.streams == 1)
    server.poke("station:T1")
    last_id, _ = tab.event()
    for _ in range(2000):
        server.poke("orders")
    assert Tab(port, "station:T1", last_id).opened().event()[1]["topic"] == "station:T1"


def test_eighty_dropped_tabs_change_nothing(make: Callable[..., tuple[LiveServer, int]]) -> None:
    server, port = make()
    threads = threading.active_count()
    for _ in range(2):
        tabs = [Tab(port).opened() for _ in range(80)]
        wait_for(lambda: server.streams == 80)
        assert threading.active_count() == threads
        for tab in tabs[::2]:
            tab.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        for tab in tabs:
            tab.sock.close()
        server.poke("station:T1")
        wait_for(lambda: server.streams == 0)
    fresh = Tab(port).opened()
    wait_for(lambda: server.streams == 1)
    server.poke("station:T1")
    assert fresh.event()[1]["n"] == 3
    assert threading.active_count() == threads


def test_a_tab_that_stops_reading_is_dropped_and_holds_up_nobody(
    make: Callable[..., tuple[LiveServer, int]],
) -> None:
    server, port = make(backlog=4096)
    deaf = Tab(port, "orders").opened()
    good = Tab(port, "orders").opened()
    wait_for(lambda: server.streams == 2)
    heard: list[object] = []

    def listen() -> None:
        while len(heard) == 0 or heard[-1] != 200_000:
            heard.append(good.event()[1]["n"])

    reader = threading.Thread(target=listen)
    reader.start()
    # A kernel buffer takes megabytes; only when it is full does the server begin to keep bytes itself.
    pokes = 0
    while server.streams == 2 and pokes < 199_999:
        server.poke("orders")
        pokes += 1
        if pokes % 200 == 0:
            wait_for(lambda: heard[-1:] == [pokes])  # noqa: B023
    assert server.streams == 1, "the deaf tab was never dropped"
    server._n = 199_999
    server.poke("orders")
    reader.join(10)
    assert not reader.is_alive()
    deaf.sock.close()


def test_more_tabs_than_there_is_room_for_are_told_to_come_back(
    make: Callable[..., tuple[LiveServer, int]],
) -> None:
    server, port = make(max_clients=2)
    tabs = [Tab(port).opened() for _ in range(2)]
    wait_for(lambda: server.streams == 2)
    refused = Tab(port).until(b"\r\n\r\n")
    assert b"503" in refused
    assert b"Retry-After: 5" in refused
    tabs[0].sock.close()
    wait_for(lambda: server.streams == 1)
    Tab(port).opened()


def test_one_address_cannot_take_the_room_of_the_others(make: Callable[..., tuple[LiveServer, int]]) -> None:
    server, port = make(max_clients=4)
    greedy = [Tab(port, own="127.0.0.9").opened() for _ in range(3)]
    refused = Tab(port, own="127.0.0.9")
    assert b"503" in refused.until(b"\r\n\r\n")
    mute = [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.9", 0)) for _ in range(20)]
    page = Tab(port).opened()
    server.poke("station:T1")
    assert page.event()[1]["topic"] == "station:T1"
    assert greedy[0].event()[1]["topic"] == "station:T1"
    for one in mute:
        one.close()


def test_a_heart_beats(make: Callable[..., tuple[LiveServer, int]]) -> None:
    _server, port = make(heartbeat_s=0.02)
    tab = Tab(port).opened()
    assert tab.until(b": still here\n\n") == b": still here\n\n"
    assert tab.until(b": still here\n\n") == b": still here\n\n"


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("GET /live?topics=orders HTTP/1.1", {"Host": "evil.example"}, 421),
        ("GET /live?topics=orders HTTP/1.1", {"Origin": "http://evil.example"}, 403),
        ("GET /live?topics=orders HTTP/1.1", {"Origin": "null"}, 403),
        ("GET /live?topics=orders HTTP/1.1", {"Host": ""}, 421),
        ("GET /other HTTP/1.1", {}, 404),
        ("POST /live?topics=orders HTTP/1.1", {}, 405),
        ("GET /live HTTP/1.1", {}, 400),
        ("GET /live?topics=../etc HTTP/1.1", {}, 400),
        ("GET /live?topics=a%0d%0aX HTTP/1.1", {}, 400),
        ("GET /live?topics=" + ",".join(f"orders:{n}" for n in range(17)) + " HTTP/1.1", {}, 400),
        ("GET http://[ HTTP/1.1", {}, 400),
        ("GARBAGE", {}, 400),
        ("GET /live?topics=orders HTTP/1.1", {"X-Long": "x" * 9000}, 431),
    ],
)
def test_a_bad_request_gets_an_answer_and_no_stream(
    make: Callable[..., tuple[LiveServer, int]], line: str, headers: dict[str, str], status: int
) -> None:
    server, port = make()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        told = {"Host": f"127.0.0.1:{port}"} | headers
        sock.sendall((line + "\r\n" + "".join(f"{k}: {v}\r\n" for k, v in told.items()) + "\r\n").encode())
        assert sock.recv(100).startswith(f"HTTP/1.1 {status} ".encode())
    assert server.streams == 0
    Tab(port).opened()


def test_the_answer_names_the_page_s_origin() -> None:
    ask = read_ask(
        f"GET /live?topics=orders HTTP/1.1\r\nHost: h\r\nOrigin: {PAGE}".encode(), lambda _origin: True
    )
    assert isinstance(ask, Ask)
    assert f"Access-Control-Allow-Origin: {PAGE}\r\n".encode() in ask.head()
    assert b"*" not in ask.head()
    twice = b"GET /live?topics=orders HTTP/1.1\r\nHost: h\r\nhost: i"
    assert isinstance(read_ask(twice, lambda _origin: True), Declined)


def test_pokes_from_many_threads_arrive_in_order(make: Callable[..., tuple[LiveServer, int]]) -> None:
    server, port = make()
    tab = Tab(port, "orders").opened()
    wait_for(lambda: server.streams == 1)

    def poke_often() -> None:
        for _ in range(50):
            server.poke("orders")

    threads = [threading.Thread(target=poke_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [tab.event()[1]["n"] for _ in range(400)] == list(range(1, 401))


def test_it_stops_twice_and_pokes_after_that_are_harmless(
    make: Callable[..., tuple[LiveServer, int]],
) -> None:
    server, port = make()
    tab = Tab(port).opened()
    server.stop()
    server.stop()
    server.poke("station:T1")
    assert tab.until(b"never") == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)
