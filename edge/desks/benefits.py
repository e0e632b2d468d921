"""The benefit desk: coupons taken and given back, points earned and spent, profiles proposed, grants returned."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from edge.clock import stamp
from edge.db import Connection
from edge.desks.status import Poke, StatusDesk
from edge.desks.wishing import Done, once, sound
from edge.domain.benefit_refusals import PointsShort
from edge.domain.benefits import Escrow, Taking, available, check, chosen, to_return
from edge.domain.refusals import BadRequest, UnknownThing
from edge.domain.staff import Operator
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.wallet import UseRow
from sync.benefits import (
    CouponRedeemed,
    CouponReleased,
    MemberChange,
    MemberField,
    PointsEarned,
    PointsSpent,
)
from sync.goods import GrantReturned
from sync.messages import Up

_EDGE = Author("edge", "")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class BenefitDesk:
    """One verb, one transaction {journal, use or spending}. Every verb may raise a Refusal."""

    books: Books
    store: str
    status: StatusDesk
    poke: Poke

    def redeem(
        self, coupon: str, fen: int, operator: Operator, nonce: str, *, ref: str = "", asked: bool = False
    ) -> str:
        """Takes a coupon for `fen`; gives the name of this use. `asked`: HQ said yes to it just now."""
        row = self.books.wallet.coupon(coupon)
        if row is None:
            raise UnknownThing

        def work(tx: Connection) -> Done:
            now = self.status.now()
            used = self.books.wallet.used(coupon, tx)
            recent = self.books.wallet.unasked_since(stamp(now - _HOUR), tx)
            check(row, Taking(self.store, stamp(now), fen, asked, used, recent))
            if not 0 <= fen <= row.fen:
                raise BadRequest(why="fen")
            use = UseRow(str(uuid.uuid4()), coupon, fen, "")
            offline = not asked and self.status.word() is LineWord.DOWN
            fact = sound(CouponRedeemed(use.use, coupon, fen, ref, offline))
            seq = self.books.journal.append(tx, fact, _author(operator))
            unasked = row.cls == "C" and not asked
            self.books.wallet.add_use(tx, use, row.cls, stamp(now), unasked=unasked)
            return Done(seq, use.use)

        return self._once(nonce, ("redeem", coupon, fen, operator.station, ref, asked), work).answer

    def release(self, use: str, operator: Operator, nonce: str) -> None:
        """A use came to nothing: the sale was undone."""

        def work(tx: Connection) -> Done:
            row = self.books.wallet.use(use, tx)
            if row is None or row.released_at:
                raise UnknownThing
            seq = self.books.journal.append(tx, CouponReleased(use, row.coupon), _author(operator))
            self.books.wallet.release(tx, use, stamp(self.status.now()))
            return Done(seq, use)

        self._once(nonce, ("release", use, operator.station), work)

    def earn(self, member: str, points: int, operator: Operator, nonce: str, *, ref: str = "") -> None:
        """A member gets points; negative takes some back, for goods that were returned."""
        if not points:
            raise BadRequest(why="points")
        fact = sound(PointsEarned(member, points, ref))
        self._plain(nonce, fact, operator)

    def spend(self, member: str, points: int, operator: Operator, nonce: str, *, ref: str = "") -> None:
        """A member spends points that HQ lets this store spend; raises PointsShort with what it may."""

        def work(tx: Connection) -> Done:
            escrow = chosen(self.books.wallet.points(member), points, stamp(self.status.now()))
            fact = sound(PointsSpent(member, points, escrow.grant if escrow else "", ref))
            if escrow is None:
                raise PointsShort(left=self.spendable(member))
            seq = self.books.journal.append(tx, fact, _author(operator))
            self.books.wallet.act(tx, seq, escrow.grant, spent=points)
            return Done(seq, "")

        self._once(nonce, ("spend", member, points, operator.station, ref), work)

    def spendable(self, member: str) -> int:
        """Points of a member that can be spent here at once."""
        now = stamp(self.status.now())
        return max((available(escrow, now) for escrow in self.books.wallet.points(member)), default=0)

    def propose(self, member: str, field: MemberField, value: str, operator: Operator, nonce: str) -> None:
        """Proposes a change of a member's profile to HQ, against the version known here."""
        version = self.books.wallet.member_version(member)
        if version is None:
            raise UnknownThing

        def work(tx: Connection) -> Done:
            fact = sound(MemberChange(str(uuid.uuid4()), member, field, value, version))
            return Done(self.books.journal.append(tx, fact, _author(operator)), "")

        self._once(nonce, ("propose", member, field, value, operator.station), work)

    def turn(self) -> bool:
        """One bounded step: gives back what HQ asked for and what ran out of time. Whether there was any."""
        now = stamp(self.status.now())
        due = [escrow.grant for escrow in self._all() if to_return(escrow, now) is not None]
        returned = [grant for grant in due[:50] if self._give_back(grant, now)]
        if returned:
            self.poke("outbox")
        return bool(returned)

    def _give_back(self, grant: str, now: str) -> bool:
        with self.books.ledger.transaction() as tx:
            # Read again under the write lock: somebody may have spent of it meanwhile.
            found = [e for e in self._all() if e.grant == grant]
            units = to_return(found[0], now) if found else None
            if units is None:
                return False
            recall = max(found[0].recall, found[0].answered)
            seq = self.books.journal.append(tx, GrantReturned(grant, units, recall), _EDGE)
            self.books.wallet.act(tx, seq, grant, returned=units, recall=recall)
        return True

    def _all(self) -> list[Escrow]:
        return [*self.books.wallet.quotas(), *self.books.wallet.points()]

    def _plain(self, nonce: str, fact: Up, operator: Operator) -> None:
        def work(tx: Connection) -> Done:
            return Done(self.books.journal.append(tx, fact, _author(operator)), "")

        self._once(nonce, (fact, operator.station), work)

    def _once(self, nonce: str, asked: object, work: Callable[[Connection], Done]) -> Done:
        done, repeat = once(self.books, nonce, asked, work)
        if not repeat:
            self.poke("outbox")
        return done


def _author(operator: Operator) -> Author:
    return Author(operator.station, operator.staff)
