"""The member desk: who somebody is, shown masked; the hidden for ten seconds; joining, merging, forgetting."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from edge.clock import moment_of, stamp
from edge.desks.benefits import BenefitDesk
from edge.desks.coupon_reading import MakeVerify, RuleBook
from edge.desks.coupons import CouponDesk
from edge.desks.status import Poke, StatusDesk
from edge.domain import member_code
from edge.domain.coupon_refusals import (
    LookOver,
    MemberCodeOld,
    MemberNeedsHq,
    MemberUnknown,
    NoJoinLink,
    NoPointsByCard,
)
from edge.domain.member_views import Identified, JoinView, MemberCard, Revealed, Trust
from edge.domain.pickup_code import CodeInvalid, Verify
from edge.domain.refusals import BadRequest, NotAllowed
from edge.domain.staff import Act, Operator
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.members import JoinRow, LookRow
from sync.asked import AtHq, PhoneAsk, RevealAsk
from sync.benefits import JoinOffered, Member, MemberErased, MemberRevealed
from sync.messages import SyncFault

REVEAL_S = 10
"""How long the hidden is shown, seconds."""
LOOK = timedelta(minutes=10)
"""How long a member's card stays at a desk."""
_STANDS = timedelta(minutes=3)
AUDITED = timedelta(days=180)
"""How long it is kept who looked at whom (by token)."""
SCENE_S = 120
"""How long a code for joining is good, seconds."""
REASONS: Mapping[str, tuple[str, str]] = {
    "identity": ("核对本人", "Check that it is them"),
    "delivery": ("补充配送联系方式", "Contact for a delivery"),
    "complaint": ("处理投诉", "Handle a complaint"),
    "after_sales": ("售后联系", "After-sales contact"),
}
"""Why a lead may have the hidden shown."""
_EDGE = Author("edge", "")
_SOME = 20
_PROOFS = 200


