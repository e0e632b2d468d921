"""A customer display of two lines that takes Epson's commands (DM-D series and its many likenesses)."""

from __future__ import annotations

from config.device_schema import DisplaySettings
from devices.display_text import shown
from devices.ports import DeviceAbsent, Showing, Unconfirmed
from devices.serial_line import SerialLine

_INIT = b"\x1b\x40"
_OVERWRITE = b"\x1f\x01"
_CLEAR = b"\x0c"


def encode(showing: Showing, columns: int, charset: str) -> bytes:
    """Both lines, each in full after its own position (US $ x y), so that nothing has to be cleared first."""
    lines = (showing.upper, showing.lower)
    return b"".join(
        b"\x1f\x24\x01" + bytes([row]) + shown(line, columns, charset)
        for row, line in enumerate(lines, start=1)
    )


class EpsonVfdDisplay:
    """Shows two lines on `settings.device`; one thread at a time may use it.

    It remembers what it was last told, also while the cable was out, and shows that when it is opened again:
    a customer must not stand before a dark display in the middle of a purchase.
    """

    def __init__(self, name: str, settings: DisplaySettings) -> None:
        self._name = name
        self._settings = settings
        self._line = SerialLine(name, settings.device, settings.baud)
        self._last: Showing | None = None

    def open(self) -> None:
        """Opens the port, prepares the display and shows the last showing; raises DeviceAbsent, BadSource."""
        self._line.open()
        self._send(_INIT + _OVERWRITE + _CLEAR + (self._bytes(self._last) if self._last else b""))

    def show(self, showing: Showing) -> None:
        """Replaces what stands there; raises DeviceAbsent. Amount and lamp are for displays of digits."""
        self._last = showing
        self._send(self._bytes(showing))

    def close(self) -> None:
        """Lets go; what stands there stays."""
        self._line.close()

    def _bytes(self, showing: Showing) -> bytes:
        return encode(showing, self._settings.columns, self._settings.charset)

    def _send(self, data: bytes) -> None:
        try:
            self._line.write(data)
        except Unconfirmed as error:
            raise DeviceAbsent(self._name, error.detail) from error
