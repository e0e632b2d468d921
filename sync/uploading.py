"""The upward half of an exchange: one batch of the journal to HQ, and what the answer means for it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Sequence

import msgspec

from sync.ends import Clock, Outbox, Transport
from sync.messages import (
    MAX_BYTES,
    MAX_EVENTS,
    PROTOCOL,
    EnvelopeRefused,
    Event,
    Fork,
    Gap,
    LineDown,
    Opaque,
    UpAnswer,
    UpHeader,
    canonical,
    moment_of,
    stamp,
)

_log = logging.getLogger("store_edge.sync")

UP_PATH = "/sync/v1/up"
MAX_OPAQUE = MAX_BYTES // 4
OPAQUE_AFTER = 3
"""How often HQ must refuse a single fact before it is sent as bytes."""


class Uploader:
    """Sends the journal in order, ever smaller batches around an event that HQ cannot read."""

    def __init__(
        self,
        transport: Transport,
        outbox: Outbox,
        clock: Clock,
        store_id: str,
        epoch: Callable[[], str | None],
    ) -> None:
        """`epoch` tells HQ's epoch as last seen."""
        self._transport = transport
        self._outbox = outbox
        self._clock = clock
        self._store_id = store_id
        self._epoch = epoch
        self._limit = MAX_EVENTS
        self._opaque_seq = self._refused = 0
        self.next_s = 0.0
        self.alarm = ""

    def step(self) -> tuple[int, bool]:
        """Sends one batch; returns (events acknowledged, whether to come back at once). Raises SyncFault.

        After a fork, or a gap that this journal cannot fill, `alarm` is set and nothing is sent any more
        by this object: whoever dealt with the cause starts the program again, and the upload tries anew.
        """
        if self.alarm:
            return 0, False
        acked = self._outbox.acked()
        batch = self._batch(acked)
        if not batch:
            return 0, False
        if batch[0].seq != acked + 1:
            raise self._stopped(Gap(acked + 1))
        try:
            answer = self._send(batch)
        except EnvelopeRefused:
            return self._smaller(batch)
        except Gap as gap:
            return self._rewind(gap, batch[0].seq)
        except Fork as fork:
            raise self._stopped(fork) from None
        self._settle(answer, batch[-1].seq)
        return len(batch), bool(self._outbox.pending(batch[-1].seq, 1, MAX_BYTES))

    def _stopped(self, fault: Fork | Gap) -> Fork | Gap:
        self.alarm = fault.code
        _log.error(
            "upload stopped: clear it up with HQ, then restart the service", extra={"trouble": fault.code}
        )
        return fault

    def _batch(self, acked: int) -> list[Event]:
        limit = 1 if self._opaque_seq == acked + 1 else self._limit
        events = self._outbox.pending(acked, limit, MAX_BYTES)[:limit]
        taken, size = 0, 0
        for event in events:
            size += len(canonical(event)) + 1
            if taken and size > MAX_BYTES:
                break
            taken += 1
        return events[:taken]

    def _send(self, batch: Sequence[Event]) -> UpAnswer:
        header = UpHeader(
            proto=PROTOCOL,
            store=self._store_id,
            stream=self._outbox.stream_id(),
            hq_epoch=self._epoch(),
            from_=batch[0].seq,
            n=len(batch),
            boot=self._clock.boot(),
            clock={"wall": stamp(self._clock.now()), "mono_ms": self._clock.mono_ms()},
            depth=self._outbox.depth(),
        )
        lines = [_opaque(batch[0])] if batch[0].seq == self._opaque_seq else batch
        body = b"\n".join([canonical(header), *map(canonical, lines), b""])
        said = self._transport.post(UP_PATH, body)
        try:
            answer = msgspec.json.decode(said, type=UpAnswer)
            answer = msgspec.structs.replace(answer, server_time=stamp(moment_of(answer.server_time)))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise LineDown("the answer to an upload is not one") from error
        # An answer that acknowledges less than was sent with status 200 is not an HQ speaking this protocol.
        if answer.acked < batch[-1].seq:
            raise LineDown("the answer acknowledges less than was sent")
        return answer

    def _settle(self, answer: UpAnswer, last: int) -> None:
        self._clock.saw_server_time(answer.server_time)
        # Verdicts first: killed between the two, the batch is sent again and HQ repeats them.
        if answer.results:
            self._outbox.record_verdicts(list(answer.results))
        # HQ may hold more than this batch (an answer was lost); that is found out batch by batch.
        self._outbox.mark_acked(last, min(answer.durable, last))
        self._opaque_seq = self._refused = 0
        self._limit = min(MAX_EVENTS, self._limit * 2)
        self.next_s = answer.next_s

    def _smaller(self, batch: Sequence[Event]) -> tuple[int, bool]:
        if batch[0].seq == self._opaque_seq:
            raise EnvelopeRefused("HQ refuses even a single opaque event")
        if len(batch) == 1:
            # Once may be a line that spoils what it carries; as bytes the fact would be without effect at HQ.
            self._refused += 1
            if self._refused >= OPAQUE_AFTER:
                self._opaque_seq = batch[0].seq
        self._limit = max(1, len(batch) // 2)
        return 0, True

    def _rewind(self, gap: Gap, first: int) -> tuple[int, bool]:
        if not 1 <= gap.expected < first:
            raise self._stopped(gap) from None
        self._outbox.rewind(gap.expected)
        return 0, True


def _opaque(event: Event) -> Opaque:
    raw = canonical(event)[:MAX_OPAQUE]
    return Opaque(
        seq=event.seq, id=event.id, raw_b64=base64.b64encode(raw).decode(), prev=event.prev, sha=event.sha
    )
