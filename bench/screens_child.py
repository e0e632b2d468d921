"""The daemon of the screens' bench, with every screen bound, and beside it the least that a push to a browser needs."""

from __future__ import annotations

import json
import os
import socket
import sys
import termios
import threading
import time
import tty
from pathlib import Path

from bench.shop import KEY
from config.schema import Settings, parse
from edge.daemon import Daemon
from edge.domain.screens import ScreenKind
from edge.domain.staff import Operator, Role
from edge.store import Store

_IT = Operator("2001", "张", Role.LEAD, "T1")
_SHOWN: dict[str, ScreenKind] = {"kiosk": "kiosk", "guide": "guide", "cashier": "display"}
_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>floor</title><link rel="icon" href="data:,">
<p id="stage">nothing yet</p><script>
new EventSource("/events").onmessage = (event) => {
  document.getElementById("stage").textContent = JSON.parse(event.data).n;
};
</script></html>"""


class PushFloor:
    """A page of one line, and a thread that reads a terminal and sends what it read to that page's event stream."""

    def __init__(self, terminal: str) -> None:
        self._terminal = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._terminal, termios.TCSANOW)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._stream: socket.socket | None = None

    def start(self) -> None:
        """Starts both threads."""
        for work in (self._serve, self._read):
            threading.Thread(target=work, daemon=True).start()

    def _serve(self) -> None:
        while True:
            line, _ = self._listener.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A browser opens lines ahead that it never uses: none may keep the others waiting.
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        asked = line.recv(4096)
        if asked.startswith(b"GET /events "):
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1000\n\n")
            self._stream = line
        elif asked:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(_PAGE)}\r\n"
            line.sendall(head.encode() + b"Connection: close\r\n\r\n" + _PAGE)
            line.close()

    def _read(self) -> None:
        while True:
            code = os.read(self._terminal, 256).strip()
            if self._stream is not None:
                self._stream.sendall(b'data: {"topic":"floor","n":"%s"}\n\n' % code)


def bound(store: Store, settings: Settings) -> dict[str, tuple[ScreenKind, str]]:
    """A screen at every station, as store IT binds one: the station's kind of screen and its token."""
    tokens = {}
    for name, station in settings.stations.items():
        kind = _SHOWN[station.kind]
        pairing = store.screens.ask(kind, name)
        store.screens.bind(pairing.code, name, _IT, f"bench-{name}")
        token = store.screens.taken(pairing.secret)
        assert token is not None, name
        tokens[name] = (kind, token)
    return tokens


def main() -> None:
    """Settings (JSON) and the floor's terminal as arguments; prints ports and tokens, ends with standard input."""
    settings = parse(json.loads(Path(sys.argv[1]).read_text()))
    daemon = Daemon(settings, KEY)
    daemon.start()
    floor = PushFloor(sys.argv[2])
    floor.start()
    scanners = {name: one for name, one in settings.scanners.items() if one.driver == "serial"}
    while sum(device.state == "online" for device in daemon.store.status.devices()) < len(scanners):
        time.sleep(0.01)
    told = {"web": daemon.web_port, "floor": floor.port, "tokens": bound(daemon.store, settings)}
    print(json.dumps(told), flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
