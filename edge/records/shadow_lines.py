"""Lines of a snapshot: read for their hash, and turned into columns without a Python step a row where rows are many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec

from sync.messages import Price, Product, Stock, is_stamp

Rows = list[tuple[Any, ...]]
_AT_ONCE = 16
"""Rows a statement inserts: a third quicker than one by one, and no quicker with more."""


class NotLoaded(Exception):
    """The snapshot does not become the bucket; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Line(msgspec.Struct, gc=False):
    """An op line, its row unread."""

    b: str
    seq: int
    op: str
    tb: str
    id: str
    ver: int
    d: msgspec.Raw


class Counted(msgspec.Struct, gc=False):
    """An op line as far as the row's hash covers it."""

    tb: str
    id: str
    ver: int
    d: msgspec.Raw


class _Known(msgspec.Struct, gc=False):
    b: str
    seq: int
    op: str
    tb: str
    id: str


class _OfProduct(_Known, gc=False):
    d: Product


class _OfPrice(_Known, gc=False):
    d: Price


class _OfStock(_Known, gc=False):
    d: Stock


@dataclass(frozen=True)
class Fast:
    """A table of a million rows. `lines` reads its lines; `rows` gives what `places` are filled with, or None where
    one of the lines' `d` needs a look of its own."""

    lines: msgspec.json.Decoder[Any]
    places: str
    rows: Callable[[list[Any]], Rows | None]
    columns: str = ""
    """Which columns the places are, where that is not all of them in order."""


_PRODUCT = tuple(
    "sku gtin name_zh name_en category picture brand tax_code unit grams grams_off plu zone place min_stock".split()
)
_PLAIN, _LISTS = attrgetter(*_PRODUCT), attrgetter("flags", "tags")
_COLUMNS = f"({', '.join(_PRODUCT)}, gtin14, flags, tags)"
_PRICE = attrgetter("sku", "fen", "book")
_STOCK = attrgetter("sku", "on_hand", "stream", "upto_seq", "at")


def _products(found: list[Any]) -> Rows | None:
    rows = map(_PLAIN, found)
    # RUF005: a tuple added is a third quicker than one unpacked, and there are a million.
    if any(map(attrgetter("flags"), found)) or any(map(attrgetter("tags"), found)):
        return [
            row + (row[1].zfill(14), " ".join(flags), " ".join(tags))  # noqa: RUF005
            for row, (flags, tags) in zip(rows, map(_LISTS, found), strict=True)
        ]
    return [row + (row[1].zfill(14), "", "") for row in rows]  # noqa: RUF005


def _stocks(found: list[Any]) -> Rows | None:
    if not all(map(is_stamp, set(map(attrgetter("at"), found)))):
        return None
    return list(map(_STOCK, found))


def _marks(*some: str) -> str:
    return f"({', '.join(some)})"


LINES = msgspec.json.Decoder(Line)
COUNTED = msgspec.json.Decoder(Counted)
FAST = {
    "product": Fast(msgspec.json.Decoder(_OfProduct), _marks(*"?" * 18), _products, _COLUMNS),
    "price": Fast(msgspec.json.Decoder(_OfPrice), _marks(*"???"), lambda found: list(map(_PRICE, found))),
    "stock": Fast(msgspec.json.Decoder(_OfStock), _marks(*"?????"), _stocks),
}


def inserts(into: str, places: str, rows: Rows) -> list[tuple[str, Rows]]:
    """Statements and their rows for `executemany`; `into`: a table, its columns; `places`: marks, and words of ours."""
    whole = len(rows) - len(rows) % _AT_ONCE
    many = [tuple(chain.from_iterable(rows[start : start + _AT_ONCE])) for start in range(0, whole, _AT_ONCE)]
    return [(_insert(into, places, _AT_ONCE), many), (_insert(into, places, 1), rows[whole:])]


@cache
def _insert(into: str, places: str, times: int) -> str:
    # Words of ours and table names alone; values are bound.
    return f"INSERT INTO {into} VALUES {', '.join([places] * times)}"


def unheld() -> tuple[type[Exception], ...]:
    """What is raised for a row that its table cannot hold."""
    from sqlcipher3 import dbapi2

    return (dbapi2.IntegrityError, dbapi2.InterfaceError, OverflowError)
