"""Hints: who is poked and who is not, over real sockets; and a store's ear on lines that fail."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from sync.hinting import QUICK_CLOSES, QUICK_S, WITHOUT_S, HintLine
from sync.hub import hints
from sync.hub.database import write
from sync.hub.feed import Change, publish
from sync.hub.hints import Hints, Moves
from sync.hub.schema import bucket
from sync.messages import NotAdmitted
from sync.pace import Pace

AT = "2026-01-05T10:00:00.000Z"


class Served:
    """A hint server in a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self.loop = asyncio.new_event_loop()
        self.hints = Hints(engine, look_s=0.02)
        # In the thread from the start: beside browser tests this one may have a running loop already.
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        listening = self.hints.listen(("127.0.0.1", 0))
        self.server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(10)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def call(self, work: Callable[[], Any]) -> Any:
        async def there() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.hints.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture
def served(hub: Any) -> Iterator[Served]:
    made = Served(hub.engine)
    yield made
    made.stop()


class Ear:
    """A store's HintLine, turned by the test; its clock stands."""

    def __init__(self, url: str, token: str) -> None:
        self.pokes = 0
        self.now = 0.0
        self.line = HintLine(
            url, token, self._ask, self._poke, timeout_s=5, pace=Pace(lambda: 0.5), mono=lambda: self.now
        )

    def until(self, pokes: int) -> None:
        while self.pokes < pokes:
            assert self.line.turn() == 0, self.line.heard

    def _ask(self, path: str, body: bytes, bearer: str = "") -> bytes:
        raise AssertionError("a given token asks for nothing")

    def _poke(self) -> None:
        self.pokes += 1


