"""The deposit desk: a deposit paid online is found by its code, held by a basket, and counts in one sale."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.clock import stamp
from edge.db import Connection
from edge.desks.status import StatusDesk
from edge.domain import pickup_code
from edge.domain.baskets import Deposit, Priced, Used
from edge.domain.deposit_refusals import DepositHeld
from edge.domain.deposits import (
    DEPOSIT,
    HOLD_S,
    DepositEvent,
    DepositState,
    HeldDeposit,
    KnownDeposit,
    admit,
)
from edge.domain.moves import advance
from edge.domain.pickup_code import CodeInvalid
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_rules import Rule, Scope
from edge.domain.promotion_used import given_by, times_taken
from edge.domain.selling import Basket, BasketState
from edge.records.books import Books
from edge.records.deposits import HoldRow
from edge.records.journal import Author
from sync.deposits import DepositReleased, DepositUsed

MakeVerify = Callable[[str], pickup_code.Verify]
"""Public key (hex) -> its verifier."""


@dataclass(frozen=True)
class DepositDesk:
    """What changes something does so within the caller's transaction. `store` is this store's number.

    A deposit is one store's, so no line is needed: one row here says which basket has it and which sale took it.
    """

    books: Books
    status: StatusDesk
    store: str
    make_verify: MakeVerify

    def found(self, text: str) -> KnownDeposit | None:
        """The deposit that a genuine pickup code, its own number or its order's number names; None: there is none."""
        name = text.strip()
        if name.startswith(pickup_code.PREFIX):
            try:
                claims = pickup_code.read(name, self._keys())
            except CodeInvalid:
                return None
            if claims.not_after < self.status.now() or self.books.replica.revoked(claims.nonce):
                return None
            name = claims.order
        return self.books.deposits.known(name) if 0 < len(name) <= 200 else None

    def hold(self, tx: Connection, known: KnownDeposit, basket: Basket) -> None:
        """The basket has it for 15 minutes, and while it is paid. Raises DepositHeld and what `admit` does."""
        now = stamp(self.status.now())
        row = self.books.deposits.hold(known.deposit, tx)
        state = row.state if row is not None else DepositState.FREE
        admit(known, self.store, basket.member, now, used=state is DepositState.USED)
        if row is not None and state is DepositState.HELD and self._busy(row, basket.basket, now, tx):
            raise DepositHeld
        held = HeldDeposit(known.deposit, known.fen, known.k_mille, known.rule, known.skus)
        until = stamp(self.status.now() + timedelta(seconds=HOLD_S))
        after = advance(DEPOSIT, state, DepositEvent.HOLD)
        self.books.deposits.put(tx, HoldRow(held, after, basket.basket, until))

    def release(self, tx: Connection, basket: str, deposit: str = "") -> None:
        """The basket lets a deposit go, or all that it has."""
        for row in self.books.deposits.of_basket(basket, tx):
            if deposit in {"", row.held.deposit}:
                state = advance(DEPOSIT, row.state, DepositEvent.RELEASE)
                self.books.deposits.put(tx, replace(row, state=state, basket="", until=""))

    def holding(self, basket: str, tx: Connection | None = None) -> tuple[HeldDeposit, ...]:
        """What a basket has, by number."""
        now = stamp(self.status.now())
        return tuple(row.held for row in self.books.deposits.of_basket(basket, tx) if row.until > now)

    def use_in(self, tx: Connection, basket: str, priced: Priced, sale: str, author: Author) -> None:
        """Within the sale's transaction: those that took something off count, HQ is told; others are free again.

        While its basket was being paid nobody else could take one, however long that was.
        """
        counted = {part.rule: part for part in priced.parts if part.kind == "deposit" and part.fen}
        for row in self.books.deposits.of_basket(basket, tx):
            part = counted.get(row.held.deposit)
            if part is None:
                continue
            use, fen, paid = str(uuid.uuid4()), int(part.fen), int(part.paid_fen)
            self.books.journal.append(tx, DepositUsed(use, row.held.deposit, sale, fen, paid), author)
            state = advance(DEPOSIT, row.state, DepositEvent.USE)
            self.books.deposits.put(
                tx, HoldRow(row.held, state, basket, row.until, use, sale, fen, paid_fen=paid)
            )
        self.release(tx, basket)

    def give_back_in(self, tx: Connection, sale: str, author: Author) -> None:
        """Within the return's transaction: the whole sale came back, so its deposits wait for a balance again."""
        for row in self.books.deposits.of_sale(sale, tx):
            self.books.journal.append(tx, DepositReleased(row.use, row.held.deposit), author)
            state = advance(DEPOSIT, row.state, DepositEvent.GIVE_BACK)
            self.books.deposits.put(tx, HoldRow(row.held, state, "", ""))

    def paid(self, sale: str, tx: Connection | None = None) -> tuple[tuple[str, int, int], ...]:
        """What counted in a sale: (tail of its number, paid before, inflation beyond that), fen."""
        rows = self.books.deposits.of_sale(sale, tx)
        return tuple((row.held.tail, row.paid_fen, row.fen - row.paid_fen) for row in rows)

    # ---- for the price ----

    def terms(self, basket: str) -> tuple[Deposit, ...]:
        """A basket's deposits as the price takes them."""
        return tuple(_terms(one) for one in self.holding(basket))

    def counted(self, sale: str) -> tuple[Deposit, ...]:
        """The deposits of a sale, to price a part of it anew."""
        return tuple(_terms(row.held) for row in self.books.deposits.of_sale(sale))

    def used(self, basket: Basket, rules: Iterable[Rule]) -> dict[str, Used]:
        """What is gone of limits, as far as this store's own sales tell: times of the member, fen of budgets.

        A basket that is being paid elsewhere has its price already, so what that gives is gone too: read within the
        transaction that keeps a price, two tills never both get the last of it. What other stores gave HQ alone knows;
        rules with such limits act only while it answers (needs_online).
        """
        found = {}
        limited = [rule for rule in rules if rule.caps.member_times or rule.caps.budget_fen]
        paying = self.books.baskets.priced_elsewhere(basket.basket) if limited else []
        for rule in limited:
            caps, times = rule.caps, 0
            if caps.member_times and basket.member:
                sales = self.books.deposits.taken(rule.rule, basket.member)
                mine = (priced for member, priced in paying if member == basket.member)
                sales += [(kind, *sums) for priced in mine for kind, sums in given_by(priced, rule.rule)]
                times = sum(times_taken(rule, pieces, fen) for _, pieces, fen in sales)
            fen = 0
            if caps.budget_fen:
                held = [sums for _, priced in paying for _, sums in given_by(priced, rule.rule)]
                fen = self.books.deposits.given(rule.rule) + sum(off for _, off in held)
            if times or fen:
                found[rule.rule] = Used(times, fen)
        return found

    def note_budgets(self, tx: Connection, priced: Priced, book: RuleBook) -> None:
        """Within the sale's transaction: what rules with a budget gave."""
        capped = {rule.rule for rule in book.rules if rule.caps.budget_fen}
        given = [(part.rule, int(part.fen)) for part in priced.parts if part.rule in capped and part.fen]
        self.books.deposits.gave(tx, given)

    # ---- inside ----

    def _busy(self, row: HoldRow, basket: str, now: str, tx: Connection) -> bool:
        """Whether another basket has it: within its time, or while it is being paid."""
        if row.basket == basket:
            return False
        other = self.books.baskets.by_id(row.basket, tx)
        return row.until > now or (other is not None and other.state is BasketState.PAYING)

    def _keys(self) -> dict[int, pickup_code.Verify]:
        now = stamp(self.status.now())
        return {
            kid: self.make_verify(public)
            for kid, (public, not_after) in self.books.replica.keys().items()
            if not not_after or not_after >= now
        }


def _terms(held: HeldDeposit) -> Deposit:
    return Deposit(held.deposit, held.fen, held.k_mille, held.rule, 0, Scope(skus=held.skus))
