"""Rows of returns: what came back of which purchase, piece by piece, and what HQ says of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import msgspec

from edge.db import Connection, Database
from edge.domain.return_work import Work
from edge.domain.returns import Source


@dataclass(frozen=True)
class ReturnLineRow:
    """Pieces of a line that came back, `fen` for all of them; the texts are values of edge.domain.returns."""

    line: int
    sku: str
    name_zh: str
    name_en: str
    qty: int
    fen: int
    condition: str
    reason: str
    fate: str


@dataclass(frozen=True)
class ReturnRow:
    """A return as it was accepted. `receipt` is the number on its slip, `shown` the purchase's number on paper."""

    ret: str
    nonce: str
    request_sha: str
    receipt: str
    source: Source
    ref: str
    shown: str
    shop: str
    station: str
    staff: str
    shift: str
    at: str
    refund_fen: int
    gift_fen: int
    broken_fen: int
    at_hq: bool
    estimate: bool
    rma: str
    member: str
    points_lost: int
    points_given: int
    forced: bool
    offline: bool
    exchange: str
    seq: int
    job: int = 0
    forced_why: str = ""
    rounded_fen: int = 0
    lines: tuple[ReturnLineRow, ...] = ()


@dataclass(frozen=True)
class KeptSums:
    """Points taken back, and fen kept: for gifts that stayed away, for rules no longer met, for want of small coins."""

    points: int
    gift_fen: int
    broken_fen: int
    rounded_fen: int


@dataclass(frozen=True)
class BackRow:
    """HQ's word on a return: state to_refund|refunded|refused, fen as it went back."""

    state: str
    fen: int
    at: str
    note: str


_NEAR = 300
"""Facts of the transaction of a sale that stand before its own: quotas, coupons, points."""
_UNPAID = (
    "((at_hq = 1 AND NOT EXISTS (SELECT 1 FROM hq.return_state AS s WHERE s.ret = goods_return.ret AND"
    " s.state <> 'to_refund')) OR ret IN (SELECT ref FROM pay_refund WHERE state IN ('refunding', 'refund_failed')))"
)
"""Money of a return is still to go back: by HQ, which has not said otherwise, or by a refund that is under way."""
_HEAD = tuple(field.name for field in fields(ReturnRow) if field.name != "lines")
_LINE = tuple(field.name for field in fields(ReturnLineRow))


