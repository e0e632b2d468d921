"""A receipt printer that speaks ESC/POS over raw TCP (port 9100), believed only when it confirms."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.schema import PrinterSettings
from devices.escpos_replies import ReplyKind, ReplyParser, paper_ended, state_from
from devices.escpos_slip import encode
from devices.ports import (
    CoverOpen,
    DeviceAbsent,
    DeviceOffline,
    OutOfPaper,
    PrinterState,
    Slip,
    Unconfirmed,
)

_CONNECT_S = 3.0
_STATUS_S = 2.0
_DRAIN_S = 2.0
_ASK = b"\x10\x04"
_BARRIER = b"\x1dr\x01"


class EscposPrinter:
    """Prints slips over a connection of their own; calls from several threads take turns.

    Two printers must not share one address: a printer talks to one host at a time.
    """

    def __init__(self, name: str, settings: PrinterSettings) -> None:
        self._name = name
        self._settings = settings
        self._turn = threading.Lock()
        self._seen = PrinterState.UNKNOWN

    def print(self, slip: Slip) -> None:
        """Prints, cuts and waits for the printer's word; errors as `devices.ports.POSPrinter` says."""
        job = encode(slip, self._settings.columns, self._settings.charset)
        with self._turn, self._line() as line:
            self._seen = line.state()
            self._refuse(self._seen)
            line.send(job + _BARRIER)
            line.confirmed()

    def state(self) -> PrinterState:
        """Asks the printer; while a slip is being printed, says what was seen when that began."""
        if not self._turn.acquire(timeout=0.05):
            return self._seen
        try:
            with self._line() as line:
                self._seen = line.state()
        except DeviceAbsent:
            self._seen = PrinterState.ABSENT
        except DeviceOffline:
            self._seen = PrinterState.OFFLINE
        finally:
            self._turn.release()
        return self._seen

    @contextmanager
    def _line(self) -> Iterator[_Line]:
        settings = self._settings
        try:
            sock = socket.create_connection(
                (settings.host, settings.port), timeout=min(_CONNECT_S, settings.timeout_s)
            )
        except (OSError, ValueError) as error:  # ValueError: a host name that IDNA refuses
            raise DeviceAbsent(self._name, _words(error)) from error
        line = _Line(self._name, sock, settings.timeout_s)
        try:
            yield line
        finally:
            line.close()

    def _refuse(self, state: PrinterState) -> None:
        if state is PrinterState.COVER_OPEN:
            raise CoverOpen(self._name)
        if state is PrinterState.OUT_OF_PAPER:
            raise OutOfPaper(self._name)
        if state is PrinterState.OFFLINE:
            raise DeviceOffline(self._name)


class _Line:
    """One connection to the printer: every wait has a deadline, every error is one of ours."""

    def __init__(self, name: str, sock: socket.socket, timeout_s: float) -> None:
        self._name = name
        self._sock = sock
        self._timeout_s = timeout_s
        self._replies = ReplyParser()

    def state(self) -> PrinterState:
        answers = [self._ask(number) for number in (1, 2, 4)]
        return state_from(*answers)

    def send(self, job: bytes) -> None:
        """Sends all of `job`; the printer may be slow but must take something every `timeout_s`."""
        rest = memoryview(job)
        self._sock.settimeout(self._timeout_s)
        while rest:
            try:
                rest = rest[self._sock.send(rest) :]
            except OSError as error:
                if len(rest) == len(job):
                    raise DeviceAbsent(self._name, _words(error)) from error
                raise Unconfirmed(self._name, f"{len(job) - len(rest)} of {len(job)} bytes sent") from error

    def confirmed(self) -> None:
        """Waits for the barrier's answer, which the printer gives after all that was sent before it."""
        try:
            answer = self._wait(ReplyKind.IN_ORDER, self._timeout_s)
        except OSError as error:
            raise Unconfirmed(self._name, _words(error)) from error
        if paper_ended(answer):
            raise Unconfirmed(self._name, "paper ran out while printing")

    def close(self) -> None:
        """Ends our side first and reads to the end.

        Closing with unread bytes resets the connection, and a printer with a small window then loses
        the tail of the slip.
        """
        try:
            self._sock.shutdown(socket.SHUT_WR)
            self._sock.settimeout(_DRAIN_S)
            deadline = time.monotonic() + _DRAIN_S
            while time.monotonic() < deadline and self._sock.recv(4096):
                pass
        except OSError:
            pass
        finally:
            self._sock.close()

    def _ask(self, number: int) -> int:
        try:
            self._sock.settimeout(_STATUS_S)
            self._sock.sendall(_ASK + bytes([number]))
            return self._wait(ReplyKind.REAL_TIME, min(_STATUS_S, self._timeout_s))
        except TimeoutError as error:
            raise DeviceOffline(self._name, "connected, but it does not answer") from error
        except OSError as error:
            raise DeviceAbsent(self._name, _words(error)) from error

    def _wait(self, kind: ReplyKind, wait_s: float) -> int:
        deadline = time.monotonic() + wait_s
        while (left := deadline - time.monotonic()) > 0:
            self._sock.settimeout(left)
            data = self._sock.recv(256)
            if not data:
                raise ConnectionAbortedError("it hung up")
            for reply in self._replies.feed(data):
                if reply.kind is kind:
                    return reply.data[0]
        raise TimeoutError("no answer in time")


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
