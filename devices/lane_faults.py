"""Faults of devices over a line: a code on the wire, the same class on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from devices.ports import DeviceFault


def fault_of(code: str, device: str, detail: str) -> DeviceFault:
    """The fault with that code; one that this side does not know is a plain DeviceFault that names it."""
    kind = next((kind for kind in _kinds(DeviceFault) if kind.code == code), None)
    return DeviceFault(device, f"{code} {detail}".strip()) if kind is None else kind(device, detail)


def _kinds(kind: type[DeviceFault]) -> Iterator[type[DeviceFault]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)
