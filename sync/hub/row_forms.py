"""The columns of HQ's files and what a row of each says: products, prices, stock, staff, orders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from sync.goods import Barcode
from sync.hub.publishing import odd
from sync.hub.sheet import Row, RowRefused, fen_of, yuan_of
from sync.messages import ROLES, Order, OrderLine, Price, Product

PRODUCT_COLUMNS = tuple(
    "sku gtin name_zh name_en category picture flags brand tags tax_code unit plu grams grams_off zone place"
    " min_stock".split()
)
BARCODE_COLUMNS = ("gtin", "sku", "units")
PRICE_COLUMNS = ("sku", "yuan", "book")
STOCK_COLUMNS = ("store", "sku", "on_hand")
STAFF_COLUMNS = ("staff", "name", "role", "pin", "badge")
_ORDER_TEXTS = tuple(
    "order store channel mode state name_masked phone_tail ready_by hold_until shelf lease_until placed_at "
    "store_name_zh store_name_en numeric_code service carrier waybill promised ring card".split()
)
_LINE_TEXTS = ("line", "sku", "name_zh", "name_en", "qty", "picture")
ORDER_COLUMNS = (
    *_ORDER_TEXTS,
    "substitutes",
    "gen",
    "paid_yuan",
    "due_yuan",
    *_LINE_TEXTS,
    "unit_yuan",
    "flags",
)
"""A row a line of an order; the rows of one order stand together and say the same of it."""
_GTIN = re.compile(r"([0-9]{8}|[0-9]{12,14})?", re.ASCII)
_PLU = re.compile(r"([1-9][0-9]{0,7})?", re.ASCII)
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+", re.ASCII)
_PIN = re.compile(r"[0-9]{4,12}", re.ASCII)
T = TypeVar("T", bound=msgspec.Struct)


class OnShelf(msgspec.Struct, frozen=True):
    """Units of a product at a store."""

    store: str
    sku: str
    on_hand: int


class Person(msgspec.Struct, frozen=True):
    """Somebody who may sign in at a store, as HQ's people write it: PIN and badge in clear, kept nowhere so.

    A blank `pin` or `badge` keeps what the person has; `badge` "-" takes it away.
    """

    staff: str
    name: str
    role: str
    pin: str = ""
    badge: str = ""


def product_of(cells: Mapping[str, Any], form: str) -> Product:
    """A product; raises RowRefused."""
    row = read_row(cells, form, Product, lists=("flags", "tags"))
    if not _GTIN.fullmatch(row.gtin):
        raise RowRefused(_no_gtin(row.gtin))
    if not _PLU.fullmatch(row.plu):
        raise RowRefused(f"plu {row.plu[:20]!r} is not 1 to 8 digits without leading zeros")
    return named(row, "sku")


def barcode_of(cells: Mapping[str, Any], form: str) -> Barcode:
    """A further number of a product; 8 to 14 digits become 14. Raises RowRefused."""
    text = str(cells.get("gtin", ""))
    if not text or not _GTIN.fullmatch(text):
        raise RowRefused(_no_gtin(text))
    return named(read_row({**cells, "gtin": text.zfill(14)}, form, Barcode), "sku")


def _no_gtin(text: str) -> str:
    rounded = "; the spreadsheet has rounded it: make that column text" if _ROUNDED.fullmatch(text) else ""
    return f"gtin {text[:20]!r} is not 8, 12, 13 or 14 digits{rounded}"


def price_of(cells: Mapping[str, Any], form: str) -> Price:
    """A price; raises RowRefused."""
    return named(read_row(cells, form, Price, money={"yuan": "fen"}), "sku")


def stock_of(cells: Mapping[str, Any], form: str) -> OnShelf:
    """Units of a product at a store; raises RowRefused."""
    row = named(named(read_row(cells, form, OnShelf), "store"), "sku")
    if not -1_000_000_000 <= row.on_hand <= 1_000_000_000:
        raise RowRefused("on_hand is no number of units")
    return row


def staff_of(cells: Mapping[str, Any], form: str) -> Person:
    """Somebody who may sign in; raises RowRefused, which never quotes a PIN."""
    row = named(named(read_row(cells, form, Person), "staff"), "name")
    if row.role not in ROLES:
        raise RowRefused(f"role {row.role[:20]!r} is not one of {', '.join(sorted(ROLES))}")
    if row.pin and not _PIN.fullmatch(row.pin):
        raise RowRefused("a pin is 4 to 12 digits (has the spreadsheet taken leading zeros away?)")
    return row


def order_groups(rows: Iterable[Row], form: str) -> Iterator[tuple[int, Order | RowRefused]]:
    """Orders with the line each begins on; a CSV order is as many rows as it has lines, one after the other."""
    if form == "ndjson":
        for line, cells in rows:
            yield line, cells if isinstance(cells, RowRefused) else _caught(cells, form)
        return
    group: list[tuple[int, Mapping[str, Any]]] = []
    whole = True
    for line, cells in rows:
        if isinstance(cells, RowRefused):
            whole = False
            yield line, cells
            continue
        if group and cells.get("order") != group[0][1].get("order"):
            yield from _grouped(group, whole=whole)
            group, whole = [], True
        group.append((line, cells))
    yield from _grouped(group, whole=whole)


def order_rows(order: Order) -> Iterator[dict[str, Any]]:
    """An order as CSV rows: one a line of it."""
    facts = {name: getattr(order, name) for name in _ORDER_TEXTS}
    facts["substitutes"] = "1" if order.substitutes else ""
    money = {"gen": order.gen, "paid_yuan": yuan_of(order.paid_fen), "due_yuan": yuan_of(order.due_fen)}
    for line in order.lines:
        of_line = {name: getattr(line, name) for name in _LINE_TEXTS}
        yield {
            **facts,
            **money,
            **of_line,
            "unit_yuan": yuan_of(line.unit_fen),
            "flags": " ".join(line.flags),
        }


def _grouped(
    group: list[tuple[int, Mapping[str, Any]]], *, whole: bool
) -> Iterator[tuple[int, Order | RowRefused]]:
    lines: list[OrderLine] = []
    for number, cells in group:
        mine = {name: cells[name] for name in (*_LINE_TEXTS, "unit_yuan", "flags") if name in cells}
        try:
            lines.append(read_row(mine, "csv", OrderLine, money={"unit_yuan": "unit_fen"}, lists=("flags",)))
            _same(cells, group[0][1])
        except RowRefused as refused:
            whole = False
            yield number, refused
    if not whole or not group:
        return
    first, cells = group[0]
    yield (
        first,
        _caught(
            {name: cells[name] for name in cells if name not in (*_LINE_TEXTS, "unit_yuan", "flags")},
            "csv",
            lines,
        ),
    )


def _same(cells: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    for name in cells:
        if name in {*_LINE_TEXTS, "unit_yuan", "flags"} or cells[name] == first.get(name):
            continue
        raise RowRefused(f"{name} is not what the order's first row says")


def _caught(cells: Mapping[str, Any], form: str, lines: list[OrderLine] | None = None) -> Order | RowRefused:
    try:
        order = _order(cells, form, lines)
        bad = odd(order)
    except RowRefused as refused:
        return refused
    return RowRefused(bad) if bad else order


def _order(cells: Mapping[str, Any], form: str, lines: list[OrderLine] | None) -> Order:
    if lines is None:
        return named(named(read_row({"gen": 1, **cells}, form, Order), "order"), "store")
    blank = dict.fromkeys(("ready_by", "hold_until", "name_masked", "phone_tail"), "")
    given = {name: text for name, text in cells.items() if text != ""}
    money = {"paid_yuan": "paid_fen", "due_yuan": "due_fen"}
    values = {"gen": "1", **blank, **given}
    return named(named(read_row(values, form, Order, money=money, more={"lines": lines}), "order"), "store")


def named(row: T, field: str) -> T:
    """The row, if this field of it says anything a key could be; raises RowRefused."""
    text = getattr(row, field)
    if not text or len(text) > 200 or not text.isprintable() or text != text.strip():
        raise RowRefused(f"{field} is blank, too long, or holds what cannot be seen")
    return row


def read_row(
    cells: Mapping[str, Any],
    form: str,
    kind: type[T],
    *,
    money: Mapping[str, str] | None = None,
    lists: tuple[str, ...] = (),
    more: Mapping[str, Any] | None = None,
) -> T:
    """A row as a struct; `money` names columns in yuan and their fields in fen, `lists` words between spaces.

    Raises RowRefused.
    """
    if form == "ndjson":
        known = {field.encode_name for field in msgspec.structs.fields(kind)} | {"tb"}
        if strange := sorted(cells.keys() - known):
            raise RowRefused(f"does not know {', '.join(strange)[:80]}")
        values: dict[str, Any] = dict(cells)
    else:
        # A blank cell is one that says nothing, but texts may be blank.
        texts = {f.encode_name for f in msgspec.structs.fields(kind) if f.type is str and f.required}
        values = {name: text for name, text in cells.items() if text != "" or name in texts}
        for name, field in (money or {}).items():
            if name in values:
                values[field] = fen_of(values.pop(name))
        for name in lists:
            values[name] = values.get(name, "").split()
    try:
        return msgspec.convert({**values, **(more or {})}, kind, strict=form == "ndjson")
    except msgspec.ValidationError as error:
        raise RowRefused(str(error)) from None
