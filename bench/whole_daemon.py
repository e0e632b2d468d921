"""The daemon as systemd starts it: how long until it answers, what it loads, how much it holds, what tabs do to it."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.rounds import Row, interleaved, ms, timed
from bench.scans import open_stream, open_terminal
from bench.settings_file import write_toml
from bench.shop import KEY, Feed, open_shop, raw_settings

HEAVY = ("cv2", "numpy", "escpos", "sqlalchemy", "sqlite_utils", "PIL", "requests")
"""What may be loaded when it is used, and not before the first page is served."""
PAGE = "/cashier/sign-in"
"""A page that anybody may see, rendered from its template."""
DOOR = "/"
"""What is asked until somebody answers."""
_STREAMS, _CLIENTS, _TABS = 20, 32, 80
_IDLE_S, _LOAD_S = 12.0, 6.0
_MB = 1024


@dataclass
class Running:
    """A daemon process and its ports."""

    child: subprocess.Popen[bytes]
    web: int
    live: int
    errors: Path

    def status(self, field: str) -> int:
        """A figure of /proc: Threads, or kB of Rss or Pss."""
        name = "status" if field == "Threads" else "smaps_rollup"
        text = Path(f"/proc/{self.child.pid}/{name}").read_text()
        found = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
        assert found, field
        return int(found[1])

    def page(self) -> float:
        """One page over a new connection; seconds."""
        return timed(lambda: fetch(self.web))


def fetch(port: int, path: str = PAGE) -> bytes:
    """A page's bytes; AssertionError for an error."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(line):
        line.request("GET", path)
        answer = line.getresponse()
        body = answer.read()
        assert answer.status < 400, answer.status
        return body


@contextlib.contextmanager
def daemon(folder: Path, *python_options: str) -> Iterator[Running]:
    """`python -m edge run` with scanners, a printer that is off and an HQ that is away; served when entered."""
    web, live = _free_port(), _free_port()
    scanners = {"S1": {"driver": "serial", "station": "T1", "port": open_terminal()[1]}}
    token = folder / "token"
    token.write_text("nobody is there to read it")
    token.chmod(0o600)
    hq = {"url": "http://127.0.0.1:9", "token_file": str(token)}
    ports = {"port": web, "live_port": live}
    write_toml(folder / "settings.toml", raw_settings(folder, web=ports, scanners=scanners, hq=hq))
    errors = folder / "errors"
    command = [
        sys.executable,
        *python_options,
        "-m",
        "edge",
        "run",
        "--settings",
        str(folder / "settings.toml"),
    ]
    with errors.open("wb") as sink:
        child = subprocess.Popen(command, stderr=sink)
    try:
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                fetch(web, DOOR)
                break
            assert child.poll() is None, errors.read_text()
            time.sleep(0.002)
        yield Running(child, web, live, errors)
    finally:
        child.kill()
        child.wait()


@contextlib.contextmanager
def _stocked() -> Iterator[Path]:
    """A folder with books of 2,000 products and 200 orders, and its key."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as name:
        folder = Path(name).resolve()
        (folder / "edge.key").write_text(KEY.hex())
        (folder / "edge.key").chmod(0o600)
        shop = open_shop(folder)
        feed = Feed(shop)
        feed.products(2000)
        feed.orders(200)
        shop.books.close()
        yield folder


def memory(rounds: int) -> list[Row]:
    """Goal 11."""
    del rounds  # memory is not noisy: one run says it
    with _stocked() as folder, daemon(folder) as running:
        time.sleep(_IDLE_S)  # by then every worker has had its first turn
        idle, idle_own = running.status("Rss"), running.status("Pss")
        with contextlib.ExitStack() as open_ones:
            for _ in range(_STREAMS):
                open_ones.enter_context(open_stream(running.live, "station:T1,orders"))
            _load(running.web)
            busy, busy_own = running.status("Rss"), running.status("Pss")
    bare = _rss_of_imports("flask", "waitress")
    return [
        _held("memory-idle", f"RSS of the daemon after {_IDLE_S:.0f} s idle", idle, idle_own, bare, 60),
        _held("memory-busy", f"with {_STREAMS} streams and {_CLIENTS} clients", busy, busy_own, bare, 80),
    ]


def _held(name: str, what: str, rss: int, pss: int, bare: int, limit: int) -> Row:
    return Row(
        name,
        f"{what}; floor: RSS of `import flask, waitress`",
        f"{rss / _MB:.1f} MB (PSS {pss / _MB:.1f})",
        f"{bare / _MB:.1f} MB",
        f"{rss / bare:.2f}",
        f"<= {limit} MB",
        rss <= limit * _MB,
    )


def _load(port: int) -> None:
    until = time.monotonic() + _LOAD_S

    def client() -> None:
        while time.monotonic() < until:
            fetch(port)

    clients = [threading.Thread(target=client) for _ in range(_CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()


def _rss_of_imports(*modules: str) -> int:
    text = f"import {', '.join(modules)}; print(open('/proc/self/smaps_rollup').read())"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return int(re.findall(r"^Rss:\s+(\d+)", done.stdout, re.MULTILINE)[0])


def start(rounds: int) -> list[Row]:
    """Goal 12."""
    with _stocked() as folder:

        def first_answer() -> float:
            began = time.perf_counter()
            with daemon(folder):
                return time.perf_counter() - began

        imports = [sys.executable, "-c", "import flask, waitress"]
        passes = {
            "floor": lambda: timed(lambda: subprocess.run(imports, check=True)),
            "subject": first_answer,
        }
        found = interleaved(passes, rounds=rounds, each=5)
        loaded = _loaded(folder)
    subject, floor = found["subject"].p50, found["floor"].p50
    heavy = sorted(set(HEAVY) & loaded)
    return [
        Row(
            "start",
            "spawn -> first HTTP answer, caches warm; floor: python -c 'import flask, waitress'",
            ms(subject),
            ms(floor),
            f"{subject / floor:.2f}",
            "<= 1.5 x and < 500 ms",
            subject <= 1.5 * floor and subject < 0.5,
        ),
        Row(
            "start-loads",
            f"of {', '.join(HEAVY)} loaded by the first answer (python -X importtime)",
            ", ".join(heavy) or "none",
            "none",
            f"{len(loaded)} top-level modules",
            "none",
            not heavy,
        ),
    ]


def _loaded(folder: Path) -> set[str]:
    """Top-level modules that a starting daemon has loaded when its first page is out."""
    with daemon(folder, "-X", "importtime") as running:
        text = running.errors.read_text(errors="replace")
    names = re.findall(r"^import time:.*\|\s*([\w.]+)\s*$", text, re.MULTILINE)
    return {name.partition(".")[0] for name in names}


def tabs(rounds: int) -> list[Row]:
    """Goal 13."""
    with _stocked() as folder, daemon(folder) as running:
        for _ in range(20):
            running.page()
        threads = running.status("Threads")
        normal, after = [], []
        for _ in range(max(rounds, 3) * 5):
            normal += [running.page() for _ in range(5)]
            dropped = [open_stream(running.live, "station:T1,orders") for _ in range(_TABS)]
            for one in dropped:
                one.close()
            after.append(running.page())
        then = running.status("Threads")
    subject, floor = statistics.median(after), statistics.median(normal)
    return [
        Row(
            "tabs",
            f"the next page after {_TABS} event streams were opened and dropped; floor: the same page (medians); "
            f"threads {threads} before, {then} after",
            ms(subject),
            ms(floor),
            f"{subject / floor:.2f}",
            "<= 2 x, threads unchanged",
            subject <= 2 * floor and then == threads,
        )
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
