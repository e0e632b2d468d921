"""Lines of a snapshot: read for their hash, and turned into columns without a Python step a row where rows are many."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec

from sync.messages import Price, Product, Stock


class Line(msgspec.Struct, gc=False):
    """An op line, its row unread."""

    b: str
    seq: int
    op: str
    tb: str
    id: str
    ver: int
    d: msgspec.Raw


class _OfProduct(msgspec.Struct, gc=False):
    d: Product


class _OfPrice(msgspec.Struct, gc=False):
    d: Price


class _OfStock(msgspec.Struct, gc=False):
    d: Stock


LINES = msgspec.json.Decoder(Line)
_PLAIN = (
    "sku gtin name_zh name_en category picture brand tax_code unit grams grams_off plu zone place min_stock"
)
_GTIN14 = "CASE WHEN length(?2) < 14 THEN substr('00000000000000' || ?2, -14) ELSE ?2 END"
FAST: dict[str, tuple[Any, str, Any]] = {
    "product": (
        msgspec.json.Decoder(_OfProduct),
        f"?1, ?2, {_GTIN14}, ?3, ?4, ?5, ?6, '', ?7, '', ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15",
        attrgetter(*(f"d.{field}" for field in _PLAIN.split())),
    ),
    "price": (msgspec.json.Decoder(_OfPrice), "?1, ?2, ?3", attrgetter("d.sku", "d.fen", "d.book")),
    "stock": (
        msgspec.json.Decoder(_OfStock),
        "?1, ?2, ?3, ?4, ?5",
        attrgetter("d.sku", "d.on_hand", "d.stream", "d.upto_seq", "d.at"),
    ),
}
"""Tables of a million rows: (decoder of a line, SQL of its columns, the columns of a decoded line)."""


def said(line: Line) -> bytes:
    """What a row's hash covers. The bytes of `d` must be canonical, or the sum will not be HQ's."""
    quoted = msgspec.json.encode
    return b"[%b,%b,%d,%b]" % (quoted(line.tb), quoted(line.id), line.ver, line.d)


def around(line: Line) -> bytes:
    """The part of the line that the decoders of FAST read."""
    return b'{"d":%b}' % bytes(line.d)
