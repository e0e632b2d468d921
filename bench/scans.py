"""From bytes on a scanner's line to bytes at a page: the real daemon beside the least that could be done."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.daemon_child import PAGES
from bench.rounds import Figure, Row, interleaved, ms, pair
from bench.shop import Feed, open_shop, raw_settings

POLL_S = 0.1
_PRODUCTS = 2000
_EACH = 150
_POLLED_EACH = 12


@dataclass
class Bench:
    """Two scanner lines into one daemon: one through the product, one through the floor."""

    line: int
    lives: list[socket.socket]
    floor_line: int
    floors: list[socket.socket]
    poll: socket.socket
    gtins: list[str]

    def subject(self) -> float:
        """A scan through scanner, intake, scan desk and event stream; seconds until the page's bytes."""
        code = random.choice(self.gtins).encode()  # noqa: S311
        began = time.perf_counter()
        os.write(self.line, code + b"\r")
        for page in self.lives:
            while b'"topic":"station:G1"' not in page.recv(4096):
                pass  # a heartbeat
        return time.perf_counter() - began

    def raw(self) -> float:
        """The same through the floor."""
        code = random.choice(self.gtins).encode()  # noqa: S311
        began = time.perf_counter()
        os.write(self.floor_line, code)
        for page in self.floors:
            got = page.recv(4096)
            assert got.startswith(b"K"), got
        return time.perf_counter() - began

    def polled(self) -> float:
        """A scan that a page finds by asking every 100 ms; it comes at a random moment between two polls."""
        seen = self._ask()
        next_poll = time.perf_counter() + POLL_S
        time.sleep(random.random() * POLL_S)  # noqa: S311
        began = time.perf_counter()
        os.write(self.floor_line, self.gtins[0].encode())
        while True:
            time.sleep(max(0.0, next_poll - time.perf_counter()))
            next_poll += POLL_S
            if self._ask() > seen:
                took = time.perf_counter() - began
                for page in self.floors:
                    page.recv(4096)
                return took

    def _ask(self) -> int:
        self.poll.sendall(b"?")
        return int(self.poll.recv(64))


def rows(rounds: int) -> list[Row]:
    """Goals 1 and 3."""
    with tempfile.TemporaryDirectory(prefix="store-edge-bench-") as folder, _bench(Path(folder)) as bench:
        for _ in range(20):
            bench.subject()
            bench.raw()
        found = interleaved(
            {"floor": bench.raw, "subject": bench.subject}, rounds=rounds, each=_EACH, pause_s=0.005
        )
        polled = interleaved(
            {"poll": bench.polled, "subject": bench.subject}, rounds=rounds, each=_POLLED_EACH
        )
    return [_pushed(found["subject"], found["floor"]), _against_poll(polled["subject"], polled["poll"])]


def _pushed(subject: Figure, floor: Figure) -> Row:
    p50, p99 = subject.p50 / floor.p50, subject.p99 / floor.p99
    return Row(
        name="scan-to-page",
        what="13 digits written to a pty -> bytes of the event at all of 4 pages (SerialScanner, Intake, "
        "ScanDesk with its kept row, LiveServer); floor: os.read on a pty, product look-up, raw TCP send to 4, "
        "in the same process",
        subject=pair(subject),
        floor=pair(floor),
        ratio=f"{p50:.2f} / {p99:.2f}",
        goal="p50 <= 1.5 x, p99 <= 2.5 x",
        met=p50 <= 1.5 and p99 <= 2.5,
    )


def _against_poll(subject: Figure, poll: Figure) -> Row:
    faster = poll.p50 / subject.p50
    return Row(
        name="scan-vs-poll",
        what="the same beside a page that asks a bare TCP endpoint every 100 ms (p50)",
        subject=ms(subject.p50),
        floor=ms(poll.p50),
        ratio=f"{faster:.0f} x faster",
        goal=">= 50 x faster",
        met=faster >= 50,
    )


@contextlib.contextmanager
def _bench(folder: Path) -> Iterator[Bench]:
    shop = open_shop(folder)
    gtins = Feed(shop).products(_PRODUCTS)
    shop.books.close()
    line, line_name = open_terminal()
    floor_line, floor_name = open_terminal()
    scanners = {"S1": {"driver": "serial", "station": "G1", "port": line_name, "suffix": "cr"}}
    settings = folder / "settings.json"
    settings.write_text(json.dumps(raw_settings(folder, scanners=scanners, printers={}, stations=_G1)))
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.daemon_child", str(settings), floor_name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        ports = json.loads(child.stdout.readline())
        lives = [open_stream(ports["live"], "station:G1") for _ in range(PAGES)]
        floors = [_connect(ports["floor"]) for _ in range(PAGES)]
        yield Bench(line, lives, floor_line, floors, _connect(ports["floor"]), gtins)
    finally:
        child.kill()
        child.wait()


_G1 = {"G1": {"kind": "guide"}, "T1": {"kind": "cashier"}, "T2": {"kind": "cashier"}}


def open_terminal() -> tuple[int, str]:
    """A raw pseudo-terminal: what writes like a scanner, and the name of its serial port."""
    near, far = os.openpty()
    tty.setraw(near)
    tty.setraw(far)
    return near, os.ttyname(far)


def _connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def open_stream(port: int, topics: str) -> socket.socket:
    """A page's event stream, its head already read."""
    sock = _connect(port)
    sock.sendall(f"GET /live?topics={topics} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    head = b""
    while b"retry: 1000\n\n" not in head:
        some = sock.recv(4096)
        assert some, head
        head += some
    return sock
