"""The check-up looks at every device of the settings; what a running store has in its hands is looked at, not taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from config.schema import Settings
from devices import registry
from devices.plugged import plugged
from devices.ports import DeviceClaimed, DeviceFault, PrinterState
from edge.domain import checkup_books as judge
from edge.domain.checkup import Verdict
from edge.plugging import Standing, standing

_SILENT = (PrinterState.ABSENT, PrinterState.OFFLINE)


def each(settings: Settings, *, running: bool) -> Iterator[Verdict]:
    """A line a device. While no store runs each is opened and let go; nothing is printed, shown or unlocked."""
    for one in standing(settings, plugged()):
        lane = getattr(settings, one.table)[one.name].lane
        kind = one.table.removesuffix("s") if one.table != "lights" else one.table
        far = bool(lane) and settings.lanes[lane].where == "outside"
        if one.there is False:
            yield judge.device(one.name, kind, "gone", one.address)
        elif far or running or lane:
            yield judge.device(one.name, kind, "there" if one.there else "unasked", lane)
        else:
            yield judge.device(one.name, kind, *_tried(settings, one))


def _tried(settings: Settings, one: Standing) -> tuple[str, str]:
    """(state, the fault's code) of a device that nobody has."""
    device: Any = getattr(registry, f"open_{one.table}")(settings)[one.name]
    try:
        if one.table != "printers":
            device.open()
            return "online", ""
        state = device.state()
        # A printer of which nothing is to be learned may work all the same.
        unasked = state in _SILENT and settings.printers[one.name].confirm == "none" and one.there
        return ("there", "") if unasked else (str(state.value), "")
    except DeviceClaimed as fault:
        return "busy", fault.code
    except DeviceFault as fault:
        return "absent", fault.code
    finally:
        device.close()
