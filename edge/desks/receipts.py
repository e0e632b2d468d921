"""Receipts and reports of tills as paper: pure, from a finished sale or a shift to what stands on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from config.selling_schema import SellingSettings
from devices.slip import Align, Code128, Feed, Pair, Qr, Rule, Slip, SlipPart, Text
from edge.desks.quoting import DEPOSIT_WORDS
from edge.desks.receipt_words import Words, words_in
from edge.domain.money import yuan
from edge.domain.selling import Sale, SoldLine
from edge.domain.shifts import Report
from edge.records.replica import ShopRow


@dataclass(frozen=True)
class Printed:
    """What a receipt says beside the sale: `at` and `claim_until` in the store's zone, `invoice` the QR's text or "".

    `label` and `cashier` are (zh, en) names of the station and who sold (the same twice for a person's name).
    """

    store: str
    shop: ShopRow | None
    label: tuple[str, str]
    cashier: str
    at: datetime
    rules: SellingSettings
    invoice: str = ""
    exchange: str = ""
    """The number on paper of the purchase that this sale exchanges for."""
    claim_until: datetime | None = None
    deposits: tuple[tuple[str, int, int], ...] = ()
    """Tail of its number, what was paid before, what it grew by, fen."""
    rates: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    """Line -> (price, unit) of goods by weight."""


_SHORT = 40
"""A code that somebody could type; a signed one is for scanners alone."""


def receipt(sale: Sale, told: Printed) -> Slip:
    """The receipt of a sale: everything that the law and a return desk ask of it, names in full."""
    words = words_in(told.rules.receipt_language)
    parts: list[SlipPart] = [
        *_marks(sale, words),
        *_head(told, words),
        *_number(sale, told, words),
        Rule(),
        *(part for line in sale.lines for part in _line(line, sale, words, told.rates.get(line.line))),
        Rule(),
        *_sums(sale, told, words),
        Rule(),
        *_tenders(sale, words),
        *_member(sale, words),
        *_codes(sale, told, words),
        Rule(),
        *_foot(sale, told, words),
    ]
    return Slip(f"{sale.receipt} {words.receipt}", tuple(parts))


def _marks(sale: Sale, words: Words) -> list[SlipPart]:
    marks = [words.training] if sale.training else []
    return [Text(mark, scale=2, bold=True, align=Align.CENTER) for mark in marks]


def _head(told: Printed, words: Words) -> list[SlipPart]:
    shop = told.shop
    name = words.pick(shop.name_zh, shop.name_en) if shop else ""
    address = words.pick(shop.address_zh, shop.address_en) if shop else ""
    phone = shop.phone if shop else ""
    return [
        *([Text(name, scale=2, bold=True, align=Align.CENTER)] if name else []),
        Text(f"{words.shop} {told.store}", align=Align.CENTER),
        *([Text(address, align=Align.CENTER)] if address else []),
        *([Text(f"{words.phone} {phone}", align=Align.CENTER)] if phone else []),
        Rule(),
    ]


def _number(sale: Sale, told: Printed, words: Words) -> list[SlipPart]:
    guide = [Pair(words.guide, sale.guide)] if sale.guide else []
    exchange = [Pair(words.exchange, told.exchange, bold=True)] if told.exchange else []
    return [
        Pair(words.number, sale.receipt, bold=True),
        *exchange,
        Pair(words.time, f"{told.at:%Y-%m-%d %H:%M:%S}"),
        Pair(words.till, words.pick(*told.label)),
        Pair(words.cashier, told.cashier),
        *guide,
        *([Text(words.offline)] if sale.offline else []),
    ]


def _line(line: SoldLine, sale: Sale, words: Words, rate: tuple[int, str] | None) -> list[SlipPart]:
    """Name in full, code, how many at what price; then what was taken off this line, by name."""
    many = f"{line.qty} × {yuan(line.unit_fen)}"
    if line.grams:
        # Of a few grams the sum does not tell the price: without the price nothing is said of it.
        many = f"{line.grams / 1000:.3f} kg" + (f" × {yuan(rate[0])}/{rate[1]}" if rate else "")
    off: dict[str, int] = {}
    for _, shares in line.units:
        for share in shares:
            off[share.rule] = off.get(share.rule, 0) + share.fen
    cuts = [(words.pick(*sale.titles.get(rule, (rule, rule))), fen) for rule, fen in off.items() if fen]
    return [
        Text(words.pick(line.name_zh, line.name_en), bold=True),
        *([Text(line.gtin or line.sku)]),
        Pair(many, yuan(line.gross_fen)),
        *(Pair(f"· {name}", yuan(-fen)) for name, fen in cuts),
    ]


def _sums(sale: Sale, told: Printed, words: Words) -> list[SlipPart]:
    """What was paid before is no saving; by how much a deposit grew is one."""
    before = sum(paid for _, paid, _ in told.deposits)
    grown = sum(more for _, _, more in told.deposits)
    saved = [one for one in sale.savings() if not told.deposits or one[:2] != DEPOSIT_WORDS]
    saved += [(words.grown, words.grown, grown)] if grown else []
    total = sum(fen for _, _, fen in saved)
    parts: list[SlipPart] = [
        Pair(words.units, str(sale.units)),
        Pair(words.due, f"¥{yuan(sale.gross_fen)}"),
    ]
    if saved:
        parts.append(Pair(words.saved, f"-¥{yuan(total)}"))
        parts += [Pair(f"· {words.pick(zh, en)}", yuan(-fen)) for zh, en, fen in saved]
    parts += [Pair(f"{words.deposit} ****{tail}", yuan(-paid)) for tail, paid, _ in told.deposits]
    if before:
        parts.append(Pair(words.invoiced, f"¥{yuan(sale.net_fen + before)}"))
    return [*parts, Text(f"{words.paid} ¥{yuan(sale.net_fen)}", scale=2, bold=True, align=Align.RIGHT)]


def _tenders(sale: Sale, words: Words) -> list[SlipPart]:
    parts: list[SlipPart] = []
    for paid in sale.paid:
        shown = sale.given_fen if paid.kind == "cash" and sale.given_fen else paid.fen
        tail = f" ****{paid.tail}" if paid.tail else ""
        parts.append(Pair(f"{words.tender(paid.kind)}{tail}", yuan(shown)))
    if sale.given_fen:
        parts.append(Pair(words.change, yuan(sale.change_fen)))
    return parts


def _member(sale: Sale, words: Words) -> list[SlipPart]:
    if not sale.member:
        return []
    points = [Pair(words.points, f"+{sale.points}")] if sale.points else []
    return [Rule(), Pair(words.member, f"****{sale.card_tail or '····'}"), *points]


def _codes(sale: Sale, told: Printed, words: Words) -> list[SlipPart]:
    parts: list[SlipPart] = []
    if sale.claim and told.claim_until is not None:
        parts += [
            Rule(),
            Text(words.claim, bold=True, align=Align.CENTER),
            Qr(sale.claim, module=5),
            *([Text(sale.claim, align=Align.CENTER)] if len(sale.claim) <= _SHORT else []),
            Text(f"{words.until} {told.claim_until:%Y-%m-%d}", align=Align.CENTER),
        ]
    if told.invoice:
        parts += [Rule(), Text(words.invoice, bold=True, align=Align.CENTER), Qr(told.invoice, module=5)]
    return parts


def _foot(sale: Sale, told: Printed, words: Words) -> list[SlipPart]:
    terms = words.pick(told.rules.return_terms_zh, told.rules.return_terms_en)
    books = sorted({line.book for line in sale.lines if line.book})
    return [
        *([Text(terms)] if terms else []),
        *_phone(told, words),
        *([Text(f"{words.book} {' '.join(books)}")] if books else []),
        *([Text(words.training_foot, bold=True)] if sale.training else []),
        Feed(),
        Code128(sale.receipt),
    ]


def _phone(told: Printed, words: Words) -> list[SlipPart]:
    phone = told.rules.complaint_phone or (told.shop.phone if told.shop else "")
    return [Text(f"{words.complaints} {phone}")] if phone else []


def report_slip(
    report: Report, told: Printed, local: Mapping[str, datetime], drawer_word: Mapping[str, str]
) -> Slip:
    """An X or Z report; `local` gives times of the report in the store's zone, `drawer_word` reasons in words."""
    words = words_in(told.rules.receipt_language)
    title = words.z_report.format(z=report.z) if report.z else words.x_report
    parts: list[SlipPart] = [
        Text(title, scale=2, bold=True, align=Align.CENTER),
        *_head(told, words),
        Pair(words.till, words.pick(*told.label)),
        Pair(words.opened, f"{local[report.opened_at]:%Y-%m-%d %H:%M:%S}"),
        Pair(words.printed, f"{told.at:%Y-%m-%d %H:%M:%S}"),
        Pair(words.cashier, told.cashier),
        Rule(),
        Pair(words.sales, str(report.sales)),
        Pair(words.units, str(report.units)),
        Pair(words.due, yuan(report.gross_fen)),
        Pair(words.net, f"¥{yuan(report.net_fen)}", bold=True),
        *([Pair(words.receipts, f"{report.first_receipt}")] if report.sales else []),
        *([Pair("", report.last_receipt)] if report.sales > 1 else []),
        *_table(words.by_tender, [(f"{words.tender(k)} ({n})", fen) for k, n, fen in report.tenders]),
        *_table(words.by_rule, [(name, -fen) for name, fen in report.rules]),
        *_table(words.by_tax, [(code or "-", fen) for code, fen in report.taxes]),
        Rule(),
        Pair(words.returns, f"{report.refunds} / {yuan(report.refund_fen)}"),
        Pair(words.voids, f"{report.voids} / {yuan(report.void_fen)}"),
        Pair(words.lines_gone, str(report.lines_gone)),
        Pair(words.trainings, str(report.trainings)),
        *([Pair(words.unclear, f"{report.unclear} / {yuan(report.unclear_fen)}")] if report.unclear else []),
        *_orders(report, words),
        *_cash(report, words),
        *_openings(report, words, local, drawer_word),
        Rule(),
        Text(words.head),
        Text(f"#{report.seq}"),
        Text(report.head),
    ]
    return Slip(title, tuple(parts))


def _table(title: str, rows: list[tuple[str, int]]) -> list[SlipPart]:
    if not rows:
        return []
    return [Rule(), Text(title, bold=True), *(Pair(name, yuan(fen)) for name, fen in rows)]


def _orders(report: Report, words: Words) -> list[SlipPart]:
    """Money that is HQ's: it stands apart, so that nobody adds it to what was sold."""
    parts = _table(words.orders, [(f"{words.tender(k)} ({n})", fen) for k, n, fen in report.orders])
    if report.order_backs:
        parts.append(Pair(words.order_backs, f"{report.order_backs} / {yuan(report.order_back_fen)}"))
    return parts


def _cash(report: Report, words: Words) -> list[SlipPart]:
    """The drawer. What ought to be in it stands on no X report: whoever counts is not to know it."""
    parts: list[SlipPart] = [
        Rule(),
        Text(words.drawer, bold=True),
        Pair(words.float, yuan(report.float_fen)),
        Pair(words.cash_in, yuan(report.cash_in_fen)),
        Pair(words.cash_out, yuan(-report.cash_out_fen)),
        Pair(words.drop, yuan(-report.drop_fen)),
        *([Pair(words.backs, f"{report.backs} / {yuan(report.back_fen)}")] if report.backs else []),
        *([Pair(words.held, yuan(report.held_fen))] if report.held_fen else []),
    ]
    if report.count is not None and report.z:
        parts += [
            Pair(words.expected, yuan(report.expected_fen)),
            Pair(words.counted, yuan(report.count.counted_fen)),
            Pair(words.variance, yuan(report.count.counted_fen - report.expected_fen), bold=True),
        ]
    elif report.z:
        parts += [Pair(words.expected, yuan(report.expected_fen)), Text(words.uncounted)]
    return parts


def _openings(
    report: Report, words: Words, local: Mapping[str, datetime], drawer_word: Mapping[str, str]
) -> list[SlipPart]:
    rows = [
        Pair(f"{local[at]:%H:%M} {drawer_word.get(reason, reason)}", staff or "-")
        for at, reason, staff, _ in report.openings
    ]
    return [Rule(), Text(f"{words.openings} ({len(rows)})", bold=True), *rows]
