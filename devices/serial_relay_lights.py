"""A lamp or relay board on a serial line that is told by bytes, which the settings name colour by colour."""

from __future__ import annotations

import contextlib

from config.device_schema import LightSettings
from devices.ports import BadSource, DeviceAbsent, DeviceFault, Light, Unconfirmed
from devices.serial_line import SerialLine


class SerialRelayLights:
    """Sends `settings.codes` to `settings.device`; one thread at a time may use it."""

    def __init__(self, name: str, settings: LightSettings) -> None:
        self._name = name
        self._settings = settings
        self._line = SerialLine(name, settings.device, settings.baud)

    def open(self) -> None:
        """Opens the port, dark; raises DeviceAbsent, or BadSource for codes that are none."""
        self._codes()
        self._line.open()
        self.light(Light.OFF)

    def light(self, light: Light) -> None:
        """Shows that and nothing else; a colour without a code is the nearest that has one; raises DeviceAbsent."""
        codes = self._codes()
        lit = next(colour for colour in codes if colour is not Light.OFF)
        steady = {Light.RED_BLINKING: Light.RED}.get(light, light)
        code = codes.get(light) or codes.get(steady) or codes[lit]
        try:
            self._line.write(code)
        except Unconfirmed as error:
            raise DeviceAbsent(self._name, error.detail) from error

    def close(self) -> None:
        """Dark, if it still can; never raises."""
        if self._line.opened:
            with contextlib.suppress(DeviceFault):
                self.light(Light.OFF)
        self._line.close()

    def _codes(self) -> dict[Light, bytes]:
        try:
            codes = {Light(colour): bytes.fromhex(code) for colour, code in self._settings.codes.items()}
        except ValueError as error:
            raise BadSource(self._name, "codes are pairs of hexadecimal digits") from error
        if not codes.get(Light.OFF) or len(codes) < 2 or not all(codes.values()):
            raise BadSource(self._name, "codes need off and at least one colour")
        return codes
