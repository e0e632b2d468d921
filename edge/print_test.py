"""The test page of a printer, and what the printer says of itself, for whoever sets it up."""

from __future__ import annotations

from collections.abc import Iterator

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.ports import DeviceFault, PrinterState, SentOnly
from devices.slip import Align, Code128, Feed, Pair, Qr, Rule, Slip, SlipPart, Text

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


def test_page(name: str, settings: PrinterSettings) -> Slip:
    """What a person should look at: edges, sizes, every lane of characters, codes."""
    columns = settings.columns
    ruler = "".join(str((column + 1) % 10) for column in range(columns))
    parts: tuple[SlipPart, ...] = (
        Text("打印测试 / TEST PAGE", scale=2, bold=True, align=Align.CENTER),
        Text(name, align=Align.CENTER),
        Rule(),
        Text(ruler),
        Pair("左 left", "右 right"),
        Pair("字符集 / charset", settings.charset),
        Pair("列数 / columns", str(columns)),
        Pair("金额 / amount", "¥1,234.50"),
        Text("标点：，。；「」（）《》……×÷±℃"),
        Text("外文 Café Zürich €5 Ωμέγα"),
        Text("繁體與罕用字 龍鳳呈祥 镕 囍 㐀 喆"),
        Text("大字 Big", scale=3, bold=True),
        Feed(),
        Qr("STORE-EDGE TEST 打印测试"),
        Code128("TEST-0123456789"),
        Text("若有方框或乱码，请检查 charset 设置", align=Align.CENTER),
        Text("Boxes or rubbish above: check the charset setting", align=Align.CENTER),
    )
    return Slip("打印测试 / test page", parts)


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
