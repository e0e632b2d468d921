"""HQ's desk for returns: which purchase a text names, whether it may come back elsewhere, and money that HQ owes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.judging import Touched
from sync.hub.publishing import NotPossible
from sync.hub.purchases import gone_of, lines_of, of_order, of_sale, whole_at
from sync.hub.return_tables import goods_return, return_piece, return_word
from sync.hub.rows import order_of, returns_of
from sync.hub.sale_tables import sale
from sync.hub.schema import customer_order
from sync.messages import stamp
from sync.returning import (
    ReturnedElsewhere,
    ReturnSource,
    ReturnState,
    RmaAsk,
    RmaSaid,
    SoldAsk,
    SoldSaid,
)

_SHOWN = ("ret", "store", "source", "ref", "shop", "refund_fen", "estimate", "state", "back_fen", "note")


class ReturnDesk:
    """The verbs. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def sold(self, store: str, asked: SoldAsk) -> SoldSaid:
        """The purchase of a receipt's, an order's or a parcel's number; none where two have the same one.

        Pieces that `store` itself has HQ's word for are still out: it asked and may not have heard the answer.
        """
        with snapshot(self._engine) as conn:
            rows = conn.execute(
                select(sale).where((sale.c.sale == asked.text) | (sale.c.receipt == asked.text)).limit(2)
            ).all()
            if len(rows) == 1:
                return SoldSaid(of_sale(conn, rows[0], store))
            row = None if rows else _ordered(conn, asked.text)
            return SoldSaid(None if row is None else of_order(conn, order_of(row), store))

    def rma(self, store: str, asked: RmaAsk) -> RmaSaid:
        """HQ's word that these pieces may come back at `store`: from now on no other store gets one for them.

        The same `ret` about the same pieces gets the same word, about others none.
        """

        def work(conn: Connection) -> RmaSaid:
            known = conn.execute(select(return_word).where(return_word.c.ret == asked.ret)).one_or_none()
            if known is not None:
                same = (known.store, known.source, known.ref) == (store, asked.source, asked.ref)
                return (
                    RmaSaid(known.rma)
                    if same and lines_of(known.lines) == asked.lines
                    else RmaSaid(why="returned")
                )
            shop = _seller(conn, asked.source, asked.ref)
            if shop is None:
                return RmaSaid(why="unknown")
            gone = gone_of(conn, asked.source, asked.ref, store)
            if any((int(line), unit) in gone for line, units in asked.lines.items() for unit in units):
                return RmaSaid(why="returned")
            at, rma = stamp(self._now()), f"RMA{secrets.token_hex(5).upper()}"
            lines = msgspec.json.encode(asked.lines).decode()
            values = {"rma": rma, "ret": asked.ret, "store": store, "lines": lines, "at": at}
            conn.execute(insert(return_word).values(**values, source=asked.source, ref=asked.ref))
            if asked.source == "sale" and shop != store:
                publish(conn, [elsewhere(conn, shop, asked.ref)], at)
            return RmaSaid(rma)

        return write(self._engine, work)

    def withdraw(self, rma: str) -> dict[str, str]:
        """Takes back HQ's word for a return that never came; the pieces may come back anywhere then.

        Raises NotPossible for a word that was used or never given.
        """

        def work(conn: Connection) -> dict[str, str]:
            word = conn.execute(select(return_word).where(return_word.c.rma == rma)).one_or_none()
            if word is None:
                raise NotPossible(f"no word {rma} was given")
            shop = _seller(conn, word.source, word.ref)
            if conn.scalar(select(goods_return.c.ret).where(goods_return.c.ret == word.ret)) is not None:
                raise NotPossible(f"word {rma} was used: the goods are back at {word.store}")
            conn.execute(delete(return_word).where(return_word.c.rma == rma))
            if word.source == "sale" and shop is not None and shop != word.store:
                publish(conn, [elsewhere(conn, shop, word.ref)], stamp(self._now()))
            return {"rma": rma, "ret": word.ret, "store": word.store}

        return write(self._engine, work)

    def owed(self, store: str = "", state: str = "to_refund", limit: int = 500) -> list[dict[str, Any]]:
        """Returns in a state, oldest first; `store` "" for all."""
        query = select(goods_return).where(goods_return.c.state == state)
        if store:
            query = query.where(goods_return.c.store == store)
        with snapshot(self._engine) as conn:
            rows = conn.execute(query.order_by("stream", "seq").limit(limit)).all()
            return [{name: getattr(row, name) for name in _SHOWN} for row in rows]

    def settle(self, ret: str, fen: int | None = None, *, refused: str = "") -> ReturnState:
        """The money of a return went back (`fen`: how much, else what the store said), or will not, and why.

        The store hears of it. Raises NotPossible for one that is not owed.
        """

        def work(conn: Connection) -> ReturnState:
            row = conn.execute(
                select(goods_return).where(goods_return.c.ret == ret).with_for_update()
            ).one_or_none()
            if row is None or row.state != "to_refund":
                raise NotPossible(f"return {ret} is {row.state if row else 'not there'}")
            back = 0 if refused else row.refund_fen if fen is None else fen
            if back < 0:
                raise NotPossible("less than nothing cannot go back")
            at = stamp(self._now())
            word = ReturnState(ret, "refused" if refused else "refunded", back, at, refused[:200])
            values = {"state": word.state, "back_fen": back, "note": word.note, "settled_at": at}
            conn.execute(update(goods_return).where(goods_return.c.ret == ret).values(**values))
            publish(conn, [put(returns_of(row.store), word)], at)
            return word

        return write(self._engine, work)


def returned_changes(conn: Connection, touched: Touched) -> list[Change]:
    """What stores must hear after facts were taken in of goods that came back at others."""
    return [elsewhere(conn, shop, ref) for shop, ref in sorted(touched.returned)]


def elsewhere(conn: Connection, shop: str, ref: str) -> Change:
    """What the store that sold it must know: pieces that came back, or may, at other stores."""
    lines: dict[str, set[int]] = {}
    pieces = (return_piece.c.source == "sale") & (return_piece.c.ref == ref) & (return_piece.c.store != shop)
    for row in conn.execute(select(return_piece.c.line, return_piece.c.unit).where(pieces)):
        lines.setdefault(str(row.line), set()).add(row.unit)
    words = (return_word.c.source == "sale") & (return_word.c.ref == ref) & (return_word.c.store != shop)
    for (text,) in conn.execute(select(return_word.c.lines).where(words)):
        for line, units in lines_of(text).items():
            lines.setdefault(line, set()).update(units)
    told = {line: tuple(sorted(units)) for line, units in sorted(lines.items())}
    return put(returns_of(shop), ReturnedElsewhere(ref, told, whole_at(conn, ref)))


def _ordered(conn: Connection, text: str) -> Any:
    """The row of an order by its number or by that of its parcel; carriers use numbers again, then it is nobody's."""
    same = customer_order.c.order_no == text
    row = conn.execute(select(customer_order).where(same)).one_or_none()
    if row is not None or not text:
        return row
    parcels = conn.execute(select(customer_order).where(customer_order.c.waybill == text).limit(2)).all()
    return parcels[0] if len(parcels) == 1 else None


def _seller(conn: Connection, source: ReturnSource, ref: str) -> str | None:
    """The store of a purchase, its row locked: two stores that ask at once are answered one after the other."""
    if source == "sale":
        query = select(sale.c.store).where(sale.c.sale == ref)
    else:
        query = select(customer_order.c.store).where(customer_order.c.order_no == ref)
    found = conn.scalar(query.with_for_update())
    return None if found is None else str(found)
