"""Which machine a journal speaks from: boots may follow each other, two that take turns are two machines."""

from __future__ import annotations

from typing import Any

import msgspec

KEPT = 8
RETURNS = 2
"""How often a boot that was over may bring new facts: once may be a request that was long on its way."""


def boots_after(row: Any, boot: str) -> dict[str, Any] | None:
    """The columns of a stream's row after new facts of this boot; None when two machines take turns."""
    if not boot or boot == row.boot:
        return {}
    over = msgspec.json.decode(row.boots_over or "[]", type=list[str])
    returns = row.returns + (boot in over)
    if returns >= RETURNS:
        return None
    over = [row.boot, *(one for one in over if one != boot)][:KEPT] if row.boot else over
    return {"boot": boot, "boots_over": msgspec.json.encode(over).decode(), "returns": returns}
