"""A fixed scanner on the network: we call it (host:port), or it calls us (listen:port)."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Sequence

from config.device_schema import ScannerSettings
from devices.byte_codes import ByteCodes
from devices.nodes import fault
from devices.ports import BadSource, DeviceAbsent, Reading
from devices.scan_pump import Line, Pump

_CONNECT_S = 3.0
_CALL_AGAIN_S = 1.0
_RING_S = 0.5
# A scanner whose plug was pulled never says so; it is asked after 5 s of silence, three times, 2 s apart.
_KEEPALIVE = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 11_000))


class TcpScanner:
    """Reads codes from a TCP connection; one scanner at a time, the latest caller counts."""

    def __init__(self, name: str, settings: ScannerSettings) -> None:
        self._name = name
        self._settings = settings
        self._pump = Pump(name, settings.debounce_ms / 1000)
        self._door: socket.socket | None = None
        self._called = -_CALL_AGAIN_S

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: too long, never ended, or more than anybody asked for."""
        return self._pump.dropped

    @property
    def address(self) -> tuple[str, int] | None:
        """Where we listen; None while we do not."""
        return self._door.getsockname()[:2] if self._door else None

    def open(self) -> None:
        """Connects, or waits half a second for the scanner's call; raises DeviceAbsent, or BadSource.

        While nobody has called, we go on listening: the next open() takes a call that came meanwhile.
        """
        self._pump.stop()
        host, port = self._target()
        try:
            line = self._answer_call(host, port) if self._listens else self._call(host, port)
            self._keep_alive(line)
        except (OSError, OverflowError) as error:
            raise fault(self._name, error) from error
        self._pump.start(self._line(line), ByteCodes(self._settings))

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns as soon as a code is complete; raises DeviceAbsent when the scanner hung up, or, listening,
        when it called anew."""
        if self._door and (line := self._ringing(self._door)):
            # A scanner that lost its power calls again without having hung up.
            self._pump.stop()
            self._keep_alive(line)
            self._pump.start(self._line(line), ByteCodes(self._settings))
        return self._pump.read(wait_s)

    def close(self) -> None:
        """Hangs up, and listens no more; half a code is forgotten."""
        self._pump.stop()
        door, self._door = self._door, None
        if door:
            door.close()

    @property
    def _listens(self) -> bool:
        return self._settings.port.startswith("listen:")

    def _target(self) -> tuple[str, int]:
        host, _, port = self._settings.port.removeprefix("listen:").rpartition(":")
        if not port.isdigit() or int(port) > 65535 or not (host or self._listens):
            raise BadSource(self._name, "host:port, listen:port or listen:address:port is expected")
        return host.strip("[]"), int(port)

    def _call(self, host: str, port: int) -> socket.socket:
        # Whoever asks is impatient for devices with a cable; a network is not to be flooded with calls.
        if time.monotonic() - self._called < _CALL_AGAIN_S:
            raise DeviceAbsent(self._name, "called a moment ago")
        self._called = time.monotonic()
        return socket.create_connection((host, port), timeout=_CONNECT_S)

    def _answer_call(self, host: str, port: int) -> socket.socket:
        if self._door is None:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._door = socket.create_server((host, port), family=family, backlog=4)
        self._door.settimeout(_RING_S)
        try:
            line = self._accepted(self._door)
        except TimeoutError:
            line = None
        if line is None:
            raise DeviceAbsent(self._name, "it has not called yet")
        return line

    def _ringing(self, door: socket.socket) -> socket.socket | None:
        door.settimeout(0)
        try:
            return self._accepted(door)
        except OSError:
            return None

    def _accepted(self, door: socket.socket) -> socket.socket | None:
        line, (caller, *_) = door.accept()
        wanted = self._settings.peer
        if wanted and ipaddress.ip_address(caller.partition("%")[0]) != ipaddress.ip_address(wanted):
            line.close()
            return None
        return line

    def _line(self, line: socket.socket) -> Line:
        return Line(line.fileno(), lambda: line.recv(4096), line.close)

    def _keep_alive(self, line: socket.socket) -> None:
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
