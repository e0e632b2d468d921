"""Stores that wait at HQ and stores that ask it: memory, wake-ups, thousands of polls, an order on its way."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from bench.hub_rig import Line, Process, Rig, process, rig
from bench.rounds import Row, ms, percentile
from sync.hub.database import open_hub
from sync.hub.rows import subscription

_WAITING, _POLLING = 1000, 5000
_EVERY_S, _LASTS_S, _LINES = 15.0, 20.0, 32
_PUBLISHED = 12


def rows(rounds: int) -> list[Row]:
    """Memory and wake-ups of 1,000 that wait, 5,000 that poll, and how long an order is on its way."""
    with rig() as hq:
        _admit_many(hq, _POLLING)
        return [*_waiting(hq, rounds), _polling(hq), *_hinted(hq, rounds)]


def _admit_many(hq: Rig, n: int) -> None:
    """Stores W0 to Wn with the tokens token-0 to token-n and their buckets, made up in the database."""
    with open_hub(hq.url).begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO store (store, token_sha, waived, created_at) SELECT 'W' || i,"
            " encode(sha256(('token-' || i)::bytea), 'hex'), 0, '' FROM generate_series(0, %s - 1) i",
            (n,),
        )
        for name in (name for name in subscription("{}") if "{}" in name):
            made = "SELECT %s || i || %s, 'e1', 0, 0, 0, repeat('0', 16) FROM generate_series(0, %s - 1) i"
            text = f"INSERT INTO bucket (bucket, epoch, head, floor, n, ck) {made} ON CONFLICT DO NOTHING"
            begins, _, ends = name.partition("{}")
            conn.exec_driver_sql(text, (f"{begins}W", ends, n))


class _Ears:
    """Open hint streams, read by one selector."""

    def __init__(self, port: int, stores: int) -> None:
        self._selector = selectors.DefaultSelector()
        for n in range(stores):
            talk = socket.create_connection(("127.0.0.1", port), timeout=30)
            head = f"GET /sync/v1/hint HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer token-{n}\r\n\r\n"
            talk.sendall(head.encode())
            self._selector.register(talk, selectors.EVENT_READ, n)

    def heard(self, word: bytes, patience_s: float = 60.0) -> list[float]:
        """When each of them heard this word, by the monotonic clock; TimeoutError if somebody does not."""
        missing = {key.data for key in self._selector.get_map().values()}
        deadline, at = time.monotonic() + patience_s, []
        while missing:
            ready = self._selector.select(1.0)
            now = time.monotonic()
            for key, _ in ready:
                if word in key.fileobj.recv(65536) and key.data in missing:  # type: ignore[union-attr]
                    missing.discard(key.data)
                    at.append(now)
            if now > deadline:
                raise TimeoutError(f"{len(missing)} stores heard nothing")
        return at

    def close(self) -> None:
        """Ends them all."""
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]


def _waiting(hq: Rig, rounds: int) -> list[Row]:
    engine = open_hub(hq.url)
    spread: list[float] = []
    whole: list[float] = []
    with process(hq.url, "hints") as hub:
        warm = _Ears(hub.port, 100)  # whatever is imported and opened at first use is no store's share
        warm.heard(b"ready")
        warm.close()
        before = hub.pss_kb()
        ears = _Ears(hub.port, _WAITING)
        ears.heard(b"ready")
        share = (hub.pss_kb() - before) / 1024 / (_WAITING / 1000)
        spent = hub.cpu_s()
        time.sleep(5)
        idle = (hub.cpu_s() - spent) / 5
        for _ in range(rounds):
            with engine.begin() as conn:
                moved = "UPDATE bucket SET head = head + 1, moved_ms = %s WHERE bucket LIKE 's:W%%:stock'"
                conn.exec_driver_sql(moved, (time.time_ns() // 1_000_000,))
            began = time.monotonic()
            at = ears.heard(b"poke")
            spread += [moment - min(at) for moment in at]
            whole += [moment - began for moment in at]
        ears.close()
    return _waiting_rows(share, idle, spread, whole)


def _waiting_rows(share: float, idle: float, spread: list[float], whole: list[float]) -> list[Row]:
    p99 = percentile(spread, 99)
    return [
        Row(
            "hub-waiting",
            f"memory of `hub hints` for {_WAITING:,} stores that wait (PSS); a look at the buckets every 100 ms"
            f" costs {idle:.1%} of a core",
            f"{share:.1f} MB per 1,000",
            "-",
            "-",
            "<= 12 MB per 1,000",
            share <= 12,
        ),
        Row(
            "hub-wake",
            f"all {_WAITING:,} woken at once: from the first to hear it; since the commit, the look included:"
            f" {ms(percentile(whole, 50))} / {ms(percentile(whole, 99))}",
            f"{ms(percentile(spread, 50))} / {ms(p99)}",
            "-",
            "-",
            "p99 <= 100 ms",
            p99 <= 0.1,
        ),
    ]


def _polling(hq: Rig) -> Row:
    """An open loop: a poll is due when it is due, however late the answers are."""
    late: list[float] = []
    turn = count()
    lock = threading.Lock()
    ask = {n: _idle_poll(f"W{n}") for n in range(_POLLING)}
    with process(hq.url, "run", "--behind") as hub:
        began = time.monotonic() + 1.0

        def line(_: int) -> None:
            talk = Line(hub.port, "")
            while True:
                with lock:
                    n = next(turn)
                due = began + n * _EVERY_S / _POLLING
                if due > began + _LASTS_S:
                    return
                time.sleep(max(0.0, due - time.monotonic()))
                talk.shows(f"token-{n % _POLLING}")
                talk.post("/sync/v1/pull", ask[n % _POLLING])
                late.append(time.monotonic() - due)

        with ThreadPoolExecutor(_LINES) as threads:
            spent = hub.cpu_s()
            list(threads.map(line, range(_LINES)))
            share = (hub.cpu_s() - spent) / _LASTS_S
    p99 = percentile(late, 99)
    return Row(
        "hub-polling",
        f"{_POLLING:,} stores that poll every {_EVERY_S:.0f} s ({_POLLING / _EVERY_S:.0f} a second) on one hub process,"
        f" nothing new; {_POLLING / share:,.0f} stores a core of the hub by that. The bar is 350 clients a core",
        f"{share:.0%} of a core, answered in {ms(percentile(late, 50))} / {ms(p99)}",
        "-",
        "-",
        "keeps up: p99 <= 1 s",
        p99 <= 1.0,
    )


def _idle_poll(store: str) -> bytes:
    buckets = {name: {"e": "e1", "seq": 0} for name in subscription(store)}
    return json.dumps({"proto": 1, "stream": f"stream-{store}", "buckets": buckets}).encode()


def _hinted(hq: Rig, rounds: int) -> Iterator[Row]:
    """`store-edge hub run`, a store's daemon that polls every five minutes, orders published by another process."""
    took: list[float] = []
    hq.admit("S1", 0)
    with (
        tempfile.TemporaryDirectory() as folder,
        process(hq.url, "run", "--next-s", "300") as hub,
        _store(Path(folder), hub, hq.tokens["S1"]) as ask,
    ):
        for n in range(max(_PUBLISHED, 2 * rounds)):
            began = time.monotonic()
            hq.publish("S1", n)
            ask(f"S1O{n}")
            took.append(time.monotonic() - began)
            time.sleep(0.2)
    worst = max(took)
    yield Row(
        "hint",
        "an order published at HQ until the store's daemon has it, poll every 300 s, real processes and sockets",
        f"{ms(percentile(took, 50))} / {ms(worst)} (worst)",
        "-",
        "-",
        "< 2 s",
        worst < 2.0,
    )


@contextlib.contextmanager
def _store(folder: Path, hub: Process, token: str) -> Iterator[Callable[[str], None]]:
    secret = folder / "token"
    secret.write_text(token)
    secret.chmod(0o600)
    raw = {
        "store": {"id": "S1", "state_dir": str(folder / "state")},
        "web": {"port": 0, "live_port": 0},
        "stations": {"T1": {}},
        "hq": {"url": f"http://127.0.0.1:{hub.port}", "token_file": str(secret), "interval_s": 300.0},
    }
    command = [sys.executable, "-m", "bench.hinted_child", json.dumps(raw)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        said, told = child.stdout, child.stdin
        if said is None or told is None or not said.readline():
            raise AssertionError("the store did not start")

        def ask(order: str) -> None:
            told.write(f"{order}\n")
            told.flush()
            said.readline()

        try:
            yield ask
        finally:
            child.kill()
