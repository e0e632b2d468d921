"""A lane and its store on one machine, over each kind of line, with a line that can be cut."""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devices.lane_book import LaneBook
from devices.lane_door import LaneDoor
from devices.lane_host import LaneHost
from devices.lane_link import Lane
from devices.lane_messages import Devices
from devices.lane_wires import answering, dial, fingerprint, listen
from edge.lanes import hire, makers

TOKEN = "a token that only lives in tests"
SHA = hashlib.sha256(TOKEN.encode()).hexdigest()


def until(done: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


class Cable:
    """A TCP forwarder between two sides: `cut` resets both ends, `hold` lets nothing through and says nothing."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        self._target = target
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.up = True
        self.held = False
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.up = False
        self._drop()

    def mend(self) -> None:
        self.up, self.held = True, False

    def close(self) -> None:
        self.cut()
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _drop(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET)
            try:
                if not self.up:
                    raise ConnectionRefusedError
                far.connect(self._target)
            except OSError:
                near.close()
                far.close()
                continue
            self._ends += [near, far]
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with near, far, contextlib.suppress(OSError, ValueError):
            while True:
                for end in select.select([near, far], [], [], 0.05)[0]:
                    if self.held:
                        time.sleep(0.01)
                        continue
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)


class Rig:
    """One lane; `kind` is inside, unix or tls (through a Cable)."""

    def __init__(self, kind: str, folder: Path, devices: Devices, relearn_s: float = 10.0) -> None:
        self.kind, self.folder, self.devices, self.relearn_s = kind, folder, devices, relearn_s
        self.calling = True
        self.reasons: list[str] = []
        self.cable: Cable | None = None
        self.lane = Lane("K1", devices, relearn_s)
        self._path = f"unix:{folder / 'l.sock'}"
        self._open_door(self._path if kind == "unix" else "127.0.0.1:0" if kind == "tls" else "")
        self.start_lane()

    def _open_door(self, at: str) -> None:
        listener = listen(at) if at else None
        tls = answering(self.folder) if self.kind == "tls" else None
        self.door = LaneDoor(listener, {"K1": self.lane}, {"K1": SHA}, tls)
        self.door.start()
        if self.kind == "tls" and listener:
            self.cable = Cable(listener.getsockname())

    def start_lane(self) -> None:
        self.book = LaneBook(self.folder / "lane.db", TOKEN, young_s=0.0)
        self.host = LaneHost("K1", TOKEN, self.book, makers(), hire)
        self.calling = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._call, args=(self.host, self._stopping), daemon=True)
        self._thread.start()

    def stop_lane(self) -> None:
        self._stopping.set()
        self.host.close()
        self._thread.join(20)
        self.book.close()

    def cut(self) -> None:
        """The line goes down and stays down until `mend`."""
        self.calling = False
        if self.cable:
            self.cable.cut()
        else:
            self.lane.hang_up("CUT")
        until(lambda: not self.lane.up)

    def mend(self) -> None:
        if self.cable:
            self.cable.mend()
        self.calling = True

    def close(self) -> None:
        self.stop_lane()
        self.door.stop()
        if self.cable:
            self.cable.close()

    def connection(self) -> socket.socket:
        if self.kind == "inside":
            near, far = socket.socketpair()
            self.door.take_call(near, "inside")
            return far
        if self.kind == "unix":
            return dial(self._path)
        assert self.cable
        return dial(f"127.0.0.1:{self.cable.port}", fingerprint(self.folder))

    def _call(self, host: LaneHost, stopping: threading.Event) -> None:
        while not stopping.wait(0.01):
            if self.calling:
                with contextlib.suppress(OSError):
                    self.reasons.append(host.talk(self.connection()))


@contextmanager
def rig(kind: str, folder: Path, devices: Devices, relearn_s: float = 10.0) -> Iterator[Rig]:
    made = Rig(kind, folder, devices, relearn_s)
    try:
        until(lambda: made.lane.up)
        yield made
    finally:
        made.close()
