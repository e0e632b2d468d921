"""The downward half of an exchange: one page of HQ's feed, checked whole, then applied with its cursors."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sync.ends import Clock, Inbox, Transport
from sync.fetching import Fetcher
from sync.messages import (
    DOWN_KINDS,
    PROTOCOL,
    Checkpoint,
    Complete,
    Cursor,
    Head,
    LineDown,
    Op,
    PullLine,
    PullRequest,
    Reset,
    moment_of,
    row_of,
    stamp,
)
from sync.snapshot_words import Manifest

_log = logging.getLogger("store_edge.sync")

PULL_PATH = "/sync/v1/pull"
WHOLE_ONLY = (":orders", ":cmd")
"""Buckets shown to the shop only as of one checkpoint: half a set of orders and cancellations misleads."""
MAX_NACKS = 200
_KNOWN_LINES = frozenset({"checkpoint", "op", "reset", "complete"})
_LINE = msgspec.json.Decoder(PullLine)
_TAG = msgspec.json.Decoder(dict[str, Any])


@dataclass
class Page:
    """One whole answer to a pull."""

    checkpoint: Checkpoint
    complete: Complete
    resets: list[Reset] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    ignored: int = 0


class Puller:
    """Keeps the replica level with HQ's buckets."""

    def __init__(
        self, transport: Transport, inbox: Inbox, clock: Clock, fetcher: Fetcher | None = None
    ) -> None:
        """Holds in memory only what a restart may forget: rows of an unfinished checkpoint, and counts."""
        self._fetcher = fetcher
        self._transport = transport
        self._inbox = inbox
        self._clock = clock
        self._held: dict[str, list[Op]] = {}
        self._held_cursors: dict[str, Cursor] = {}
        self._nacks: list[dict[str, Any]] = []
        self._mended: dict[str, Head] = {}
        self._unequal: set[str] = set()

    def step(self, stream: str, depth: int) -> tuple[Page, int, bool]:
        """Reads and applies one page; returns (page, rows received, whether to come back at once).

        HQ's people are told `depth`: how many facts wait here.
        """
        asked = {**self._inbox.cursors(), **self._held_cursors}
        nacks = tuple(self._nacks[:MAX_NACKS])
        request = PullRequest(
            proto=PROTOCOL,
            stream=stream,
            buckets=asked,
            nacks=nacks,
            boot=self._clock.boot(),
            clock={"wall": stamp(self._clock.now()), "mono_ms": self._clock.mono_ms()},
            depth=depth,
        )
        if self._fetcher is not None and self._fetcher.usable():
            pages = tuple(sorted(self._fetcher.paged))
            request = msgspec.structs.replace(request, snap=True, pages=pages)
        page = read_page(self._transport.post(PULL_PATH, msgspec.json.encode(request)))
        del self._nacks[: len(nacks)]
        self._clock.saw_server_time(page.checkpoint.server_time)
        for reset in page.resets:
            # A bucket that is only far behind goes on serving, and counting, until its file is loaded.
            if reset.snap is None or (reset.b in asked and reset.why != "far"):
                self._forget(reset.b, reset.why)
                asked.pop(reset.b, None)
        cursors = _advanced(page, asked)
        refused = self._offers(page, cursors)
        whole = [b for b, cursor in cursors.items() if cursor.seq == page.checkpoint.heads[b].seq]
        self._apply(page, cursors, whole)
        mended = self._verify(page, whole)
        if page.ignored:
            _log.info("of kinds this release does not know", extra={"ignored": page.ignored})
        return page, len(page.ops), page.complete.more or mended or refused

    def snapshot_refused(self, manifest: Manifest, code: str) -> None:
        """Tells HQ with the next page that a file of its was of no use here."""
        self._nack_snapshot(manifest.bucket, manifest.seq, manifest.sha256, code)

    def snapshot_loaded(self, manifest: Manifest) -> None:
        """Rows of the file that could not be used are HQ's business."""
        for op, code in self._inbox.set_aside(manifest.bucket):
            self._nack(op, code)

    def _offers(self, page: Page, cursors: dict[str, Cursor]) -> bool:
        """Hands offers on: no row of theirs counts in this page. Whether one was refused, so that pages must do."""
        offers = {reset.b: reset.snap for reset in page.resets if reset.snap is not None}
        again = False
        for bucket, snap in offers.items():
            head = page.checkpoint.heads.get(bucket)
            if head is None or self._fetcher is None:
                raise LineDown("a file that nobody asked for")
            cursors.pop(bucket, None)
            if code := self._fetcher.offered(bucket, snap, head):
                self._nack_snapshot(bucket, head.seq, "snapshot", code)
                again = True
        page.ops[:] = [op for op in page.ops if op.b not in offers]
        if self._fetcher is not None:
            for bucket in cursors:
                self._fetcher.unwanted(bucket)
        return again

    def _nack_snapshot(self, bucket: str, seq: int, name: str, code: str) -> None:
        _log.error("a snapshot of HQ's is refused", extra={"bucket": bucket, "code": code})
        self._nacks.append({"b": bucket, "seq": seq, "tb": "snapshot", "id": name, "code": code})

    def _apply(self, page: Page, cursors: dict[str, Cursor], whole: list[str]) -> None:
        """Hands usable rows to the replica; rows of whole-only buckets wait until all of those are whole."""
        held_back = [b for b in cursors if b.endswith(WHOLE_ONLY)]
        wait = not all(b in whole for b in held_back)
        ops: list[Op] = []
        for bucket in held_back:
            ops += self._held.get(bucket, [])
        fresh = [op for op in page.ops if not op.b.endswith(WHOLE_ONLY)]
        late = [op for op in page.ops if op.b.endswith(WHOLE_ONLY)]
        if wait:
            self._hold(late, {b: cursors.pop(b) for b in held_back})
            ops = fresh
            whole[:] = [b for b in whole if b not in held_back]
        else:
            ops += late + fresh
        checkpoint = page.checkpoint
        usable = [op for op in ops if self._usable(op, page)]
        refused = self._inbox.apply(
            usable,
            cursors,
            consistent=list(whole),
            heads=checkpoint.heads,
            server_time=checkpoint.server_time,
            hq_epoch=checkpoint.hq_epoch,
        )
        for op, code in refused:
            self._nack(op, code)
        if not wait:
            self._held.clear()
            self._held_cursors.clear()

    def _hold(self, ops: list[Op], cursors: dict[str, Cursor]) -> None:
        for op in ops:
            self._held.setdefault(op.b, []).append(op)
        self._held_cursors.update(cursors)

    def _usable(self, op: Op, page: Page) -> bool:
        """Whether the replica gets this row; one of a known table that cannot be read is set aside."""
        if op.op == "del":
            return True
        if op.tb not in DOWN_KINDS:
            page.ignored += 1
            return True
        try:
            row_of(op)
        except msgspec.ValidationError:
            self._inbox.quarantine(op, "VALIDATION")
            self._nack(op, "VALIDATION")
            return False
        return True

    def _nack(self, op: Op, code: str) -> None:
        _log.error("a row of HQ's is set aside", extra={"bucket": op.b, "table": op.tb, "code": code})
        self._nacks.append({"b": op.b, "seq": op.seq, "tb": op.tb, "id": op.id, "code": code})

    def _verify(self, page: Page, whole: list[str]) -> bool:
        """Compares checksums of buckets read to their head; one that differs is read again, once a head."""
        again = False
        for bucket in whole:
            head = page.checkpoint.heads[bucket]
            if self._inbox.checksum(bucket) == (head.n, head.ck):
                self._mended.pop(bucket, None)
                self._unequal.discard(bucket)
            elif self._mended.get(bucket) == head:
                if bucket not in self._unequal:
                    _log.error("read again, and still not what HQ has", extra={"bucket": bucket})
                self._unequal.add(bucket)
            else:
                self._mended[bucket] = head
                self._forget(bucket, "checksum")
                again = True
        return again

    def _forget(self, bucket: str, why: str) -> None:
        self._inbox.reset(bucket, why)
        self._held.pop(bucket, None)
        self._held_cursors.pop(bucket, None)


