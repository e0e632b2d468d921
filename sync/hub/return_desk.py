"""HQ's desk for returns: which purchase a text names, whether it may come back elsewhere, and money that HQ owes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from edge.domain.return_sums import estimated
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.judging import Touched
from sync.hub.publishing import NotPossible
from sync.hub.return_set import costs
from sync.hub.return_tables import goods_return, return_piece, return_word
from sync.hub.rows import CATALOG, order_of, returns_of
from sync.hub.sale_tables import sale, sale_line, sale_tender
from sync.hub.schema import customer_order, feed, ingest_event, pickup
from sync.messages import Order, Product, moment_of, stamp
from sync.returning import (
    Purchase,
    ReturnedElsewhere,
    ReturnSource,
    ReturnState,
    RmaAsk,
    RmaSaid,
    SoldAsk,
    SoldAt,
    SoldPiece,
    SoldSaid,
)
from sync.selling import SoldTender, SoldUnits

_SHOP_HOURS = timedelta(hours=8)
"""China has one zone; a day of receipt is a day there."""
_SHOWN = ("ret", "store", "source", "ref", "shop", "refund_fen", "estimate", "state", "back_fen", "note")


class ReturnDesk:
    """The verbs. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def sold(self, asked: SoldAsk) -> SoldSaid:
        """The purchase of a receipt's or an order's number; none where two stores' receipts have the same one."""
        with snapshot(self._engine) as conn:
            rows = conn.execute(
                select(sale).where((sale.c.sale == asked.text) | (sale.c.receipt == asked.text)).limit(2)
            ).all()
            if len(rows) == 1:
                return SoldSaid(_of_sale(conn, rows[0]))
            same = customer_order.c.order_no == asked.text
            row = conn.execute(select(customer_order).where(same)).one_or_none()
            return SoldSaid(_of_order(conn, order_of(row)) if row is not None and not rows else None)

    def rma(self, store: str, asked: RmaAsk) -> RmaSaid:
        """HQ's word that these pieces may come back at `store`: from now on no other store gets one for them."""

        def work(conn: Connection) -> RmaSaid:
            same = return_word.c.ret == asked.ret
            known = conn.execute(select(return_word).where(same)).one_or_none()
            if known is not None:
                return RmaSaid(known.rma)
            shop = _seller(conn, asked.source, asked.ref)
            if shop is None:
                return RmaSaid(why="unknown")
            gone = _gone(conn, asked.source, asked.ref)
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
        for line, units in _lines(text).items():
            lines.setdefault(line, set()).update(units)
    told = {line: tuple(sorted(units)) for line, units in sorted(lines.items())}
    return put(returns_of(shop), ReturnedElsewhere(ref, told))


def _of_sale(conn: Connection, row: Any) -> Purchase:
    gone = _gone(conn, "sale", row.sale)
    lines = conn.execute(select(sale_line).where(sale_line.c.sale == row.sale).order_by("line")).all()
    tenders = conn.execute(select(sale_tender).where(sale_tender.c.sale == row.sale).order_by("pos")).all()
    known = _products(conn, {line.sku for line in lines})
    return Purchase(
        source="sale",
        ref=row.sale,
        shown=row.receipt,
        store=row.store,
        received=_day_of(conn, row.stream, row.seq).isoformat(),
        lines=tuple(
            _line(
                line.line,
                line.sku,
                line.qty,
                line.unit_fen,
                costs(line.units),
                gone,
                known,
                gift=_gift(line.units),
            )
            for line in lines
        ),
        tenders=tuple(SoldTender(one.kind, one.fen, one.number, one.tail) for one in tenders),
        net_fen=row.net_fen,
        member=row.member,
    )


