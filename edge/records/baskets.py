"""Baskets at the desks: what is in them, what they are priced by, and which wishes were done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from edge.db import Connection, Database
from edge.domain.baskets import Priced
from edge.domain.selling import Basket, BasketState, Line

_HEAD = (
    "basket, station, staff, state, version, training, channel, code, rules, member, tier, card_tail, guide,"
    " points_wanted, declined, taken, age_by, priced_at, opened_at, changed_at, aside"
)
_LINE = (
    "line, sku, gtin, name_zh, name_en, qty, unit_fen, book, category, brand, tags, flags, tax, grams, fixed,"
    " cut_fen, cut_reason, cut_by"
)
_LIVE = "state IN ('open', 'paying') AND aside = 0"


class Baskets:
    """Rows of basket, basket_line, basket_price, basket_wish and rule_book."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def by_id(self, basket: str, tx: Connection | None = None) -> Basket | None:
        """A basket with its lines."""
        return self._one("basket = ?", basket, tx=tx)

    def at(self, station: str, tx: Connection | None = None) -> Basket | None:
        """The basket that a station is at work on."""
        return self._one(f"station = ? AND {_LIVE}", station, tx=tx)

    def by_code(self, code: str, tx: Connection | None = None) -> Basket | None:
        """A suspended basket by its code."""
        return self._one("code = ? AND state = 'suspended'", code, tx=tx)

    def waiting(self, tx: Connection) -> int:
        """How many baskets are suspended, of all stations."""
        return int(tx.execute("SELECT count(*) FROM basket WHERE state = 'suspended'").fetchone()[0])

    def suspended(self, limit: int) -> tuple[Basket, ...]:
        """Suspended baskets of all stations, newest first."""
        asked = f"SELECT {_HEAD} FROM basket WHERE state = 'suspended' ORDER BY changed_at DESC LIMIT ?"
        reader = self._ledger.read()
        return tuple(self._whole(reader, row) for row in reader.execute(asked, (limit,)).fetchall())

    def asides(self, since: str, limit: int) -> tuple[Basket, ...]:
        """Baskets that were set aside: those being clarified, and those that were since; oldest first."""
        asked = (
            f"SELECT {_HEAD} FROM basket WHERE aside = 1 AND (state = 'paying' OR (state IN ('sold', 'suspended')"
            " AND changed_at >= ?)) ORDER BY state <> 'paying', changed_at LIMIT ?"
        )
        reader = self._ledger.read()
        return tuple(self._whole(reader, row) for row in reader.execute(asked, (since, limit)).fetchall())

    def add(self, tx: Connection, basket: Basket) -> None:
        """Writes a new basket, without lines."""
        values = (*_head(basket),)
        tx.execute(f"INSERT INTO basket ({_HEAD}) VALUES ({_marks(values)})", values)

    def save(self, tx: Connection, basket: Basket, now: str) -> Basket:
        """Writes the head of a basket that changed, as a new version of it."""
        saved = replace(basket, version=basket.version + 1, changed_at=now)
        names = _HEAD.split(", ")
        changes = ", ".join(f"{name} = ?" for name in names)
        tx.execute(f"UPDATE basket SET {changes} WHERE basket = ?", (*_head(saved), basket.basket))
        return saved

    def put_line(self, tx: Connection, basket: str, line: Line) -> None:
        """Writes a line over its former self."""
        values = (basket, *_line(line))
        names = _LINE.split(", ")[1:]
        changes = ", ".join(f"{name} = excluded.{name}" for name in names)
        tx.execute(
            f"INSERT INTO basket_line (basket, {_LINE}) VALUES ({_marks(values)})"
            f" ON CONFLICT (basket, line) DO UPDATE SET {changes}",
            values,
        )

    def drop_line(self, tx: Connection, basket: str, line: int, staff: str, now: str) -> None:
        """A line goes out of the basket; that it was there stays."""
        tx.execute(
            "UPDATE basket_line SET gone_at = ?, gone_by = ? WHERE basket = ? AND line = ? AND gone_at = ''",
            (now, staff, basket, line),
        )

    def next_line(self, tx: Connection, basket: str) -> int:
        """The number of the next line; no number comes twice."""
        asked = "SELECT coalesce(max(line), 0) + 1 FROM basket_line WHERE basket = ?"
        return int(tx.execute(asked, (basket,)).fetchone()[0])

    def freeze(self, tx: Connection, basket: str, priced: Priced, *, cash: bool) -> None:
        """Keeps the price that is being paid; `cash`: the one for cash alone."""
        doc = msgspec.json.encode(priced).decode()
        values = (basket, int(cash), priced.total_fen, doc)
        tx.execute("INSERT OR REPLACE INTO basket_price VALUES (?, ?, ?, ?)", values)

    def frozen(self, basket: str, *, cash: bool, tx: Connection | None = None) -> Priced | None:
        """The price that is being paid."""
        asked = "SELECT doc FROM basket_price WHERE basket = ? AND cash = ?"
        row = (tx or self._ledger.read()).execute(asked, (basket, int(cash))).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Priced)

    def thaw(self, tx: Connection, basket: str) -> None:
        """Forgets the kept price: a sale has it, or the basket changes again."""
        tx.execute("DELETE FROM basket_price WHERE basket = ?", (basket,))

    def paying(self) -> list[str]:
        """Baskets that are being paid; those at a till first."""
        asked = "SELECT basket FROM basket WHERE state = 'paying' ORDER BY aside, changed_at"
        rows = self._ledger.read().execute(asked)
        return [row[0] for row in rows]

    def held_elsewhere(self, tx: Connection, sku: str, basket: str) -> int:
        """Pieces of a product in other baskets that are being paid."""
        asked = (
            "SELECT coalesce(sum(l.qty), 0) FROM basket_line l JOIN basket b USING (basket)"
            " WHERE l.sku = ? AND l.gone_at = '' AND b.state = 'paying' AND b.training = 0 AND b.basket <> ?"
        )
        return int(tx.execute(asked, (sku, basket)).fetchone()[0])

    def points_elsewhere(self, tx: Connection, member: str, basket: str) -> int:
        """Points of a member that pay for other baskets just now."""
        asked = (
            "SELECT coalesce(sum(json_extract(p.doc, '$.points_used')), 0) FROM basket b"
            " JOIN basket_price p USING (basket) WHERE b.state = 'paying' AND b.training = 0 AND b.member = ?"
            " AND b.basket <> ? AND p.cash = 0"
        )
        return int(tx.execute(asked, (member, basket)).fetchone()[0])

    def priced_elsewhere(self, basket: str) -> list[tuple[str, Priced]]:
        """(member, kept price) of every other basket that is being paid."""
        asked = (
            "SELECT b.member, p.doc FROM basket b JOIN basket_price p USING (basket) WHERE b.state = 'paying'"
            " AND b.training = 0 AND b.basket <> ? AND p.cash = 0"
        )
        rows = self._ledger.read().execute(asked, (basket,)).fetchall()
        return [(row[0], msgspec.json.decode(row[1], type=Priced)) for row in rows]

    # ---- wishes and rules ----

    def done(self, nonce: str, tx: Connection | None = None) -> tuple[str, str] | None:
        """(hash of what was asked, basket) of a wish that was done."""
        asked = "SELECT request_sha, basket FROM basket_wish WHERE nonce = ?"
        conn = tx or self._ledger.read()
        row: tuple[str, str] | None = conn.execute(asked, (nonce,)).fetchone()
        return row

    def note(self, tx: Connection, nonce: str, request_sha: str, basket: str, now: str) -> None:
        """Keeps that a wish was done."""
        tx.execute("INSERT INTO basket_wish VALUES (?, ?, ?, ?)", (nonce, request_sha, basket, now))

    def keep_rules(self, tx: Connection, rules: str, doc: str) -> None:
        """Keeps what baskets are priced by, once."""
        tx.execute("INSERT OR IGNORE INTO rule_book VALUES (?, ?)", (rules, doc))

    def rules(self, rules: str, tx: Connection | None = None) -> str:
        """The rules kept under a name (JSON), "" where there are none."""
        asked = "SELECT doc FROM rule_book WHERE rules = ?"
        row = (tx or self._ledger.read()).execute(asked, (rules,)).fetchone()
        return "" if row is None else str(row[0])

    def tidy(self, before: str) -> int:
        """Forgets wishes older than a moment; how many. What they did stays."""
        old = "SELECT 1 FROM basket_wish WHERE at < ? LIMIT 1"
        if self._ledger.read().execute(old, (before,)).fetchone() is None:
            return 0
        with self._ledger.transaction(durable=False) as tx:
            return int(tx.execute("DELETE FROM basket_wish WHERE at < ?", (before,)).rowcount)

    def _one(self, where: str, value: str, tx: Connection | None) -> Basket | None:
        reader = tx or self._ledger.read()
        row = reader.execute(f"SELECT {_HEAD} FROM basket WHERE {where}", (value,)).fetchone()
        return None if row is None else self._whole(reader, row)

    def _whole(self, reader: Connection, row: tuple[Any, ...]) -> Basket:
        asked = f"SELECT {_LINE} FROM basket_line WHERE basket = ? AND gone_at = '' ORDER BY line"
        lines = tuple(_read_line(line) for line in reader.execute(asked, (row[0],)))
        facts: dict[str, Any] = dict(zip(_HEAD.split(", "), row, strict=True))
        facts |= {"state": BasketState(facts["state"]), "training": bool(facts["training"])}
        facts["aside"] = bool(facts["aside"])
        facts |= {"declined": _words(facts["declined"]), "taken": _words(facts["taken"])}
        return Basket(**facts, lines=lines)


def _head(basket: Basket) -> tuple[object, ...]:
    facts = [getattr(basket, name) for name in _HEAD.split(", ")]
    words = (_json(basket.declined), _json(basket.taken))
    return (
        *facts[:3],
        basket.state.value,
        basket.version,
        int(basket.training),
        *facts[6:14],
        *words,
        *facts[16:-1],
        int(basket.aside),
    )


def _line(line: Line) -> tuple[object, ...]:
    return (
        *(line.line, line.sku, line.gtin, line.name_zh, line.name_en, line.qty, line.unit_fen, line.book),
        *(line.category, line.brand, _json(line.tags), _json(line.flags), line.tax, line.grams),
        *(int(line.fixed), line.cut_fen, line.cut_reason, line.cut_by),
    )


def _read_line(row: tuple[Any, ...]) -> Line:
    facts: dict[str, Any] = dict(zip(_LINE.split(", "), row, strict=True))
    facts |= {"tags": _words(facts["tags"]), "flags": _words(facts["flags"]), "fixed": bool(facts["fixed"])}
    return Line(**facts)


def _json(words: Iterable[str]) -> str:
    return msgspec.json.encode(list(words)).decode()


def _words(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join("?" * len(values))
