"""The numbers of the wire: no number of either side leaves the signed 64 bits that a database column holds."""

from __future__ import annotations

from typing import Annotated

import msgspec

INT_MAX = (1 << 63) - 1
UNITS_MAX = 1_000_000
Count = Annotated[int, msgspec.Meta(ge=0, le=INT_MAX)]
Seq = Annotated[int, msgspec.Meta(ge=1, le=INT_MAX)]
Whole = Annotated[int, msgspec.Meta(ge=-INT_MAX, le=INT_MAX)]
Kid = Annotated[int, msgspec.Meta(ge=0, le=255)]
Fen = int
Units = Annotated[int, msgspec.Meta(ge=1, le=UNITS_MAX)]
"""Pieces, or points, of one fact."""
Shelf = Annotated[int, msgspec.Meta(ge=0, le=UNITS_MAX)]
"""Pieces that somebody counted."""
Delta = Annotated[int, msgspec.Meta(ge=-UNITS_MAX, le=UNITS_MAX)]
"""A change of pieces or points; nought changes nothing and is no fact."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""What the other side will look for."""
Note = Annotated[str, msgspec.Meta(max_length=200)]
