"""Simulated devices for whoever has none: started one at a time, told what to do on standard input."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Simulation:
    """A device that runs: the settings it needs, its words, and what each does with the rest of the line."""

    settings: str
    words: dict[str, Callable[[str], object]]


@contextlib.contextmanager
def scanner() -> Iterator[Simulation]:
    """A serial scanner."""
    from devices.simulated_scanner import SimulatedScanner

    with SimulatedScanner() as one:
        lines = f'[scanners.NAME]\nstation = "STATION"\nport = "{one.port}"'
        yield Simulation(
            lines, {"scan": one.scan, "unplug": lambda _: one.unplug(), "replug": lambda _: one.replug()}
        )


@contextlib.contextmanager
def printer() -> Iterator[Simulation]:
    """A receipt printer on the network."""
    from devices.simulated_printer import SimulatedPrinter

    with SimulatedPrinter() as one:

        def show(_: str) -> str:
            return one.papers[-1].text if one.papers else "no paper yet"

        words: dict[str, Callable[[str], object]] = {
            "show": show,
            "take-paper": lambda _: one.take_paper(),
            "give-paper": lambda _: one.give_paper(),
            "open-cover": lambda _: one.open_cover(),
            "close-cover": lambda _: one.close_cover(),
            "close-drawer": lambda _: one.close_drawer(),
            "unplug": lambda _: one.power_off(),
            "replug": lambda _: one.power_on(),
        }
        yield Simulation(f'[printers.NAME]\nhost = "{one.host}"\nport = {one.port}', words)


@contextlib.contextmanager
def scale() -> Iterator[Simulation]:
    """A scale on a serial line that speaks Toledo 8217."""
    from devices.simulated_scale import SimulatedScale

    with SimulatedScale() as one:
        lines = f'[scales.NAME]\nstation = "STATION"\ndevice = "{one.port}"'
        words: dict[str, Callable[[str], object]] = {
            "put": lambda grams: one.put(int(grams)),
            "unplug": lambda _: one.unplug(),
            "replug": lambda _: one.replug(),
        }
        yield Simulation(lines, words)


@contextlib.contextmanager
def display() -> Iterator[Simulation]:
    """A customer display of two lines."""
    from devices.simulated_display import SimulatedDisplay

    with SimulatedDisplay() as one:
        lines = f'[displays.NAME]\nstation = "STATION"\ndevice = "{one.port}"'
        words: dict[str, Callable[[str], object]] = {
            "show": lambda _: "\n".join(one.lines),
            "power-cut": lambda _: one.power_cut(),
            "unplug": lambda _: one.unplug(),
            "replug": lambda _: one.replug(),
        }
        yield Simulation(lines, words)


@contextlib.contextmanager
def locker() -> Iterator[Simulation]:
    """A lock board with 24 boxes."""
    from devices.simulated_locker import SimulatedLocker

    with SimulatedLocker() as one:
        lines = f'[lockers.NAME]\nstation = "STATION"\ndevice = "{one.port}"'
        words: dict[str, Callable[[str], object]] = {
            "shut": lambda box: one.shut(int(box)),
            "unplug": lambda _: one.unplug(),
            "replug": lambda _: one.replug(),
        }
        yield Simulation(lines, words)


KINDS: dict[str, Callable[[], contextlib.AbstractContextManager[Simulation]]] = {
    "scanner": scanner,
    "printer": printer,
    "scale": scale,
    "display": display,
    "locker": locker,
}


def answer(simulation: Simulation, line: str) -> str:
    """Does one line; gives what to print."""
    word, _, rest = line.strip().partition(" ")
    if not word:
        return ""
    act = simulation.words.get(word)
    if act is None:
        return f"no such word; there are: {', '.join(sorted(simulation.words))}"
    try:
        said = act(rest)
    except ValueError:
        return f"{word} does not understand {rest!r}"
    return said if isinstance(said, str) else "ok"
