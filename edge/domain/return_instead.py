"""Pieces that were handed over in place of what was ordered, as lines of their own: they come back as what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.domain.returns import Piece, ReturnableLine

STAND_IN = 100_000
"""The n-th product in a line's place has this number n times over, plus the line's."""


@dataclass(frozen=True)
class Product:
    """What a product is called: GTIN or "", names (zh, en), flags."""

    gtin: str
    name_zh: str
    name_en: str
    flags: tuple[str, ...]


Named = Callable[[str], Product]
"""What a product is called, by SKU."""


def swapped(pieces: Sequence[Piece], qty: int, swaps: Sequence[tuple[str, int]]) -> tuple[Piece, ...]:
    """Of the `qty` pieces of a line, numbered from 1, the last ones as another product: (SKU, how many) in their order.

    The line's own product is counted first: those were there.
    """
    given = [sku for sku, many in swaps for _ in range(many)][-qty:]
    own = qty - len(given)
    return tuple(replace(one, sku=given[one.unit - own - 1]) if one.unit > own else one for one in pieces)


def apart(line: ReturnableLine, named: Named) -> tuple[ReturnableLine, ...]:
    """The line with its own pieces, and a line for each product that was handed over in its place."""
    skus = list(dict.fromkeys(piece.sku for piece in line.pieces if piece.sku))
    if not skus:
        return (line,)
    found = [replace(line, pieces=_of(line, ""))] if _of(line, "") else []
    for nth, sku in enumerate(skus, 1):
        product, pieces = named(sku), _of(line, sku)
        found.append(
            replace(
                line,
                line=STAND_IN * nth + line.line,
                sku=sku,
                gtin=product.gtin,
                name_zh=product.name_zh,
                name_en=product.name_en,
                qty=len(pieces),
                pieces=pieces,
                flags=product.flags,
                ordered=(line.sku, line.name_zh, line.name_en),
                of=line.line,
            )
        )
    own = sum(not piece.sku for piece in line.pieces)
    if own and found[0].of == 0:
        found[0] = replace(found[0], qty=own)
    return tuple(found)


def _of(line: ReturnableLine, sku: str) -> tuple[Piece, ...]:
    return tuple(piece for piece in line.pieces if piece.sku == sku)
