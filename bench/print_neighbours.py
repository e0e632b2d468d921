"""Printers beside each other: one prints while fifteen hang, and how soon a cover that opens is heard of."""

from __future__ import annotations

import contextlib
import queue
import socket
import statistics
import threading
import time
from collections.abc import Callable
from functools import partial

from bench.printing import SLIP, open_shop, short
from bench.rounds import Figure, Row, interleaved, ms, pair, percentile, timed
from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.ports import PrinterState
from devices.simulated_printer import SimulatedPrinter
from edge.daemon import Shop

_PRINTERS = 16
_EACH = 100


def rows(rounds: int) -> list[Row]:
    """Both figures."""
    return [_told(rounds), _blackhole(rounds)]


def _told(rounds: int) -> Row:
    with SimulatedPrinter() as simulated, contextlib.ExitStack() as ends:
        printer = EscposPrinter("P1", PrinterSettings(host=simulated.host, port=simulated.port))
        heard: queue.SimpleQueue[PrinterState] = queue.SimpleQueue()
        printer.listen(heard.put)
        printer.print(SLIP)
        near, far = socket.socketpair()
        ends.enter_context(near)
        ends.enter_context(far)
        threading.Thread(target=_passes_on, args=(far, heard), daemon=True).start()

        def opened() -> float:
            began = time.perf_counter()
            simulated.open_cover()
            heard.get(timeout=5)
            took = time.perf_counter() - began
            simulated.close_cover()
            heard.get(timeout=5)
            return took

        def floor() -> float:
            began = time.perf_counter()
            near.sendall(b"\x3c\x00\x00\x00")
            heard.get(timeout=5)
            return time.perf_counter() - began

        found = interleaved({"told": opened, "floor": floor}, rounds=rounds, each=_EACH)
        printer.close()
        near.shutdown(socket.SHUT_RDWR)
    told, bare = found["told"], found["floor"]
    return Row(
        "print-told",
        "a cover opens -> the driver's listener is called, over TCP, nobody asked; floor: four bytes to a thread",
        pair(told),
        pair(bare),
        f"{told.p50 / bare.p50:.1f}",
        "p99 < 50 ms",
        told.p99 < 0.05,
    )


def _passes_on(line: socket.socket, heard: queue.SimpleQueue[PrinterState]) -> None:
    while line.recv(16):
        heard.put(PrinterState.COVER_OPEN)


def _blackhole(rounds: int) -> Row:
    """The same shop, in turn with fifteen idle printers and with fifteen that take every question and say nothing.

    Each of them has a slip waiting and is dialled and asked anew all the time. A p99 of a hundred is one slip, hence
    twice the rounds.
    """
    rounds *= 2
    beside: dict[str, list[tuple[float, float]]] = {"idle": [], "hanging": []}
    with contextlib.ExitStack() as on:
        printers = {f"P{n}": on.enter_context(SimulatedPrinter()) for n in range(_PRINTERS)}
        shop = on.enter_context(open_shop(printers, retry_s=0.2))
        others = [name for name in printers if name != "P0"]
        for number, name in enumerate(printers):
            _printed(shop, name, f"first {number}")
        for turn in range(rounds):
            # In turn also in order: the ledger grows, and a machine warms up.
            for how in sorted(beside, reverse=turn % 2 == 1):
                if how == "hanging":
                    _hang(shop, [printers[name] for name in others], others, turn)
                beside[how].append(_healthy(shop, f"{how} {turn}"))
                for name in others:
                    printers[name].recover()
                _until(lambda: not shop.books.jobs.waiting())
    idle, hanging = (
        Figure(statistics.median(p50 for p50, _ in found), min(p99 for _, p99 in found))
        for found in (beside["idle"], beside["hanging"])
    )
    return Row(
        "printing-blackhole",
        f"submit -> printed on one printer while 15 others take every question and are silent; floor: they are idle; "
        f"{rounds} x {_EACH} slips each",
        pair(hanging),
        pair(idle),
        f"{hanging.p50 / idle.p50:.2f} / {hanging.p99 / idle.p99:.2f}",
        "p99 unchanged (<= 1.1)",
        hanging.p99 <= 1.1 * idle.p99,
        notes=(f"medians of p99: {ms(_mid(beside['hanging']))} / {ms(_mid(beside['idle']))}",),
    )


def _hang(shop: Shop, printers: list[SimulatedPrinter], names: list[str], turn: int) -> None:
    for printer, name in zip(printers, names, strict=True):
        printer.go_silent()
        shop.store.printing.submit(f"{name} {turn}", name, "T1", "", short(SLIP))
    jobs = shop.books.jobs
    _until(
        lambda: (
            all(job.state == "blocked" for name in names for job in jobs.waiting_at(name))
            and not jobs.unsettled()
        )
    )


def _mid(found: list[tuple[float, float]]) -> float:
    return statistics.median(p99 for _, p99 in found)


def _healthy(shop: Shop, key: str) -> tuple[float, float]:
    took = [timed(partial(_printed, shop, "P0", f"{key} {at}")) for at in range(_EACH)]
    return percentile(took, 50), percentile(took, 99)


def _printed(shop: Shop, printer: str, key: str) -> None:
    job = shop.store.printing.submit(key, printer, "T1", "", short(SLIP))
    _until(lambda: (row := shop.books.jobs.by_id(job.id)) is not None and row.state == "printed")


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.0005)
