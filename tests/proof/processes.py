"""The processes that get killed: the store (small or whole) and HQ; each is started, asked, and killed by pid."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from bench.settings_file import write_toml
from bench.shop import KEY, TOKEN, raw_settings
from config.schema import Settings
from tests.proof.races import fork

HQ_TOKEN = "the token of a store that only lives in proofs"


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_with_hq(folder: Path, hq_port: int, web_port: int = 0) -> dict[str, Any]:
    """The shop's settings with a line to HQ."""
    token = folder / "token"
    token.write_text(HQ_TOKEN)
    token.chmod(0o600)
    web = {"port": web_port, "live_port": 0, "allowed_hosts": ["127.0.0.1"]}
    hq = {"url": f"http://127.0.0.1:{hq_port}", "token_file": str(token), "interval_s": 0.2}
    return raw_settings(folder, hq=hq, web=web, log={"level": "error"})


class Till(Protocol):
    """A store that can be killed."""

    startup_s: float
    """About how long it takes to start: random kills during the start are drawn from this."""

    def start(self) -> None:
        """Starts the process; does not wait for it."""

    def ask(self, nonce: str, code: str, until: float) -> dict[str, Any] | None:
        """Redeems; None when there was no answer by `until` (time.monotonic)."""

    def kill(self) -> bool:
        """SIGKILL, and waits until it is gone; False: it had died by itself."""


class SmallTill:
    """The daemon without its web side, forked from a process that has everything imported."""

    startup_s = 0.06

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pid = 0
        self._near: socket.socket | None = None
        self._mute = False

    def start(self) -> None:
        near, far = socket.socketpair()
        self._near = near
        self._mute = False
        self._pid = fork(lambda: self._live(near, far))
        far.close()

    def ask(self, nonce: str, code: str, until: float) -> dict[str, Any] | None:
        assert self._near is not None
        if self._mute:
            return None
        self._mute = True  # until the answer is here whole: a late one must not be taken for the next
        try:
            self._near.sendall(json.dumps({"nonce": nonce, "code": code}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                self._near.settimeout(max(0.0001, until - time.monotonic()))
                some = self._near.recv(65536)
                if not some:
                    return None
                answer += some
        except OSError:
            return None
        self._mute = False
        found: dict[str, Any] = json.loads(answer)
        return found

    def kill(self) -> bool:
        gone, _ = os.waitpid(self._pid, os.WNOHANG)
        if not gone:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        if self._near is not None:
            self._near.close()
        return not gone

    def _live(self, near: socket.socket, far: socket.socket) -> None:
        from bench.shop import CASHIERS
        from edge.daemon import Daemon
        from edge.domain.refusals import Refusal
        from edge.domain.views import RedeemRequest

        near.close()
        logging.disable()
        # Everything of Daemon.start() but the two servers: the same workers, woken by the same pokes.
        daemon = Daemon(self._settings, KEY)
        daemon.store.printing.recover()
        daemon._hire()
        for worker in daemon._workers:
            worker.start()
        for line in far.makefile("rb"):
            asked = json.loads(line)
            try:
                done = daemon.store.hand_over.redeem(RedeemRequest(**asked), CASHIERS["T1"])
                answer = {"result": "ok", "pickup": done.pickup, "repeat": done.repeat}
            except Refusal as refusal:
                answer = {"result": refusal.code}
            far.sendall(json.dumps(answer).encode() + b"\n")


class WholeTill:
    """The daemon as systemd starts it, asked over its API."""

    startup_s = 1.0

    def __init__(self, file: Path, port: int) -> None:
        self._file = file
        self._port = port
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def with_hq(cls, folder: Path, hq_port: int) -> WholeTill:
        """A store with a line to this HQ."""
        port = free_port()
        (folder / "edge.key").write_text(KEY.hex())
        (folder / "edge.key").chmod(0o600)
        write_toml(folder / "settings.toml", settings_with_hq(folder, hq_port, port))
        return cls(folder / "settings.toml", port)

    def start(self) -> None:
        command = [sys.executable, "-m", "edge", "run", "--settings", str(self._file)]
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def ask(self, nonce: str, code: str, until: float) -> dict[str, Any] | None:
        body = json.dumps({"nonce": nonce, "code": code, "station": "T1"})
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        while time.monotonic() < until:
            line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=until - time.monotonic())
            with contextlib.closing(line):
                try:
                    line.request("POST", "/api/v1/pickups/redeem", body, headers)
                    answer: dict[str, Any] = json.loads(line.getresponse().read())
                except ConnectionRefusedError:  # not up yet
                    time.sleep(0.01)
                    continue
                except (OSError, http.client.HTTPException):
                    return None
                if "pickup" in answer:
                    return {"result": "ok", "pickup": answer["pickup"], "repeat": answer["repeat"]}
                return {"result": answer.get("code", "?"), "said": answer}
        return None

    def kill(self) -> bool:
        assert self._child is not None
        alive = self._child.poll() is None
        self._child.kill()
        self._child.wait()
        return alive


class Hq:
    """The reference HQ in a process of its own."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.port = free_port()
        self._pid = 0

    def start(self) -> None:
        """Starts serving on the same port as before."""
        self._pid = fork(self._serve)

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _serve(self) -> None:
        from waitress.server import create_server

        from sync.hub.web import create_hub

        create_server(
            create_hub(self._database, next_s=0.2), host="127.0.0.1", port=self.port, threads=2
        ).run()
