"""A lamp that the kernel drives: a folder of /sys/class/leds, one colour or several."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from config.device_schema import LightSettings
from devices.nodes import fault
from devices.ports import DeviceAbsent, DeviceFault, Light

_BLINK_MS = 400
# Shares of red, green and blue; what a lamp lacks is left out.
_MIXED = {
    Light.OFF: {},
    Light.WHITE: {"red": 1.0, "green": 1.0, "blue": 1.0, "white": 1.0},
    Light.GREEN: {"green": 1.0},
    Light.AMBER: {"red": 1.0, "green": 0.5, "amber": 1.0},
    Light.RED: {"red": 1.0},
    Light.RED_BLINKING: {"red": 1.0},
}


class SysfsLed:
    """A lamp in the folder `settings.device` (kernel documentation, leds-class and leds-class-multicolor)."""

    def __init__(self, name: str, settings: LightSettings) -> None:
        self._name = name
        self._folder = Path(settings.device)
        self._open = False
        self._blinks = False

    def open(self) -> None:
        """Makes it ours: no trigger of the kernel, dark; raises DeviceAbsent, DeviceDenied."""
        self._blinks = "timer" in self._get("trigger").replace("[", "").replace("]", "").split()
        self._open = True
        self.light(Light.OFF)

    def light(self, light: Light) -> None:
        """Shows that and nothing else; a lamp of one colour is lit for every colour; raises DeviceAbsent."""
        if not self._open:
            raise DeviceAbsent(self._name, "not open")
        try:
            self._put("trigger", "none", must=False)  # ends blinking, and darkens
            if light is Light.OFF:
                self._put("brightness", "0")
                return
            self._colour(light)
            self._put("brightness", self._get("max_brightness") or "1")
            if light is Light.RED_BLINKING:
                self._blink()
        except OSError as error:
            self._open = False
            raise fault(self._name, error) from error

    def close(self) -> None:
        """Dark, if it still can; never raises."""
        if self._open:
            with contextlib.suppress(DeviceFault):
                self.light(Light.OFF)
        self._open = False

    def _colour(self, light: Light) -> None:
        parts = self._get("multi_index").split()
        if parts:
            full = int(self._get("max_brightness") or "1")
            shares = [int(full * _MIXED[light].get(part, 0.0)) for part in parts]
            # Without any of the colour's parts it is lit all the same: a signal that nobody sees is none.
            self._put("multi_intensity", " ".join(map(str, shares if any(shares) else [full] * len(parts))))

    def _blink(self) -> None:
        if self._blinks:
            self._put("trigger", "timer")
            for part in ("delay_on", "delay_off"):
                # Files that the kernel makes just now; without leave to write them it blinks twice in a second.
                with contextlib.suppress(PermissionError):
                    self._put(part, str(_BLINK_MS), must=False)

    def _get(self, file: str) -> str:
        with contextlib.suppress(OSError):  # a lamp without the file, or one that writing finds gone
            return (self._folder / file).read_text("ascii").strip()
        return ""

    def _put(self, file: str, value: str, *, must: bool = True) -> None:
        try:
            fd = os.open(self._folder / file, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)  # and makes none
            with os.fdopen(fd, "w", encoding="ascii") as opened:
                opened.write(value)
        except FileNotFoundError:
            if must:
                raise
