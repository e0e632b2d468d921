"""Receipt numbers: the station, which memory of it, and a number without gaps. Short enough for 58 mm paper."""

from __future__ import annotations

import re

_SHAPE = re.compile(
    r"(?P<station>[A-Za-z0-9_-]{1,32})-(?P<tag>[0-9A-F]{2})(?P<mark>T?)(?P<number>\d{6,9})", re.ASCII
)


def receipt_number(station: str, stream: str, number: int, *, training: bool) -> str:
    """`T1-7F000123`; `T1-7FT000123` in training. `stream` is the journal's UUID: a replaced disk begins at 1 again,
    under other two hex digits."""
    return f"{station}-{stream[:2].upper()}{'T' if training else ''}{number:06}"


def is_receipt_number(text: str) -> bool:
    """Whether a text is shaped like one."""
    return _SHAPE.fullmatch(text) is not None
