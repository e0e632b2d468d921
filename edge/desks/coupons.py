"""The coupon desk: looked at, held by a basket, redeemed with the sale, let go; gifts handed over."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.coupon_holds import CouponHolds, Wish, ask_of, author
from edge.desks.coupon_reading import CouponReader, Shown, terms_of
from edge.desks.status import Poke, StatusDesk
from edge.desks.wishing import Done, once
from edge.domain.counter_views import CouponView, Disputed, GiftGiven, HeldCoupon
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
)
from edge.domain.moves import advance
from edge.domain.refusals import BadRequest, NonceReused, UnknownThing
from edge.domain.selling import BasketState
from edge.domain.selling_refusals import PayFirst
from edge.domain.staff import Operator
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.coupons import LockRow
from sync.benefits import CouponReleased

_log = logging.getLogger("store_edge.coupons")
_DAY = timedelta(days=1)
_SOME = 20


@dataclass(frozen=True)
class CouponDesk:
    """Every verb that changes something is one transaction on the ledger; HQ is asked before it, never amid it."""

    books: Books
    reader: CouponReader
    holds: CouponHolds
    status: StatusDesk
    poke: Poke

    def look(self, text: str, *, member: str = "", issuer: str = "") -> CouponView:
        """What a coupon is and whether it can be used now; asks nobody. Raises CouponUnknown for none of ours.

        `text`: a code (CP1), or a coupon's number typed in; `issuer` the third party whose voucher number it is.
        """
        return self.view(self.reader.shown(text, issuer), member)

    def scanned(self, scan: int, station: str) -> str:
        """The text of a scan that waits at this station; raises UnknownThing once it was dealt with."""
        row = self.books.scans.by_id(scan, station)
        if row is None or not row.text:
            raise UnknownThing
        return row.text

    def of_member(self, member: str, limit: int = 20) -> tuple[CouponView, ...]:
        """A member's own coupons, those first that end first."""
        rows = self.books.coupons.of_member(member, limit) if member else []
        return tuple(self.view(Shown(row, "", strange=False), member) for row in rows)

    def view(self, shown: Shown, member: str = "") -> CouponView:
        """A coupon that was read, as it stands just now."""
        known = shown.known
        held = self.books.coupons.held(known.coupon, shown.issuer, self.books.ledger.read())
        here = self.holds.here(known, member, self.books.ledger.read())
        asks = self.holds.must_ask(known, here)
        refusal = self.holds.refusal(known, here)
        if refusal is None and held and known.once:
            refusal = CouponHeld()
        return self.reader.view(
            shown,
            refusal=refusal,
            state=_state(known, here, held=bool(held)),
            asks_hq=asks,
            checks=known.offline is OfflineClass.B and not asks and self.status.word() is not LineWord.UP,
            held=held[0].order if held else "",
        )

    def lock(
        self, text: str, order: str, operator: Operator, nonce: str, *, member: str = "", issuer: str = ""
    ) -> HeldCoupon:
        """Takes a coupon into a basket (`order`) for 15 minutes. Asks HQ where it must or can, within three seconds.

        Raises CouponUnknown, CouponHeld, CouponIsGoods and the refusals of `domain.coupons`.
        """
        if not nonce or not order:
            raise BadRequest(why="nonce" if order else "order")
        sha = _sha(("lock", text, order, operator.station, member, issuer))
        before = self.books.coupons.by_nonce(nonce)
        if before is not None:
            return self._again(before, sha)
        shown = self.reader.shown(text, issuer)
        if shown.known.kind in HANDED:
            raise CouponIsGoods
        return self.held_of(self.holds.hold(shown, Wish(order, member, nonce, sha), operator))

    def release(self, lock: str, operator: Operator) -> None:
        """The basket lets a coupon go. Asked twice it is let go once; raises HoldGone for one that was redeemed.

        PayFirst: the basket is being paid at a price that the coupon is part of.
        """
        with self.books.ledger.transaction() as tx:
            row = self.books.coupons.lock(lock, tx)
            if row is None:
                raise UnknownThing
            if row.state is CouponState.ISSUED:
                return
            self._unpaid(row, tx)
            self.holds.move(tx, row, CouponEvent.RELEASE)
        del operator
        self.poke("coupons")

    def release_all(self, tx: Connection, order: str) -> None:
        """Within the caller's transaction: a basket that is given up holds nothing any more."""
        for row in self.books.coupons.by_order(order, tx):
            if row.state is CouponState.LOCKED:
                self.holds.move(tx, row, CouponEvent.RELEASE)

    def renew(self, order: str) -> None:
        """The basket is being paid: its coupons stay for another 15 minutes."""
        until = stamp(self.status.now() + timedelta(seconds=LOCK_S))
        with self.books.ledger.transaction(durable=False) as tx:
            self.books.coupons.renew(tx, order, until)

    def holding(self, order: str) -> tuple[HeldCoupon, ...]:
        """What a basket holds, oldest first."""
        rows = self.books.coupons.by_order(order)
        return tuple(self.held_of(row) for row in rows if row.state is CouponState.LOCKED)

    def counted(self, tx: Connection, order: str, coupons: Collection[str]) -> dict[str, str]:
        """The holds that a basket's price counted, by coupon: where one ended meanwhile, the newest there was."""
        rows = sorted(self.books.coupons.by_order(order, tx), key=lambda row: row.state is CouponState.LOCKED)
        return {row.coupon: row.lock for row in rows if row.coupon in coupons}

    def used(self, sale: str) -> tuple[HeldCoupon, ...]:
        """What paid for a sale, oldest first; it counts as it did then, also after its time."""
        rows = self.books.coupons.by_order(sale)
        return tuple(self.held_of(row) for row in rows if row.state is CouponState.REDEEMED)

    def redeem_in(self, tx: Connection, lock: str, fen: int, operator: Operator, sale: str) -> str:
        """Within the sale's transaction: the coupon took `fen` off. Gives the name of this use.

        A hold that lapsed while money was taken counts still; also where somebody else used the coupon meanwhile the
        sale stands, since it is paid: HQ opens a case of the second use.
        """
        row = self.books.coupons.lock(lock, tx)
        if row is None:
            raise UnknownThing
        try:
            return self._redeem(tx, row, fen, operator, sale).answer
        except HoldGone:
            _log.warning("coupon used twice", extra={"coupon": row.coupon, "sale": sale})
            return self.holds.use_twice(tx, row, fen, operator, sale)

    def redeem(self, lock: str, fen: int, operator: Operator, nonce: str, *, ref: str = "") -> str:
        """The same for a till whose sales are not booked here; gives the name of this use. Raises HoldGone.

        PayFirst: a basket of ours is being paid at a price that the coupon is part of.
        """

        def work(tx: Connection) -> Done:
            row = self.books.coupons.lock(lock, tx)
            if row is None:
                raise UnknownThing
            self._unpaid(row, tx)
            return self._redeem(tx, row, fen, operator, ref)

        done, repeat = once(self.books, nonce, ("redeem", lock, fen, operator.station, ref), work)
        if not repeat:
            self.poke("outbox")
        return done.answer

    def give_back_in(self, tx: Connection, sale: str, who: Operator, back_at: str = "") -> tuple[str, ...]:
        """Within the return's transaction: the whole sale came back, so its coupons do, those whose time is not over
        (at `back_at`, for what came back elsewhere). Gives the names of those that are the customer's again."""
        now, given = stamp(self.status.now()), []
        for row in self.books.coupons.by_order(sale, tx):
            over = row.known.not_after and (back_at or now) >= row.known.not_after
            if row.state is not CouponState.REDEEMED or over:
                continue
            self.books.journal.append(tx, CouponReleased(row.use, row.coupon), author(who))
            self.books.wallet.release(tx, row.use, now)
            self.books.coupons.move(tx, row.lock, advance(COUPON, row.state, CouponEvent.GIVE_BACK), row.use)
            given.append(row.coupon)
        return tuple(given)

    def hand_over(self, text: str, operator: Operator, nonce: str, *, member: str = "") -> GiftGiven:
        """A gift or sample goes over the counter: coupon used and stock moved in one transaction.

        Raises CouponIsMoney, GiftGone, and what `lock` raises.
        """
        if not nonce:
            raise BadRequest(why="nonce")
        sha = _sha(("gift", text, operator.station, member))
        before = self.books.coupons.by_nonce(nonce)
        if before is not None:
            self._same(before, sha)
            return self._given(before, repeat=True)
        shown = self.reader.shown(text, "")
        if shown.known.kind not in HANDED or not shown.known.sku:
            raise CouponIsMoney
        level = self.books.shelf.level(shown.known.sku)
        if level is not None and level <= 0:
            raise GiftGone
        row = self.holds.hold(shown, Wish(f"gift:{nonce}", member, nonce, sha), operator, give=True)
        self.poke("outbox")
        return self._given(row, repeat=False)

    def disputed(self, limit: int = 20) -> tuple[Disputed, ...]:
        """Uses that HQ did not take for good, newest first: the list of exceptions. The sales stand."""
        return tuple(self.reader.disputed(*row) for row in self.books.coupons.disputed(limit))

    def disputes(self) -> int:
        """How many those are, counted to 99."""
        return len(self.books.coupons.disputed(99))

    def turn(self) -> bool:
        """One bounded step: holds that ran out are let go, and HQ hears of those it keeps. Whether there was any."""
        now = self.status.now()
        lapsed = self.books.coupons.lapsed(stamp(now), _SOME)
        for row in lapsed:
            with self.books.ledger.transaction() as tx:
                again = self.books.coupons.lock(row.lock, tx)
                if again is not None and again.state is CouponState.LOCKED and again.until <= stamp(now):
                    self.holds.move(tx, again, CouponEvent.LAPSE)
        return bool(lapsed) | self._tell_hq()

    # ---- inside ----

    def held_of(self, row: LockRow, *, repeat: bool = False) -> HeldCoupon:
        """A hold as a basket is told of it."""
        known, until = row.known, self.status.local(moment_of(row.until))
        names = (row.lock, row.coupon, known.kind, known.fen, *self.reader.titles(known))
        terms = terms_of(known, self.reader.rule(known))
        return HeldCoupon(*names, terms, until, row.asked, row.unverified, repeat)

    def _redeem(self, tx: Connection, row: LockRow, fen: int, operator: Operator, sale: str) -> Done:
        if fen < 0 or (not row.known.terms and fen > row.known.fen):
            raise BadRequest(why="fen")
        if row.state is CouponState.ISSUED and not self.holds.taken(row, tx):
            row = self.holds.move(tx, row, CouponEvent.LOCK)
        return self.holds.use(tx, row, fen, operator, sale)

    def _unpaid(self, row: LockRow, tx: Connection) -> None:
        """Raises PayFirst while the basket that holds it is being paid."""
        if (here := self.books.baskets.by_id(row.order, tx)) and here.state is BasketState.PAYING:
            raise PayFirst

    def _again(self, row: LockRow, sha: str) -> HeldCoupon:
        self._same(row, sha)
        if row.state is not CouponState.LOCKED:
            raise HoldGone
        return self.held_of(row, repeat=True)

    def _same(self, row: LockRow, sha: str) -> None:
        if row.request_sha != sha:
            raise NonceReused

    def _given(self, row: LockRow, *, repeat: bool) -> GiftGiven:
        kept, sku = self.books.coupons.lock(row.lock) or row, row.known.sku
        return GiftGiven(kept.use, row.coupon, sku, *self.reader.goods(sku), 1, repeat)

    def _tell_hq(self) -> bool:
        """Holds that ended here end at HQ too; where it does not answer, they run out there by themselves."""
        if self.status.word() is not LineWord.UP:
            return False
        owed = self.books.coupons.owed(stamp(self.status.now() - _DAY), 1)
        for row in owed:
            if not self.reader.dropped(ask_of(row, "drop")):
                return False
            self.books.coupons.told(row.lock)
        return bool(owed)


def _state(known: KnownCoupon, here: AtCounter, *, held: bool) -> CouponState:
    if known.state == "revoked":
        return CouponState.VOID
    if known.state == "used" or here.used:
        return CouponState.REDEEMED
    if known.not_after and here.now >= known.not_after:
        return CouponState.EXPIRED
    return CouponState.LOCKED if held and known.once else CouponState.ISSUED


def _sha(asked: object) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()
