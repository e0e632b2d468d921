"""A real daemon in a process of its own, with a floor beside it; told what to do over its standard input."""

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
from config.schema import parse
from edge.daemon import Daemon

PAGES = 4


class RawFloor:
    """The least that a scan needs: a thread that reads a terminal, looks the product up, and sends it on.

    It also answers a poll (one byte in, the count of scans out), as the cheapest poll there could be.
    """

    def __init__(self, daemon: Daemon, terminal: str) -> None:
        self._store = daemon.store
        self._terminal = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._terminal, termios.TCSANOW)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._count = 0

    def start(self) -> None:
        """Starts both threads."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        pages = [self._listener.accept()[0] for _ in range(PAGES)]
        for page in pages:
            page.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._poll, daemon=True).start()
        while True:
            code = os.read(self._terminal, 256).strip()
            product = self._store.guide.product(code.decode())
            self._count += 1
            told = (product.sku if product else "?").encode() + b"\n"
            for page in pages:
                page.sendall(told)

    def _poll(self) -> None:
        asker, _ = self._listener.accept()
        asker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while asker.recv(1):
            asker.sendall(b"%d\n" % self._count)


def main() -> None:
    """Settings (JSON) and the floor's terminal as arguments; prints its ports, ends with standard input."""
    daemon = Daemon(parse(json.loads(Path(sys.argv[1]).read_text())), KEY)
    daemon.start()
    floor = RawFloor(daemon, sys.argv[2])
    floor.start()
    # A port is emptied when it is opened: what is written before that is not measured, it is lost.
    while not any(device.state == "online" for device in daemon.store.status.devices()):
        time.sleep(0.01)
    ports = {"web": daemon.web_port, "live": daemon.live_port, "floor": floor.port}
    print(json.dumps(ports), flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
