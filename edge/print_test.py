"""The test page of a printer, and what the printer says of itself, for whoever sets it up."""

from __future__ import annotations

from collections.abc import Iterator

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.ports import DeviceFault, PrinterState, SentOnly
from edge.desks.slips import test_page

_PROCESS_ID = b"\x1d(H\x06\x0000TEST"
_PARTS = {"maker": b"\x1dIB", "model": b"\x1dIC", "serial number": b"\x1dID", "firmware": b"\x1dIA"}


def report(name: str, settings: PrinterSettings) -> Iterator[tuple[str, str]]:
    """Prints the test page; gives (word, what was found) as it is found, `failed` among the words if it did."""
    printer = EscposPrinter(name, settings)
    try:
        if settings.confirm != "none":
            state = printer.state()
            yield "state", state.value
            if state in (PrinterState.ABSENT, PrinterState.OFFLINE):
                yield "failed", "it does not answer; is another program connected to it?"
                return
        printer.print(test_page(name, settings))
        yield "printed", "the test page, and the printer said so"
    except SentOnly:
        yield "sent", "the test page; confirm = none, so nobody knows whether it came out"
    except DeviceFault as fault:
        yield "failed", str(fault)
    else:
        yield from _identity(printer)
    finally:
        printer.close()


def _identity(printer: EscposPrinter) -> Iterator[tuple[str, str]]:
    try:
        for word, question in _PARTS.items():
            said = printer.ask(question)
            yield word, said[1:].decode("ascii", "replace").strip() or "it does not say"
        able = printer.ask(_PROCESS_ID)[2:] == b"TEST"
        drawer = printer.level()
    except DeviceFault as fault:
        yield "failed", str(fault)
        return
    best = (
        "process-id (GS ( H) works: set confirm = process-id" if able else "barrier (GS r) is the best it can"
    )
    yield "confirm", best
    yield "drawer sensor", "silent" if drawer is None else f"level {int(drawer)}"
