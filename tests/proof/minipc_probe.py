"""What the service may not do, tried from inside it: prints for each deed "done" or the name of the error."""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path


def attempt(deed: Callable[[], object]) -> str:
    try:
        deed()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, repr(error))
    return "done"


def write(path: str) -> Callable[[], object]:
    def deed() -> None:
        Path(path).write_text("x")
        Path(path).unlink()

    return deed


def call(host: str) -> Callable[[], object]:
    return lambda: socket.create_connection((host, 80), timeout=2).close()


def new_namespace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "unshare")


def credential() -> None:
    Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nowhere"), "edge.key").read_bytes()


DEEDS: dict[str, Callable[[], object]] = {
    "write its state": write("/var/lib/store-edge/probe"),
    "read its credential": credential,
    "read its settings": lambda: Path("/etc/store-edge/store.toml").read_bytes(),
    "call the shop's network": lambda: socket.create_connection(("127.0.0.1", 8770), timeout=2).close(),
    "write to /usr": write("/usr/probe"),
    "write to /etc": write("/etc/store-edge/probe"),
    "write to its code": write("/opt/store-edge/edge/probe"),
    "read a home": lambda: Path("/home/open/note").read_bytes(),
    "read the secrets' folder": lambda: Path("/etc/store-edge/secrets/edge.key").read_bytes(),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close(),
    "open an unlisted device": lambda: os.close(os.open("/dev/unlisted", os.O_RDWR)),
    "call a foreign address": call("198.51.100.7"),
    "make a namespace": new_namespace,
    "map memory to write and run": lambda: mmap.mmap(-1, 4096, prot=7).close(),
}

if __name__ == "__main__":
    json.dump({name: attempt(deed) for name, deed in DEEDS.items()}, sys.stdout)
