"""The whole daemon in this process: it answers, scans, knows when it is sick, and leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import pty
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.schema import Settings, parse
from edge import selfcheck
from edge.daemon import Daemon, running, serve
from edge.db import Database
from edge.wakes import Wakes
from edge.workers import Worker

KEY = bytes(range(32))
LIMIT_S = 20.0


def settings_of(folder: Path, port: str = "", web_port: int = 0) -> Settings:
    raw = {
        "store": {"id": "S00421", "state_dir": str(folder)},
        "web": {"port": web_port, "live_port": 0},
        "stations": {"T1": {"printer": "P1"}},
        "printers": {"P1": {"host": "127.0.0.1", "port": 9}},
    }
    scanner = {"driver": "serial", "station": "T1", "port": port, "suffix": "cr"}
    return parse(raw | ({"scanners": {"desk": scanner}} if port else {}))


def until(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def status_of(port: int, path: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    try:
        line.request("GET", path)
        return line.getresponse().status
    finally:
        line.close()


@pytest.fixture
def wire() -> Iterator[tuple[int, str]]:
    """The scanner's end of a serial line, and the name of the daemon's end."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(settings_of(tmp_path), KEY)
    yield made
    made.stop()


def test_a_shop_opens_takes_a_scan_and_closes(tmp_path: Path, wire: tuple[int, str]) -> None:
    scanner, name = wire
    before = set(threading.enumerate())
    made = Daemon(settings_of(tmp_path, name), KEY)
    made.start()
    try:
        assert status_of(made.web_port, "/cashier/") in (200, 303)
        assert until(
            lambda: any(d.name == "desk" and d.state == "online" for d in made.store.status.devices())
        )
        os.write(scanner, b"6901234567892\r")
        assert until(lambda: made.store.scans.current("T1"))
        assert made.healthy()
    finally:
        made.stop()
    assert until(lambda: set(threading.enumerate()) <= before)
    # Both ports can be had again at once, and the ledger took its journal file along.
    for port in (made.web_port, made.live_port):
        socket.create_server(("127.0.0.1", port)).close()
    assert not (tmp_path / "ledger.db-wal").exists()


def test_two_shops_in_one_process_do_not_meet(tmp_path: Path) -> None:
    first, second = (Daemon(settings_of(tmp_path / name), KEY) for name in ("one", "two"))
    first.start()
    second.start()
    try:
        assert len({first.web_port, first.live_port, second.web_port, second.live_port}) == 4
        first.stop()
        assert second.healthy()
        assert not first.healthy()
    finally:
        second.stop()


def test_a_stuck_worker_is_a_sick_daemon(daemon: Daemon) -> None:
    freed, stood = threading.Event(), threading.Event()

    def turn() -> float:
        stood.set()
        freed.wait(LIMIT_S)
        return LIMIT_S

    stuck = Worker("stuck", turn, patience_s=0.05)
    daemon.hire(stuck)
    daemon.start()
    try:
        assert stood.wait(LIMIT_S)
        assert until(lambda: stuck.trouble() == "stuck")
        assert not daemon.healthy()
    finally:
        freed.set()
    assert until(lambda: not stuck.trouble())
    assert daemon.healthy()


def test_a_worker_that_is_gone_is_a_sick_daemon(daemon: Daemon) -> None:
    once = Worker("once", lambda: LIMIT_S)
    daemon.hire(once)
    daemon.start()
    assert daemon.healthy()
    once.stop()
    assert once.trouble() == "gone"
    assert not daemon.healthy()


def test_a_broken_turn_is_tried_again_and_is_no_sickness(daemon: Daemon) -> None:
    def turn() -> float:
        raise RuntimeError

    broken = Worker("broken", turn)
    daemon.hire(broken)
    daemon.start()
    assert until(lambda: broken.failures)
    assert daemon.healthy()


