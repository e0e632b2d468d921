"""A scanner's bytes and the moments at which they came, to readings: suffixes, fences and silences. Pure."""

from __future__ import annotations

from config.device_schema import ScannerSettings
from devices.ports import Reading
from devices.scanned_bytes import Fenced, Framer, reading

# Far longer than any pause inside a code, far shorter than a person needs for the next scan.
_HALF_A_CODE_S = 0.5


class ByteCodes:
    """What serial and TCP scanners send. `character_s`: how long one character takes on the line, seconds."""

    def __init__(self, settings: ScannerSettings, character_s: float = 0.0) -> None:
        self._settings = settings
        self._framer = (
            Fenced() if settings.suffix == "etx" else Framer(settings.suffix, settings.line_ends_inside)
        )
        self._gap_s = max(settings.idle_gap_ms / 1000, 3 * character_s)
        self._half_s = self._gap_s if settings.suffix == "none" else max(_HALF_A_CODE_S, self._gap_s)
        self._last_byte = 0.0
        self._cut = 0

    @property
    def dropped(self) -> int:
        """Codes not taken: too long, or without a beginning or an end."""
        return self._framer.dropped + self._cut

    def feed(self, data: bytes, now: float) -> list[Reading]:
        """Returns the codes that `data` completes."""
        self._last_byte = now
        return self._readings(self._framer.feed(data))

    def due(self) -> float | None:
        """When silence() is to be called if nothing comes before; None: nothing waits for silence."""
        if not self._framer.waiting:
            return None
        return self._last_byte + (self._gap_s if self._framer.ended else self._half_s)

    def silence(self, now: float) -> list[Reading]:
        """Returns the code that silence completes; half a code is dropped."""
        return self._readings(self._framer.silence())

    def cut(self) -> None:
        """The line is gone; half a code is dropped, and counted."""
        self._cut += self._framer.waiting

    def owed(self) -> bytes:
        """What is to be sent back at once: nothing."""
        return b""

    def _readings(self, codes: list[bytes]) -> list[Reading]:
        return [reading(code, self._settings.charset, self._settings.label_ids) for code in codes]
