"""What happens at tills: sales for cash, retries, goods that come back here or elsewhere, shifts, unfit pieces."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from edge.clock import stamp
from edge.domain.promotion_rules import Rule
from edge.domain.refusals import Refusal
from edge.domain.returns import FATES, Bought, Condition, Reason, Wanted
from edge.domain.selling import BasketState, Sale
from edge.domain.staff import Operator
from sync.goods import Unfitness
from sync.hub.price_rules import PriceRuleDesk
from sync.hub.return_desk import ReturnDesk as ReturnsAtHq
from sync.messages import Price
from tests.sim.box import Box, operator
from tests.sim.goods_steps import MEMBERS, tried
from tests.sim.store_steps import any_box, maybe_die
from tests.sim.world import SKUS, Broken, World

FEN = {"A1": 5990, "B2": 12900, "C3": 330}
_RULE = {
    "rule": "m200",
    "version": 1,
    "level": "order",
    "benefit": {"do": "off", "fen": 3000},
    "threshold": {"at_least": 20_000},
    "name_zh": "满 200 减 30",
    "name_en": "30 off 200",
    "starts": "2026-01-01T00:00",
    "ends": "2027-12-31T00:00",
}


@dataclass
class Paying:
    """A basket that somebody pays for: asked again with the same nonce until there is an answer."""

    basket: str
    fen: int
    nonce: str


@dataclass(frozen=True)
class Taking:
    """A return as it was asked for."""

    bought: Bought
    wanted: tuple[Wanted, ...]
    nonce: str
    who: Operator


def sell(w: World) -> None:
    """A shopper buys something and pays cash; what a killed process left at this till is finished first."""
    box, station = any_box(w), w.chance.choice(("T1", "T2"))
    who, posts = operator(station), box.wire.posts
    maybe_die(w, box, 0.25, within=150)
    begun = box.paying.get(station)
    if begun is not None and w.chance.random() < 0.3:
        tried(w, "look after tills", box.shop.store.sales.checkout.turn)
    tried(w, "sale", lambda: _sell(w, box, who))
    if box.wire.posts != posts:
        raise Broken("I9", "a sale waited for HQ")


def _sell(w: World, box: Box, who: Operator) -> None:
    sales, station = box.shop.store.sales, who.station
    if sales.shifts.at(station) is None:
        sales.shifts.open(20_000, who, _nonce())
    here = sales.selling.at(station)
    begun = box.paying.get(station)
    if begun is None or here is None or here.basket != begun.basket:
        for _ in range(w.chance.randint(1, 3)):
            if here is not None and here.state is BasketState.PAYING:
                break
            sku = w.chance.choice(SKUS)
            here = sales.selling.add(sku, who, _nonce(), qty=w.chance.randint(1, 3))
        assert here is not None
        if here.state is BasketState.OPEN and w.chance.random() < 0.3:
            member = w.chance.choice(MEMBERS)
            here = sales.selling.member(here.basket, member, "gold", "1234", who, _nonce())
        fen = int(sales.selling.bill(here).total_fen)
        begun = box.paying[station] = Paying(here.basket, fen, _nonce())
    try:
        sale = sales.checkout.cash(begun.basket, begun.fen + 100, begun.fen, who, begun.nonce)
    except Refusal:
        box.paying.pop(station)
        raise
    box.paying.pop(station)
    _same_again(box, begun, sale, who)
    w.sold.append((box.known.stream, sale.sale, sale.receipt))


def _same_again(box: Box, begun: Paying, sale: Sale, who: Operator) -> None:
    """I2: a page that got no answer asks once more, and it is the same sale."""
    checkout = box.shop.store.sales.checkout
    try:
        again = checkout.cash(begun.basket, begun.fen + 100, begun.fen, who, begun.nonce)
    except Refusal as refusal:
        raise Broken("I2", f"a sale was done and is now refused: {refusal.code}") from refusal
    if (again.sale, again.receipt, again.repeat) != (sale.sale, sale.receipt, True):
        raise Broken("I2", "one basket, two sales")
    if sum(part.fen for part in sale.paid) != sale.net_fen:
        raise Broken("I2", f"a sale of {sale.net_fen} was paid with {sum(part.fen for part in sale.paid)}")


def take_back(w: World) -> None:
    """Somebody brings goods back, now and then to a store that did not sell them; HQ is asked then."""
    if not w.sold:
        return
    stream, _, receipt = w.chance.choice(w.sold[-20:])
    here = [b for b in w.active() if b.known.stream == stream]
    box = w.chance.choice(here) if here and w.chance.random() < 0.75 else any_box(w)
    who = operator(w.chance.choice(("T1", "T2")), lead=w.chance.random() < 0.3)
    maybe_die(w, box, within=60)
    tried(w, "return", lambda: _take_back(w, box, receipt, who))


def _take_back(w: World, box: Box, receipt: str, who: Operator) -> None:
    desk = box.shop.store.returns
    bought = desk.find(receipt, who)
    left = [line for line in bought.lines if line.left]
    some = w.chance.sample(left, min(len(left), w.chance.randint(1, 2)))
    wanted = []
    for line in some:
        condition = w.chance.choice((Condition.INTACT, Condition.INTACT, Condition.SOILED))
        why = Reason.NO_REASON if condition is Condition.INTACT else Reason.QUALITY
        fate = w.chance.choice(FATES[condition])
        wanted.append(Wanted(line.line, w.chance.randint(1, line.left), condition, why, fate))
    if not wanted:
        w.count("return of nothing")
        return
    taking = Taking(bought, tuple(wanted), _nonce(), who)
    box.taking.append(taking)
    _accept(box, taking)
    w.count("returned elsewhere" if not bought.here else "returned here")


def _accept(box: Box, taking: Taking) -> Any:
    return box.shop.store.returns.accept(
        taking.bought.source,
        taking.bought.ref,
        taking.wanted,
        taking.who,
        taking.nonce,
        forced=taking.who.role.value == "lead",
    )


def take_back_again(w: World) -> None:
    """The same return is asked for once more: it is the one that was accepted, or is accepted now."""
    box = any_box(w)
    if not box.taking:
        return
    taking = w.chance.choice(box.taking[-4:])
    row = box.shop.books.returns.by_nonce(taking.nonce)
    maybe_die(w, box)
    try:
        done = _accept(box, taking)
    except Refusal as refusal:
        if row is not None:
            raise Broken("I2", f"a return was accepted and is now refused: {refusal.code}") from refusal
        w.count(f"return again {refusal.code}")
        return
    w.count("return again done")
    if row is not None and (done.ret, done.repeat) != (row.ret, True):
        raise Broken("I2", "one request, two returns")


def unfit(w: World) -> None:
    """Pieces turn out unfit, are mended, or leave the shop."""
    box, sku = any_box(w), w.chance.choice(SKUS)
    reason = w.chance.choice(get_args(Unfitness))
    qty = w.chance.randint(1, 3) * (-1 if reason in {"mended", "scrapped"} else 1)
    goods = box.shop.store.goods
    maybe_die(w, box)
    tried(w, "unfit", lambda: goods.shift(sku, qty, reason, operator("T1", lead=True), _nonce()))


def cash_up(w: World) -> None:
    """A shift ends: somebody counts, and the report goes to HQ."""
    box, station = any_box(w), w.chance.choice(("T1", "T2"))
    who, shifts = operator(station, lead=True), box.shop.store.sales.shifts
    if shifts.at(station) is None:
        return
    maybe_die(w, box)

    def close() -> None:
        shifts.count({10_000: w.chance.randint(1, 40)}, who, _nonce())
        shifts.close(who, _nonce())

    tried(w, "shift", close)


def pay_back(w: World) -> None:
    """HQ gives back what it owes for goods that came back where they were not sold, or will not."""
    desk = ReturnsAtHq(w.hq.engine, w.time.now)
    for owed in desk.owed(limit=3):
        refused = "no" if w.chance.random() < 0.2 else ""
        desk.settle(owed["ret"], refused=refused)


def prices(w: World) -> None:
    """Goods cost something else; baskets that are open keep their price."""
    sku = w.chance.choice(SKUS)
    w.hq.desk.publish_prices(
        [Price(sku=sku, fen=FEN[sku] + w.chance.randint(-99, 99), book=stamp(w.time.at))]
    )


def furnish(w: World) -> None:
    """Goods have prices, and a rule takes something off."""
    w.hq.desk.publish_prices([Price(sku=sku, fen=fen, book="b") for sku, fen in FEN.items()])
    PriceRuleDesk(w.hq.engine, w.time.now).publish([msgspec.convert(_RULE, Rule)])


def settle(w: World) -> None:
    """After a heal's faults: what is paid becomes a sale by itself, whoever died over it."""
    for box in w.active():
        checkout = box.shop.store.sales.checkout
        for _ in range(10):
            if not checkout.turn():
                break
        stuck = box.shop.books.ledger.read().execute(
            "SELECT count(*) FROM payment p WHERE p.state = 'paid' AND NOT EXISTS"
            " (SELECT 1 FROM sale s WHERE s.basket = p.basket)"
        )
        if stuck.fetchone()[0]:
            raise Broken("I2", f"{box.store}: money was taken and there is no sale")


def _nonce() -> str:
    return str(uuid.uuid4())


STEPS: dict[str, Callable[[World], None]] = {
    step.__name__: step for step in (sell, take_back, take_back_again, unfit, cash_up, pay_back, prices)
}
