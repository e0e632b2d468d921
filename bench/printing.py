"""Slips: how soon the first byte leaves and the printer confirms, what encoding costs, sixteen printers at once."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.rounds import Figure, Row, interleaved, ms, pair, percentile, timed
from bench.shop import KEY
from config.schema import parse
from devices.escpos_raster import raster
from devices.escpos_slip import encode
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Align, Feed, Pair, Qr, Rule, Slip, Text
from edge.daemon import Shop, build_shop
from edge.workers import Worker

_EACH = 40
_PRINTERS = 16
_PACE_S = 0.2
_GOODS = ("有机燕麦片即食冲饮营养早餐", "特级西湖龙井茶 250 克", "骨瓷马克杯（礼盒装）", "手工曲奇 400g")
SLIP = Slip(
    "bench",
    (
        Text("淮海路店", bold=True, align=Align.CENTER),
        Text("0017", scale=4, bold=True, align=Align.CENTER),
        Rule(),
        *(Pair(name, f"×{n}  ¥{n}9.90") for n, name in enumerate(_GOODS * 4, start=1)),
        Rule(),
        Pair("合计 / Total", "¥1,234.50", bold=True),
        Feed(),
        Qr("WX2026112200017"),
    ),
)
_LINE = "有机燕麦片即食冲饮营养早餐代餐大袋装 ¥79.80"


def rows(rounds: int) -> list[Row]:
    """All figures of printing."""
    return [*_encoding(rounds), *_one_printer(rounds), _sixteen()]


def _encoding(rounds: int) -> Iterator[Row]:
    size = len(encode(SLIP, 48, "gb18030"))
    found = interleaved(
        {"slip": lambda: timed(lambda: encode(SLIP, 48, "gb18030")), "floor": lambda: timed(_plain_bytes)},
        rounds=rounds,
        each=_EACH * 5,
    )
    slip, floor = found["slip"], found["floor"]
    yield Row(
        "print-encode",
        f"a slip of 16 goods in the ROM's lane, {size} bytes; floor: its words encoded, without layout",
        pair(slip),
        pair(floor),
        f"{slip.p50 / floor.p50:.1f}",
        "p50 <= 1 ms and <= 2 kB",
        slip.p50 <= 0.001 and size <= 2048,
    )
    lines = interleaved(
        {
            "ours": lambda: timed(lambda: raster(_LINE, 48, Align.LEFT, bold=False, scale=1)),
            "pillow": lambda: timed(_pillow_line),
        },
        rounds=rounds,
        each=_EACH * 5,
    )
    ours, pillow = lines["ours"], lines["pillow"]
    yield Row(
        "print-raster",
        "a line of 21 hanzi as dots with kept glyphs; floor: Pillow draws the line and gives its bytes",
        pair(ours),
        pair(pillow),
        f"{pillow.p50 / ours.p50:.1f} times faster",
        "at least 5 times faster than Pillow",
        pillow.p50 >= 5 * ours.p50,
    )


def _plain_bytes() -> bytes:
    words = (f"{part.left}{part.right}" for part in SLIP.parts if isinstance(part, Pair))
    return "\n".join(words).encode("gb18030")


def _pillow_line() -> bytes:
    from PIL import Image, ImageDraw

    from devices.escpos_raster import _font

    picture = Image.new("1", (576, 30))
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    pen.text((0, 23), _LINE, fill=1, font=_font(1, False), anchor="ls")
    return picture.tobytes()


@contextlib.contextmanager
def open_shop(printers: dict[str, SimulatedPrinter], retry_s: float = 10.0) -> Iterator[Shop]:
    """The desks over a ledger on the disk, a worker for each printer, as the daemon has them."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as folder:
        named = {name: {"host": one.host, "port": one.port} for name, one in printers.items()}
        raw: dict[str, Any] = {"store": {"id": "S00421", "state_dir": folder}, "printers": named}
        shop = build_shop(parse(raw), KEY)
        desk, jobs = shop.store.printing, shop.books.jobs
        workers = [_worker(shop, name, retry_s) for name in named]
        desk.recover()
        for worker in workers:
            worker.start()
        try:
            yield shop
        finally:
            for worker in workers:
                worker.stop()
            assert not jobs.waiting()
            shop.books.close()


