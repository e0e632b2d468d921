"""What a store plugs into the sync client, as Protocols: its journal, its replica, its clock, the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sync.messages import Cursor, Event, Head, Op, Verdict


class Outbox(Protocol):
    """The store's journal as the client sees it: dense numbers from 1, nothing removed early."""

    def stream_id(self) -> str:
        """The UUID of this journal; a new disk has a new one."""
        ...

    def pending(self, after_seq: int, limit: int, max_bytes: int) -> list[Event]:
        """Up to `limit` events with seq > `after_seq`, ascending and dense; at least one if there is any.

        `max_bytes` bounds the sum of their canonical sizes (the first may exceed it alone).
        """
        ...

    def acked(self) -> int:
        """Everything up to here is committed at HQ; 0 at the start."""
        ...

    def depth(self) -> int:
        """Facts that HQ has not acknowledged."""
        ...

    def mark_acked(self, seq: int, durable: int) -> None:
        """HQ holds everything up to `seq`, and everything up to `durable` also in its backup."""
        ...

    def rewind(self, expected: int) -> None:
        """HQ lost facts (it was restored): acked becomes `expected` - 1, so that they are sent again."""
        ...

    def record_verdicts(self, verdicts: list[Verdict]) -> None:
        """What HQ made of events other than applied. May repeat; the last word counts."""
        ...


class Inbox(Protocol):
    """The store's replica of HQ's buckets. Every method is one transaction of its own.

    A bucket's checksum counts every live row *received*, by (tb, id) and its `row_hash`, also rows of an
    unknown table and quarantined rows: only then can it be compared with HQ's. A later op on the same
    (bucket, tb, id) replaces what was counted and lifts the quarantine.
    """

    def cursors(self) -> dict[str, Cursor]:
        """How far each bucket was applied; a bucket without an entry is read from the start."""
        ...

    def hq_epoch(self) -> str | None:
        """HQ's epoch as last seen; None before the first contact."""
        ...

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
        """Applies ops (in order) and cursors in ONE transaction; `consistent` buckets now equal their head.

        Ops of tables this release does not know are among them: to be counted (checksum), else ignored.
        An op the replica cannot hold (a constraint) is set aside within the same transaction, as
        `quarantine` does, and returned with a code; the others stand.
        """
        ...

    def reset(self, bucket: str, why: str) -> None:
        """Forgets cursor and checksum of this bucket: it is read again from the start.

        Its rows may keep serving until the bucket is consistent again; those not received by then go.
        """
        ...

    def checksum(self, bucket: str) -> tuple[int, str]:
        """Live rows received and the sum of their `row_hash` mod 2^64 as 16 hex digits."""
        ...

    def set_aside(self, bucket: str) -> Sequence[tuple[Op, str]]:
        """What of this bucket is set aside, and why."""
        ...

    def quarantine(self, op: Op, code: str) -> None:
        """Sets an unreadable op aside, keyed by (bucket, tb, id); its hash still counts in the checksum."""
        ...


class Clock(Protocol):
    """The store's idea of time."""

    def now(self) -> datetime:
        """Trusted time, UTC, aware."""
        ...

    def mono_ms(self) -> int:
        """Milliseconds that only grow, since some point of this boot."""
        ...

    def boot(self) -> str:
        """Names this boot of the machine."""
        ...

    def saw_server_time(self, text: str) -> None:
        """HQ said what time it is (RFC 3339)."""
        ...


class Transport(Protocol):
    """Carries one request to HQ and one whole answer back."""

    def post(self, path: str, body: bytes) -> bytes:
        """The body of HQ's 200 answer; raises the SyncFault that fits everything else."""
        ...
