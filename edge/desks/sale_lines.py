"""A priced basket as the lines of a sale, and a sale as the fact that HQ is told: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from edge.domain.baskets import Priced, PricedLine
from edge.domain.selling import Basket, Line, Sale, Share, SoldLine
from edge.records.wares import Ware
from sync import selling as wire


def sold_lines(
    basket: Basket, priced: Priced, grants: Mapping[int, str], gifts: Mapping[str, Ware]
) -> tuple[SoldLine, ...]:
    """The lines as they are sold: the basket's, then gifts and offers, each piece with what was taken off it.

    `grants`: line -> the quota that its pieces come out of; `gifts`: what HQ's catalogue says of gifts, by SKU.
    """
    known = {line.line: line for line in basket.lines}
    lines = [_sold(known[one.line], one, grants.get(one.line, "")) for one in priced.lines if one.qty]
    for gift in priced.gifts:
        one, ware = gift.priced, gifts.get(gift.priced.sku)
        given = Line(
            line=one.line,
            sku=one.sku,
            gtin=ware.gtin if ware else "",
            name_zh=gift.name_zh,
            name_en=gift.name_en,
            qty=one.qty,
            unit_fen=one.gross_fen // one.qty,
            book=ware.book if ware else "",
            flags=("gift",),
            tax=ware.tax if ware else "",
        )
        lines.append(_sold(given, one, ""))
    return tuple(lines)


def _sold(line: Line, one: PricedLine, grant: str) -> SoldLine:
    units = tuple(
        (
            int(unit.net_fen),
            tuple(
                Share(part.rule, str(part.version), part.kind, int(part.fen))
                for part in unit.parts
                if part.fen
            ),
        )
        for unit in one.units
    )
    return SoldLine(
        line=line.line,
        sku=line.sku,
        gtin=line.gtin,
        name_zh=line.name_zh,
        name_en=line.name_en,
        qty=one.qty,
        grams=line.grams,
        unit_fen=line.unit_fen,
        gross_fen=one.gross_fen,
        net_fen=one.net_fen,
        book=line.book,
        tax=line.tax,
        flags=line.flags,
        grant=grant,
        units=units,
    )


def fact_of(sale: Sale, *, age_checked: bool, exchange: str = "") -> wire.SaleCompleted:
    """The fact: everything that HQ needs to know of a sale, and nobody's name."""
    return wire.SaleCompleted(
        sale=sale.sale,
        receipt=sale.receipt,
        basket=sale.basket,
        lines=tuple(_wired(line) for line in sale.lines),
        tenders=tuple(wire.SoldTender(one.kind, one.fen, one.number, one.tail) for one in sale.paid),
        net_fen=sale.net_fen,
        shift=sale.shift,
        channel=sale.channel,
        member=sale.member,
        tier=sale.tier,
        guide=sale.guide,
        rules=sale.rules,
        points=sale.points,
        claim=bool(sale.claim),
        offline=sale.offline,
        age_checked=age_checked,
        exchange=exchange,
    )


def _wired(line: SoldLine) -> wire.SoldLine:
    return wire.SoldLine(
        line=line.line,
        sku=line.sku,
        qty=line.qty,
        unit_fen=line.unit_fen,
        net_fen=line.net_fen,
        units=tuple(_grouped(line)),
        gtin=line.gtin,
        name_zh=line.name_zh[:200],
        book=line.book,
        tax=line.tax,
        grams=line.grams,
        grant=line.grant,
    )


def _grouped(line: SoldLine) -> Iterator[wire.SoldUnits]:
    """Pieces side by side that cost the same for the same reasons, counted."""
    for (net, shares), same in groupby(line.units):
        parts = tuple(wire.SoldPart(one.rule, one.version, one.kind, one.fen) for one in shares)
        yield wire.SoldUnits(len(tuple(same)), net, parts)
