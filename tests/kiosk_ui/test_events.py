"""Programs follow what happens in the shop: resumed by number, slowly or fast, never a gap, never one twice."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.schema import Settings
from edge.daemon import Shop
from edge.records.journal import Author
from kiosk_ui.guards import origin_gate
from kiosk_ui.live import LiveServer
from sync.messages import OrderAdvanced
from tests.kiosk_ui.conftest import LEAD_TOKEN, TOKEN

Follow = Callable[..., "Follower"]


class Follower:
    """A program's connection."""

    def __init__(self, port: int, last_id: str, token: str) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        lines = [f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}"]
        lines += [f"Last-Event-ID: {last_id}"] if last_id else []
        self.sock.sendall(("GET /api/v1/events HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode())
        self.data = b""
        self.status = self.until(b"\r\n\r\n").split(b" ")[1]

    def until(self, mark: bytes) -> bytes:
        while mark not in self.data:
            more = self.sock.recv(65536)
            assert more, "the stream ended"
            self.data += more
        head, _, self.data = self.data.partition(mark)
        return head

    def event(self) -> tuple[str, str, Any]:
        """The next event: id, name, data; comments and the word on retries are passed over."""
        while True:
            fields = dict(
                line.split(": ", 1) for line in self.until(b"\n\n").decode().split("\n") if ": " in line
            )
            if "event" in fields:
                return fields.get("id", ""), fields["event"], json.loads(fields["data"])


@pytest.fixture
def follow(shop: Shop, settings: Settings) -> Iterator[Follow]:
    live = LiveServer("127.0.0.1", 0, origin_gate(settings), shop.store.events, backlog=4096)
    port = live.start()
    shop.wakes.listen(live.poke)
    open_sockets: list[Follower] = []

    def start(last_id: str = "", token: str = LEAD_TOKEN) -> Follower:
        open_sockets.append(Follower(port, last_id, token))
        return open_sockets[-1]

    yield start
    for one in open_sockets:
        one.sock.close()
    live.stop()


def happen(shop: Shop, *orders: str) -> None:
    with shop.books.ledger.transaction() as tx:
        for order in orders:
            shop.books.journal.append(tx, OrderAdvanced(order, 1, "pack", "packed"), Author("T1", "1001"))
    shop.wakes.poke("outbox")


def test_events_arrive_as_they_happen(shop: Shop, follow: Follow) -> None:
    happen(shop, "before")
    program = follow()
    happen(shop, "O2")
    number, kind, told = program.event()
    assert (number, kind, told["station"], told["staff"]) == ("2", "order.advanced", "T1", "1001")
    assert (told["n"], told["d"]["order"], told["at"][-1]) == (2, "O2", "Z")


def test_who_comes_back_hears_what_it_missed_and_nothing_twice(shop: Shop, follow: Follow) -> None:
    happen(shop, "O1", "O2", "O3")
    again = follow("1")
    happen(shop, "O4")
    assert [again.event()[2]["d"]["order"] for _ in range(3)] == ["O2", "O3", "O4"]


def test_a_slow_reader_gets_every_event_in_order(shop: Shop, follow: Follow) -> None:
    """Far more than the server would hold for a page: it is read from the journal as the reader takes it."""
    happen(shop, "O0")
    program = follow("1")
    names = [f"WX{n:08}" for n in range(3000)]
    for start in range(0, 3000, 500):
        happen(shop, *names[start : start + 500])
    assert [program.event()[2]["d"]["order"] for _ in names] == names


def test_a_number_of_another_journal_starts_from_the_first(shop: Shop, follow: Follow) -> None:
    happen(shop, "O1", "O2")
    for strange in ("77", "x", "-1", "9" * 30):
        program = follow(strange)
        assert program.event()[1:] == ("reset", {"from": 1})
        assert program.event()[2]["d"]["order"] == "O1"


@pytest.mark.parametrize("token", ["", "nobody", TOKEN])
def test_only_programs_with_the_scope_follow(follow: Follow, token: str) -> None:
    assert follow(token=token).status == b"401"
