"""What a message asks of a device, done: questions to answers, deeds to outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devices.lane_book import Outcome
from devices.lane_messages import (
    Ask,
    BoxOpen,
    Do,
    Given,
    Leave,
    Level,
    Print,
    Pulse,
    Show,
    State,
    Take,
    Unlock,
    Weigh,
    Who,
)
from devices.ports import DeviceFault, DrawerSocket, Fate, Identified, SentOnly, Unconfirmed

_FITTING: dict[type, str] = {
    State: "printers",
    Level: "printers",
    Print: "printers",
    Pulse: "printers",
    Weigh: "scales",
    Show: "displays",
    BoxOpen: "lockers",
    Unlock: "lockers",
}


def answer_to(ask: Ask, device: Any) -> tuple[Given, str, str]:
    """The value, or a fault's code and detail; raises what no driver may raise."""
    try:
        return _asked(ask, device), "", ""
    except DeviceFault as fault:
        return Given(), fault.code, fault.detail[:300]


def outcome_of(do: Do, device: Any, sent: Callable[[], None]) -> Outcome:
    """Does it, once; what a driver raises before the first byte means that it never happened."""
    try:
        _fits(do.device, do.deed)
        match do.deed:
            case Print(slip):
                device.print(slip, sent)
            case Pulse(pin, pulse_ms):
                if not isinstance(device, DrawerSocket):
                    return Outcome(Fate.NEVER, "BAD_SOURCE", "has no drawer socket")
                device.pulse(pin, pulse_ms)
            case Unlock(box):
                device.unlock(box)
    except SentOnly as fault:
        return Outcome(Fate.SENT, fault.code, fault.detail[:300])
    except Unconfirmed as fault:
        return Outcome(Fate.UNKNOWN, fault.code, fault.detail[:300])
    except DeviceFault as fault:
        return Outcome(Fate.NEVER, fault.code, fault.detail[:300])
    return Outcome(Fate.DONE)


def _asked(ask: Ask, device: Any) -> Given:
    _fits(ask.device, ask.question)
    match ask.question:
        case State():
            return Given(state=device.state())
        case Level():
            return Given(flag=device.level() if isinstance(device, DrawerSocket) else None)
        case Who():
            return Given(identity=device.identity() if isinstance(device, Identified) else None)
        case Weigh(wait_s):
            return Given(weight=device.read(wait_s))
        case BoxOpen(box):
            return Given(flag=device.is_open(box))
        case Take():
            _open(device)
        case Leave():
            device.close()
        case Show(showing):
            device.show(showing)
        case shine:
            device.light(shine.light)
    return Given()


def _open(device: Any) -> None:
    # Two ends may have lost sight of each other: what is open already is taken anew.
    device.close()
    device.open()


def _fits(place: str, wish: object) -> None:
    table, _, name = place.partition(".")
    if _FITTING.get(type(wish), table) != table:
        raise DeviceFault(name, "cannot do that")
