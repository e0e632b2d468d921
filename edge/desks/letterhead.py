"""The head of receipts: a place on the slip for the shop's logo, filled when the paper comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from devices.slip import Image, Logo, Slip, SlipPart
from edge.records.jobs import JobRow

WIDEST_DOTS = 480
"""60 mm at 203 dpi; a narrower paper makes it narrower."""


def headed(slip: Slip) -> Slip:
    """The slip with a place for the logo before anything else: rows keep the place, not the picture."""
    return msgspec.structs.replace(slip, parts=(Logo(), *slip.parts))


class Letterhead:
    """Puts the logo in its place. Without one the place is nothing, and the name in type is the head."""

    def __init__(self) -> None:
        self._logo: Callable[[], bytes] = bytes

    def shows(self, logo: Callable[[], bytes]) -> None:
        """Takes the picture (a PNG in black and white, b"" none) from here from now on."""
        self._logo = logo

    def of(self, job: JobRow) -> JobRow:
        """The job with its slip as it is to be printed now; what stands in its row has the place only."""
        return replace(job, slip=self.on(job.slip))

    def on(self, slip: Slip) -> Slip:
        """The slip as it is to be printed now."""
        if Logo() not in slip.parts:
            return slip
        png = self._logo()
        parts: list[SlipPart] = []
        for part in slip.parts:
            if not isinstance(part, Logo):
                parts.append(part)
            elif png:
                parts.append(Image(png))
        return msgspec.structs.replace(slip, parts=tuple(parts))
