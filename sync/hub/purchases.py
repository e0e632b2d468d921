"""Purchases as HQ knows them: of a sale or an order, what of it is still out and what each piece had cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from edge.domain.return_instead import swapped
from edge.domain.return_sums import estimated
from edge.domain.returns import Piece
from sync.hub.pick_tables import pick_short
from sync.hub.return_set import costs
from sync.hub.return_tables import goods_return, return_piece, return_word
from sync.hub.rows import CATALOG
from sync.hub.sale_tables import sale_line, sale_tender
from sync.hub.schema import feed, ingest_event, order_line, pickup
from sync.messages import Order, Product, moment_of, stamp
from sync.returning import Purchase, ReturnSource, SoldAt, SoldPiece
from sync.selling import SoldTender, SoldUnits

_SHOP_HOURS = timedelta(hours=8)
"""China has one zone; a day of receipt is a day there."""


def of_sale(conn: Connection, row: Any, asks: str) -> Purchase:
    """A sale, out of its row; for `asks` see `gone_of`."""
    gone = gone_of(conn, "sale", row.sale, asks)
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


def of_order(conn: Connection, order: Order, asks: str) -> Purchase:
    """An online order: what each piece cost is worked out of its sum; what was handed over may come back."""
    gone = gone_of(conn, "order", order.order, asks)
    shares = estimated([(line.line, line.qty, line.unit_fen) for line in order.lines], order.paid_fen)
    there = select(order_line.c.line, order_line.c.handed).where(order_line.c.order_no == order.order)
    handed = {row.line: row.handed for row in conn.execute(there)}
    instead = _swaps(conn, order.order)
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
            _line(
                line.line,
                line.sku,
                line.qty,
                line.unit_fen,
                shares[line.line][: handed.get(line.line, 0)],
                gone,
                known,
                swaps=instead.get(line.line, []),
            )
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
    swaps: Sequence[tuple[str, int]] = (),
) -> SoldAt:
    product = known.get(sku)
    pieces = swapped([Piece(n, fen) for n, fen in enumerate(cost, 1)], qty, swaps)
    return SoldAt(
        line=line,
        sku=sku,
        qty=qty,
        unit_fen=unit_fen,
        pieces=tuple(
            SoldPiece(one.unit, one.net_fen, one.sku) for one in pieces if (line, one.unit) not in gone
        ),
        gtin=product.gtin if product else "",
        name_zh=product.name_zh[:200] if product else sku,
        name_en=product.name_en[:200] if product else sku,
        gift=gift,
        no_return=product is not None and "no_return" in product.flags,
    )


def _swaps(conn: Connection, order: str) -> dict[int, list[tuple[str, int]]]:
    """What stores said that they handed over in place of other goods: line -> (product, pieces)."""
    same = (pick_short.c.order_no == order) & (pick_short.c.reason == "substituted")
    found: dict[int, list[tuple[str, int]]] = {}
    for row in conn.execute(select(pick_short).where(same).order_by("stream", "seq")):
        found.setdefault(row.line, []).append((row.sku, row.qty))
    return found


def gone_of(conn: Connection, source: ReturnSource, ref: str, asks: str) -> set[tuple[int, int]]:
    """Pieces that are back, or that another store than `asks` has HQ's word for: (line, piece).

    A store's own books see to it that it takes no piece back twice.
    """
    back = (return_piece.c.source == source) & (return_piece.c.ref == ref)
    found = {(row.line, row.unit) for row in conn.execute(select(return_piece).where(back))}
    words = (return_word.c.source == source) & (return_word.c.ref == ref) & (return_word.c.store != asks)
    for (text,) in conn.execute(select(return_word.c.lines).where(words)):
        found |= {(int(line), unit) for line, units in lines_of(text).items() for unit in units}
    return found


def whole_at(conn: Connection, ref: str) -> str:
    """When the last piece of a sale that was paid for came back, as far as facts say; "" while some is out."""
    back = (return_piece.c.source == "sale") & (return_piece.c.ref == ref)
    gone = {(row.line, row.unit) for row in conn.execute(select(return_piece).where(back))}
    lines = conn.execute(select(sale_line).where(sale_line.c.sale == ref)).all()
    paid = {
        (one.line, n) for one in lines if not _gift(one.units) for n in range(1, len(costs(one.units)) + 1)
    }
    if not paid or paid - gone:
        return ""
    of_it = (goods_return.c.source == "sale") & (goods_return.c.ref == ref)
    told = select(goods_return.c.stream, goods_return.c.seq).where(of_it)
    return max(_at_of(conn, row.stream, row.seq) for row in conn.execute(told).all())


def _at_of(conn: Connection, stream: str, seq: int) -> str:
    """The moment of a fact; now, for one that is being taken in."""
    same = (ingest_event.c.stream == stream) & (ingest_event.c.seq == seq)
    body = conn.scalar(select(ingest_event.c.body).where(same))
    return str(msgspec.json.decode(body)["at"]) if body else stamp(datetime.now(UTC))


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


def lines_of(text: str) -> dict[str, tuple[int, ...]]:
    """Line number -> piece numbers, out of a row."""
    return msgspec.json.decode(text.encode(), type=dict[str, tuple[int, ...]])