def read_page(body: bytes) -> Page:
    """Parses an answer; raises LineDown unless it is one whole page from checkpoint to complete."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    try:
        first, last = _LINE.decode(lines[0]), _LINE.decode(lines[-1])
        if not isinstance(first, Checkpoint) or not isinstance(last, Complete) or first.cp != last.cp:
            raise LineDown("the page is not whole")
        # Read once, here: a page with an odd time must change nothing, the clock least of all.
        heard = stamp(moment_of(first.server_time))
        page = Page(msgspec.structs.replace(first, server_time=heard), last)
        for line in lines[1:-1]:
            _sort_in(page, line)
    except (msgspec.DecodeError, ValueError, IndexError, RecursionError) as error:
        raise LineDown("the page cannot be read") from error
    return page


def _sort_in(page: Page, raw: bytes) -> None:
    try:
        line = _LINE.decode(raw)
    except msgspec.ValidationError:
        # A kind of line added after this release is no reason to stop; a known one that is broken is.
        if _TAG.decode(raw).get("t") in _KNOWN_LINES:
            raise
        page.ignored += 1
        return
    if isinstance(line, Op):
        if line.b not in page.checkpoint.heads or line.op not in {"put", "del"}:
            page.ignored += 1
        else:
            page.ops.append(line)
    elif isinstance(line, Reset):
        page.resets.append(line)
    else:
        raise LineDown("two pages in one")


def _advanced(page: Page, asked: dict[str, Cursor]) -> dict[str, Cursor]:
    """The cursor of every bucket after this page; raises LineDown when rows are out of order."""
    reached: dict[str, int] = {}
    for op in page.ops:
        before = asked.get(op.b)
        if op.seq <= reached.get(op.b, before.seq if before else 0):
            raise LineDown("rows out of order")
        reached[op.b] = op.seq
    cursors: dict[str, Cursor] = {}
    for bucket, head in page.checkpoint.heads.items():
        before = asked.get(bucket)
        seq = reached.get(bucket, before.seq if before else 0)
        if not page.complete.more:
            seq = max(seq, head.seq)
        cursors[bucket] = Cursor(e=head.e, seq=seq)
    return cursors
