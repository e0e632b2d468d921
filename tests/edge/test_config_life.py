"""Pushed settings in a real daemon under a supervisor: kept when they work, back by itself when they do not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from waitress.server import create_server

from devices.simulated_printer import SimulatedPrinter
from edge.cli import main
from edge.demo.ports import free_ports
from sync.configured import Scope
from sync.hub.config_desk import ConfigDesk, Wish
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import Shop
from sync.signed import Role

ROOT, CONFIG, MONEY = (bytes([n]) * 32 for n in (31, 32, 33))
PATIENCE_S = 60.0
LAUNCHER = """
import sys
import edge.daemon
from edge.cli import main

whole = edge.daemon.Daemon.start

def start(daemon):
    if daemon._settings.pickup.wrong_tries == 13:  # what the pushed settings say where a crash is to be had
        raise SystemExit(9)
    whole(daemon)

edge.daemon.Daemon.start = start
main(sys.argv[1:])
"""


class Supervised:
    """`store-edge run`, started again whenever it ends."""

    def __init__(self, folder: Path, settings: Path) -> None:
        launcher = folder / "launcher.py"
        launcher.write_text(LAUNCHER)
        self._run = [sys.executable, str(launcher), "run", "--settings", str(settings)]
        self._log = folder / "store.log"
        self._over = threading.Event()
        self.starts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        while not self._over.is_set():
            with self._log.open("ab") as out:
                self._child = subprocess.Popen(self._run, stdout=out, stderr=out, env=env)
            self.starts += 1
            self._child.wait()

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()

    def end(self) -> None:
        self._over.set()
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)
        self._thread.join(20.0)
        if self._thread.is_alive() and self._child is not None:
            self._child.kill()
            self._thread.join()

    def facts(self) -> list[dict[str, Any]]:
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{")]


@dataclass
class World:
    """HQ behind real HTTP, an enrolled box, its printer, and another printer that its settings may name."""

    folder: Path
    config: ConfigDesk
    printer: SimulatedPrinter
    other: SimulatedPrinter
    web_port: int
    box: Path
    store: Supervised = field(init=False)

    def push(self, sections: dict[str, Any], *, money: bool = False) -> int:
        draft = self.config.draft(Wish(Scope(store="S1"), sections, "wang", "a try"))
        return self.config.push(draft, draft.signed([CONFIG], [MONEY] if money else []), soak_s=0)

    def offer(self, rev: int) -> dict[str, Any]:
        return self.config.offers(rev, "S1")[0]

    def until(self, ready: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < deadline, f"{what}: {self.store.facts()[-12:]}"
            time.sleep(0.05)

    def comes_to(self, rev: int, *states: str) -> dict[str, Any]:
        self.until(lambda: self.offer(rev)["state"] in states, f"{states}, not {self.offer(rev)}")
        self.config.go_on()
        return self.offer(rev)

    def up(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.web_port}/", timeout=2).status_code < 500
        except requests.RequestException:
            return False

    def kept(self) -> dict[str, Any]:
        """The last good bundle on the box's disk."""
        file = self.folder / "state" / "config" / "good.json"
        found: dict[str, Any] = (
            json.loads(json.loads(file.read_bytes())["word"]["body"]) if file.exists() else {}
        )
        return found

    def printer_works(self) -> bool:
        log = [fact for fact in self.store.facts() if fact["fact"] == "ready"]
        return bool(log) and self.up()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = open_hub(tmp_path / "hub.db")
    server: Any = create_server(create_hub(engine, next_s=0.3), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    desk = HubDesk(engine)
    desk.found_trust([ROOT], {"config": Role((public_of(CONFIG),)), "money": Role((public_of(MONEY),))})
    desk.add_store(Shop("S1", "一店", "One"))
    web_port, live_port = free_ports(2)
    with SimulatedPrinter() as printer, SimulatedPrinter() as other:
        box = tmp_path / "store.toml"
        box.write_text(
            f'[store]\nid = "S1"\nstate_dir = "{tmp_path / "state"}"\n'
            f"[web]\nport = {web_port}\nlive_port = {live_port}\n"
            f'[hq]\nurl = "http://127.0.0.1:{server.effective_port}"\ninterval_s = 0.3\nprobation_s = 4\n'
            f'[stations.T1]\nlabel_en = "Desk"\nprinter = "front"\n'
            f'[printers.front]\nhost = "127.0.0.1"\nport = {printer.port}\ntimeout_s = 1.0\n'
        )
        asked = desk.invite("S1", f"http://127.0.0.1:{server.effective_port}")
        text = json.dumps({"v": 1, "url": asked.url, "token": asked.token, "root_fpr": asked.root_fpr})
        done = CliRunner().invoke(main, ["enroll", "--settings", str(box), "-"], input=text)
        assert done.exit_code == 0, done.output
        made = World(tmp_path, ConfigDesk(engine), printer, other, web_port, box)
        made.store = Supervised(tmp_path, box)
        try:
            made.until(made.up, "the store answers")
            made.until(lambda: printer.received, "the printer was asked how it is")
            yield made
        finally:
            made.store.end()
            server.close()
            engine.dispose()


def test_a_good_push_is_tried_at_once_and_kept(world: World) -> None:
    rev = world.push({"stations": {"T1": {"label_zh": "服务七"}}, "printers": {"front": {"charset": "gbk"}}})
    assert world.comes_to(rev, "trying", "applied")
    row = world.comes_to(rev, "applied")
    assert row["code"] == ""
    assert world.kept()["version"] == rev
    assert "服务七" in requests.get(f"http://127.0.0.1:{world.web_port}/", timeout=5).text
    said = CliRunner().invoke(main, ["check", str(world.box), "--why", "stations.T1.label_zh"])
    assert said.exit_code == 0, said.output
    assert f"revision {rev}" in said.output
    assert "wang" in said.output
    # What is about money needs a second key; data of screens needs no start.
    priced = world.push({"payments": {"poll_s": 7}}, money=True)
    world.comes_to(priced, "applied")
    assert world.kept()["sections"]["payments"] == {"poll_s": 7}
    starts = sum(fact["fact"] == "ready" for fact in world.store.facts())
    shown = world.push({"playlists": {"all": [{"title_zh": "新茶上市", "title_en": "New tea"}]}}, money=True)
    world.comes_to(shown, "applied")
    assert sum(fact["fact"] == "ready" for fact in world.store.facts()) == starts


@pytest.mark.slow
def test_each_kind_of_bad_push_ends_in_the_last_good_settings_and_hq_knows_why(world: World) -> None:
    good = world.push({"stations": {"T1": {"label_zh": "服务七"}}})
    world.comes_to(good, "applied")

    # What only the box's own file can tell: a printer that is not there.
    dangling = world.push({"stations": {"T1": {"printer": "back"}}})
    row = world.comes_to(dangling, "rejected")
    assert (row["code"], row["path"]) == ("SETTINGS", "/stations/T1/printer")
    withdraw(world, dangling)

    # A printer that cannot be bound.
    (nobody,) = free_ports(1)
    unbindable = world.push({"printers": {"front": {"port": nobody}}})
    row = world.comes_to(unbindable, "rejected")
    assert (row["code"], row["path"]) == ("UNBINDABLE", "/printers/front/host")
    withdraw(world, unbindable)

    # A printer that takes the call and never says a word.
    world.other.go_silent()
    hung = world.push({"printers": {"front": {"port": world.other.port}}})
    row = world.comes_to(hung, "rolled_back")
    assert (row["code"], row["path"]) == ("DEVICE_LOST", "/printers/front")
    withdraw(world, hung)

    # A daemon that does not come up.
    starts = world.store.starts
    crashing = world.push({"pickup": {"wrong_tries": 13}})
    row = world.comes_to(crashing, "rolled_back")
    assert (row["code"], row["msg"]) == ("CRASH_LOOP", "start 3 within the probation")
    assert world.store.starts == starts + 2, "two tries, and the third start went back before reading it"
    world.until(world.up, "the store is there again")
    assert "服务七" in requests.get(f"http://127.0.0.1:{world.web_port}/", timeout=5).text


def withdraw(world: World, rev: int) -> None:
    """Takes a failed revision back; the store goes on with what it has, under a new version."""
    draft = world.config.draft_rollback(rev, by="wang", why="")
    back = world.config.push(draft, draft.signed([CONFIG]), soak_s=0)
    world.comes_to(back, "applied")
    world.until(world.up, "the store answers")


def test_killed_amid_the_probation_it_tries_once_more_and_then_keeps_it(world: World) -> None:
    rev = world.push({"stations": {"T1": {"label_zh": "服务七"}}})
    world.until(lambda: sum(f["fact"] == "ready" for f in world.store.facts()) == 2, "the new settings run")
    world.store.kill()
    assert world.comes_to(rev, "applied")
    assert world.store.starts == 2