@dataclass(frozen=True)
class MemberDesk:
    """A look (who, where, by whom, how known) is a row; pages name it by number, never a member by token."""

    books: Books
    status: StatusDesk
    poke: Poke
    store: str
    make_verify: MakeVerify
    at_hq: AtHq | None
    rules: RuleBook
    coupons: CouponDesk
    benefits: BenefitDesk
    proofs: dict[int, str] = field(default_factory=dict, repr=False)
    """Look -> what was shown, in memory only: HQ reveals nothing of a member who was not there."""

    def of_scan(self, scan: int, operator: Operator) -> Identified:
        """Who showed what was scanned here; a scan is looked at once. Raises what `identify` raises, UnknownThing."""
        look = self.books.members.of_scan(scan)
        if look:
            return self.known(look, operator.station)
        return self.identify(self.coupons.scanned(scan, operator.station), operator, scan)

    def newest(self, station: str) -> Identified | None:
        """Whom this station looked at within the last three minutes: most likely who stands there."""
        look = self.books.members.newest(station, stamp(self.status.now() - _STANDS))
        return self.known(look, station) if look else None

    def identify(self, text: str, operator: Operator, scan: int = 0) -> Identified:
        """Who shows this: a rotating code (MB1), or the number of a static card.

        Raises MemberCodeOld, MemberUnknown.
        """
        text = text.strip()
        if not text.startswith(f"{member_code.PREFIX}."):
            return self._by_card(text, operator, scan)
        claims = self.genuine(text)
        member = self.books.members.resolved(claims.member)
        # Without HQ's row the code's own word on the tier is what there is.
        profile = self.books.members.profile(member) or Member(member, claims.tier, 1)
        return self._looked(profile, "code", operator, text, scan)

    def genuine(self, text: str) -> member_code.MemberClaims:
        """What a rotating code of this minute says; nothing is kept. Raises MemberCodeOld, MemberUnknown."""
        try:
            claims = member_code.read(text.strip(), self._keys(stamp(self.status.now())))
        except CodeInvalid:
            raise MemberUnknown from None
        if member_code.fresh(claims, self.status.now()):
            return claims
        raise MemberCodeOld

    def by_phone(self, digits: str, operator: Operator) -> Identified:
        """Whose phone number that is: told to HQ by its keyed hash, kept nowhere.

        Raises MemberNeedsHq, MemberUnknown.
        """
        number = digits.strip().replace(" ", "").replace("-", "")
        if not number.isascii() or not number.isdecimal() or not 5 <= len(number) <= 15:
            raise BadRequest(why="phone")
        key = self.books.members.lookup_key(stamp(self.status.now()))
        if self.at_hq is None or key is None:
            raise MemberNeedsHq
        try:
            asked = PhoneAsk(key[0], member_code.keyed_hash(key[1], "phone", number))
            said = self.at_hq.phone(asked)
        except SyncFault:
            raise MemberNeedsHq from None
        if said.stale:
            raise MemberNeedsHq
        if said.member is None:
            raise MemberUnknown
        return self._looked(said.member, "phone", operator, f"{asked.kid}:{asked.hash}")

    def known(self, look: int, station: str) -> Identified:
        """Whom this look was at; raises LookOver for one of another station, or put away."""
        return self._identified(self._look(look, station))

    def card(self, look: int, station: str) -> MemberCard:
        """The member's card for a page, masked; raises LookOver."""
        row = self._look(look, station)
        profile, tier = row.profile, self.rules.tier(row.tier)
        return MemberCard(
            who=self._identified(row),
            name=profile.name_masked,
            card=f"**** {profile.card_tail}" if profile.card_tail else "",
            phone=f"****{profile.phone_tail}" if profile.phone_tail else "",
            tier_zh=(tier.name_zh if tier else "") or row.tier,
            tier_en=(tier.name_en if tier else "") or row.tier,
            off_mille=tier.off_mille if tier else 0,
            free_delivery=bool(tier and tier.free_delivery),
            points=profile.points if profile.points_at else None,
            points_at=self._local(profile.points_at),
            badges=profile.badges,
            tags=profile.tags if row.trust == "code" else (),
            marketing=profile.marketing,
            coupons=self.coupons.of_member(row.member) if row.trust != "card" else (),
            at=self._local(row.at),
            age_s=self.status.line().age_s,
            online=self.status.word() is LineWord.UP,
        )

    def reveal(self, look: int, reason: str, operator: Operator, nonce: str) -> Revealed:
        """What is hidden, for ten seconds: a lead only, for one of REASONS. First the fact, then the question to HQ.

        Raises NotAllowed, LookOver, MemberNeedsHq.
        """
        if not operator.may(Act.REVEAL_MEMBER):
            raise NotAllowed
        if reason not in REASONS or not nonce:
            raise BadRequest(why="reason" if nonce else "nonce")
        row = self._look(look, operator.station)
        now = self.status.now()
        with self.books.ledger.transaction() as tx:
            if not self.books.members.revealed(tx, nonce):
                fact = MemberRevealed(row.member, reason)
                self.books.journal.append(tx, fact, _author(operator))
                self.books.members.reveal(tx, look, stamp(now), nonce)
        self.poke("outbox")
        if self.at_hq is None:
            raise MemberNeedsHq
        try:
            said = self.at_hq.reveal(RevealAsk(row.member, reason, operator.staff, self.proofs.get(look, "")))
        except SyncFault:
            raise MemberNeedsHq from None
        return Revealed(said.name, said.phone, REVEAL_S)

    def estimate(self, fen: int, tier: str) -> int:
        """Points that a sale of so much is expected to earn (预计); HQ books what it really earns."""
        terms = self.rules.tier(tier)
        return max(0, fen) * terms.points_per_100_yuan // 10_000 if terms else 0

    def spendable(self, who: Identified) -> int:
        """Points that may be spent here at once; raises NoPointsByCard where only a card number was shown."""
        if who.trust is Trust.CARD:
            raise NoPointsByCard
        return self.benefits.spendable(who.member)

    def join(self, operator: Operator, nonce: str, *, guide: str = "") -> JoinView:
        """A code for joining: HQ's link with this store, screen, guide and a scene good for two minutes.

        The screen asks nothing of the shopper. Raises NoJoinLink.
        """
        if not nonce:
            raise BadRequest(why="nonce")
        now = self.status.now()
        with self.books.ledger.transaction() as tx:
            row = self.books.members.join(nonce=nonce, tx=tx)
            if row is None:
                row = self._offer(operator, guide or operator.staff, now)
                fact = JoinOffered(row.scene, row.link, row.until, row.guide)
                self.books.journal.append(tx, fact, _author(operator))
                self.books.members.offered(tx, row, nonce)
        self.poke("outbox")
        return self._join(row)

    def joined(self, scene: str, station: str) -> JoinView:
        """What came of a code for joining so far; raises LookOver for another station's."""
        row = self.books.members.join(scene=scene)
        if row is None or row.station != station:
            raise LookOver
        return self._join(row)

    def turn(self) -> bool:
        """One bounded step: what HQ wants forgotten is forgotten, merges are applied, old looks put away."""
        now = self.status.now()
        wishes = self.books.members.wishes(_SOME)
        for cmd, member in wishes:
            with self.books.ledger.transaction() as tx:
                if self.books.members.done(tx, cmd):
                    continue
                rows = self.books.members.forget(tx, cmd, member, stamp(now))
                self.books.journal.append(tx, MemberErased(cmd, member, rows), _EDGE)
        if wishes:
            self.poke("outbox")
        merges = self.books.members.merges()[:_SOME]
        for member, into in merges:
            with self.books.ledger.transaction() as tx:
                self.books.members.rename(tx, member, into)
        away = self.books.members.put_away(stamp(now - LOOK), stamp(now - AUDITED))
        return bool(wishes or merges or away)

    # ---- inside ----

    def _by_card(self, text: str, operator: Operator, scan: int) -> Identified:
        key = self.books.members.lookup_key(stamp(self.status.now()))
        if key is None or not text.isascii() or not text.isalnum() or len(text) > 40:
            raise MemberUnknown
        hashed = member_code.keyed_hash(key[1], "card", text)
        profile = self.books.members.by_card(hashed)
        if profile is None:
            raise MemberUnknown
        return self._looked(profile, "card", operator, f"{key[0]}:{hashed}", scan)

    def _looked(
        self, profile: Member, trust: str, operator: Operator, proof: str, scan: int = 0
    ) -> Identified:
        at = stamp(self.status.now())
        row = LookRow(
            0, operator.station, operator.staff, profile.member, trust, profile.tier, profile, at, ""
        )
        with self.books.ledger.transaction() as tx:
            look = self.books.members.looked(tx, row, scan)
        self.proofs[look] = proof
        while len(self.proofs) > _PROOFS:
            self.proofs.pop(next(iter(self.proofs)), None)
        return self.known(look, operator.station)

    def _look(self, look: int, station: str) -> LookRow:
        row = self.books.members.look(look)
        if row is None or row.station != station or moment_of(row.at) < self.status.now() - LOOK:
            raise LookOver
        return row

    def _identified(self, row: LookRow) -> Identified:
        return Identified(row.look, row.member, row.tier, Trust(row.trust), row.profile.card_tail)

    def _offer(self, operator: Operator, guide: str, now: datetime) -> JoinRow:
        link = self.books.members.link(stamp(now))
        if link is None:
            raise NoJoinLink
        scene, until = secrets.token_hex(8), stamp(now + timedelta(seconds=SCENE_S))
        more = urlencode({"store": self.store, "screen": operator.station, "guide": guide, "scene": scene})
        url = f"{link.url}{'&' if '?' in link.url else '?'}{more}"
        return JoinRow(scene, operator.station, guide, link.link, url, stamp(now), until, "")

    def _join(self, row: JoinRow) -> JoinView:
        left = (moment_of(row.until) - self.status.now()).total_seconds()
        return JoinView(row.scene, row.url, max(0, round(left)), row.result)

    def _local(self, text: str) -> datetime | None:
        return self.status.local(moment_of(text)) if text else None

    def _keys(self, now: str) -> dict[int, Verify]:
        return {
            kid: self.make_verify(public)
            for kid, (public, not_after) in self.books.members.keys().items()
            if not not_after or not_after >= now
        }


def _author(operator: Operator) -> Author:
    return Author(operator.station, operator.staff)
