"""Lamps that exist only in software: a folder like one of the kernel's, and a relay board on a pseudo-terminal."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.ports import Light
from devices.simulated_cable import SimulatedCable

CODES: dict[str, str] = {
    "off": "A00000A0",
    "white": "A00101A2",
    "green": "A00201A3",
    "amber": "A00301A4",
    "red": "A00401A5",
    "red_blinking": "A00402A6",
}
"""What the simulated board understands, as settings name it."""


class SimulatedLed:
    """A folder with a kernel light's files; `colours` as in its multi_index, none for a lamp of one colour."""

    def __init__(self, colours: str = "", *, blinks: bool = True) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="led-"))
        self.device = str(self._folder / "store:signal")
        self._colours = colours
        self._blinks = blinks
        self.replug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def brightness(self) -> int:
        """What stands in its file, 0 to 255."""
        return int(self._file("brightness"))

    @property
    def intensity(self) -> dict[str, int]:
        """Colour to share, 0 to 255; empty for a lamp of one colour."""
        shares = self._file("multi_intensity").split() if self._colours else []
        return dict(zip(self._colours.split(), map(int, shares), strict=True))

    @property
    def blinking(self) -> bool:
        """Whether the kernel's timer has it."""
        return self._file("trigger") == "timer"

    def unplug(self) -> None:
        """The lamp's adapter is pulled: its folder vanishes."""
        shutil.rmtree(self.device)

    def replug(self) -> None:
        """It is back, as the kernel finds it: another trigger has it."""
        folder = Path(self.device)
        folder.mkdir()
        files = {"brightness": "0", "max_brightness": "255", "trigger": "none [heartbeat]"}
        files |= (
            {"trigger": "none timer [heartbeat]", "delay_on": "", "delay_off": ""} if self._blinks else {}
        )
        if self._colours:
            files |= {"multi_index": self._colours, "multi_intensity": "0 " * len(self._colours.split())}
        for name, text in files.items():
            (folder / name).write_text(text, "ascii")

    def close(self) -> None:
        """Gone for good."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, name: str) -> str:
        return (Path(self.device) / name).read_text("ascii").strip()


class SimulatedRelay(SimulatedCable):
    """A relay board that understands CODES."""

    def __init__(self) -> None:
        self.light: Light | None = None
        self.unknown = b""
        self._rest = b""
        super().__init__(self._take)

    def _take(self, data: bytes) -> bytes:
        self._rest += data
        lights = {bytes.fromhex(code): Light(colour) for colour, code in CODES.items()}
        while len(self._rest) >= 4:
            frame, self._rest = self._rest[:4], self._rest[4:]
            if frame in lights:
                self.light = lights[frame]
            else:
                self.unknown += frame
        return b""