def _worker(shop: Shop, name: str, retry_s: float) -> Worker:
    desk = shop.store.printing
    worker = Worker(name, lambda: 0.0 if desk.turn(name) else retry_s)
    shop.wakes.wakes(f"slips:{name}", worker)
    return worker


def _one_printer(rounds: int) -> Iterator[Row]:
    with SimulatedPrinter() as printer, open_shop({"P1": printer}) as shop:
        count = iter(range(1_000_000))
        first: list[float] = []

        def submitted() -> float:
            key, taken, began = f"job{next(count)}", len(printer.received), time.perf_counter()
            job = shop.store.printing.submit(key, "P1", "T1", key, SLIP)
            assert printer.wait_received(taken + 1, 5)
            first.append(time.perf_counter() - began)
            while (row := shop.books.jobs.by_id(job.id)) is None or row.state != "printed":
                time.sleep(0.0005)
            return time.perf_counter() - began

        submitted()  # the first one cleans up after whatever was before us
        first.clear()
        with _bare_printer() as bare:
            found = interleaved({"slip": submitted, "floor": bare}, rounds=rounds, each=_EACH)
    early = Figure(percentile(first, 50), percentile(first, 99))
    slip, floor = found["slip"], found["floor"]
    yield Row(
        "print-first-byte",
        "submit -> first byte at the printer, idle, two synced transactions between; floor: a bare socket's round trip",
        pair(early),
        pair(floor),
        f"{early.p50 / floor.p50:.0f}",
        "p50 < 20 ms",
        early.p50 < 0.02,
    )
    yield Row(
        "print-confirmed",
        "submit -> the row says printed; floor: the same bytes over a bare socket and one byte back",
        pair(slip),
        pair(floor),
        f"{slip.p50 / floor.p50:.0f}",
        "p99 < 300 ms",
        slip.p99 < 0.3,
    )


@contextlib.contextmanager
def _bare_printer() -> Iterator[Any]:
    """Something that takes a job and answers one byte, and the pass that uses it."""
    job = encode(SLIP, 48, "gb18030")
    near, far = socket.socketpair()

    def serve() -> None:
        taken = 0
        while data := far.recv(65536):
            taken += len(data)
            if taken % len(job) == 0:
                far.sendall(b"\x00")

    threading.Thread(target=serve, daemon=True).start()

    def passed() -> None:
        near.sendall(job)
        near.recv(1)

    with near, far:
        yield lambda: timed(passed)
        near.shutdown(socket.SHUT_RDWR)


def _sixteen() -> Row:
    """Five slips a second on each of sixteen printers for some seconds; threads of the printers apart."""
    with contextlib.ExitStack() as on:
        printers = {f"P{n}": on.enter_context(SimulatedPrinter()) for n in range(_PRINTERS)}
        shop = on.enter_context(open_shop(printers))
        small = short(SLIP)
        began, used = time.perf_counter(), time.process_time()
        beats = 20
        for beat in range(beats):
            for name in printers:
                key = f"{name}-{beat}"
                shop.store.printing.submit(key, name, "T1", key, small)
            time.sleep(max(0.0, began + (beat + 1) * _PACE_S - time.perf_counter()))
        while shop.books.jobs.waiting():
            time.sleep(0.005)
        took, used = time.perf_counter() - began, time.process_time() - used - _by_printers()
        papers = sum(len(printer.papers) for printer in printers.values())
    share = used / took
    assert papers == beats * _PRINTERS
    return Row(
        "print-sixteen",
        f"16 printers x 5 slips/s for {beats * _PACE_S:.0f} s; processor time of desk, ledger and drivers",
        f"{papers} slips in {ms(took)}, {share:.0%} of a core",
        f"{beats * _PACE_S:.0f} s at that pace",
        f"{took / (beats * _PACE_S):.2f}",
        "keeps pace (<= 1.1), < 50 % of a core",
        took <= 1.1 * beats * _PACE_S and share < 0.5,
    )


def _by_printers() -> float:
    """Processor seconds of the simulated printers' threads."""
    threads = [one for one in threading.enumerate() if one.name == "simulated-printer" and one.ident]
    return sum(time.clock_gettime(time.pthread_getcpuclockid(int(one.ident or 0))) for one in threads)


def short(slip: Slip) -> Slip:
    """A slip of everyday length: the head, two goods, the end."""
    return Slip(slip.title, (*slip.parts[:5], *slip.parts[-3:]))
