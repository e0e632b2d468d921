"""A slip as a picture of its paper: the bytes a printer gets, read back by the simulated printer's interpreter."""

from __future__ import annotations

import functools

from config.device_schema import PrinterSettings
from devices.slip import Slip
from edge.desks.plugged import PlugDesk
from edge.desks.printing import PrintDesk
from edge.desks.status import StatusDesk
from edge.desks.upkeep import UpkeepDesk
from edge.domain.refusals import UnknownThing


def upkeep_desk(
    status: StatusDesk, printing: PrintDesk, plugs: PlugDesk, printers: dict[str, PrinterSettings]
) -> UpkeepDesk:
    """The upkeep desk with paper to show."""
    return UpkeepDesk(status, printing, plugs, printers, drawn)


def drawn(slip: Slip, settings: PrinterSettings) -> bytes:
    """The paper as a PNG, one pixel a dot of the printer; raises UnknownThing for a slip that can never be paper."""
    from devices.escpos_picture import NoPicture

    try:
        return _drawn(slip, settings.columns, settings.charset)
    except NoPicture:
        raise UnknownThing from None


@functools.lru_cache(maxsize=8)
def _drawn(slip: Slip, columns: int, charset: str) -> bytes:
    from devices.escpos_slip import encode
    from devices.simulated_escpos import Interpreter

    machine = Interpreter(columns * 12, charset, lambda _answer: None)
    machine.buffer += encode(slip, columns, charset)
    while machine.step():
        pass
    return machine.papers[0].png
