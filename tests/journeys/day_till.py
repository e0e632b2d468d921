"""A shopper at a till on a day of trade: goods, card, coupons, and money in every way there is."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from edge.desks.sale_scans import SaleRoom
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.payments import Channel
from edge.domain.refusals import Refusal
from edge.domain.selling import Basket, Sale
from edge.domain.staff import Operator
from tests.journeys.day_goods import GOODS, MEMBERS
from tests.journeys.day_town import Town, who

SOLD = ("TEA", "CUP", "WINE", "SOAP", "JAR", "APPLE")
NONCES = itertools.count(1)
CODES = {Channel.WECHAT: ("13", 18), Channel.ALIPAY: ("28", 18), Channel.UNIONPAY: ("62", 19)}


def nonce(what: str) -> str:
    return f"{what}-{next(NONCES):06}"


@dataclass
class Seen:
    """What people in the shop saw and held in their hands, kept apart from the books."""

    sales: list[Sale] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    drawer: Counter[str] = field(default_factory=Counter)
    shelf: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    coupons: Counter[str] = field(default_factory=Counter)
    again: set[str] = field(default_factory=set)
    """Coupons that went back to their owners."""
    did: Counter[str] = field(default_factory=Counter)
    """How often each kind of thing happened."""


@dataclass
class Counters:
    """Both tills, and whoever stands at them."""

    town: Town
    seen: Seen
    rng: Random
    prices: dict[str, str]
    """Product -> HQ's price book of this hour."""
    offers: dict[str, list[str]] = field(default_factory=dict)

    @property
    def room(self) -> SaleRoom:
        return self.town.store.sales

    # ---- the basket ----

    def fill(self, station: str, rng: Random, *, training: bool = False) -> Basket:
        """Some goods, scanned, weighed or typed."""
        op = who(station)
        basket: Basket | None = None
        for sku in rng.sample(SOLD, rng.choice((1, 1, 2, 2, 3))):
            if sku == "APPLE":
                grams = rng.randrange(200, 2500)
                basket = self.room.selling.add(sku, op, nonce("add"), grams=grams, training=training)
                self.seen.did["weighed"] += 1
                continue
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                basket = self.room.scan(GOODS[sku][0], op, nonce("scan"), training=training)
        assert basket is not None
        return basket

    def dress(self, basket: Basket, rng: Random) -> Basket:
        """Card, points, coupons, a price cut by hand, a line taken out again."""
        op, desk = who(basket.station), self.room.selling
        if rng.random() < 0.4:
            name = rng.choice(MEMBERS)
            basket = self.room.scan(self.town.hq.people.code(name), op, nonce("card"))
            self.seen.did["member"] += 1
            if name == "m-gold" and rng.random() < 0.5:
                basket = desk.points(basket.basket, rng.choice((100, 300, 500)), op, nonce("points"))
        if rng.random() < 0.3:
            self.coupon(basket, rng)
        if rng.random() < 0.08:
            line = basket.lines[0]
            cut, lead = line.gross_fen // 5, who(basket.station, lead=True)
            basket = desk.cut(basket.basket, line.line, cut, "包装破损", lead, nonce("cut"))
            self.seen.did["cut"] += 1
        if len(basket.lines) > 1 and rng.random() < 0.1:
            basket = desk.remove(basket.basket, basket.lines[-1].line, op, nonce("remove"))
            self.seen.did["line taken out"] += 1
        return basket

    def coupon(self, basket: Basket, rng: Random) -> None:
        """A coupon of some class; one that was used is shown again now and then."""
        kind = rng.choice("ABCV")
        codes = self.offers[kind]
        if not codes:
            return
        code = codes[0] if kind == "A" else codes.pop()
        try:
            self.room.scan(code, who(basket.station), nonce("coupon"))
        except Refusal as refusal:
            self.seen.did[f"coupon {kind}: {refusal.code}"] += 1
        else:
            self.seen.did[f"coupon {kind}"] += 1

    # ---- money ----

    def sell(self, station: str, rng: Random | None = None) -> Sale | None:
        """A shopper from the first scan to the receipt, or to the door without one."""
        rng = rng or self.rng
        basket = self.dress(self.fill(station, rng), rng)
        op = who(station)
        if rng.random() < 0.05:
            self.void(basket)
            return None
        if rng.random() < 0.08:
            suspended = self.room.selling.suspend(basket.basket, op, nonce("suspend"))
            other = self.free(rng)
            op = who(other)
            basket = self.room.scan(suspended.code, op, nonce("resume"))
            self.seen.did["suspended and resumed"] += 1
        return self.pay(basket, op, rng)

    def pay(self, basket: Basket, op: Operator, rng: Random) -> Sale | None:
        """Pays for a basket in one way or another; None: the shopper left."""
        basket = self.aged(basket, op)
        wallets = self.room.checkout.wallets()
        how = rng.choices(("cash", "wallet", "split"), (50, 38, 12) if wallets else (1, 0, 0))[0]
        if how == "cash":
            return self.cash(basket, op, rng)
        total = self.bill(basket)[0]
        view = self.room.checkout.pay(basket.basket, total, op, nonce("pay"))
        part = total // 3 if how == "split" else None
        if view.due_fen and part != 0:
            view = self.wallet(view, op, rng, part)
        if view.state is not Paying.PAID and rng.random() < 0.3:
            self.leave(basket, op)
            return None
        if view.state is not Paying.PAID:
            return self.cash(basket, op, rng)
        return self.sold(self.room.checkout.complete(basket.basket, op, nonce("done")), basket)

    def wallet(self, view: PaymentView, op: Operator, rng: Random, part: int | None) -> PaymentView:
        """A wallet's code under the scanner; waits until it is known what became of it."""
        channel = rng.choice(tuple(CODES))
        start, length = CODES[channel]
        code = start + "".join(rng.choice("0123456789") for _ in range(length - len(start)))
        basket = view.basket
        if part is None:
            self.room.checkout.scan_code(basket, code, op, nonce("code"))
        else:
            self.town.store.tender.submit(view.payment, code, op, nonce("part"), part)
        after = self.waited(basket)
        assert after is not None
        assert after.attempt is not None
        self.seen.did[f"wallet {after.attempt.state.value}"] += 1
        return after

    def waited(self, basket: str) -> PaymentView | None:
        """Lets time pass until nothing is open about the newest attempt, or an hour has."""
        for _ in range(400):
            pause = self.town.payers.turn()
            view = self.room.checkout.payment(basket)
            if view is None or view.attempt is None or not view.attempt.unsettled:
                return view
            self.town.time.go(min(pause, 20.0))
        raise AssertionError(f"{basket} is not settled after an hour")

    def cash(self, basket: Basket, op: Operator, rng: Random) -> Sale | None:
        """Notes and coins for all that is left, with change."""
        checkout = self.room.checkout
        view = checkout.payment(basket.basket)
        begun = view is not None and view.due_fen != view.fen
        due = int(view.due_fen) if begun and view else self.bill(basket)[1]
        given = due if rng.random() < 0.3 else -(-due // 5000) * 5000
        sale = checkout.cash(basket.basket, given, due, op, nonce("cash"))
        if not sale.training:
            self.seen.drawer[sale.station] += sale.given_fen - sale.change_fen
        self.town.work()
        return self.sold(sale, basket)

    def sold(self, sale: Sale, basket: Basket) -> Sale:
        """Goods leave with the shopper; the page asks once more, as pages do, and there is still one sale."""
        again = self.room.checkout.complete(basket.basket, who(sale.station), nonce("again"))
        assert (again.sale, again.repeat) == (sale.sale, True)
        if sale.training:
            self.seen.did["training"] += 1
            return sale
        if self.rng.random() < 0.05:
            self.room.checkout.reprint(sale.sale, who(sale.station), nonce("reprint"))
            self.seen.did["reprint"] += 1
        self.note(sale)
        return sale

    def note(self, sale: Sale) -> None:
        """What anybody who stands by sees of a sale."""
        self.seen.sales.append(sale)
        self.seen.did["+".join(sorted({one.kind for one in sale.paid})) or "nothing to pay"] += 1
        for line in sale.lines:
            self.seen.shelf[line.sku] -= line.qty
            self.seen.did["gift"] += "gift" in line.flags
            if line.book and line.book != self.prices[line.sku]:
                self.seen.stale.add(sale.sale)
        for rule in {share.rule for line in sale.lines for _, some in line.units for share in some}:
            self.seen.did[f"rule {rule}"] += 1
            if rule[:2] in {"A-", "B-", "C-", "V-"}:
                self.seen.coupons[rule] += 1
        if sale.member:
            self.seen.points[sale.member] += sale.points

    def leave(self, basket: Basket, op: Operator) -> None:
        """The payment came to nothing and the shopper goes: whatever was taken goes back first."""
        self.room.checkout.unpay(basket.basket, op)
        for _ in range(200):
            pause = self.town.payers.turn()
            if self.room.checkout.payment(basket.basket) is None:
                break
            self.town.time.go(min(pause, 20.0))
        self.void(self.room.checkout.settled(basket.basket, op))
        self.seen.did["left unpaid"] += 1

    def void(self, basket: Basket) -> None:
        lead = who(basket.station, lead=True)
        self.room.selling.void(basket.basket, "顾客不要了", lead, nonce("void"))
        self.seen.did["void"] += 1

    def mistake(self, station: str) -> None:
        """A basket opened for nobody, and one whose only goods go back to the shelf: nothing is given up with them."""
        op, desk = who(station), self.room.selling
        desk.void(desk.open(op, nonce("open")).basket, "", op, nonce("void"))
        basket = self.room.scan(GOODS["SOAP"][0], op, nonce("scan"))
        basket = desk.remove(basket.basket, basket.lines[0].line, op, nonce("remove"))
        desk.void(basket.basket, "", op, nonce("void"))
        self.seen.did["opened by mistake"] += 1

    def forgotten(self, station: str) -> None:
        """A suspended basket that nobody comes back for: the other till gives it up."""
        basket = self.fill(station, self.rng)
        self.room.selling.suspend(basket.basket, who(station), nonce("suspend"))
        other = who("T2" if station == "T1" else "T1", lead=True)
        self.room.selling.void(basket.basket, "无人回来", other, nonce("void"))
        self.seen.did["suspended and forgotten"] += 1

    def train(self, station: str) -> None:
        """A beginner's sale, on paper only."""
        basket = self.fill(station, self.rng, training=True)
        assert self.cash(self.aged(basket, who(station)), who(station), self.rng) is not None

    def aged(self, basket: Basket, op: Operator) -> Basket:
        if not basket.checks:
            return basket
        self.seen.did["age checked"] += 1
        return self.room.selling.age_checked(basket.basket, op, nonce("age"))

    def bill(self, basket: Basket) -> tuple[int, int]:
        """What is asked, and what is asked where all of it is cash."""
        bill = self.room.selling.bill(self.room.selling.basket(basket.basket, who(basket.station)))
        return int(bill.total_fen), int(bill.cash_fen)

    def free(self, rng: Random) -> str:
        """A till with nobody at it."""
        return rng.choice([one for one in ("T1", "T2") if self.room.selling.at(one) is None])
