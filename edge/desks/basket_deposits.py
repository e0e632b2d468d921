"""Deposits in a basket: taken into account, let go again; once a nonce, by the station that is at work on it."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection
from edge.desks.basket_work import BasketWork
from edge.desks.deposits import DepositDesk
from edge.domain.deposits import HeldDeposit
from edge.domain.refusals import UnknownThing
from edge.domain.selling import Basket
from edge.domain.staff import Operator


@dataclass(frozen=True)
class BasketDeposits:
    """Baskets of training take none."""

    work: BasketWork
    desk: DepositDesk

    def names(self, text: str) -> bool:
        """Whether a text names a deposit."""
        return self.desk.found(text) is not None

    def holding(self, basket: str) -> tuple[HeldDeposit, ...]:
        """What a basket has, by number."""
        return self.desk.holding(basket)

    def take(self, basket: str, text: str, operator: Operator, nonce: str) -> Basket:
        """Takes a deposit into account; raises UnknownThing, DepositHeld and what `domain.deposits.admit` does."""
        known = self.desk.found(text)
        if known is None:
            raise UnknownThing

        def work(tx: Connection, here: Basket) -> Basket:
            if not here.training:
                self.desk.hold(tx, known, here)
            return here

        return self.work.change(basket, operator, nonce, ("deposit", known.deposit), work)

    def drop(self, basket: str, deposit: str, operator: Operator, nonce: str) -> Basket:
        """Lets a deposit go again."""

        def work(tx: Connection, here: Basket) -> Basket:
            self.desk.release(tx, basket, deposit)
            return here

        return self.work.change(basket, operator, nonce, ("no deposit", deposit), work)
