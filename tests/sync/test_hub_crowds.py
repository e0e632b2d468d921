"""HQ where many come at once: two boxes for one store, a store with a thousand ears, guessers at the fleet page."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from sync.enrolling import enroll
from sync.hub import hints
from sync.hub.desk import HubDesk
from sync.hub.fleet.entrance import Tries
from sync.hub.hints import Hints
from sync.hub.trust import public_of
from sync.signed import Role
from sync.transport import LoopTransport

ROOT, CONFIG = bytes([31]) * 32, bytes([32]) * 32


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_boxes_at_once_leave_one_store_one_box(hub: Any) -> None:
    desk = HubDesk(hub.engine)
    desk.found_trust([ROOT], {"config": Role((public_of(CONFIG),))})
    invited = [desk.invite("S1", "https://hq.example") for _ in range(2)]
    both = threading.Barrier(2)

    @event.listens_for(hub.engine, "before_cursor_execute")
    def together(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Side by side as far as they get: the second one waits for the first where it must, and so never comes here.
        if statement.startswith("INSERT INTO device"):
            with suppress(threading.BrokenBarrierError):
                both.wait(2)

    def box(n: int) -> None:
        line = LoopTransport(hub.app, "")
        enroll(line.ask, invited[n], "S1", str(uuid.uuid4()), bytes([40 + n]) * 32)

    with ThreadPoolExecutor(2) as boxes:
        list(boxes.map(box, range(2)))
    assert sorted(one["state"] for one in desk.devices("S1")) == ["active", "replaced"]


@contextmanager
def listening(hub: Any) -> Iterator[tuple[asyncio.AbstractEventLoop, Hints, int]]:
    loop, served = asyncio.new_event_loop(), Hints(hub.engine, look_s=0.02)
    # In the thread from the start: beside browser tests this one may have a running loop already.
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = served.listen(("127.0.0.1", 0))
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(10)
    try:
        yield loop, served, server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(served.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def ask(port: int, token: bytes) -> socket.socket:
    talk = socket.create_connection(("127.0.0.1", port), timeout=10)
    talk.sendall(b"GET /sync/v1/hint HTTP/1.1\r\nAuthorization: Bearer " + token + b"\r\n\r\n")
    return talk


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_bearer_that_nobody_made_ends_the_connection(hub: Any) -> None:
    with (
        listening(hub) as (_, _, port),
        closing(ask(port, base64.urlsafe_b64encode(b"x|1|00") + b"\xe9")) as talk,
    ):
        assert b"401" in talk.recv(100)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_store_has_so_many_ears_and_no_more(hub: Any) -> None:
    with listening(hub) as (_, served, port):
        ears = []
        for _ in range(hints.EARS + 3):
            talk = ask(port, hub.tokens["S1"].encode())
            assert b"event: ready" in talk.recv(1000)
            ears.append(talk)
        assert served.waiting() == hints.EARS
        while ears[0].recv(1000):
            continue  # what it heard before it was let go, as the oldest
        other = ask(port, hub.tokens["S2"].encode())
        assert b"event: ready" in other.recv(1000)
        for talk in (*ears, other):
            talk.close()


def test_guessers_hold_two_of_hqs_threads_and_no_more() -> None:
    tries = Tries()
    with tries.turn() as first:
        assert first
        # All six are at the door at once, while somebody's password is being looked at.
        sent_away: list[bool] = []
        away = threading.Semaphore(0)

        def come(_: int) -> None:
            with tries.turn() as mine:
                sent_away.append(mine)
            away.release()

        threads = [threading.Thread(target=come, args=(n,)) for n in range(6)]
        for one in threads:
            one.start()
        for _ in range(5):
            assert away.acquire(timeout=10)
        assert sent_away == [False] * 5
    for one in threads:
        one.join(10)
    assert sent_away == [False] * 5 + [True], "who waited had a turn"
    with tries.turn() as again:
        assert again


def test_more_connections_than_select_can_count_do_not_end_hq(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edge", "hub", "run", "--port", "0", "--database", f"{tmp_path}/hub.db"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as child, ExitStack() as held:
        held.callback(child.kill)
        assert child.stderr is not None
        said = next(line for line in child.stderr if "listens" in line)
        port = int(said.rpartition(":")[2])
        # Three files each: the caller's, and both ends of the way on to the server behind.
        for _ in range(380):
            talk = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            talk.sendall(b"POST ")
        talk = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        talk.sendall(b"GET /health HTTP/1.1\r\nHost: hq\r\n\r\n")
        assert b"200 OK" in talk.recv(100)