class Returns:
    """Rows of goods_return, return_line and return_piece; writes happen inside a desk's transaction."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def add(self, tx: Connection, row: ReturnRow, pieces: dict[int, tuple[int, ...]]) -> None:
        """Writes a return; `pieces` by line. The primary key refuses a piece that came back before."""
        facts = [getattr(row, name) for name in _HEAD]
        values = [one.value if isinstance(one, Source) else one for one in facts]
        tx.execute(
            f"INSERT INTO goods_return ({', '.join(_HEAD)}) VALUES ({_marks(len(_HEAD))})",
            [int(one) if isinstance(one, bool) else one for one in values],
        )
        tx.executemany(
            f"INSERT INTO return_line (ret, {', '.join(_LINE)}) VALUES ({_marks(len(_LINE) + 1)})",
            [(row.ret, *(getattr(line, name) for name in _LINE)) for line in row.lines],
        )
        tx.executemany(
            "INSERT INTO return_piece VALUES (?, ?, ?, ?, ?)",
            [
                (row.source.value, row.ref, line, unit, row.ret)
                for line, units in pieces.items()
                for unit in units
            ],
        )

    def next_number(self, tx: Connection, station: str) -> int:
        """The station's next return, counted from 1 without gaps."""
        row = tx.execute("SELECT count(*) + 1 FROM goods_return WHERE station = ?", (station,)).fetchone()
        return int(row[0])

    def by_nonce(self, nonce: str, tx: Connection | None = None) -> ReturnRow | None:
        """A return by the nonce of its request."""
        return self._one("nonce = ?", nonce, tx)

    def by_id(self, ret: str, tx: Connection | None = None) -> ReturnRow | None:
        """A return by its id."""
        return self._one("ret = ?", ret, tx)

    def recent(self, limit: int) -> tuple[ReturnRow, ...]:
        """The newest returns, newest first."""
        return self._some("1 = 1 ORDER BY at DESC, seq DESC LIMIT ?", (limit,), None)

    def of(self, source: Source, ref: str) -> tuple[ReturnRow, ...]:
        """Returns of a purchase, oldest first."""
        return self._some("source = ? AND ref = ? ORDER BY seq", (source.value, ref), None)

    def gone(self, source: Source, ref: str, tx: Connection | None = None) -> dict[int, frozenset[int]]:
        """Pieces of a purchase that came back, here or, as HQ says, at another store."""
        reader = tx or self._ledger.read()
        found: dict[int, set[int]] = {}
        for line, unit in reader.execute(
            "SELECT line, unit FROM return_piece WHERE source = ? AND ref = ?", (source.value, ref)
        ):
            found.setdefault(line, set()).add(unit)
        asked = "SELECT lines FROM hq.returned_elsewhere WHERE sale = ?"
        row = self._ledger.read().execute(asked, (ref,)).fetchone()
        if row is not None and source is Source.SALE:
            for name, units in msgspec.json.decode(row[0].encode(), type=dict[str, tuple[int, ...]]).items():
                found.setdefault(int(name), set()).update(units)
        return {line: frozenset(units) for line, units in found.items()}

    def whole_elsewhere(self, limit: int) -> tuple[tuple[str, str], ...]:
        """Sales of which the last paid piece came back elsewhere, and when: what they held is to be given back."""
        asked = (
            "SELECT sale, whole_at FROM hq.returned_elsewhere WHERE whole_at <> ''"
            " AND sale NOT IN (SELECT sale FROM gave_back) ORDER BY whole_at LIMIT ?"
        )
        return tuple((str(sale), str(at)) for sale, at in self._ledger.read().execute(asked, (limit,)))

    def give_back(self, tx: Connection, sale: str) -> bool:
        """Notes that it was given back; False: it was before."""
        return bool(tx.execute("INSERT OR IGNORE INTO gave_back VALUES (?)", (sale,)).rowcount)

    def sums(self, source: Source, ref: str, tx: Connection | None = None) -> KeptSums:
        """What earlier returns of the purchase took back of points, and kept of money."""
        names = ("points_lost", "gift_fen", "broken_fen", "rounded_fen")
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
        asked = f"SELECT {sums} FROM goods_return WHERE source = ? AND ref = ?"
        found = (tx or self._ledger.read()).execute(asked, (source.value, ref)).fetchone()
        return KeptSums(*map(int, found))

    def points_spent(self, sale: str, seq: int) -> int:
        """Points that paid for a sale whose fact has this number; 0 once the journal has forgotten it (30 days)."""
        asked = "SELECT body FROM journal WHERE kind = 'points.spent' AND seq BETWEEN ? AND ?"
        rows = self._ledger.read().execute(asked, (seq - _NEAR, seq)).fetchall()
        facts = [msgspec.json.decode(body.encode())["d"] for (body,) in rows]
        return sum(int(fact["points"]) for fact in facts if fact.get("ref") == sale)

    def back(self, ret: str) -> BackRow | None:
        """What HQ made of a return whose money it gives back; None until it has said so."""
        asked = "SELECT state, fen, at, note FROM hq.return_state WHERE ret = ?"
        row = self._ledger.read().execute(asked, (ret,)).fetchone()
        return None if row is None else BackRow(*row)

    def unpaid(self, limit: int) -> tuple[ReturnRow, ...]:
        """The `limit` oldest returns of which money has not gone back yet, oldest first."""
        return self._some(f"{_UNPAID} ORDER BY at LIMIT ?", (limit,), None)

    def unpaid_count(self, most: int) -> int:
        """How many there are of those, counted to `most`."""
        asked = f"SELECT count(*) FROM (SELECT 1 FROM goods_return WHERE {_UNPAID} LIMIT ?)"
        return int(self._ledger.read().execute(asked, (most,)).fetchone()[0])

    # ---- work in hand ----

    def work(self, station: str, tx: Connection | None = None) -> Work | None:
        """What a station is at work on."""
        asked = "SELECT doc FROM return_work WHERE station = ?"
        row = (tx or self._ledger.read()).execute(asked, (station,)).fetchone()
        return None if row is None else msgspec.json.decode(row[0].encode(), type=Work)

    def put_work(self, tx: Connection, station: str, work: Work) -> None:
        """Keeps it."""
        doc = msgspec.json.encode(work).decode()
        tx.execute("INSERT OR REPLACE INTO return_work VALUES (?, ?)", (station, doc))

    def drop_work(self, tx: Connection, station: str) -> None:
        """Nothing is at hand there any more."""
        tx.execute("DELETE FROM return_work WHERE station = ?", (station,))

    # ---- exchanges ----

    def link(self, tx: Connection, basket: str, ret: str) -> None:
        """This basket exchanges for that return; the table refuses a second one."""
        tx.execute("INSERT INTO basket_exchange VALUES (?, ?)", (basket, ret))

    def unlink(self, tx: Connection, basket: str) -> None:
        """The basket was given up: another may exchange for its return."""
        tx.execute("DELETE FROM basket_exchange WHERE basket = ?", (basket,))

    def exchange_of(self, basket: str, tx: Connection | None = None) -> str:
        """The return that a basket exchanges for, "" for none."""
        asked = "SELECT ret FROM basket_exchange WHERE basket = ?"
        row = (tx or self._ledger.read()).execute(asked, (basket,)).fetchone()
        return "" if row is None else str(row[0])

    def exchanged(self, basket: str, tx: Connection | None = None) -> str:
        """The number on paper of the purchase of which goods are exchanged by a basket, "" for none."""
        asked = (
            "SELECT r.shown FROM basket_exchange AS b JOIN goods_return AS r USING (ret) WHERE b.basket = ?"
        )
        row = (tx or self._ledger.read()).execute(asked, (basket,)).fetchone()
        return "" if row is None else str(row[0])

    def basket_for(self, ret: str, tx: Connection | None = None) -> str:
        """The basket that exchanges for a return, "" for none."""
        asked = "SELECT basket FROM basket_exchange WHERE ret = ?"
        row = (tx or self._ledger.read()).execute(asked, (ret,)).fetchone()
        return "" if row is None else str(row[0])

    def _one(self, where: str, value: str, tx: Connection | None) -> ReturnRow | None:
        return next(iter(self._some(f"{where} LIMIT 1", (value,), tx)), None)

    def _some(self, where: str, values: tuple[object, ...], tx: Connection | None) -> tuple[ReturnRow, ...]:
        reader = tx or self._ledger.read()
        heads = reader.execute(
            f"SELECT {', '.join(_HEAD)} FROM goods_return WHERE {where}", values
        ).fetchall()
        return tuple(self._whole(reader, row) for row in heads)

    def _whole(self, reader: Connection, row: tuple[Any, ...]) -> ReturnRow:
        facts: dict[str, Any] = dict(zip(_HEAD, row, strict=True))
        facts["source"] = Source(facts["source"])
        for name in ("at_hq", "estimate", "forced", "offline"):
            facts[name] = bool(facts[name])
        asked = f"SELECT {', '.join(_LINE)} FROM return_line WHERE ret = ? ORDER BY line"
        lines = reader.execute(asked, (facts["ret"],)).fetchall()
        return ReturnRow(**facts, lines=tuple(ReturnLineRow(*line) for line in lines))


def _marks(count: int) -> str:
    return ", ".join("?" * count)
