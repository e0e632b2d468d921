"""The guest's machine as the host sees it: QEMU, a cable for talk, and hands that plug, type and scan."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.proof.usb_bench.guest_root import ROOT, GuestRoot, pack

HERE = Path(__file__).resolve().parent
LIMIT_S = 400
"""Longest life of a guest; a run of three minutes on a machine that has other work."""
CABLES = ("one", "two")
_SCAN_EVERY_S = 0.02
_KEY_S = 0.03
_HELD: dict[str, Any] = {"hold-time": 10}
"""Milliseconds; the name is QEMU's."""
ROOMS = ("config", "devices", "edge", "kiosk_ui", "sync", "systemd", "tests/proof/usb_bench")

Said = dict[str, Any]


class NoGuest(Exception):
    """No guest boots here."""


def run_guest(root: GuestRoot, planted: str = "") -> list[Said]:
    """Boots the guest with the rooms as they are now and does what it asks for; gives what it reported.

    `planted`: faults that the guest is to build in, and which scenarios if not all ("no grab; only keyboard").
    Raises NoGuest with the end of its console.
    """
    with tempfile.TemporaryDirectory(prefix="usb-bench-") as name:
        folder = Path(name)
        _stage(root, folder, planted)
        console = folder / "console.txt"
        with console.open("wb") as out, _machine(root, folder, out) as process:
            alarm = threading.Timer(LIMIT_S, process.kill)
            alarm.start()
            try:
                said = list(_Hands(folder, process).serve())
            finally:
                alarm.cancel()
        if not said:
            raise NoGuest(console.read_text("utf-8", "replace")[-1500:])
        tail = console.read_text("utf-8", "replace")[-3000:]
    return [*said, {"console": tail}]


def _stage(root: GuestRoot, folder: Path, planted: str) -> None:
    """The memory disk: that of the root, and our rooms behind it, so that a changed line needs no new root."""
    rooms = folder / "rooms/store-edge"
    for room in ROOMS:
        shutil.copytree(ROOT / room, rooms / room, ignore=shutil.ignore_patterns("__pycache__"))
    (rooms / "planted").write_text(planted, "utf-8")
    (folder / "rooms/init").write_bytes((HERE / "init.sh").read_bytes())
    (folder / "rooms/init").chmod(0o755)
    pack(folder / "rooms", folder / "rooms.cpio")
    with (folder / "memory.cpio").open("wb") as both:
        for part in (root.memory_disk, folder / "rooms.cpio"):
            both.write(part.read_bytes())


@contextlib.contextmanager
def _machine(root: GuestRoot, folder: Path, console: Any) -> Iterator[subprocess.Popen[bytes]]:
    chardevs = [("talk", "talk"), *((f"cable-{name}", f"cable-{name}") for name in CABLES)]
    words = [
        # The oldest processor that numpy still runs on.
        *(
            "-accel",
            "tcg",
            "-cpu",
            "Nehalem",
            "-smp",
            "2",
            "-m",
            "1024",
            "-nographic",
            "-nodefaults",
            "-no-reboot",
        ),
        *("-serial", "stdio", "-kernel", str(root.kernel), "-initrd", str(folder / "memory.cpio")),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
        *("-drive", f"file={root.disk},if=virtio,format=raw,readonly=on"),
        # The place of the controller in most PCs, and in the examples of our rules.
        *("-device", "qemu-xhci,id=xhci,addr=14.0", "-qmp", f"unix:{folder}/qmp,server=on,wait=off"),
        *("-device", "virtio-serial-pci", "-device", "virtserialport,chardev=talk,name=talk"),
    ]
    for name, path in chardevs:
        words += ["-chardev", f"socket,id={name},path={folder}/{path},server=on,wait=off"]
    process = subprocess.Popen(
        ["qemu-system-x86_64", *words], stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class _Hands:
    """Does what the guest asks for, one line of JSON a wish, and answers when it is done."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._folder = folder
        self._qmp = self._called("qmp").makefile("rw")
        self._qmp.readline()
        self._tell("qmp_capabilities")
        self._talk = self._called("talk").makefile("rw")
        self._cables = {name: self._called(f"cable-{name}") for name in CABLES}
        self._scanning: dict[str, threading.Event] = {}

    def serve(self) -> Iterator[Said]:
        """What the guest reports, until its machine ends."""
        wishes: dict[str, Callable[..., None]] = {
            "plug": self._plug,
            "unplug": self._unplug,
            "send": self._send,
            "scan": self._scan,
            "hush": self._hush,
            "keys": self._keys,
            "ping": lambda: None,
        }
        with contextlib.suppress(OSError):
            for line in self._talk:
                said = json.loads(line)
                if "wish" not in said:
                    yield said
                    continue
                wishes[said.pop("wish")](**said)
                self._talk.write("done\n")
                self._talk.flush()
        for name in [*self._scanning]:
            self._hush(name)

    def _called(self, name: str) -> socket.socket:
        """QEMU needs a moment before it listens."""
        deadline = time.monotonic() + 30
        while True:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(str(self._folder / name))
            except OSError:
                line.close()
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise NoGuest(f"QEMU does not run: {self._process.poll()}") from None
                time.sleep(0.05)
            else:
                return line

    def _tell(self, command: str, until: str = "", **arguments: object) -> None:
        """A command to QEMU; with `until`, waits for this event too."""
        self._qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._qmp.flush()
        waiting = {"return", *([until] if until else [])}
        while waiting:
            said = json.loads(self._qmp.readline())
            if "error" in said:
                raise NoGuest(f"{command}: {said['error']['desc']}")
            waiting -= {"return"} if "return" in said else {str(said.get("event"))}

    def _plug(self, name: str, driver: str, **words: str) -> None:
        self._tell("device_add", id=name, driver=driver, bus="xhci.0", **words)

    def _unplug(self, name: str) -> None:
        self._tell("device_del", "DEVICE_DELETED", id=name)

    def _send(self, cable: str, text: str) -> None:
        self._cables[cable].sendall(text.encode())

    def _scan(self, cable: str) -> None:
        """Somebody scans again and again: a new number each time, until hush."""
        stop = self._scanning[cable] = threading.Event()

        def scanning() -> None:
            for number in itertools.count():
                self._cables[cable].sendall(b"%013d\r" % number)
                if stop.wait(_SCAN_EVERY_S):
                    return

        threading.Thread(target=scanning, daemon=True).start()

    def _hush(self, cable: str) -> None:
        self._scanning.pop(cable).set()

    def _keys(self, keys: list[str]) -> None:
        """Presses keys one after the other, each like "shift+a"."""
        for key in keys:
            pressed = [{"type": "qcode", "data": one} for one in key.split("+")]
            self._tell("send-key", keys=pressed, **_HELD)
            time.sleep(_KEY_S)
