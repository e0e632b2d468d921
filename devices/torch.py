"""The light beside a camera: lit while what the camera looks at is dark."""

from __future__ import annotations

import contextlib

from devices.ports import DeviceFault, Light, Lights

DARK, LIGHT = 50, 90
"""Mean gray levels (0..255) of what is looked at: darker than DARK wants light, LIGHT needs none."""
_STEADY_S = 0.5
_SETTLED_S = 1.0
_LIGHT_FOR_S = 10.0
_RETRY_S = 5.0


class Dusk:
    """When to have light. Between DARK and LIGHT it stays as it is; what the light itself adds does not count.

    Times are seconds of any clock that only goes forward.
    """

    def __init__(self) -> None:
        self.lit = False
        self._unlit = 0
        self._own: int | None = None
        self._since: float | None = None
        self._changed = 0.0

    def sees(self, brightness: int, at: float) -> bool:
        """Whether there should be light, now that the camera sees so much of it (mean gray level)."""
        if self.lit and self._own is None and at - self._changed >= _SETTLED_S:
            self._own = max(0, brightness - self._unlit)
        wants_change = brightness - (self._own or 0) >= LIGHT if self.lit else brightness < DARK
        if not wants_change or (self.lit and self._own is None):
            self._since = None
            return self.lit
        if self._since is None:
            self._since = at
        if at - self._since >= (_LIGHT_FOR_S if self.lit else _STEADY_S):
            self.lit = not self.lit
            self._unlit, self._own, self._since, self._changed = brightness, None, None, at
        return self.lit


class Torch:
    """One camera's light. Its own trouble is nobody else's: without it the camera reads on, and it is tried again."""

    def __init__(self, lights: Lights) -> None:
        self._lights = lights
        self._dusk = Dusk()
        self._shown: Light | None = None
        self._again_at = 0.0

    def sees(self, brightness: int | None, at: float) -> None:
        """Lights or darkens as the camera needs it; `at` is monotonic seconds, None: nothing was seen yet."""
        if brightness is None:
            return
        wanted = Light.WHITE if self._dusk.sees(brightness, at) else Light.OFF
        if wanted is self._shown or at < self._again_at:
            return
        try:
            if self._shown is None:
                self._lights.open()
            self._lights.light(wanted)
        except DeviceFault:
            self._lights.close()
            self._shown, self._again_at = None, at + _RETRY_S
        else:
            self._shown = wanted

    def close(self) -> None:
        """Dark, and let go; never raises."""
        if self._shown is not None:
            with contextlib.suppress(DeviceFault):
                self._lights.light(Light.OFF)
            self._lights.close()
        self._shown, self._dusk = None, Dusk()
