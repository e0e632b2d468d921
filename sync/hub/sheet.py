"""Files of rows, CSV as Excel makes it or one JSON object a line: read row by row, written so that nothing runs."""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, BinaryIO, TextIO

import msgspec

MAX_LINE = 1 << 20
_BLOCK = 1 << 16
_ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
_YUAN = re.compile(r"[¥￥]?\s*([0-9]{1,13}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.([0-9]{1,2}))?", re.ASCII)
# What a spreadsheet may take for a formula, the full-width forms included, or for the mark that we put before it.
_RISKY = "=+-@\t\r\n＝＋－＠'"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


class SheetRefused(Exception):
    """The file as a whole cannot be read; the message says why, for a person."""


class RowRefused(Exception):
    """One row cannot be used; the message says why, for a person."""


def fen_of(yuan: str) -> int:
    """Fen of an amount in yuan as people write it: 12, 12.5, 12.50, 1,234.50; raises RowRefused. No floats."""
    found = _YUAN.fullmatch(yuan.strip())
    if found is None:
        raise RowRefused(f"{yuan[:40]!r} is not an amount in yuan like 12.50")
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))


def yuan_of(fen: int) -> str:
    """An amount in yuan with two decimals: 1250 is 12.50."""
    sign, rest = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; `plain_cell` gives the text back."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in _RISKY and text and not _NUMBER.fullmatch(text) else text


def plain_cell(text: str) -> str:
    """The text that `safe_cell` protected."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in _RISKY else text


class Sheet:
    """A file of rows that can be read again and again; stands in a file of its own until closed."""

    def __init__(self, source: BinaryIO, *, form: str = "", encoding: str = "") -> None:
        """`form` csv or ndjson, else what the file looks like; `encoding` utf-8 or gb18030, else what fits.

        Raises SheetRefused.
        """
        # A copy: the file may be a pipe, and must not change between looking at it and taking it in.
        self._copy = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the sheet
        shutil.copyfileobj(source, self._copy)
        self.size = self._copy.tell()
        self.encoding = encoding or self._encoding()
        self.form = form or ("ndjson" if self._start().lstrip()[:1] == b"{" else "csv")

    def rows(self, columns: Sequence[str], advance: Callable[[int], None] = lambda _: None) -> Iterator[Row]:
        """(line, cells or RowRefused) of every row; NDJSON cells are JSON values, CSV ones texts by `columns`.

        `advance` is told how many more bytes were read. Raises SheetRefused for a head line that does not fit.
        """
        self._copy.seek(0)
        source = io.BufferedReader(_Counted(self._copy, advance), _BLOCK)
        reader = io.TextIOWrapper(source, encoding=_ENCODINGS[self.encoding], newline="")
        try:
            yield from (_ndjson(reader) if self.form == "ndjson" else _csv(reader, columns))
        except UnicodeDecodeError as error:
            raise SheetRefused(f"the file is not {self.encoding} throughout") from error

    def close(self) -> None:
        """Removes the copy."""
        self._copy.close()

    def _start(self) -> bytes:
        self._copy.seek(0)
        return self._copy.read(_BLOCK).removeprefix(codecs.BOM_UTF8)

    def _encoding(self) -> str:
        start = self._start()
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start[:200]:
            raise SheetRefused('this is UTF-16 ("Unicode text"); save it as "CSV UTF-8" instead')
        if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise SheetRefused('this is a workbook; save the sheet as "CSV UTF-8" instead')
        for name in _ENCODINGS:
            if self._fits(name):
                return name
        raise SheetRefused('neither UTF-8 nor GBK can read this file; save it as "CSV UTF-8"')

    def _fits(self, name: str) -> bool:
        self._copy.seek(0)
        decoder = codecs.getincrementaldecoder(name)()
        try:
            while block := self._copy.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True


class _Counted(io.RawIOBase):
    """Tells how much was read; closing it leaves the file open."""

    def __init__(self, source: IO[bytes], advance: Callable[[int], None]) -> None:
        self._source = source
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        some = self._source.read(len(buffer))
        buffer[: len(some)] = some
        self._advance(len(some))
        return len(some)


Row = tuple[int, dict[str, Any] | RowRefused]


def _ndjson(reader: TextIO) -> Iterator[Row]:
    number = 0
    while line := reader.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise SheetRefused(f"line {number} is longer than {MAX_LINE} characters")
        if not line.strip():
            continue
        try:
            yield number, msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            yield number, RowRefused(str(error))


def _csv(reader: io.TextIOWrapper, columns: Sequence[str]) -> Iterator[Row]:
    lines = csv.reader(_bounded(reader), strict=True)
    head: list[str] | None = None
    while True:
        number = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            break
        except csv.Error as error:
            yield number, RowRefused(f"not CSV: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if head is None:
            head = _head(cells, columns)
        elif len(cells) > len(head) and any(cells[len(head) :]):
            yield number, RowRefused(f"has {len(cells)} cells, the head line {len(head)}")
        else:
            yield number, dict(zip(head, map(plain_cell, map(str.strip, cells)), strict=False))
    if head is None:
        raise SheetRefused(f"there is no head line; it names the columns: {', '.join(columns)}")


def _bounded(reader: TextIO) -> Iterator[str]:
    while line := reader.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise SheetRefused(f"a line is longer than {MAX_LINE} characters")
        yield line


def _head(cells: list[str], columns: Sequence[str]) -> list[str]:
    head = [cell.strip().lower() for cell in cells]
    while head and not head[-1]:
        head.pop()
    strange = [name for name in head if name not in columns]
    twice = [name for name in set(head) if head.count(name) > 1]
    if strange or twice:
        what = f"does not know {', '.join(strange)!s}" if strange else f"names {', '.join(twice)} twice"
        hint = (
            " (is the file separated by semicolons or tabs?)"
            if any(c in "".join(cells) for c in ";\t")
            else ""
        )
        raise SheetRefused(f"the head line {what}{hint}; columns are {', '.join(columns)}")
    return head


class Seen:
    """Which keys a file held already and on which line, at no cost in memory."""

    def __init__(self) -> None:
        # An unnamed database of SQLite's spills to a file of its own that goes with the connection.
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.executescript(
            "PRAGMA journal_mode=OFF; CREATE TABLE seen (k TEXT PRIMARY KEY, line INT) WITHOUT ROWID; BEGIN"
        )

    def before(self, key: str, line: int) -> int:
        """The line on which the key stood before; 0 when this is the first."""
        if self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)).rowcount:
            return 0
        return int(self._rows.execute("SELECT line FROM seen WHERE k = ?", (key,)).fetchone()[0])

    def close(self) -> None:
        """Gives the space back."""
        self._rows.close()


def write_rows(out: BinaryIO, form: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> int:
    """Writes rows as CSV (UTF-8 with the mark that Excel looks for, formulas made harmless) or NDJSON; how many."""
    count = 0
    if form == "ndjson":
        for row in rows:
            out.write(msgspec.json.encode(row) + b"\n")
            count += 1
        return count
    out.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([safe_cell(row.get(name)) for name in columns])
            count += 1
    finally:
        text.detach()
    return count
