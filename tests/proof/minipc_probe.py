"""What a unit may not do, tried from inside it: prints for each deed "done" or the name of the error."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import mmap
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

VICTIM = "/proof/victim-{}.pid"
"""The number of a process of the same user, which is nobody's child here."""
BEYOND = ("load a kernel module", "set the clock", "read the kernel's log", "change the kernel's settings")
"""What a container refuses to its own root too: only that the fence refuses them can be seen in one."""


def attempt(deed: Callable[[], object]) -> str:
    """How a deed ends, tried by a child: what it changes about itself is gone with it."""
    ours, theirs = os.pipe()
    if not (child := os.fork()):
        try:
            deed()
            said = "done"
        except OSError as error:
            said = errno.errorcode.get(error.errno or 0, type(error).__name__)
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return told


def write(path: str) -> Callable[[], object]:
    def deed() -> None:
        Path(path).write_text("x")
        Path(path).unlink()

    return deed


def call(host: str) -> Callable[[], object]:
    return lambda: socket.create_connection((host, 80), timeout=2).close()


def libc(name: str, *words: object) -> Callable[[], object]:
    def deed() -> None:
        library = ctypes.CDLL(None, use_errno=True)
        if getattr(library, name)(*words) == -1:
            raise OSError(ctypes.get_errno(), name)

    return deed


def syscall(number: int, *words: object) -> Callable[[], object]:
    return libc("syscall", number, *words)


def traced() -> None:
    """Takes another process of the same user by the hand, and lets it go."""
    pid = int(Path(VICTIM.format(sys.argv[1])).read_text())
    libc("ptrace", 16, pid, 0, 0)()  # PTRACE_ATTACH
    os.waitpid(pid, 0)
    libc("ptrace", 17, pid, 0, 0)()


def credential(name: str) -> Callable[[], object]:
    return lambda: Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nowhere"), name).read_bytes()


def opened(path: str) -> Callable[[], object]:
    return lambda: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def device_made() -> None:
    os.mknod("/dev/shm/kmem", 0o600 | 0o020000, os.makedev(1, 1))  # noqa: S108 - to be refused
    Path("/dev/shm/kmem").unlink()  # noqa: S108


def kept_time() -> None:
    now = time.clock_gettime(time.CLOCK_REALTIME)
    time.clock_settime(time.CLOCK_REALTIME, now)


def renamed() -> None:
    socket.sethostname(socket.gethostname())


def became_root() -> None:
    os.setuid(0)
    if os.getuid():
        raise PermissionError(errno.EPERM, "setuid")


def suid_made() -> None:
    made = Path("suid").absolute()
    made.write_text("x")
    with contextlib.ExitStack() as after:
        after.callback(made.unlink)
        made.chmod(0o4755)


def routed() -> None:
    """Another address for this machine, asked over netlink (RTM_NEWADDR)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        body = struct.pack("=BBBBI", 2, 32, 0, 0, 1) + struct.pack("=HH4s", 8, 2, bytes((198, 51, 100, 99)))
        sock.send(struct.pack("=IHHII", 16 + len(body), 20, 5 | 0x100, 1, 0) + body)
        told = struct.unpack_from("=i", sock.recv(4096), 16)[0]
        if told:
            raise OSError(-told, "newaddr")


COMMON: dict[str, Callable[[], object]] = {
    "write to /usr": write("/usr/probe"),
    "write to /etc": write("/etc/store-edge/probe"),
    "write to its code": write("/opt/store-edge/current/probe"),
    "write to the boot loader's": write("/boot/probe"),
    "read a home": lambda: Path("/home/open/note").read_bytes(),
    "read the sealed secrets": lambda: next(Path("/etc/credstore.encrypted").iterdir()).read_bytes(),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close(),
    "open an unlisted device": opened("/dev/unlisted"),
    "make a device": device_made,
    "call a foreign address": call("198.51.100.7"),
    "give this machine an address": routed,
    "make a namespace": libc("unshare", 0x10000000),
    "mount": libc("mount", b"tmpfs", b"/mnt", b"tmpfs", 0, None),
    "look into another process": traced,
    "see others' processes": lambda: Path("/proc/1/cmdline").read_bytes(),
    "load a kernel module": syscall(175, b"", 0, b""),
    "set the clock": kept_time,
    "rename the machine": renamed,
    "read the kernel's log": libc("klogctl", 3, ctypes.create_string_buffer(64), 64),
    "change the kernel's settings": lambda: Path("/proc/sys/kernel/domainname").write_text("probe"),
    "become root": became_root,
    "leave a program that runs as somebody else": suid_made,
    "map memory to write and run": lambda: mmap.mmap(-1, 4096, prot=7).close(),
}
WEB: dict[str, Callable[[], object]] = {
    "write its state": write("/var/lib/store-edge/probe"),
    "read its credential": credential("edge.key"),
    "read its settings": lambda: Path("/etc/store-edge/store.toml").read_bytes(),
    "call the shop's network": lambda: socket.create_connection(("127.0.0.1", 8770), timeout=2).close(),
    "open a listed device": opened("/dev/listed"),
    "read the devices' book": lambda: Path("/var/lib/store-edge-lane/lane.db").read_bytes(),
    **COMMON,
}
DEVICES: dict[str, Callable[[], object]] = {
    "write its state": write("/var/lib/store-edge-lane/probe"),
    "read its credential": credential("lane-token"),
    "open a listed device": opened("/dev/listed"),
    "read the store's settings": lambda: Path("/etc/store-edge/store.toml").read_bytes(),
    "read the store's books": lambda: Path("/var/lib/store-edge/ledger.db").read_bytes(),
    "call the shop's network": lambda: socket.create_connection(("127.0.0.1", 8770), timeout=2).close(),
    **COMMON,
}

if __name__ == "__main__":
    deeds = {"web": WEB, "devices": DEVICES}[sys.argv[1]]
    json.dump({name: attempt(deed) for name, deed in deeds.items()}, sys.stdout)