def _of_order(conn: Connection, order: Order) -> Purchase:
    """An online order: what each piece cost is worked out of its sum, and may come back once it was received."""
    gone = _gone(conn, "order", order.order)
    shares = estimated([(line.line, line.qty, line.unit_fen) for line in order.lines], order.paid_fen)
    standing = (pickup.c.order_no == order.order) & (pickup.c.annulled == 0)
    last = conn.execute(select(pickup).where(standing).order_by(pickup.c.seq.desc()).limit(1)).one_or_none()
    received = _day_of(conn, last.stream, last.seq) if last else _local(order.placed_at or order.ready_by)
    known = _products(conn, {line.sku for line in order.lines})
    return Purchase(
        source="order",
        ref=order.order,
        shown=order.order,
        store=order.store,
        received=received.isoformat(),
        lines=tuple(
            _line(line.line, line.sku, line.qty, line.unit_fen, shares[line.line], gone, known)
            for line in order.lines
        ),
        tenders=(),
        net_fen=order.paid_fen,
        estimate=True,
    )


def _line(
    line: int,
    sku: str,
    qty: int,
    unit_fen: int,
    cost: tuple[int, ...],
    gone: set[tuple[int, int]],
    known: Mapping[str, Product],
    *,
    gift: bool = False,
) -> SoldAt:
    product = known.get(sku)
    return SoldAt(
        line=line,
        sku=sku,
        qty=qty,
        unit_fen=unit_fen,
        pieces=tuple(SoldPiece(n, fen) for n, fen in enumerate(cost, 1) if (line, n) not in gone),
        gtin=product.gtin if product else "",
        name_zh=product.name_zh[:200] if product else sku,
        name_en=product.name_en[:200] if product else sku,
        gift=gift,
        no_return=product is not None and "no_return" in product.flags,
    )


def _gone(conn: Connection, source: ReturnSource, ref: str) -> set[tuple[int, int]]:
    """Pieces that are back, or that some store has HQ's word for: (line, piece)."""
    back = (return_piece.c.source == source) & (return_piece.c.ref == ref)
    found = {(row.line, row.unit) for row in conn.execute(select(return_piece).where(back))}
    words = (return_word.c.source == source) & (return_word.c.ref == ref)
    for (text,) in conn.execute(select(return_word.c.lines).where(words)):
        found |= {(int(line), unit) for line, units in _lines(text).items() for unit in units}
    return found


def _seller(conn: Connection, source: ReturnSource, ref: str) -> str | None:
    """The store of a purchase, its row locked: two stores that ask at once are answered one after the other."""
    if source == "sale":
        query = select(sale.c.store).where(sale.c.sale == ref)
    else:
        query = select(customer_order.c.store).where(customer_order.c.order_no == ref)
    found = conn.scalar(query.with_for_update())
    return None if found is None else str(found)


def _products(conn: Connection, skus: set[str]) -> dict[str, Product]:
    some = (
        (feed.c.bucket == CATALOG)
        & (feed.c.tb == "product")
        & (feed.c.op == "put")
        & feed.c.id.in_(sorted(skus))
    )
    rows = conn.execute(select(feed.c.id, feed.c.d).where(some)).all()
    return {row.id: msgspec.convert({"tb": "product", **msgspec.json.decode(row.d)}, Product) for row in rows}


def _day_of(conn: Connection, stream: str, seq: int) -> date:
    """The local day of a fact."""
    same = (ingest_event.c.stream == stream) & (ingest_event.c.seq == seq)
    body = conn.scalar(select(ingest_event.c.body).where(same))
    return _local(str(msgspec.json.decode(body)["at"]) if body else "")


def _local(at: str) -> date:
    moment = moment_of(at) if at else datetime.now(UTC)
    return (moment + _SHOP_HOURS).date()


def _gift(units: str) -> bool:
    groups = msgspec.json.decode(units.encode(), type=tuple[SoldUnits, ...])
    return any(part.kind == "gift" for group in groups for part in group.parts)


def _lines(text: str) -> dict[str, tuple[int, ...]]:
    return msgspec.json.decode(text.encode(), type=dict[str, tuple[int, ...]])
