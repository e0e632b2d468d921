"""The repurchase coupon on the receipt: HQ's own where it answers, else a claim that HQ honours later, once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.status import StatusDesk
from edge.domain import coupon_code
from edge.domain.benefit_refusals import CouponNeedsHq, CouponOutOfTime
from edge.domain.counter_views import Promise
from edge.domain.coupon_refusals import CouponUnknown
from edge.domain.pickup_code import CodeInvalid, Sign
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.coupons import PromiseRow
from edge.records.journal import Author
from sync.asked import AtHq, ClaimAsk, RepurchaseAsk
from sync.benefits import CouponClaimed
from sync.messages import SyncFault, is_stamp


@dataclass(frozen=True)
class RepurchaseDesk:
    """`make_sign` gives the signer of a private key (hex); only a store that was enrolled has one to claim with."""

    books: Books
    status: StatusDesk
    store: str
    at_hq: AtHq | None
    make_sign: Callable[[str], Sign]

    def promise(self, sale: str, fen: int, *, member: str = "") -> PromiseRow | None:
        """What a sale that was paid earns, for its receipt; None: nothing. Nothing is kept or said of it yet.

        Asks HQ for at most three seconds; call it outside any transaction, and `keep` within the sale's.
        """
        row = self.books.coupons.promise(sale)
        if row is None:
            row = self._from_hq(sale, fen, member)
        if row is None:
            row = self._claim(sale, fen)
        return row if row is not None and row.text else None

    def keep(self, tx: Connection, row: PromiseRow, author: Author, member: str) -> Promise:
        """Within the sale's transaction: what it earned is its own from now on, and HQ hears of a claim with it.

        The same sale keeps what it was promised first.
        """
        known = self.books.coupons.promise(row.sale, tx)
        if known is None:
            self.books.coupons.promised(tx, row, member, stamp(self.status.now()))
            if not row.asked:
                nonce = coupon_code.peek_claim(row.text).nonce
                fact = CouponClaimed(nonce, row.sale, row.fen, row.not_after, member)
                self.books.journal.append(tx, fact, author)
        kept = known or row
        until = self.status.local(moment_of(kept.not_after))
        return Promise(kept.text, kept.fen, kept.title_zh, kept.title_en, until, claim=not kept.asked)

    def honour(self, text: str) -> str:
        """The coupon code (CP1) for a claim code that a customer brings back; HQ gives each claim one coupon.

        Raises CouponUnknown, CouponOutOfTime, CouponNeedsHq.
        """
        try:
            coupon_code.peek_claim(text.strip())
        except CodeInvalid:
            raise CouponUnknown from None
        if self.at_hq is None:
            raise CouponNeedsHq
        try:
            said = self.at_hq.claim(ClaimAsk(text.strip()))
        except SyncFault:
            raise CouponNeedsHq from None
        if said.why == "over":
            raise CouponOutOfTime
        if said.why or not said.code:
            raise CouponUnknown
        return said.code

    def _from_hq(self, sale: str, fen: int, member: str) -> PromiseRow | None:
        """HQ's answer, "" as text where it gives none; None where HQ did not answer."""
        if self.at_hq is None or self.status.word() is not LineWord.UP:
            return None
        asked = RepurchaseAsk(sale, fen, stamp(self.status.now()), member)
        try:
            said = self.at_hq.repurchase(asked)
        except SyncFault:
            return None
        good = said.code if is_stamp(said.not_after) else ""
        return PromiseRow(sale, good, said.fen, said.title_zh, said.title_en, said.not_after, asked=True)

    def _claim(self, sale: str, fen: int) -> PromiseRow | None:
        offer, box = self.books.coupons.offer(fen), self.books.enrolments.now()
        if offer is None or box is None:
            return None
        now = self.status.now()
        ends = last_moment(self.status.local(now), offer.days)
        nonce = secrets.token_hex(coupon_code.NONCE_BYTES)
        claims = coupon_code.ClaimClaims(box.device, self.store, sale, now, ends, nonce)
        text = coupon_code.issue_claim(claims, self.make_sign(box.seed.hex()))
        return PromiseRow(sale, text, offer.fen, offer.title_zh, offer.title_en, stamp(ends), asked=False)


def last_moment(local: datetime, days: int) -> datetime:
    """The end of the day so many days after `local`'s, by its own zone."""
    day = local.date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), local.tzinfo)
