"""The library between a process and its disk and clock: compiled here, loaded into children, spoken to from inside."""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("file_shim.c")
CREATE, WRITE, SYNC, TRUNCATE, UNLINK, RENAME, MARK, SYNC_FOLDER = (1 << n for n in range(8))
_RECORD = struct.Struct("=IIQQQ")


@dataclass(frozen=True, slots=True)
class Op:
    """One change of a file, or a mark; `at`: place or new length, `data`: bytes, a mark's text or a new name."""

    op: int
    ino: int
    at: int
    path: str
    data: bytes


def compiled(folder: Path) -> Path | None:
    """The library, made with this machine's gcc; None where there is none."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    made = folder / "file_shim.so"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([gcc, *flags, "-o", str(made), str(SOURCE), "-ldl", "-lpthread"], check=True)
    return made


def environment(library: Path, watch: Path, log: Path | None = None) -> dict[str, str]:
    """What a child's environment must say to have it."""
    more = {"LD_PRELOAD": str(library), "SHIM_WATCH": f"{watch}/"}
    return {**os.environ, **more, **({"SHIM_LOG": str(log)} if log else {})}


@cache
def inside() -> Any:
    """The library in this very process; raises AttributeError where it was not loaded."""
    found = ctypes.CDLL(None)
    found.shim_mark.argtypes = [ctypes.c_char_p]
    found.shim_watch.argtypes = [ctypes.c_char_p]
    found.shim_arm.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    found.shim_clock.argtypes = [ctypes.c_longlong]
    found.shim_seen.restype = found.shim_failed.restype = ctypes.c_long
    return found


def read(log: Path) -> Iterator[Op]:
    """What was written down, in order."""
    told = log.read_bytes()
    at = 0
    while at < len(told):
        op, path, size, ino, place = _RECORD.unpack_from(told, at)
        at += _RECORD.size
        yield Op(op, ino, place, told[at : at + path].decode(), told[at + path : at + path + size])
        at += path + size
