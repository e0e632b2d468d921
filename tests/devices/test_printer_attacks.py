"""What answers at a printer's address and is none: a program that never stops talking."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.device_schema import PrinterSettings
from devices.escpos_printer import EscposPrinter
from devices.ports import PrinterState, Unconfirmed
from devices.slip import Slip, Text


@contextmanager
def babbler(says: bytes) -> Iterator[int]:
    """Whoever calls hears `says` without end from its first byte on, and is listened to."""
    door = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def hear(line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            line.recv(1)
            threading.Thread(target=talk, args=(line,), daemon=True).start()
            while line.recv(65536):
                pass

    def talk(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            while not over.is_set():
                line.sendall(says * 500)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=hear, args=(door.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield int(door.getsockname()[1])
    over.set()
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def printer_at(port: int, confirm: str = "barrier") -> EscposPrinter:
    settings = PrinterSettings(host="127.0.0.1", port=port, timeout_s=0.5, confirm=confirm)  # type: ignore[arg-type]
    return EscposPrinter("r1", settings)


def test_answers_without_end_are_not_kept() -> None:
    with babbler(b"\x12") as port:
        printer = printer_at(port)
        assert printer.state() is PrinterState.ONLINE
        link = printer._link
        assert link is not None
        deadline = time.monotonic() + 10
        while len(link._replies) < 64:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for _ in range(100):
            time.sleep(0.002)
            assert len(link._replies) == 64
        printer.close()


def test_wrong_answers_without_end_are_no_answer() -> None:
    with babbler(b"\x12\x37\x22XXXX\0") as port:
        printer = printer_at(port, "process-id")
        outcome: list[Unconfirmed] = []

        def print_it() -> None:
            try:
                printer.print(Slip("x", (Text("x"),)))
            except Unconfirmed as fault:
                outcome.append(fault)

        worker = threading.Thread(target=print_it, daemon=True)
        worker.start()
        worker.join(10)
        assert len(outcome) == 1
        printer.close()
