"""The ways to a printer: TCP, a serial line, the kernel's USB printer device, a file, libusb; every wait ends.

The first four are a descriptor that never blocks, so that one class serves them; libusb has none to give
and a wire of its own. usblp is to be preferred: it keeps its queue when we restart.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import stat
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from config.device_schema import PrinterSettings
from devices.escpos_libusb import open_libusb
from devices.escpos_replies import state_of_lp
from devices.ports import PrinterState

_CONNECT_S = 3.0
_GOODBYE_S = 2.0
_LPGETSTATUS = 0x060B  # linux/lp.h


class Wire(Protocol):
    """An open connection to a printer; `write` and `read` may run in different threads.

    `close` must be called by the thread that reads, or when there is none. `local`: the line ends only
    when the device is gone, `answers`: it has something to say.
    """

    answers: bool
    local: bool

    def write(self, data: memoryview, wait_s: float) -> int:
        """Bytes that the line took, at least one; raises TimeoutError, or OSError for a dead line."""

    def read(self, wait_s: float | None) -> bytes:
        """What arrived; b"" when nothing did in time or `wake` was called; raises OSError at the end."""

    def wake(self) -> None:
        """Ends the wait of whoever reads."""

    def lp_state(self) -> PrinterState:
        """What the USB printer class itself says (paper, error); UNKNOWN elsewhere."""

    def close(self) -> None:
        """Lets go; never raises."""


class FileWire:
    """A wire that is a descriptor which never blocks."""

    def __init__(
        self, fd: int, close: Callable[[], None], *, answers: bool = True, local: bool = True
    ) -> None:
        self.answers = answers
        self.local = local
        self._lock = threading.Lock()  # nobody writes to a number that is somebody else's file by now
        self._open = True
        self._fd = fd
        self._close = close
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def write(self, data: memoryview, wait_s: float) -> int:
        """Bytes that the line took, at least one; raises TimeoutError, or OSError for a dead line."""
        deadline = time.monotonic() + wait_s
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            with self._lock, contextlib.suppress(BlockingIOError):
                if not self._open:
                    raise ConnectionAbortedError("it is closed")
                return os.write(self._fd, data)
        raise TimeoutError("it takes no more bytes")

    def read(self, wait_s: float | None) -> bytes:
        """What arrived; b"" when nothing did in time or `wake` was called; raises OSError at the end."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        ready = poll.poll(None if wait_s is None else wait_s * 1000)
        if not any(fd == self._fd for fd, _ in ready):
            return b""
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return b""
        if not data:
            raise ConnectionAbortedError("it hung up")
        return data

    def wake(self) -> None:
        """Ends the wait of whoever reads."""
        with self._lock:
            if self._open:
                os.eventfd_write(self._wake, 1)

    def lp_state(self) -> PrinterState:
        """What the USB printer class itself says (paper, error); UNKNOWN elsewhere."""
        import fcntl

        status = bytearray(4)
        try:
            with self._lock:
                fcntl.ioctl(self._fd if self._open else -1, _LPGETSTATUS, status)
        except (OSError, ValueError):
            return PrinterState.UNKNOWN
        return state_of_lp(int.from_bytes(status, "little"))

    def close(self) -> None:
        """Lets go; never raises. A TCP printer gets to read everything first."""
        with self._lock:
            self._open = False
            os.close(self._wake)
        with contextlib.suppress(OSError):
            self._close()


def open_wire(settings: PrinterSettings) -> Wire:
    """Opens the printer's line; raises OSError (of which serial.SerialException is one) or ValueError."""
    dials: dict[str, Callable[[PrinterSettings], Wire]] = {
        "escpos-tcp": _tcp,
        "escpos-serial": _serial,
        "escpos-usb": _usb,
        "escpos-libusb": open_libusb,
        "escpos-file": _file,
    }
    return dials[settings.driver](settings)


def _tcp(settings: PrinterSettings) -> FileWire:
    sock = socket.create_connection(
        (settings.host, settings.port), timeout=min(_CONNECT_S, settings.timeout_s)
    )
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return FileWire(sock.fileno(), lambda: _end(sock), local=False)


def _end(sock: socket.socket) -> None:
    """Ends our side first and reads to the end.

    Closing with unread bytes resets the connection, and a printer with a small window then loses the
    tail of the slip.
    """
    with sock:
        sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + _GOODBYE_S
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            if not sock.recv(4096):
                return


def _serial(settings: PrinterSettings) -> FileWire:
    import serial

    line = serial.Serial(
        settings.device,
        settings.baud,
        timeout=0,
        write_timeout=0,
        rtscts=settings.flow == "rts",
        xonxoff=settings.flow == "xoff",
        exclusive=True,
    )

    def close() -> None:
        # A stalled printer would hold close() for half a minute, until the kernel gives up on its buffer.
        with contextlib.suppress(OSError, termios.error):  # a cable that is out answers with the second
            deadline = time.monotonic() + _GOODBYE_S
            while line.out_waiting and time.monotonic() < deadline:
                time.sleep(0.01)
            line.reset_output_buffer()
        line.close()

    return FileWire(line.fileno(), close)


def _usb(settings: PrinterSettings) -> FileWire:
    fd = os.open(settings.device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    _judge(fd, fits=stat.S_ISCHR(os.fstat(fd).st_mode))
    return FileWire(fd, lambda: os.close(fd))


def _file(settings: PrinterSettings) -> FileWire:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    fd = os.open(settings.device, flags, 0o600)
    mode = os.fstat(fd).st_mode
    _judge(fd, fits=_takes_slips(settings.device) if stat.S_ISREG(mode) else not stat.S_ISBLK(mode))
    return FileWire(fd, lambda: os.close(fd), answers=False)


def _takes_slips(path: str) -> bool:
    """Whether it is empty or begins as slips do: a wrong word in the settings must not be written into a key."""
    with Path(path).open("rb") as file:
        return file.read(2) in (b"", b"\0\0", b"\x1b@")


def _judge(fd: int, *, fits: bool) -> None:
    if not fits:
        os.close(fd)
        raise OSError(errno.ENOTTY, "it is a disk, or a file of something else")
