"""What counters told HQ of holds, vouchers, claims, forgetting and joining: read at once, then written at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync.benefits import CouponClaimed, CouponRedeemed, CouponReleased, JoinOffered, MemberErased
from sync.hub.bulk import delete_rows, insert_rows, rows_of, update_rows
from sync.hub.counter_tables import claim, coupon_hold, join_scene, member_erase, voucher
from sync.hub.judging import Source, Unfit
from sync.messages import Up


@dataclass
class CounterFacts:
    """Locks vouchers until the commit; of the rest each fact has a row of its own."""

    locks: set[str] = field(default_factory=set)
    """Holds that became a use: nobody holds them any more."""
    vouchers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Hold -> (store, state)."""
    by_code: dict[str, list[str]] = field(default_factory=dict)
    """A third party's code -> its hold."""
    moved: set[str] = field(default_factory=set)
    """Holds whose state changed."""
    claims: set[str] = field(default_factory=set)
    scenes: set[str] = field(default_factory=set)
    wishes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Wish to forget -> (store, done_at)."""
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"claim": [], "scene": [], "wish": []}
    )

    def load(self, conn: Connection, facts: Iterable[Up]) -> None:
        """Reads what the facts are about."""
        listed = list(facts)
        held = {f.lock for f in listed if isinstance(f, CouponRedeemed) and f.issuer}
        for row in rows_of(conn, voucher, "lock_id", held, lock=True):
            self.vouchers[row.lock_id] = (row.store, row.state)
        back = {f.coupon for f in listed if isinstance(f, CouponReleased)}
        for row in rows_of(conn, voucher, "code", back, lock=True):
            self.vouchers[row.lock_id] = (row.store, row.state)
            self.by_code.setdefault(row.code, []).append(row.lock_id)
        nonces = {f.nonce for f in listed if isinstance(f, CouponClaimed)}
        self.claims = {row.nonce for row in rows_of(conn, claim, "nonce", nonces)}
        scenes = {f.scene for f in listed if isinstance(f, JoinOffered)}
        self.scenes = {row.scene for row in rows_of(conn, join_scene, "scene", scenes)}
        cmds = {f.cmd for f in listed if isinstance(f, MemberErased)}
        for row in rows_of(conn, member_erase, "cmd", cmds):
            self.wishes[row.cmd] = (row.store, row.done_at)

    def voucher(self, fact: CouponRedeemed, source: Source) -> str:
        """A sale took a third party's voucher, whose hold this was; the code of the contradiction, or ""."""
        store, state = self.vouchers.get(fact.lock, ("", ""))
        if store != source.store:
            return "UNKNOWN_COUPON"
        if state in {"using", "used"}:
            return "COUPON_USED_TWICE"
        # Though the hold ran out meanwhile: the sale is a fact, and whether the third party pays for it shows.
        self.vouchers[fact.lock] = (store, "using")
        self.moved.add(fact.lock)
        return ""

    def given_back(self, fact: CouponReleased, source: Source) -> None:
        """A sale that took a voucher came back whole: the third party is told."""
        for lock in self.by_code.get(fact.coupon, ()):
            store, state = self.vouchers[lock]
            if store == source.store and state in {"using", "used"}:
                self.vouchers[lock] = (store, "returning")
                self.moved.add(lock)

    def take(self, fact: CouponClaimed | MemberErased | JoinOffered, source: Source) -> str:
        """Takes the fact in; raises Unfit."""
        match fact:
            case CouponClaimed():
                if fact.nonce in self.claims:
                    raise Unfit("DUPLICATE_CLAIM")
                self.claims.add(fact.nonce)
                values = {"sale": fact.sale, "fen": fact.fen, "until": fact.until}
                self.rows["claim"].append({"nonce": fact.nonce, "store": source.store, **values})
            case JoinOffered():
                if fact.scene in self.scenes:
                    raise Unfit("DUPLICATE_SCENE")
                self.scenes.add(fact.scene)
                values = {"guide": fact.guide, "until": fact.until, "result": "", "member": ""}
                # The screen stands in the fact's own author; the link it showed names it too.
                row = {"scene": fact.scene, "store": source.store, "screen": "", **values}
                self.rows["scene"].append(row)
            case MemberErased():
                return self._erased(fact, source)
        return ""

    def _erased(self, fact: MemberErased, source: Source) -> str:
        store, done = self.wishes.get(fact.cmd, ("", ""))
        if store != source.store:
            return "UNKNOWN_MEMBER"
        if not done:
            self.wishes[fact.cmd] = (store, source.at)
            self.rows["wish"].append({"cmd": fact.cmd, "done_at": source.at, "rows_gone": fact.rows})
        return ""

    def write(self, conn: Connection) -> None:
        """Writes what changed."""
        delete_rows(conn, coupon_hold, "lock_id", self.locks - {""})
        states = [{"lock_id": lock, "state": self.vouchers[lock][1]} for lock in sorted(self.moved)]
        update_rows(conn, voucher, ("lock_id",), states)
        insert_rows(conn, claim, self.rows["claim"])
        insert_rows(conn, join_scene, self.rows["scene"])
        update_rows(conn, member_erase, ("cmd",), self.rows["wish"])
