"""Finished sales with what was taken off each piece, how they were paid, and their numbers without gaps."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from edge.db import Connection, Database
from edge.domain.selling import Paid, Sale, Share, SoldLine

Series = Literal["sale", "training", "z"]

_HEAD = (
    "sale, receipt, basket, training, station, staff, shift, at, day, channel, member, tier, card_tail, guide, rules,"
    " gross_fen, net_fen, given_fen, change_fen, points, offline, seq, claim, job"
)
_LINE = (
    "line, sku, gtin, name_zh, name_en, qty, grams, unit_fen, gross_fen, net_fen, book, tax, flags, grant_id"
)


class Sales:
    """Rows of sale, sale_line, sale_part, sale_rule, sale_tender and receipt_number."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def next_number(self, tx: Connection, station: str, series: Series, ref: str) -> int:
        """The station's next number of a series, taken in the caller's transaction: none is lost, none comes twice."""
        asked = "SELECT coalesce(max(number), 0) + 1 FROM receipt_number WHERE station = ? AND series = ?"
        number = int(tx.execute(asked, (station, series)).fetchone()[0])
        tx.execute("INSERT INTO receipt_number VALUES (?, ?, ?, ?)", (station, series, number, ref))
        return number

    def add(self, tx: Connection, sale: Sale, nonce: str, request_sha: str) -> None:
        """Writes a sale with everything that belongs to it."""
        facts = [getattr(sale, name) for name in _HEAD.split(", ")]
        values = (
            nonce,
            request_sha,
            *(int(value) if isinstance(value, bool) else value for value in facts),
        )
        tx.execute(f"INSERT INTO sale (nonce, request_sha, {_HEAD}) VALUES ({_marks(len(values))})", values)
        lines = [(sale.sale, *_line(line)) for line in sale.lines]
        tx.executemany(f"INSERT INTO sale_line (sale, {_LINE}) VALUES ({_marks(15)})", lines)
        parts = [
            (sale.sale, line.line, unit, pos, share.rule, share.version, share.kind, share.fen)
            for line in sale.lines
            for unit, (_, shares) in enumerate(line.units, 1)
            for pos, share in enumerate(shares)
        ]
        tx.executemany(f"INSERT INTO sale_part VALUES ({_marks(8)})", parts)
        titles = [(sale.sale, rule, *names) for rule, names in sale.titles.items()]
        tx.executemany(f"INSERT INTO sale_rule VALUES ({_marks(4)})", titles)
        paid = [
            (sale.sale, pos, one.kind, one.fen, one.number, one.tail) for pos, one in enumerate(sale.paid)
        ]
        tx.executemany(f"INSERT INTO sale_tender VALUES ({_marks(6)})", paid)

    def by_nonce(self, nonce: str, tx: Connection | None = None) -> tuple[Sale, str] | None:
        """The sale that a wish became, and the hash of what was asked."""
        row = self._row("nonce = ?", nonce, tx)
        return None if row is None else (self._whole(tx or self._ledger.read(), row[1:]), str(row[0]))

    def by_id(self, sale: str, tx: Connection | None = None) -> Sale | None:
        """A sale by its name."""
        return self._found("sale = ?", sale, tx)

    def by_receipt(self, receipt: str) -> Sale | None:
        """A sale by the number on its receipt."""
        return self._found("receipt = ?", receipt, None)

    def of_basket(self, basket: str, tx: Connection | None = None) -> Sale | None:
        """What a basket became."""
        return self._found("basket = ?", basket, tx)

    def last(self, station: str) -> Sale | None:
        """The station's newest sale."""
        return self._found("station = ? ORDER BY at DESC, receipt DESC LIMIT 1", station, None)

    def recent(self, station: str, limit: int) -> tuple[Sale, ...]:
        """The station's newest sales, newest first."""
        reader = self._ledger.read()
        asked = f"SELECT {_HEAD} FROM sale WHERE station = ? ORDER BY at DESC, receipt DESC LIMIT ?"
        rows = reader.execute(asked, (station, limit)).fetchall()
        return tuple(self._whole(reader, row) for row in rows)

    def set_job(self, tx: Connection, sale: str, job: int) -> None:
        """The print job of its receipt."""
        tx.execute("UPDATE sale SET job = ? WHERE sale = ?", (job, sale))

    def _found(self, where: str, value: str, tx: Connection | None) -> Sale | None:
        row = self._row(where, value, tx)
        return None if row is None else self._whole(tx or self._ledger.read(), row[1:])

    def _row(self, where: str, value: str, tx: Connection | None) -> tuple[Any, ...] | None:
        asked = f"SELECT request_sha, {_HEAD} FROM sale WHERE {where}"
        row: tuple[Any, ...] | None = (tx or self._ledger.read()).execute(asked, (value,)).fetchone()
        return row

    def _whole(self, reader: Connection, row: tuple[Any, ...]) -> Sale:
        facts = dict(zip(_HEAD.split(", "), row, strict=True))
        facts |= {"training": bool(facts["training"]), "offline": bool(facts["offline"])}
        sale = facts["sale"]
        asked = "SELECT line, unit, rule, version, kind, fen FROM sale_part WHERE sale = ? ORDER BY line, unit, pos"
        shares: dict[tuple[int, int], list[Share]] = {}
        for line, unit, *share in reader.execute(asked, (sale,)):
            shares.setdefault((line, unit), []).append(Share(*share))
        asked = f"SELECT {_LINE} FROM sale_line WHERE sale = ? ORDER BY line"
        lines = tuple(_read_line(one, shares) for one in reader.execute(asked, (sale,)))
        asked = "SELECT kind, fen, number, tail FROM sale_tender WHERE sale = ? ORDER BY pos"
        paid = tuple(Paid(*one) for one in reader.execute(asked, (sale,)))
        asked = "SELECT rule, title_zh, title_en FROM sale_rule WHERE sale = ?"
        titles = {rule: (zh, en) for rule, zh, en in reader.execute(asked, (sale,))}
        return Sale(**facts, lines=lines, paid=paid, titles=titles)


def _line(line: SoldLine) -> tuple[object, ...]:
    flags = msgspec.json.encode(list(line.flags)).decode()
    figures = (line.qty, line.grams, line.unit_fen, line.gross_fen, line.net_fen)
    names = (line.line, line.sku, line.gtin, line.name_zh, line.name_en)
    return (*names, *figures, line.book, line.tax, flags, line.grant)


def _read_line(row: tuple[Any, ...], shares: dict[tuple[int, int], list[Share]]) -> SoldLine:
    line, qty, unit_fen = row[0], row[5], row[7]
    units = []
    for unit in range(1, qty + 1):
        mine = tuple(shares.get((line, unit), ()))
        units.append((unit_fen - sum(share.fen for share in mine), mine))
    names = _LINE.replace("grant_id", "grant").split(", ")
    facts: dict[str, Any] = dict(zip(names, row, strict=True))
    facts["flags"] = msgspec.json.decode(facts["flags"], type=tuple[str, ...])
    return SoldLine(**facts, units=tuple(units))


def _marks(count: int) -> str:
    return ", ".join("?" * count)
