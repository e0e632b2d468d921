"""How a basket is changed: once a nonce, in one transaction, by the station that is at work on it."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from config.selling_schema import SellingSettings
from edge.clock import stamp
from edge.db import Connection
from edge.desks.quoting import Quoting
from edge.desks.status import Poke, StatusDesk
from edge.domain.moves import IllegalMove, advance
from edge.domain.promotion_book import RuleBook
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed
from edge.domain.selling import MOVES, Basket, BasketState, Line
from edge.domain.selling_refusals import NoBasket, NotForSale, PayFirst, TooManyPieces
from edge.domain.staff import Act, Operator
from edge.records.books import Books
from edge.records.wares import Ware

MOST_PIECES = 999
"""Pieces of a line at most."""
MOST_IN_ALL = 2_000
"""Pieces of a basket at most: each is priced by itself, while somebody waits."""
_CODE = "HB"
"""What the code of a suspended basket begins with; eight digits follow."""
Change = Callable[[Connection, Basket], Basket]


@dataclass(frozen=True)
class BasketWork:
    """The steps that the verbs of selling are made of."""

    books: Books
    rules: SellingSettings
    quoting: Quoting
    status: StatusDesk
    poke: Poke

    def head(self, basket: str, operator: Operator, nonce: str, **fields: object) -> Basket:
        """A change of the basket's own fields."""
        return self.change(
            basket,
            operator,
            nonce,
            ("head", sorted(fields.items())),
            lambda _, here: replace(here, **fields),  # type: ignore[arg-type]
        )

    def change(
        self,
        basket: str,
        operator: Operator,
        nonce: str,
        asked: object,
        work: Change,
        event: str = "change",
    ) -> Basket:
        """A change of a basket of this station. Raises NoBasket, PayFirst, NotAllowed, NonceReused."""
        self.may(operator, Act.SELL)

        def done(tx: Connection) -> Basket:
            here = self.mine(basket, operator, tx)
            self.moved(here, event)
            return self.saved(tx, work(tx, here))

        return self.once(nonce, (basket, operator.station, asked), done)

    def once(self, nonce: str, asked: object, work: Callable[[Connection], Basket]) -> Basket:
        """Does a wish once; again it gives the basket as it stands. Raises NonceReused."""
        with self.books.ledger.transaction() as tx:
            before = self.again(nonce, asked, tx)
            if before is not None:
                return before
            basket = work(tx)
            self.books.baskets.note(tx, nonce, _digest(asked), basket.basket, self.now())
            fresh = self._fresh(basket.basket, tx)
        self.poke(f"station:{fresh.station}")
        self.poke("baskets")
        return fresh

    def again(self, nonce: str, asked: object, tx: Connection | None = None) -> Basket | None:
        """The basket as it stands, where this wish was done before; raises NonceReused."""
        if not nonce:
            raise BadRequest(why="nonce")
        before = self.books.baskets.done(nonce, tx)
        if before is None:
            return None
        if before[0] != _digest(asked):
            raise NonceReused
        return self._fresh(before[1], tx)

    def _fresh(self, basket: str, tx: Connection | None) -> Basket:
        found = self.books.baskets.by_id(basket, tx)
        if found is None:
            raise NoBasket
        return found

    def mine(self, basket: str, operator: Operator, tx: Connection | None = None) -> Basket:
        """The basket, if this station is at work on it."""
        here = self.books.baskets.by_id(basket, tx)
        known = here is not None and (here.station == operator.station or here.state is BasketState.SUSPENDED)
        if here is None or not known:
            raise NoBasket
        return here

    def moved(self, basket: Basket, event: str) -> BasketState:
        """The state after an event; raises PayFirst, NoBasket."""
        try:
            return advance(MOVES, basket.state, event)
        except IllegalMove:
            raise (PayFirst if basket.state is BasketState.PAYING else NoBasket) from None

    def saved(self, tx: Connection, basket: Basket) -> Basket:
        """Written, as a new version."""
        return self.books.baskets.save(tx, basket, self.now())

    def new(self, tx: Connection, operator: Operator, book: RuleBook, *, training: bool) -> Basket:
        """A basket of this moment, written; `book`: the rules that were read for it before the transaction."""
        now = self.now()
        basket = Basket(
            basket=str(uuid.uuid4()),
            station=operator.station,
            staff=operator.staff,
            state=BasketState.OPEN,
            version=0,
            training=training,
            channel="store",
            code="",
            rules=self.quoting.keep(tx, book),
            member="",
            tier="",
            card_tail="",
            guide="",
            points_wanted=0,
            declined=(),
            taken=(),
            age_by="",
            priced_at=now,
            opened_at=now,
            changed_at=now,
        )
        self.books.baskets.add(tx, basket)
        return basket

    def put(
        self, tx: Connection, basket: Basket, ware: Ware, qty: int, grams: int, fixed_fen: int | None
    ) -> None:
        """A line more, or more pieces of one that has the same goods at the same price."""
        if ware.fen is None and fixed_fen is None:
            raise NotForSale(name=ware.name_zh or ware.sku)
        self.room_for(basket, qty)
        same = next((line for line in basket.lines if line.sku == ware.sku and not line.fixed), None)
        if same is not None and not grams and fixed_fen is None:
            if same.qty + qty > MOST_PIECES:
                raise TooManyPieces(most=MOST_PIECES)
            self.books.baskets.put_line(tx, basket.basket, replace(same, qty=same.qty + qty))
            return
        if len(basket.lines) >= self.rules.most_lines:
            raise TooManyPieces(most=self.rules.most_lines)
        unit = fixed_fen if fixed_fen is not None else ware.piece_fen(grams)
        line = Line(
            line=self.books.baskets.next_line(tx, basket.basket),
            sku=ware.sku,
            gtin=ware.gtin,
            name_zh=ware.name_zh,
            name_en=ware.name_en,
            qty=qty,
            unit_fen=unit,
            # A basket has one price for a product: what it was when it was first scanned.
            book="" if fixed_fen is not None else ware.book,
            category=ware.category,
            brand=ware.brand,
            tags=ware.tags,
            flags=ware.flags,
            tax=ware.tax,
            grams=grams,
            fixed=fixed_fen is not None,
        )
        self.books.baskets.put_line(tx, basket.basket, line)

    def code(self, tx: Connection) -> str:
        """A code for a basket that waits, which no other has."""
        code = f"{_CODE}{secrets.randbelow(10**8):08}"
        while self.books.baskets.by_code(code, tx) is not None:
            code = f"{_CODE}{secrets.randbelow(10**8):08}"
        return code

    def room_for(self, basket: Basket, more: int) -> None:
        """Raises TooManyPieces where a basket with so many pieces more would be too large."""
        if more > 0 and sum(line.qty for line in basket.lines) + more > MOST_IN_ALL:
            raise TooManyPieces(most=MOST_IN_ALL)

    def may(self, operator: Operator, act: Act) -> None:
        """Raises NotAllowed."""
        if not operator.may(act):
            raise NotAllowed

    def now(self) -> str:
        """Trusted time, RFC 3339 UTC."""
        return stamp(self.status.now())


def _digest(asked: object) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()
