"""What the process needs before it has threads that read and decode."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import msgspec

_SWITCH_S = 0.0005
"""The interpreter's default of 5 ms is how long a busy thread may hold up a scan."""


def ready_for_threads() -> None:
    """Threads take turns quickly, and none of them finds a type half known."""
    sys.setswitchinterval(_SWITCH_S)
    build_decoders()


def build_decoders() -> int:
    """Has msgspec find out the fields of every struct that is loaded; how many those are. Once built it costs nothing.

    msgspec 0.22 shows a type to other threads before all its fields are known, so that types may name themselves; a
    thread that decodes in that moment reads a null pointer.
    """
    found = set(_below(msgspec.Struct))
    for struct in found:
        msgspec.json.Decoder(struct)
    return len(found)


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for one in struct.__subclasses__():
        yield one
        yield from _below(one)
