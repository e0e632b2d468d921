"""A store in memory, honest and small: journal, replica, clock, and a wire that fails on request."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.client import SyncClient, Transport, TurnResult
from sync.messages import (
    GENESIS,
    Actor,
    Clk,
    Cursor,
    Event,
    HandedLine,
    Head,
    LineDown,
    Op,
    OrderAdvanced,
    PickupCollected,
    SyncFault,
    Up,
    Verdict,
    body_of,
    canonical,
    kind_of,
    row_hash,
    sha_of,
)

MASK = (1 << 64) - 1


class Clockwork:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
        self.server_times: list[str] = []

    def now(self) -> datetime:
        return self.at

    def mono_ms(self) -> int:
        return 8_000_000

    def boot(self) -> str:
        return "boot-1"

    def saw_server_time(self, text: str) -> None:
        self.server_times.append(text)


class Journal:
    """An Outbox: a hash-chained list."""

    def __init__(self, stream: str = "") -> None:
        self.stream = stream or str(uuid.uuid4())
        self.events: list[Event] = []
        self.verdicts: dict[int, Verdict] = {}
        self.up_to = 0
        self.first_kept = 1
        self.durable = 0
        self.rewound: list[int] = []

    def append(self, fact: Up) -> Event:
        return self.append_raw(kind_of(fact), body_of(fact))

    def append_raw(self, kind: str, d: dict[str, Any]) -> Event:
        bare = Event(
            seq=len(self.events) + 1,
            id=str(uuid.uuid4()),
            k=kind,
            v=1,
            at="2026-01-05T09:58:11.004Z",
            clk=Clk("ok", -220, "boot-1", 8_014_340),
            biz="2026-01-05#1",
            actor=Actor("T1", "o17"),
            d=d,
            prev=self.events[-1].sha if self.events else GENESIS,
        )
        event = Event(**{f: getattr(bare, f) for f in bare.__struct_fields__[:-1]}, sha=sha_of(bare))
        self.events.append(event)
        return event

    def stream_id(self) -> str:
        return self.stream

    def pending(self, after_seq: int, limit: int, max_bytes: int) -> list[Event]:
        taken: list[Event] = []
        size = 0
        start = max(after_seq, self.first_kept - 1)
        for event in self.events[start : start + limit]:
            size += len(canonical(event))
            if taken and size > max_bytes:
                break
            taken.append(event)
        return taken

    def acked(self) -> int:
        return self.up_to

    def depth(self) -> int:
        return len(self.events) - self.up_to

    def mark_acked(self, seq: int, durable: int) -> None:
        self.up_to, self.durable = seq, durable

    def rewind(self, expected: int) -> None:
        self.rewound.append(expected)
        self.up_to = expected - 1

    def record_verdicts(self, verdicts: list[Verdict]) -> None:
        self.verdicts.update({v.seq: v for v in verdicts})


class Replica:
    """An Inbox: rows by (bucket, tb, id), a checksum kept incrementally, and what could not be used."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Op] = {}
        self.places: dict[str, Cursor] = {}
        self.sums: dict[str, int] = {}
        self.aside: dict[tuple[str, str, str], str] = {}
        self.resets: list[tuple[str, str]] = []
        self.epoch: str | None = None
        self.whole: set[str] = set()
        self.pages: list[list[Op]] = []
        self.refuse: Callable[[Op], bool] = lambda _op: False
        self.stale: set[tuple[str, str, str]] = set()

    def cursors(self) -> dict[str, Cursor]:
        return dict(self.places)

    def hq_epoch(self) -> str | None:
        return self.epoch

    def apply(
        self,
        page_ops: list[Op],
        cursors: dict[str, Cursor],
        *,
        consistent: list[str],
        heads: Mapping[str, Head],
        server_time: str,
        hq_epoch: str,
    ) -> Sequence[tuple[Op, str]]:
        refused = [(op, "CONSTRAINT") for op in page_ops if self.refuse(op)]
        for op in page_ops:
            self._count(op)
            self.aside.pop((op.b, op.tb, op.id), None)
        for op, code in refused:
            self.aside[op.b, op.tb, op.id] = code
        self.places.update(cursors)
        self.whole.update(consistent)
        self.epoch = hq_epoch
        self.pages.append(page_ops)
        return refused

    def reset(self, bucket: str, why: str) -> None:
        self.resets.append((bucket, why))
        self.places.pop(bucket, None)
        self.sums.pop(bucket, None)
        self.whole.discard(bucket)
        for key in [key for key in self.rows if key[0] == bucket]:
            del self.rows[key]

    def checksum(self, bucket: str) -> tuple[int, str]:
        return sum(key[0] == bucket for key in self.rows), f"{self.sums.get(bucket, 0):016x}"

    def quarantine(self, op: Op, code: str) -> None:
        self._count(op)
        self.aside[op.b, op.tb, op.id] = code

    def set_aside(self, bucket: str) -> list[tuple[Op, str]]:
        return [(self.rows[key], code) for key, code in self.aside.items() if key[0] == bucket]

    def usable(self, bucket: str) -> dict[str, dict[str, Any]]:
        rows = ((key, op.d) for key, op in self.rows.items() if key[0] == bucket and key not in self.aside)
        return {key[2]: d for key, d in rows if d is not None}

    def _count(self, op: Op) -> None:
        key = (op.b, op.tb, op.id)
        old = self.rows.pop(key, None)
        total = self.sums.get(op.b, 0) - (_weight(old) if old else 0)
        if op.op == "put":
            self.rows[key] = op
            total += _weight(op)
        self.sums[op.b] = total & MASK


