"""What frames a day of trade: floats, rushes, races, noon, the line that is cut, and the count at the end."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

from edge.domain.drawers import Reason
from edge.domain.refusals import Refusal
from edge.domain.selling import Basket, Sale
from edge.domain.shifts import NOTES, Report, Taking
from sync.messages import Price
from tests.journeys.day_goods import ENDS, GOODS, STORE, TILLS
from tests.journeys.day_orders import PICKS, BackRoom
from tests.journeys.day_till import nonce
from tests.journeys.day_town import who

FLOAT = 100_000
NOON = {"TEA": 6490, "SOAP": 990}


@dataclass(frozen=True)
class Size:
    """How much happens in a day."""

    sales: int
    pickups: int
    picks: int
    returns: int
    rush: int


WHOLE = Size(200, 60, 30, 15, 15)
SLICE = Size(60, 18, 10, 7, 5)


@dataclass
class Frame(BackRoom):
    """The marks that every day has, in the order of the clock."""

    size: Size = WHOLE
    reports: list[Report] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    races: Counter[str] = field(default_factory=Counter)
    facts_at_cut: int = 0
    told_while_cut: int = 0
    to_pick: list[tuple[str, str]] = field(default_factory=list)
    unknown: Any = None

    def open(self) -> None:
        """Floats, HQ's grants, and the orders of the night."""
        for till in TILLS:
            self.room.shifts.open(FLOAT, who(till), nonce("open"))
            self.seen.drawer[till] = FLOAT
        self.seen.shelf.update({sku: one[4] for sku, one in GOODS.items()})
        self.town.sync()
        self.town.hq.grants.grant_points(STORE, "m-gold", 3000, ENDS)
        self.town.hq.grants.grant_quota(STORE, "HOT", 1)
        self.offers = self.town.hq.coupons(self.size.sales // 6)
        moods = [PICKS[n % len(PICKS)] for n in range(self.size.picks)]
        self.to_pick = [(self.publish(ready=False, mood=mood), mood) for mood in moods]
        reach = sum(mood not in ("cancelled", "turned down", "busy") for mood in moods)
        self.ready = [self.publish(ready=True) for _ in range(self.size.pickups - reach)]
        self.town.sync()
        self.town.work()

    def rush(self) -> None:
        """Both tills at once, in threads of their own: cash, and many people."""
        seeds = {till: Random(self.rng.random()) for till in TILLS}  # noqa: S311
        ready = threading.Barrier(len(TILLS))

        def crowd(till: str) -> list[Sale]:
            ready.wait()
            done = []
            for _ in range(self.size.rush):
                basket, op = self.fill(till, seeds[till]), who(till)
                if basket.checks:
                    self.room.selling.age_checked(basket.basket, op, nonce("age"))
                due = self.bill(basket)[1]
                done.append(self.room.checkout.cash(basket.basket, due + 100, due, op, nonce("cash")))
            return done

        with ThreadPoolExecutor(len(TILLS)) as pool:
            for sales in list(pool.map(crowd, TILLS)):
                for sale in sales:
                    self.seen.drawer[sale.station] += sale.given_fen - sale.change_fen
                    self.note(sale)
        self.town.work()
        self.town.sync()

    def last_piece(self) -> None:
        """One piece of a hot product, and one coupon, that both tills want at the same moment."""
        if self.town.store.goods.unasked("HOT") == 0:
            self.town.hq.grants.grant_quota(STORE, "HOT", 1)
            self.town.sync()
        coupon = self.offers["B"].pop()
        baskets = {till: self.room.selling.add("HOT", who(till), nonce("hot")) for till in TILLS}
        ready = threading.Barrier(len(TILLS))

        def race(till: str) -> tuple[str, str, Sale | None]:
            ready.wait()
            got = "coupon"
            try:
                self.room.scan(coupon, who(till), nonce("coupon"))
            except Refusal as refusal:
                got = refusal.code
            ready.wait()
            due = self.bill(baskets[till])[1]
            ready.wait()
            try:
                sale = self.room.checkout.cash(baskets[till].basket, due, due, who(till), nonce("cash"))
            except Refusal as refusal:
                return got, refusal.code, None
            return got, "sold", sale

        with ThreadPoolExecutor(len(TILLS)) as pool:
            ended = list(pool.map(race, TILLS))
        self.races.update(f"{got} / {end}" for got, end, _ in ended)
        assert sorted(end for _, end, _ in ended) == ["quota_short", "sold"], ended
        assert sorted(got for got, _, _ in ended) == ["coupon", "coupon_held"], ended
        for till, (_, _, sale) in zip(TILLS, ended, strict=True):
            if sale is None:
                self.void(self.room.selling.basket(baskets[till].basket, who(till)))
            else:
                self.seen.drawer[till] += sale.given_fen - sale.change_fen
                self.note(sale)

    def at_noon(self) -> None:
        """Reports, a drop to the safe, and new prices while baskets are open: one keeps its own, one asks for them."""
        for till in TILLS:
            x = self.room.shifts.print_x(who(till), nonce("x"))
            saw = sum(sale.net_fen for sale in self.seen.sales if sale.station == till)
            assert (x.z, x.net_fen) == (0, saw), f"X report of {till}: {x.net_fen}, people saw {saw}"
            self.drop(till)
        kept = self.room.scan(GOODS["TEA"][0], who("T1"), nonce("scan"))
        asked = self.room.scan(GOODS["TEA"][0], who("T2"), nonce("scan"))
        before = self.bill(kept)
        self.town.sync()
        self.town.hq.desk.publish_prices(Price(sku, fen, "noon") for sku, fen in NOON.items())
        self.prices.update(dict.fromkeys(NOON, "noon"))
        self.town.sync()
        assert self.bill(kept) == before, "an open basket took a new price by itself"
        assert self.room.selling.bill(self.now(kept)).changed == (1,)
        asked = self.room.selling.reprice(asked.basket, who("T2"), nonce("reprice"))
        assert self.bill(asked)[0] == NOON["TEA"]
        for basket in (kept, asked):
            assert self.cash(self.now(basket), who(basket.station), self.rng) is not None
        self.town.work()
        self.town.sync()

    def now(self, basket: Basket) -> Basket:
        return self.room.selling.basket(basket.basket, who(basket.station))

    def cut(self) -> None:
        """A wallet is charged, its answer is lost, and the line is gone with it; the next shopper is served at once."""
        basket = self.room.scan(GOODS["CUP"][0], who("T1"), nonce("scan"))
        due = self.bill(basket)[0]
        self.room.checkout.pay(basket.basket, due, who("T1"), nonce("pay"))
        self.room.checkout.scan_code(basket.basket, "13" + "7" * 16, who("T1"), nonce("code"))
        self.town.cable.lose["/pay/v1/pay"] += 1
        self.town.payers.turn()
        self.town.cable.cut = True
        self.town.sync()
        self.unknown = basket
        view = self.room.checkout.payment(basket.basket)
        assert view is not None
        assert view.attempt is not None
        assert view.attempt.unsettled, "nobody can know yet"
        self.seen.did["unknown when the line went"] += 1
        self.room.checkout.set_aside(basket.basket, who("T1"), nonce("aside"))
        after = self.aged(self.fill("T1", self.rng), who("T1"))
        assert self.cash(after, who("T1"), self.rng) is not None, "the till stands still"
        self.seen.did["sold beside an unknown payment"] += 1
        self.facts_at_cut = self.town.books.journal.last_seq()

    def heal(self) -> None:
        """The line is back, HQ takes all of it in, and its first answer is lost."""
        self.told_while_cut = self.town.books.journal.last_seq() - self.facts_at_cut
        assert [one.basket for one in self.room.checkout.clarifying()] == [self.unknown.basket]
        self.town.cable.cut = False
        self.town.cable.lose["/sync/v1/up"] += 1
        for _ in range(6):
            self.town.sync()
        assert self.town.cable.lost["/sync/v1/up"] == 1
        self.town.time.go(60)
        self.waited(self.unknown.basket)
        self.town.work()
        sale = self.town.books.sales.of_basket(self.unknown.basket)
        assert self.room.checkout.clarifying() == ()
        if sale is not None:
            self.seen.did["set aside, and sold"] += 1
            self.note(sale)
        else:
            self.seen.did["set aside, and not paid"] += 1
            self.void(self.now(self.unknown))

    def drop(self, till: str) -> None:
        """Half of the notes go to the safe."""
        fen = max(0, self.seen.drawer[till] - FLOAT) // 2 // 100 * 100
        if fen:
            self.room.shifts.move(Taking.DROP, fen, "入保险柜", who(till), nonce("drop"))
            self.seen.drawer[till] -= fen
            self.seen.did["drop"] += 1

    def close(self) -> None:
        """The last returns are settled, both drawers are counted blind, and the Z reports close the day."""
        for _ in range(3):
            self.town.time.go(90)
            self.town.work()
            self.town.sync()
        for row in self.town.hq.returns.owed(STORE):
            self.town.hq.returns.settle(row["ret"])
        for till in TILLS:
            op = who(till)
            drawer = next(iter(self.town.store.till.drawers.at(till)))
            self.town.store.till.drawers.open(drawer.name, Reason.COUNT, nonce("count"), op)
            self.counted[till] = self.seen.drawer[till]
            self.room.shifts.count(_notes(self.seen.drawer[till]), op, nonce("count"))
            self.town.work()
            self.reports.append(self.room.shifts.close(op, nonce("z")))
        for _ in range(4):
            self.town.time.go(30)
            self.town.work()
            self.town.sync()


def _notes(fen: int) -> dict[int, int]:
    pieces = {}
    for note in NOTES:
        pieces[note], fen = divmod(fen, note)
    assert fen == 0, "cash that no coin makes"
    return pieces
