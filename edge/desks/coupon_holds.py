"""How a basket comes to hold a coupon and what becomes of the hold, inside the coupon desk's transactions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from edge.clock import stamp
from edge.db import Connection
from edge.desks.coupon_reading import CouponReader, Shown
from edge.desks.status import StatusDesk
from edge.desks.wishing import Done
from edge.domain.coupon_refusals import CouponHeld, CouponIsGoods, CouponIsMoney, GiftGone, HoldGone
from edge.domain.coupons import (
    COUPON,
    HANDED,
    LOCK_S,
    AtCounter,
    CouponEvent,
    CouponState,
    KnownCoupon,
    OfflineClass,
    admit,
    admit_unasked,
)
from edge.domain.moves import IllegalMove, advance
from edge.domain.refusals import Refusal, UnknownThing
from edge.domain.staff import Operator
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.coupons import LockRow
from edge.records.journal import Author
from edge.records.wallet import UseRow
from sync.asked import CouponAsk
from sync.benefits import CouponRedeemed
from sync.goods import MoveReason, StockMoved
from sync.messages import SyncFault

_HOUR = timedelta(hours=1)
_TWICE = "twice"


@dataclass(frozen=True)
class Wish:
    """What a desk was asked: for which basket and member, under which nonce; `sha` of all of it."""

    order: str
    member: str
    nonce: str
    sha: str


@dataclass(frozen=True)
class CouponHolds:
    """Holds and uses. What asks HQ does so before the transaction, never amid it."""

    books: Books
    reader: CouponReader
    status: StatusDesk

    def hold(self, shown: Shown, wish: Wish, operator: Operator, *, give: bool = False) -> LockRow:
        """Takes the coupon for a basket; with `give` a gift or sample, redeemed and taken off the shelf at once."""
        now = self.status.now()
        until = stamp(now + timedelta(seconds=LOCK_S))
        name = str(uuid.uuid4())
        asked, shown = self._asked(shown, name, until, wish.member)
        row = LockRow(
            lock=name,
            coupon=shown.known.coupon,
            issuer=shown.issuer,
            known=shown.known,
            state=CouponState.LOCKED,
            order=wish.order,
            member=wish.member,
            station=operator.station,
            asked=asked,
            unverified=shown.known.offline is OfflineClass.B and not asked,
            at=stamp(now),
            until=until,
            use="",
            request_sha=wish.sha,
        )
        try:
            with self.books.ledger.transaction() as tx:
                return self._add(tx, row, wish, operator, give=give)
        except Refusal:
            if asked:
                self.reader.dropped(ask_of(row, "drop"))
            raise

    def _add(self, tx: Connection, row: LockRow, wish: Wish, operator: Operator, *, give: bool) -> LockRow:
        before = self.books.coupons.by_nonce(wish.nonce, tx)
        if before is not None:
            return before  # the same wish, come twice at once
        if give is not (row.known.kind in HANDED):
            raise CouponIsMoney if give else CouponIsGoods
        here = self.here(row.known, row.member, tx)
        admit(row.known, here)
        if give and self.books.shelf.level(row.known.sku, tx) == 0:
            raise GiftGone
        # Two tills at once: what another basket holds for this member counts as used.
        held = here.by_member + self.books.coupons.holds_by(row.member, row.coupon, tx)
        if row.known.per_member and held >= row.known.per_member:
            raise CouponHeld
        if not row.asked:
            admit_unasked(row.known, replace(here, by_member=held))
        if row.known.once and self.books.coupons.held(row.coupon, row.issuer, tx):
            raise CouponHeld
        self.books.coupons.add(tx, row, wish.nonce, operator.staff)
        if give:
            use = self.use(tx, row, 0, operator, row.order).answer
            reason: MoveReason = "sample" if row.known.kind == "sample" else "gift"
            self.books.journal.append(tx, StockMoved(row.known.sku, -1, reason, ref=use), author(operator))
        return row

    def _asked(self, shown: Shown, lock: str, until: str, member: str) -> tuple[bool, Shown]:
        """Asks HQ where it must be asked, or where it can and its word is worth more than ours. Raises its no."""
        known = shown.known
        here = self.here(known, member, self.books.ledger.read())
        if not shown.strange:
            admit(known, here)
        must = shown.strange or self.must_ask(known, here)
        # HQ's word is worth more than ours where somebody else may use the coupon too.
        shared = known.offline is not OfflineClass.A or known.per_member > 0
        if not must and not (shared and self.status.word() is LineWord.UP):
            return False, shown
        asked = CouponAsk("hold", known.coupon, lock, until, shown.issuer, known.nonce, member)
        try:
            return True, self.reader.asked(shown, asked)
        except SyncFault:
            admit_unasked(known, here)
            return False, shown

    def must_ask(self, known: KnownCoupon, here: AtCounter) -> bool:
        """Whether it is taken only with HQ's yes."""
        try:
            admit_unasked(known, here)
        except Refusal:
            return True
        return False

    def refusal(self, known: KnownCoupon, here: AtCounter) -> Refusal | None:
        """Why it cannot be taken just now, as far as is known here."""
        try:
            admit(known, here)
            if self.status.word() is not LineWord.UP:
                admit_unasked(known, here)
        except Refusal as refusal:
            return refusal
        return None

    def here(self, known: KnownCoupon, member: str, tx: Connection) -> AtCounter:
        """What this store knows of the coupon's use."""
        now = self.status.now()
        return AtCounter(
            store=self.reader.store,
            now=stamp(now),
            used=known.once and self.books.wallet.used(known.coupon, tx),
            recent=self.books.wallet.unasked_since(stamp(now - _HOUR), tx) + self.books.coupons.unasked(tx),
            by_member=self.books.coupons.uses_by(member, known.coupon, tx),
            member=bool(member),
            **self.reader.owner(known),
        )

    def taken(self, row: LockRow, tx: Connection) -> bool:
        """Whether the coupon of a hold that lapsed is another basket's, or used, by now."""
        if not row.known.once:
            return False
        standing = self.books.wallet.used(row.coupon, tx)
        return standing or bool(self.books.coupons.held(row.coupon, row.issuer, tx))

    def use(self, tx: Connection, row: LockRow, fen: int, operator: Operator, sale: str) -> Done:
        """The hold becomes a use, with its fact; raises HoldGone."""
        try:
            state = advance(COUPON, row.state, CouponEvent.REDEEM)
        except IllegalMove:
            raise HoldGone from None
        use, known = str(uuid.uuid4()), row.known
        offline = not row.asked and self.status.word() is LineWord.DOWN
        fact = CouponRedeemed(
            use, row.coupon, fen, sale, offline, row.unverified, known.nonce, row.lock, row.member, row.issuer
        )
        seq = self.books.journal.append(tx, fact, author(operator))
        at, kept = stamp(self.status.now()), UseRow(use, row.coupon, fen, "")
        self.books.wallet.add_use(tx, kept, known.cls, at, unasked=row.unverified, member=row.member)
        self.books.coupons.move(tx, row.lock, state, use, sale)
        return Done(seq, use)

    def use_twice(self, tx: Connection, row: LockRow, fen: int, operator: Operator, sale: str) -> str:
        """A paid sale took a coupon off that somebody else used: a use beside the first, for HQ to make a case of."""
        name, use, known = str(uuid.uuid4()), str(uuid.uuid4()), row.known
        offline = self.status.word() is LineWord.DOWN
        fact = CouponRedeemed(
            use, row.coupon, fen, sale, offline, row.unverified, known.nonce, name, row.member, row.issuer
        )
        self.books.journal.append(tx, fact, author(operator))
        # Of a class of its own: the belt that a coupon has one standing use is about those that were to be.
        kept, at = UseRow(use, row.coupon, fen, ""), stamp(self.status.now())
        self.books.wallet.add_use(tx, kept, _TWICE, at, unasked=False, member=row.member)
        own = replace(row, lock=name, state=CouponState.REDEEMED, order=sale, asked=False, at=at, use=use)
        self.books.coupons.add(tx, own, f"twice:{use}", operator.staff)
        return use

    def move(self, tx: Connection, row: LockRow, event: CouponEvent) -> LockRow:
        """What happens to the hold by COUPON; raises HoldGone."""
        try:
            state = advance(COUPON, row.state, event)
        except IllegalMove:
            raise HoldGone from None
        self.books.coupons.move(tx, row.lock, state, row.use)
        moved = self.books.coupons.lock(row.lock, tx)
        if moved is None:
            raise UnknownThing
        return moved


def ask_of(row: LockRow, op: Literal["hold", "drop"]) -> CouponAsk:
    """The question about a hold."""
    return CouponAsk(op, row.coupon, row.lock, row.until, row.issuer, row.known.nonce, row.member)


def author(operator: Operator) -> Author:
    """Who a fact is by."""
    return Author(operator.station, operator.staff)