def words(url: str, token: str) -> Any:
    """The stream as HQ writes it, line by line."""
    talk = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10)
    talk.sendall(f"GET /sync/v1/hint HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return talk.makefile("rb")


def test_a_bucket_that_never_moved_is_not_looked_at(hub: Any) -> None:
    """An HQ of thousands of stores where nothing has moved yet would read all their buckets ten times a second."""
    still = {"bucket": "s:S9:stock", "epoch": "e1", "head": 0, "floor": 0, "n": 0, "ck": "0" * 16}
    with hub.engine.begin() as conn:
        conn.execute(update(bucket).values(moved_ms=0))
        conn.execute(bucket.insert().values(**still))
    moves = Moves(hub.engine)
    assert moves.look() == set()
    write(hub.engine, lambda conn: publish(conn, [Change("g:price:CN", "price", "P1", {"sku": "P1"})], AT))
    assert moves.look() == {"g:price:CN"}


def test_the_buckets_that_moved_are_named_once(hub: Any) -> None:
    moves = Moves(hub.engine)
    assert "s:S1:stock" in moves.look()
    assert moves.look() == set()
    hub.desk.set_stock("S1", "P1", 9)
    assert moves.look() == {"s:S1:stock"}
    assert moves.look() == set()
    same = [Change("g:price:CN", "price", "P9", {"fen": 1})]
    write(hub.engine, lambda c: publish(c, same, AT))
    assert moves.look() == {"g:price:CN"}
    write(hub.engine, lambda c: publish(c, same, AT))
    assert moves.look() == set(), "nothing was written"


def test_a_store_hears_of_its_own_and_of_shared_buckets_only(
    hub: Any, served: Served, order_form: Any
) -> None:
    one, two = words(served.url, hub.tokens["S1"]), words(served.url, hub.tokens["S2"])
    for stream in (one, two):
        while stream.readline().strip():
            continue
        assert stream.readline() + stream.readline() == b"event: ready\ndata: []\n"
    # Whatever moved just before they came.
    hub.desk.publish_order(order_form("O1"))
    hub.desk.publish_order(order_form("O2", store="S2"))
    said = dict.fromkeys((one, two), b"")
    for stream, own in ((one, b"s:S1:orders"), (two, b"s:S2:orders")):
        while own not in said[stream]:
            said[stream] += stream.readline()
    assert b"S2" not in said[one]
    assert b"S1" not in said[two]
    write(hub.engine, lambda c: publish(c, [Change("g:price:CN", "price", "P9", {"fen": 1})], AT))
    for stream in (one, two):
        while b'["g:price:CN"]' not in said[stream]:
            said[stream] += stream.readline()


def test_an_order_wakes_the_store_that_it_is_for(hub: Any, served: Served, order_form: Any) -> None:
    ear = Ear(served.url, hub.tokens["S1"])
    ear.until(1)  # told to look at everything when it came
    assert served.call(served.hints.waiting) == 1
    hub.desk.publish_order(order_form("O1"))
    ear.until(ear.pokes + 1)
    assert ear.line.heard == ""


def test_a_stranger_is_refused_and_told_so(served: Served) -> None:
    ear = Ear(served.url, "wrong")
    assert ear.line.turn() > 0
    assert ear.line.heard == NotAdmitted.code
    talk = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    talk.sendall(b"GET /other HTTP/1.1\r\n\r\n")
    assert b"404" in talk.recv(100)
    talk = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    talk.sendall(b"GET /" + b"x" * (hints.HEAD_LIMIT + 1))
    assert b"400" in talk.recv(100)


def test_a_wait_ends_when_the_store_stops(hub: Any, served: Served) -> None:
    ear = Ear(served.url, hub.tokens["S1"])
    ear.until(1)
    turned: list[float] = []
    waits = threading.Thread(target=lambda: turned.append(ear.line.turn()))
    waits.start()
    ear.line.leave()
    waits.join(10)
    assert len(turned) == 1
    assert ear.line.turn() == WITHOUT_S


def test_a_store_that_does_not_read_is_let_go(hub: Any, served: Served) -> None:
    stream = words(served.url, hub.tokens["S1"])
    stream.readline()
    for _ in range(4000):
        served.call(lambda: served.hints.tell(["s:S1:" + "x" * 4000]))
        if not served.call(served.hints.waiting):
            return
    raise AssertionError("kept for ever")


def test_an_old_stream_ends_and_heartbeats_keep_a_young_one(hub: Any, served: Served) -> None:
    stream = words(served.url, hub.tokens["S1"])
    while stream.readline() != b"data: []\n":
        continue
    (waiter,) = served.call(lambda: [w for some in served.hints._waiting.values() for w in some])
    served.call(lambda: waiter.beat(0.0))
    while stream.readline() != b":\n":
        continue
    far = waiter._until + timedelta(days=1).total_seconds()
    served.call(lambda: waiter.beat(far))
    assert b"".join(stream).endswith(b"\n\n") or not served.call(served.hints.waiting)


@pytest.fixture
def closing() -> Iterator[str]:
    """A proxy that lets a stream begin and ends it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                talk, _ = listener.accept()
            except OSError:
                return
            with talk:
                talk.recv(4096)
                talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: ready\n\n")

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_a_refusal_that_breaks_off_is_a_line_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            talk, _ = listener.accept()
            with talk:
                talk.recv(4096)
                talk.sendall(
                    b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{"
                )

        threading.Thread(target=serve, daemon=True).start()
        ear = Ear(f"http://127.0.0.1:{listener.getsockname()[1]}", "t")
        assert ear.line.turn() > 0
    assert ear.line.heard == "LINE_DOWN"


def test_three_quick_closes_and_the_store_does_without_for_a_while(closing: str) -> None:
    ear = Ear(closing, "t")
    pauses: list[float] = []
    while len(pauses) < QUICK_CLOSES:
        if pause := ear.line.turn():
            pauses.append(pause)
            ear.now += pause
    assert pauses[-1] == WITHOUT_S
    assert max(pauses[:-1]) < 10
    assert ear.line.heard == "NO_HINTS"
    assert ear.pokes == QUICK_CLOSES, "each connection asked once"
    ear.now += 1
    assert ear.line.turn() == 0, "then it tries again"


def test_a_stream_that_lasted_counts_as_good(closing: str) -> None:
    ear = Ear(closing, "t")
    for _ in range(2 * QUICK_CLOSES):
        while ear.line._stream is None:
            ear.line.turn()
        ear.now += QUICK_S
        while (pause := ear.line.turn()) == 0:
            continue
        assert pause < 2
    assert ear.line.heard == "LINE_DOWN"


def test_a_revoked_box_hears_nothing(hub: Any) -> None:
    from sync.hub.admitting import admitted
    from sync.hub.envelope import Refused

    with pytest.raises(Refused):
        admitted(hub.engine, "Bearer nobody", datetime.now(UTC))
    store, stream = admitted(hub.engine, f"Bearer {hub.tokens['S1']}", datetime.now(UTC))
    assert (store, stream) == ("S1", "")
