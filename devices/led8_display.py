"""A customer display of eight digits and four lamps (单价, 合计, 收款, 找零), as Chinese tills have them."""

from __future__ import annotations

from config.device_schema import DisplaySettings
from devices.ports import DeviceAbsent, Lamp, Showing, Unconfirmed
from devices.serial_line import SerialLine

_INIT = b"\x1b\x40"
_CLEAR = b"\x0c"
_DIGITS = 8
_TOO_LONG = "-" * _DIGITS
_LAMPS = {Lamp.NONE: b"0", Lamp.PRICE: b"1", Lamp.TOTAL: b"2", Lamp.PAID: b"3", Lamp.CHANGE: b"4"}


def encode(showing: Showing) -> bytes:
    """ESC s lamp, then ESC Q A digits CR, or all cleared where there is no figure.

    A figure that does not fit is eight dashes: a part of it would be another figure.
    """
    lamp = b"\x1bs" + _LAMPS[showing.lamp]
    if showing.amount is None:
        return lamp + _CLEAR
    yuan, fen = divmod(abs(showing.amount), 100)
    text = f"{'-' if showing.amount < 0 else ''}{yuan}.{fen:02}"
    fits = len(text) - 1 <= _DIGITS  # the point shares the place of a digit
    return lamp + b"\x1bQA" + (text if fits else _TOO_LONG).encode("ascii") + b"\r"


class Led8Display:
    """Shows a figure on `settings.device`; one thread at a time may use it.

    It remembers what it was last told, also while the cable was out, and shows that when it is opened again.
    """

    def __init__(self, name: str, settings: DisplaySettings) -> None:
        self._name = name
        self._line = SerialLine(name, settings.device, settings.baud)
        self._last: Showing | None = None

    def open(self) -> None:
        """Opens the port, prepares the display and shows the last showing; raises DeviceAbsent, BadSource."""
        self._line.open()
        self._send(_INIT + _CLEAR + (encode(self._last) if self._last else b""))

    def show(self, showing: Showing) -> None:
        """Replaces what stands there; raises DeviceAbsent. The lines of text are for other displays."""
        self._last = showing
        self._send(encode(showing))

    def close(self) -> None:
        """Lets go; what stands there stays."""
        self._line.close()

    def _send(self, data: bytes) -> None:
        try:
            self._line.write(data)
        except Unconfirmed as error:
            raise DeviceAbsent(self._name, error.detail) from error
