"""A door: what is wrong with settings, said so that a person can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from config.device_schema import USB_NAME


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the settings: where, what, and the likely remedy ("" if none is known)."""

    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        said = f"{self.path}: {self.message}" + (f" ({self.hint})" if self.hint else "")
        # Names come from the file: what they hold must not drive the terminal that shows them.
        return "".join(letter if letter.isprintable() else "?" for letter in said)


class SettingsRefused(Exception):
    """The settings cannot be used; `problems` lists everything that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(p) for p in problems))
        self.problems = problems


def dangling(path: str, name: str, known: Mapping[str, object]) -> Problem:
    """A name that points at nothing."""
    near = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(sorted(known)) or "none"
    return Problem(
        path, f"{name!r} is not defined", f"did you mean {near[0]}?" if near else f"defined: {listed}"
    )


def place(lane: str, address: str) -> str:
    """What tells places apart: a path or a USB name belongs to the machine that runs the device."""
    near = address.startswith(("/", "listen:")) or USB_NAME.fullmatch(address)
    return f"{lane}:{address}" if lane and near else address


def twice(table: str, places: Mapping[str, str]) -> list[Problem]:
    """Two devices at one place: each would get half of what happens there."""
    first: dict[str, str] = {}
    found = []
    for name, place in places.items():
        if place and first.setdefault(place, name) != name:
            dot = f"{table}." if table else ""
            found.append(Problem(f"{dot}{name}", f"is at the same place as {dot}{first[place]}"))
    return found
