"""A serial line that we have for ourselves: opening it exclusively, and every wait on it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import stat
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

from devices.nodes import fault
from devices.ports import BadSource, DeviceAbsent, Unconfirmed

if TYPE_CHECKING:
    import serial

_AT_ONCE = 4096
_WRITE_S = 1.0
_STALE_READS = 64
_GOODBYE_S = 0.5


class SerialLine:
    """A port opened and closed as often as the device comes and goes; one thread at a time may use it.

    A line that died is closed at once: a dead descriptor makes the adapter come back under another name.
    """

    def __init__(self, name: str, device: str, baud: int, framing: str = "8N1") -> None:
        self._name = name
        self._device = device
        self._baud = baud
        self._framing = framing
        self._port: serial.Serial | None = None

    @property
    def opened(self) -> bool:
        """Whether it is open, as far as we know."""
        return self._port is not None

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self.close()
        self._port = opened_port(self._name, self._device, self._baud, self._framing)

    def write(self, data: bytes, wait_s: float = _WRITE_S) -> None:
        """Sends all of `data`; raises DeviceAbsent when not a byte left us, Unconfirmed when some did."""
        deadline, sent = time.monotonic() + wait_s, 0
        while sent < len(data):
            fd = self._fd()
            poll = select.poll()
            poll.register(fd, select.POLLOUT)
            try:
                ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
                if not ready:
                    raise TimeoutError("it takes no bytes")
                with contextlib.suppress(BlockingIOError):
                    sent += os.write(fd, data[sent:])
            except OSError as error:
                self.close()
                if sent:
                    raise Unconfirmed(self._name, f"{sent} of {len(data)} bytes sent") from error
                raise fault(self._name, error) from error

    def take(self, deadline: float) -> bytes:
        """What arrives first, waiting until `deadline` (monotonic, s); b"": nothing came; raises DeviceAbsent."""
        fd = self._fd()
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return b""
        try:
            data = os.read(fd, _AT_ONCE)
        except BlockingIOError:
            return b""
        except OSError as error:
            self.close()
            raise DeviceAbsent(self._name, str(error)) from error
        if not data:
            self.close()
            raise DeviceAbsent(self._name, "it went away")
        return data

    def forget(self) -> None:
        """Drops what arrived before now; raises DeviceAbsent.

        A full line keeps its oldest bytes, so what waits in it may be of any age.
        """
        for _ in range(_STALE_READS):  # an end, also on a line that is faster than we are
            if not self.take(0.0):
                return

    def close(self) -> None:
        """Lets go of the port; never raises."""
        port, self._port = self._port, None
        if port:
            shut_port(port)

    def _fd(self) -> int:
        if self._port is None:
            raise DeviceAbsent(self._name, "not open")
        return self._port.fileno()


def opened_port(name: str, device: str, baud: int, framing: str = "8N1") -> serial.Serial:
    """A port that is ours alone and never waits; raises DeviceAbsent, or BadSource for what is no serial port."""
    try:
        if not stat.S_ISCHR(Path(device).stat().st_mode):
            raise BadSource(name, "not a serial port")
        return _exclusive(device, baud, framing)
    except (OSError, termios.error) as error:
        raise fault(name, error) from error
    except (ValueError, OverflowError) as error:  # a speed that this port cannot do
        raise BadSource(name, str(error)) from error


def shut_port(port: serial.Serial) -> None:
    """Lets go of a port, dead or alive; never raises."""
    with contextlib.suppress(OSError, termios.error):
        fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
    # The last bytes may still get out; what a device never takes would hold close() for half a minute.
    with contextlib.suppress(OSError, termios.error):
        deadline = time.monotonic() + _GOODBYE_S
        while port.out_waiting and time.monotonic() < deadline:
            time.sleep(0.005)
        if port.out_waiting:
            port.reset_output_buffer()
    with contextlib.suppress(OSError, termios.error):
        port.close()


def _exclusive(device: str, baud: int, framing: str) -> serial.Serial:
    import serial

    parity = framing[1]
    port = serial.Serial(device, baud, int(framing[0]), parity, int(framing[2]), timeout=0, exclusive=True)
    try:
        fd = port.fileno()
        # `exclusive` is a lock that only the polite ask for; this keeps the others out too.
        fcntl.ioctl(fd, termios.TIOCEXCL)
        attributes = termios.tcgetattr(fd)
        # Nothing to read is then an error of its own, and an empty answer means that the port is gone.
        attributes[6][termios.VMIN] = 1
        if parity != "N":  # a byte with the wrong parity is read as 00, which is no part of any frame
            attributes[0] |= termios.INPCK
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
        # FTDI adapters hold bytes back for 16 ms otherwise; most other ports have no such mode.
        with contextlib.suppress(ValueError, OSError, NotImplementedError):
            port.set_low_latency_mode(True)
    except BaseException:
        shut_port(port)
        raise
    return port
