"""The selling desk: baskets opened, filled, changed, suspended, resumed and given up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from config.selling_schema import SellingSettings
from edge.db import Connection
from edge.desks.basket_heads import BasketHeads
from edge.desks.basket_work import MOST_PIECES
from edge.desks.quoting import Quoting
from edge.desks.status import StatusDesk
from edge.desks.weighing import WeighDesk
from edge.domain.money import yuan
from edge.domain.refusals import BadRequest, NotAllowed, UnknownThing
from edge.domain.selling import Basket, BasketState, Bill, Line
from edge.domain.selling_refusals import (
    BasketBusy,
    CutRefused,
    EmptyBasket,
    NoBasket,
    TooManyPieces,
    TooManySuspended,
    WeighFirst,
)
from edge.domain.staff import Act, Operator
from edge.records.journal import Author
from sync.selling import BasketVoided

_log = logging.getLogger("store_edge.selling")
_MOST_SUSPENDED = 50


@dataclass(frozen=True)
class SellingDesk(BasketHeads):
    """One verb, one transaction, once a nonce. Every verb may raise a Refusal; those that change a basket give it back.

    Baskets of training look the same and never leave this box: no fact, no stock, no coupon.
    """

    rules: SellingSettings
    quoting: Quoting
    weighing: WeighDesk
    status: StatusDesk

    def at(self, station: str) -> Basket | None:
        """The basket that a station is at work on."""
        return self.books.baskets.at(station)

    def basket(self, basket: str, operator: Operator) -> Basket:
        """A basket of this station; raises NoBasket."""
        return self.work.mine(basket, operator)

    def bill(self, basket: Basket) -> Bill:
        """A basket with its price, what acts and what does not."""
        return self.quoting.bill(basket)

    def suspended(self) -> tuple[Basket, ...]:
        """Baskets that wait to be taken up again, newest first."""
        return self.books.baskets.suspended(_MOST_SUSPENDED)

    def open(
        self,
        operator: Operator,
        nonce: str,
        *,
        training: bool = False,
        tie: Callable[[Connection, str], None] | None = None,
    ) -> Basket:
        """A new basket here, priced by today's rules; `tie` is told its name meanwhile. Raises BasketBusy."""
        self.work.may(operator, Act.SELL)
        # HQ's file is read before the lock, here and below: a till must not wait for another that reads it.
        book = self.quoting.rules_at(self.work.now())

        def work(tx: Connection) -> Basket:
            if self.books.baskets.at(operator.station, tx) is not None:
                raise BasketBusy
            basket = self.work.new(tx, operator, book, training=training)
            if tie is not None:
                tie(tx, basket.basket)
            return basket

        return self.work.once(nonce, ("open", operator.station, training), work)

    def add(
        self,
        sku: str,
        operator: Operator,
        nonce: str,
        *,
        qty: int = 1,
        grams: int = 0,
        fixed_fen: int | None = None,
        training: bool = False,
    ) -> Basket:
        """Puts a product into the station's basket, which is opened where there is none.

        `grams` of weighed goods; `fixed_fen`: the price that their label says. Raises NotForSale, WeighFirst, PayFirst.
        """
        asked = ("add", sku, operator.station, qty, grams, fixed_fen)
        return self._add(sku, operator, nonce, asked, qty, grams, fixed_fen, training=training)

    def weigh(self, sku: str, operator: Operator, nonce: str, *, training: bool = False) -> Basket:
        """Puts what lies on the station's scale into the basket; raises what weighing raises.

        Asked again it is the weight of the first time, whatever lies on the scale by now.
        """
        asked = ("weigh", sku, operator.station)
        before = self.work.again(nonce, asked)
        if before is not None:
            return before
        grams = self.weighing.weigh(operator.station).grams
        return self._add(sku, operator, nonce, asked, 1, grams, None, training=training)

    def _add(
        self,
        sku: str,
        operator: Operator,
        nonce: str,
        asked: object,
        qty: int,
        grams: int,
        fixed_fen: int | None,
        *,
        training: bool,
    ) -> Basket:
        self.work.may(operator, Act.SELL)
        ware = self.books.wares.ware(sku)
        if ware is None:
            raise UnknownThing
        if not 1 <= qty <= MOST_PIECES:
            raise TooManyPieces(most=MOST_PIECES)
        if ware.by_weight and not grams and fixed_fen is None:
            raise WeighFirst
        book = None
        if self.books.baskets.at(operator.station) is None:
            book = self.quoting.rules_at(self.work.now())

        def work(tx: Connection) -> Basket:
            basket = self.books.baskets.at(operator.station, tx)
            if basket is None:
                # Somebody gave the basket up between the look and the lock: only then it is read here.
                rules = book if book is not None else self.quoting.rules_at(self.work.now())
                basket = self.work.new(tx, operator, rules, training=training)
            self.work.moved(basket, "change")
            self.work.put(tx, basket, ware, qty, grams, fixed_fen)
            return self.work.saved(tx, basket)

        return self.work.once(nonce, asked, work)

    def set_qty(self, basket: str, line: int, qty: int, operator: Operator, nonce: str) -> Basket:
        """So many pieces of a line; 0 takes it out."""
        if not 0 <= qty <= MOST_PIECES:
            raise TooManyPieces(most=MOST_PIECES)

        def work(tx: Connection, here: Basket) -> Basket:
            known = _line(here, line)
            if qty and known.grams:
                raise BadRequest(why="qty")
            self.work.room_for(here, qty - known.qty)
            if not qty:
                self.books.baskets.drop_line(tx, basket, line, operator.staff, self.work.now())
            else:
                cut = known.cut_of(qty * known.unit_fen)
                self.books.baskets.put_line(tx, basket, replace(known, qty=qty, cut_fen=cut))
            return here

        return self.work.change(basket, operator, nonce, ("qty", line, qty), work)

    def remove(self, basket: str, line: int, operator: Operator, nonce: str) -> Basket:
        """Takes a line out; that it was in stays on record."""
        return self.set_qty(basket, line, 0, operator, nonce)

    def cut(self, basket: str, line: int, fen: int, reason: str, operator: Operator, nonce: str) -> Basket:
        """A lead takes something off a line by hand, for a reason; 0 takes that back. Raises CutRefused, NotAllowed."""
        self.work.may(operator, Act.CUT_PRICE)
        reason = reason.strip()[:60]

        def work(tx: Connection, here: Basket) -> Basket:
            known = _line(here, line)
            most = known.gross_fen * self.rules.cut_limit_percent // 100
            if not 0 <= fen <= most or (fen and not reason):
                raise CutRefused(most=yuan(most))
            who = operator.staff if fen else ""
            cut = replace(known, cut_fen=fen, cut_reason=reason if fen else "", cut_by=who)
            self.books.baskets.put_line(tx, basket, cut)
            facts = {"station": operator.station, "staff": operator.staff, "fen": fen, "line": line}
            _log.info("price cut by hand", extra={"basket": basket, **facts})
            return here

        return self.work.change(basket, operator, nonce, ("cut", line, fen, reason), work)

    def reprice(self, basket: str, operator: Operator, nonce: str) -> Basket:
        """The newest prices and rules instead of those the basket was opened with; asked for, never by itself."""
        now = self.work.now()
        book, before = self.quoting.rules_at(now), self.books.baskets.by_id(basket)
        # What comes into the basket after this look has the newest price anyway.
        wares = {line.sku: self.books.wares.ware(line.sku) for line in (before.lines if before else ())}

        def work(tx: Connection, here: Basket) -> Basket:
            for line in here.lines:
                ware = wares.get(line.sku)
                if ware is not None and ware.fen is not None and not line.fixed:
                    fen = ware.piece_fen(line.grams)
                    cut = line.cut_of(line.qty * fen)
                    fresh = replace(line, unit_fen=fen, book=ware.book, cut_fen=cut)
                    self.books.baskets.put_line(tx, basket, fresh)
            return replace(here, rules=self.quoting.keep(tx, book), priced_at=now)

        return self.work.change(basket, operator, nonce, ("reprice",), work)

    def suspend(self, basket: str, operator: Operator, nonce: str) -> Basket:
        """Puts the basket aside under a code; any station may take it up again. Its coupons stay held.

        Raises TooManySuspended: what is not on the list could not be found again.
        """

        def work(tx: Connection, here: Basket) -> Basket:
            if not here.lines:
                raise EmptyBasket
            if self.books.baskets.waiting(tx) >= _MOST_SUSPENDED:
                raise TooManySuspended(most=_MOST_SUSPENDED)
            return replace(here, state=BasketState.SUSPENDED, code=self.work.code(tx))

        return self.work.change(basket, operator, nonce, ("suspend",), work, event="suspend")

    def resume(self, basket: str, operator: Operator, nonce: str) -> Basket:
        """Takes a suspended basket (by its name or code) up at this station. Raises NoBasket, BasketBusy."""
        self.work.may(operator, Act.SELL)

        def work(tx: Connection) -> Basket:
            here = self.books.baskets.by_code(basket, tx) or self.books.baskets.by_id(basket, tx)
            if here is None:
                raise NoBasket
            busy = self.books.baskets.at(operator.station, tx)
            if busy is not None and busy.lines:
                raise BasketBusy
            if busy is not None:
                self._let_go(tx, busy.basket)
                self.work.saved(tx, replace(busy, state=BasketState.VOID))
            state = self.work.moved(here, "resume")
            moved = replace(here, state=state, station=operator.station, staff=operator.staff, code="")
            return self.work.saved(tx, replace(moved, aside=False))

        return self.work.once(nonce, ("resume", basket, operator.station), work)

    def void(self, basket: str, reason: str, operator: Operator, nonce: str) -> Basket:
        """Gives a basket up, for a reason; one worth more than the limit only a lead. Its coupons are free again, and
        so is the return that it exchanged for."""
        reason = reason.strip()[:60]

        def work(tx: Connection, here: Basket) -> Basket:
            if here.gross_fen > self.rules.void_limit_fen and not operator.may(Act.VOID_MUCH):
                raise NotAllowed
            if here.lines and not reason:
                raise BadRequest(why="reason")
            self._let_go(tx, basket)
            if here.lines and not here.training:
                fact = BasketVoided(basket, here.gross_fen, here.units, reason)
                self.books.journal.append(tx, fact, Author(operator.station, operator.staff))
            # It belongs to the report of whoever gave it up, also where it was suspended elsewhere.
            return replace(here, state=BasketState.VOID, station=operator.station)

        done = self.work.change(basket, operator, nonce, ("void", reason), work, event="void")
        self.poke("outbox")
        return done

    def _let_go(self, tx: Connection, basket: str) -> None:
        """A basket that is given up holds nothing any more: no coupon, no deposit, no return to exchange for."""
        self.coupons.release_all(tx, basket)
        self.quoting.deposits.release(tx, basket)
        self.books.returns.unlink(tx, basket)


def _line(basket: Basket, line: int) -> Line:
    for one in basket.lines:
        if one.line == line:
            return one
    raise UnknownThing