def test_a_stop_does_not_wait_for_a_stuck_worker_for_ever(daemon: Daemon, monkeypatch) -> None:
    freed, stood = threading.Event(), threading.Event()

    def turn() -> float:
        stood.set()
        freed.wait(LIMIT_S)
        return LIMIT_S

    monkeypatch.setattr("edge.daemon._LAST_TURNS_S", 0.1)
    stuck = Worker("stuck", turn)
    daemon.hire(stuck)
    daemon.start()
    assert stood.wait(LIMIT_S)
    daemon.stop()
    assert stuck.alive()
    socket.create_server(("127.0.0.1", daemon.web_port)).close()
    freed.set()
    stuck.stop(LIMIT_S)


def test_a_start_without_its_port_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_of(tmp_path, web_port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"), running(settings):
            pytest.fail("it started on a port that is taken")
    assert until(lambda: set(threading.enumerate()) <= before)


def test_the_ledger_that_gives_no_transaction_is_noticed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("edge.db.BUSY_S", 0.05)
    ledger = Database(tmp_path / "ledger.db", KEY, durable=True)
    other = Database(tmp_path / "ledger.db", KEY, durable=True)
    with ledger.transaction() as tx:
        tx.execute("CREATE TABLE fact (n INTEGER) STRICT")
    assert selfcheck.takes_writes(ledger)
    with other.transaction():
        assert not selfcheck.takes_writes(ledger)
    ledger.close()
    assert not selfcheck.takes_writes(ledger)
    other.close()


class Supervisor:
    """systemd's end of the notification socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))
        self.sock.settimeout(LIMIT_S)

    def heard(self) -> str:
        return self.sock.recv(256).decode()


def test_the_supervisor_hears_ready_alive_sick_and_stopping(tmp_path: Path, monkeypatch) -> None:
    supervisor = Supervisor(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(supervisor.path))
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    well = threading.Event()
    well.set()
    monkeypatch.setattr(Daemon, "healthy", lambda _self: well.is_set())
    stopped = threading.Event()
    service = threading.Thread(target=serve, args=(settings_of(tmp_path / "state"), stopped))
    service.start()
    try:
        assert supervisor.heard() == "READY=1"
        assert supervisor.heard() == "WATCHDOG=1"
        well.clear()
        assert until(lambda: supervisor.heard() == "WATCHDOG=trigger")
        well.set()
        assert until(lambda: supervisor.heard() == "WATCHDOG=1")
    finally:
        stopped.set()
        service.join(LIMIT_S)
    assert until(lambda: supervisor.heard() == "STOPPING=1")
    supervisor.sock.close()


def test_a_page_that_comes_back_before_the_pages_are_ready_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    heard: list[bytes] = []
    listen = Wakes.listen

    def asked(wakes: Wakes, listener: Callable[[str], None]) -> None:
        listen(wakes, listener)
        with socket.create_connection(("127.0.0.1", started.live_port), LIMIT_S) as page:
            host = f"127.0.0.1:{started.live_port}"
            head = f"GET /live?topics=screens HTTP/1.1\r\nHost: {host}\r\nOrigin: http://127.0.0.1:{port}\r\n\r\n"
            page.sendall(head.encode())
            heard.append(page.recv(12))

    monkeypatch.setattr(Wakes, "listen", asked)
    there: list[str] = []
    monkeypatch.setattr(
        "edge.daemon.ready_for_threads", lambda: there.extend(one.name for one in threading.enumerate())
    )
    started = Daemon(settings_of(tmp_path, web_port=port), KEY)
    started.start()
    started.stop()
    assert "live" in there, "types are known at every start"
    assert not {"web", "kiosks", "fulfilment"} & set(there), "and before anybody decodes anything"
    assert heard == [b"HTTP/1.1 200"], "an EventSource that is declined asks no more"


def test_a_beat_is_written_where_the_service_has_a_folder_in_memory(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert selfcheck.beats() == []
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}:/another")
    assert selfcheck.beats() == []
    moment, pid = (tmp_path / "heartbeat").read_text().split()
    assert int(pid) == os.getpid()
    assert -0.001 <= time.monotonic() - float(moment) < 60
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "gone"))
    assert selfcheck.beats() == ["heartbeat: No such file or directory"]
