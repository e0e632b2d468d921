"""Safeguards of the sync taken out of the real code, one at a time: a world must break, at an invariant named here."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from edge.clock import Clock
from edge.desks.hand_over import HandOverDesk
from edge.records.inbox import Inbox
from edge.records.journal import Journal
from sync.hub import feed, ingest, kept, pull
from sync.hub.envelope import Refused
from sync.hub.schema import feed as rows
from sync.messages import Head
from tests.sim import headquarters, planted_trade


def savepoint() -> None:
    """a bad fact takes nothing back of what it had begun"""
    target: Any = Connection
    target.begin_nested = lambda _self: contextlib.nullcontext()


def sorted_locks() -> None:
    """buckets are locked in the order of chance"""
    target: Any = feed
    target.sorted = lambda names: sorted(names, reverse=True)


def prev() -> None:
    """HQ looks at the number of a fact only, not at what it follows"""

    def numbers_only(fresh: list[Any], last_seq: int, _sha: str) -> None:
        for number, line in enumerate(fresh, start=last_seq + 1):
            if line.seq != number:
                raise Refused(409, "gap", expected=number)

    target: Any = ingest
    target._check_chain = numbers_only


def gap() -> None:
    """HQ takes a batch that does not begin where it stopped"""
    check = ingest._check_chain

    def from_anywhere(fresh: list[Any], _seq: int, _sha: str) -> None:
        if fresh:
            check(fresh[1:], fresh[0].seq, fresh[0].sha)

    target: Any = ingest
    target._check_chain = from_anywhere


def fork() -> None:
    """what has a number that HQ knows is a repeat, whatever it says"""
    target: Any = ingest
    target.hmac = type("Blind", (), {"compare_digest": staticmethod(lambda *_: True)})


def epoch() -> None:
    """a restored HQ goes on under its old epochs"""
    target: Any = headquarters
    target.begin_new_life = lambda _conn: ""


def floor() -> None:
    """who missed tombstones that are gone goes on from its cursor"""
    void = pull._void
    target: Any = pull
    target._void = lambda cursor, head, _floor: void(cursor, head, 0)


def ids() -> None:
    """HQ does not know an id again"""
    keep = kept.keep
    target: Any = kept
    target.known_ids = lambda *_: set()
    target.keep = lambda *args, **_: keep(*args, taken=True)


def nonce() -> None:
    """a store does not know a request again"""
    target: Any = HandOverDesk
    target._stored = lambda *_args, **_more: None


def counter_row() -> None:
    """numbers of the feed from a sequence; stores read WHERE number > cursor"""
    numbers = itertools.count(1000)

    def publish(conn: Any, place: feed.Place, at: str) -> int:
        fresh: list[Any] = []
        known: list[Any] = []
        for key, change in place.changes.items():
            row = feed._row(change, place.before.get(key), next(numbers))
            if row is not None:
                (known if key in place.before else fresh).append({**row, "at": at})
        feed._store(conn, fresh, known)
        return len(fresh) + len(known)

    def unlocked(conn: Any, name: str, changes: Any) -> feed.Place:
        return feed.Place(name, 0, 0, 0, changes, feed._existing(conn, name, changes))

    def standing(conn: Any, stream: str, own: tuple[str, ...]) -> Any:
        found = real(conn, stream, own)
        for name, head in found.heads.items():
            mine = rows.c.bucket == name
            seen = conn.execute(select(rows.c.seq, rows.c.op, rows.c.hash).where(mine)).all()
            total = sum(int(row.hash or "0", 16) for row in seen) % (1 << 64)
            last = max((row.seq for row in seen), default=0)
            found.heads[name] = Head(head.e, last, sum(row.op == "put" for row in seen), f"{total:016x}")
        return found

    real = pull._standing
    targets: tuple[Any, Any] = (feed, pull)
    targets[0]._locked, targets[0]._publish, targets[1]._standing = unlocked, publish, standing


def cursor_apart() -> None:
    """a store keeps how far it read in one transaction, what it read in the next"""
    apply = Inbox.apply

    def cursors_first(self: Inbox, ops: Any, cursors: Any, **more: Any) -> Any:
        apply(self, [], cursors, **{**more, "consistent": []})
        return apply(self, ops, cursors, **more)

    target: Any = Inbox
    target.apply = cursors_first


def effect_apart() -> None:
    """a hand-over is committed before its fact for HQ is written"""
    append, redeem = Journal.append, HandOverDesk.redeem
    waiting: list[Any] = []

    def later(_self: Journal, _tx: Any, *fact: Any) -> int:
        waiting.append(fact)
        return 0

    def and_then(self: HandOverDesk, *args: Any) -> Any:
        waiting.clear()
        target.append = later
        try:
            done = redeem(self, *args)
        finally:
            target.append = append
        for fact in waiting:
            with self.books.ledger.transaction() as tx:
                append(self.books.journal, tx, *fact)
        return done

    target: Any = Journal
    desk: Any = HandOverDesk
    desk.redeem = and_then


def breaker() -> None:
    """HQ puts any number of facts into quarantine"""
    target: Any = ingest
    target.BREAKER_EVENTS = 10**9


def trusted_floor() -> None:
    """a store believes its wall clock"""
    target: Any = Clock
    target.now = Clock.wall


@dataclass(frozen=True)
class Plant:
    """A safeguard taken out: which invariants may be the ones to fail, and what makes it likely to be met."""

    take: Callable[[], None]
    breaks: tuple[str, ...]
    weights: dict[str, float] = field(default_factory=dict)
    database: str = "sqlite"
    heal_every: int = 100


PLANTS: dict[str, Plant] = {
    plant.take.__name__: plant
    for plant in (
        Plant(savepoint, ("I3",), {"odd_fact": 15, "weather": 0, "bad_release": 0}),
        Plant(sorted_locks, ("I7",)),
        Plant(prev, ("I1",), {"forge": 60, "busy_hour": 10, "weather": 0}),
        Plant(gap, ("I1",), {"back_up": 4, "restore": 12, "busy_hour": 10}),
        Plant(
            fork,
            ("I1",),
            {"clone": 30, "busy_hour": 60, "turn": 90, "weather": 0, "reimage": 0, "cut": 0},
            heal_every=60,
        ),
        Plant(epoch, ("I5",), {"back_up": 4, "restore": 12, "catalogue": 12, "weather": 0}),
        Plant(floor, ("I5",), {"silence": 10, "withdraw": 15, "catalogue": 15, "weather": 0}),
        Plant(ids, ("I2",), {"twin_id": 10}),
        Plant(nonce, ("I2", "I9"), {"retry": 20}),
        Plant(
            counter_row,
            ("I5", "I6"),
            {"slow_writer": 15, "catalogue": 20, "weather": 0, "restore": 0, "hq_kill": 0},
            "postgresql",
            10**9,
        ),
        Plant(cursor_apart, ("I6",), {"reopen_amid": 30, "catalogue": 10, "weather": 0}),
        Plant(effect_apart, ("I6",), {"collect": 60, "order": 25, "turn": 60, "weather": 0, "cut": 0}),
        Plant(breaker, ("I2",), {"bad_release": 5, "busy_hour": 10, "weather": 0}),
        Plant(trusted_floor, ("I11",), {"jump": 12, "wait": 12, "collect": 50, "weather": 0}),
        Plant(planted_trade.sale_apart, ("I6",), {"sell": 60, "weather": 0}),
        Plant(planted_trade.sale_nonce, ("I2", "I9"), {"sell": 30}),
        Plant(planted_trade.receipt_number, ("I1",), {"sell": 20}),
        Plant(
            planted_trade.quota_twice, ("I2",), {"sell": 40, "grant": 15, "turn": 80, "weather": 0, "cut": 0}
        ),
        Plant(
            planted_trade.pieces_back,
            ("I2", "I3"),
            {"sell": 30, "odd_fact": 25, "take_back": 20, "weather": 0, "bad_release": 0},
        ),
        Plant(planted_trade.return_nonce, ("I2", "I9"), {"sell": 20, "take_back": 20, "take_back_again": 20}),
        Plant(planted_trade.pick_nonce, ("I2",), {"order": 20, "pick": 40}),
        Plant(planted_trade.unfit_lost, ("I4",), {"unfit": 15, "weather": 0}),
    )
}
