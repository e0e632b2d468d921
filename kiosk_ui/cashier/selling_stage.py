"""What the SALE page shows: a basket and its total, a payment under way, a sale that is done, or an empty desk."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.baskets import Priced
from edge.domain.payment_views import PaymentView
from edge.domain.refusals import Refusal
from edge.domain.selling import AsideBasket, Bill, Line, Sale
from edge.domain.staff import Act, Operator
from edge.store import Store
from kiosk_ui import words
from kiosk_ui.cashier.sale_waiting import too_early, waiting
from kiosk_ui.cashier.stage import fresh_nonce
from kiosk_ui.language import told

QUICK = (1000, 2000, 5000, 10_000, 20_000)
"""Notes that people pay with, and sums of them, fen."""
REASONS_CUT = ("damaged", "price_match", "goodwill", "staff")
REASONS_VOID = ("customer_left", "mistake", "test", "other")


@dataclass(frozen=True)
class SaleStage:
    """A stage of this page: its template's name, facts, HTTP status; `key` changes when it would look different."""

    name: str
    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200

    @property
    def template(self) -> str:
        """The template's file."""
        return f"cashier/sale_{self.name}.html"


def stage_now(store: Store, operator: Operator, refusal: Refusal | None = None) -> SaleStage:
    """The stage that the station's state asks for."""
    room, station = store.sales, operator.station
    shift = room.shifts.at(station)
    basket = room.selling.at(station)
    common = {
        "said": told(refusal) if refusal is not None else None,
        "shift": shift,
        "lead": operator.may(Act.CUT_PRICE),
        "suspended": room.selling.suspended(),
        "nonce": fresh_nonce(),
        "last": room.checkout.last(station) if basket is None else None,
        "reasons_cut": REASONS_CUT,
        "reasons_void": REASONS_VOID,
    }
    status = refusal.status if refusal is not None else 200
    if basket is None:
        return _empty(store, operator, common, refusal, status)
    bill = room.selling.bill(basket)
    payment = room.checkout.payment(basket.basket)
    facts = {
        **common,
        "bill": bill,
        "basket": basket,
        "exchange": store.returns.exchanged(basket.basket),
        "rows": rows(bill),
        "payment": payment,
        "quick": quick(bill.cash_fen),
        "given_fen": room.money.handed_out(basket.basket),
        "wallets": room.checkout.wallets(),
        "spendable": store.benefits.spendable(basket.member) if basket.member else 0,
        "points_fen": sum(int(part.fen) for part in bill.priced.parts if part.kind == "points"),
        "offers": tuple(one for one in bill.priced.whynots if one.code in {"offered", "declined"}),
        "whynots": tuple(one for one in bill.priced.whynots if one.code not in {"offered", "declined"})[:4],
    }
    name = "paying" if basket.state.value == "paying" else "basket"
    return SaleStage(name, _key(name, basket.basket, name + _looks(bill, payment), refusal), facts, status)


def _empty(
    store: Store, operator: Operator, common: Mapping[str, object], refusal: Refusal | None, status: int
) -> SaleStage:
    shift, suspended = store.sales.shifts.at(operator.station), store.sales.selling.suspended()
    asides = tuple(_asides(store))
    scanned = waiting(store, operator.station) if shift is not None else None
    looks = f"empty{len(suspended)}" + "".join(one.how.value[:2] for one, _ in asides)
    looks += scanned.looks if scanned else ""
    early = too_early(scanned)
    said = {"said": told(early)} if early is not None and refusal is None else {}
    key = _key("empty", shift.shift if shift else "", looks, refusal)
    return SaleStage("empty", key, {**common, **said, "asides": asides, "scanned": scanned}, status)


def _asides(store: Store) -> Iterator[tuple[AsideBasket, str]]:
    """Baskets that were set aside, with their age in words."""
    now = store.status.now()
    for one in store.sales.checkout.asides():
        yield one, words.ago((now - datetime.fromisoformat(one.at)).total_seconds())


def _key(name: str, thing: str, looks: str, refusal: Refusal | None) -> str:
    """A refusal has a key of its own each time, so that the page says each by sound too."""
    return f"{name}:{thing}:{looks}" if refusal is None else f"refused:{thing}.{secrets.token_hex(3)}:{looks}"


def same(key: str, have: str) -> bool:
    """Whether a page that has `have` need not change: a refusal stays until something else happens."""
    return key == have or (have.startswith("refused:") and thing_of(have) == thing_of(key))


def thing_of(key: str) -> tuple[str, str]:
    """What a key is about (a basket, a till), and how that looks; without what was refused."""
    parts = [*key.split(":"), "", ""]
    return parts[1].partition(".")[0], parts[2]


def done(store: Store, sale: Sale) -> SaleStage:
    """A sale that is done: change, receipt, and on to the next."""
    job = store.sales.checkout.slip(sale.sale)
    exchange = store.returns.exchanged(sale.basket)
    facts = {
        "sale": sale,
        "exchange": exchange,
        "job": job,
        "nonce": fresh_nonce(),
        "saved_fen": store.sales.checkout.saved(sale),
    }
    return SaleStage("done", f"done:{sale.sale}:{job.state if job else ''}", facts)


@dataclass(frozen=True)
class Row:
    """A line as the page shows it: what it comes to after everything, and what was taken off."""

    line: Line
    net_fen: int
    saved_fen: int
    changed: bool


def rows(bill: Bill) -> tuple[Row, ...]:
    """Lines newest first."""
    priced: Priced = bill.priced
    net = {one.line: (int(one.net_fen), int(one.gross_fen)) for one in priced.lines}
    found = [
        Row(line, net[line.line][0], net[line.line][1] - net[line.line][0], line.line in bill.changed)
        for line in bill.basket.lines
        if line.line in net
    ]
    return tuple(reversed(found))


def quick(due_fen: int) -> tuple[int, ...]:
    """Sums of cash that are likely to be given: exact, then the next notes above."""
    above = sorted({-(-due_fen // note) * note for note in QUICK} - {due_fen})
    return (due_fen, *above[:4])


def _looks(bill: Bill, payment: PaymentView | None) -> str:
    attempt = payment.attempt if payment is not None else None
    seen = (
        bill.basket.basket,
        bill.basket.version,
        bill.total_fen,
        bill.newer,
        [(one.coupon, one.lock) for one in bill.held],
        payment.state if payment else "",
        attempt.state if attempt else "",
        attempt.call_staff if attempt else False,
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