def _weight(op: Op) -> int:
    return row_hash(op.tb, op.id, op.ver, op.d or {})


class Wire:
    """A Transport that takes one word from `plan` a request: pass, drop, lost, dup, truncate, garbage, flip."""

    def __init__(self, below: Transport) -> None:
        self.below = below
        self.plan: list[str] = []
        self.requests: list[tuple[str, bytes]] = []

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        del within_s
        return self.post(path, body)

    def post(self, path: str, body: bytes) -> bytes:
        what = self.plan.pop(0) if self.plan else "pass"
        self.requests.append((path, body))
        if what == "drop":
            raise LineDown("dropped")
        if what == "flip":
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        answer = self.below.post(path, body)
        if what == "dup":
            answer = self.below.post(path, body)
        if what == "lost":
            raise LineDown("lost after commit")
        if what == "truncate":
            return answer[: len(answer) // 2]
        return b"<html>log in</html>" if what == "garbage" else answer


class Shop:
    """A store with its client."""

    def __init__(self, store: str, below: Transport) -> None:
        self.store = store
        self.journal = Journal()
        self.replica = Replica()
        self.clock = Clockwork()
        self.wire = Wire(below)
        self.mono = 0.0
        self.restart()

    def restart(self) -> None:
        """What a kill leaves: rows, not memory."""
        self.client = SyncClient(self.wire, self.journal, self.replica, store_id=self.store, clock=self.clock)

    def turn(self) -> TurnResult:
        """One turn, long after any back-off; raises the fault it met."""
        self.mono += 1000.0
        result = self.client.turn(self.mono)
        if result.fault is not None:
            raise result.fault
        return result

    def settle(self, turns: int = 80) -> None:
        """Turns until there is nothing left to do; the last must be a good one."""
        for _ in range(turns):
            try:
                result = self.turn()
            except SyncFault:
                continue
            if not result.more and not self.wire.plan:
                return
        raise AssertionError("never settles")

    def collect(self, order: str, qty: int = 1, **more: Any) -> Event:
        """Hands `qty` of the order's only line over."""
        fields: dict[str, Any] = {"gen": 1, "state": "picked_up", "lines": (HandedLine(1, "P1", qty),)} | more
        return self.journal.append(PickupCollected(pickup=str(uuid.uuid4()), order=order, **fields))

    def advance(self, order: str, state: str = "packed") -> Event:
        return self.journal.append(OrderAdvanced(order=order, gen=1, event="pack", state=state))


def later(clock: Clockwork, seconds: float) -> None:
    """Moves a clock on."""
    clock.at += timedelta(seconds=seconds)
