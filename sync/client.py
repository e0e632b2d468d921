"""The store's side of the sync: one bounded exchange with HQ a turn, upward first, then one page down."""

from __future__ import annotations

from dataclasses import dataclass

from sync.ends import Clock, Inbox, Outbox, Transport
from sync.fetching import Fetcher
from sync.messages import (
    DeviceReplaced,
    Fork,
    Gap,
    HubBusy,
    LineDown,
    NotAdmitted,
    SyncFault,
    VersionRefused,
)
from sync.pace import CEILING_S, Pace
from sync.pulling import Page, Puller
from sync.uploading import Uploader

__all__ = ["Clock", "Inbox", "Outbox", "Pace", "SyncClient", "Transport", "TurnResult"]


_NOBODY = LineDown | NotAdmitted | VersionRefused
"""Faults of the line or of who we are, not of one direction."""


@dataclass(frozen=True)
class TurnResult:
    """What one turn did: events acknowledged, rows received, and when to come back.

    `next_s` seconds (0 when `more`); `alarm` is "FORK" or "GAP" while the upload is stopped. `fault` is what
    failed, in this turn or in an earlier one whose back-off is not over; what the other half of the turn
    brought counts all the same.
    """

    sent: int
    received: int
    next_s: float
    more: bool
    alarm: str = ""
    fault: SyncFault | None = None


class SyncClient:
    """Brings the journal up and HQ's word down. Not thread-safe: one worker turns it.

    Healthy pauses are advice (a write may wake the worker earlier); after a fault, turns before the
    back-off is over do nothing and say how long it still takes.
    """

    def __init__(
        self,
        transport: Transport,
        outbox: Outbox,
        inbox: Inbox,
        *,
        store_id: str,
        clock: Clock,
        up_pace: Pace | None = None,
        pull_pace: Pace | None = None,
        fetcher: Fetcher | None = None,
    ) -> None:
        """The paces are given only where chance must be known (tests). Without a fetcher, no snapshots."""
        self._fetcher = fetcher
        self._outbox = outbox
        self._uploader = Uploader(transport, outbox, clock, store_id, inbox.hq_epoch)
        self._puller = Puller(transport, inbox, clock, fetcher)
        # Two paces: an HQ that refuses facts must not keep the shop from its orders.
        self._up_pace = up_pace or Pace()
        self._pull_pace = pull_pace or Pace()
        self._up_fault: SyncFault | None = None
        self._pull_fault: SyncFault | None = None

    def turn(self, now_mono: float) -> TurnResult:
        """One upload batch if there is one, one page down; `now_mono` in seconds."""
        sent, received, next_s = 0, 0, CEILING_S
        up_more = page_more = False
        if self._up_pace.wait_s(now_mono) == 0:
            self._up_fault = None
            try:
                sent, up_more = self._uploader.step()
                next_s = self._up_pace.succeeded(self._uploader.next_s or CEILING_S)
                if sent and isinstance(self._pull_fault, _NOBODY):
                    self._pull_pace.succeeded(0.0)  # HQ was just heard: no reason to wait on before asking
            except SyncFault as fault:
                self._up_fault = fault
                self._back_off(fault, self._up_pace, now_mono)
                # Nobody there, or nobody who knows us: the second request would only wait as long again.
                if isinstance(fault, _NOBODY):
                    # It stands until HQ was asked: an upload that has nothing to send heals no line.
                    self._pull_fault = fault
                    self._pull_pace.failed(now_mono, at_least_s=self._up_pace.wait_s(now_mono))
        if self._pull_pace.wait_s(now_mono) == 0:
            self._pull_fault = None
            try:
                page, received, page_more = self._pull()
                next_s = min(next_s, self._pull_pace.succeeded(page.complete.next_s))
            except SyncFault as fault:
                self._pull_fault = fault
                self._back_off(fault, self._pull_pace, now_mono)
                page_more = isinstance(fault, DeviceReplaced) and self._lost_at_hq(fault.up_acked)
        rows, soon_s = self._step_file(now_mono)
        received, next_s = received + rows, min(next_s, soon_s)
        more = up_more or page_more or soon_s == 0
        waits = [w for p in (self._up_pace, self._pull_pace) if (w := p.wait_s(now_mono)) > 0]
        next_s = 0.0 if more else min([next_s, *waits])
        standing = self._up_fault or self._pull_fault
        return TurnResult(sent, received, next_s, more, self._uploader.alarm, standing)

    def _step_file(self, now_mono: float) -> tuple[int, float]:
        """A piece of a snapshot, if one is wanted; gives (rows that came with it, when to come back)."""
        if self._fetcher is None:
            return 0, CEILING_S
        done = self._fetcher.step(now_mono)
        if done.refused is not None:
            self._puller.snapshot_refused(*done.refused)
        if done.loaded is not None:
            self._puller.snapshot_loaded(done.loaded)
            return done.loaded.rows, 0.0
        return 0, done.next_s if done.working else CEILING_S

    def _pull(self) -> tuple[Page, int, bool]:
        page, received, more = self._puller.step(self._outbox.stream_id(), self._outbox.depth())
        more = self._lost_at_hq(page.checkpoint.up_acked) or more
        return page, received, more

    def _lost_at_hq(self, up_acked: int | None) -> bool:
        """HQ was restored from a backup and lost facts it had acknowledged: they are sent again."""
        if up_acked is None or self._uploader.alarm or up_acked >= self._outbox.acked():
            return False
        self._outbox.rewind(up_acked + 1)
        return True

    def _back_off(self, fault: SyncFault, pace: Pace, now_mono: float) -> None:
        at_least = 0.0
        if isinstance(fault, HubBusy):
            at_least = fault.retry_s
        elif isinstance(fault, NotAdmitted | VersionRefused):
            at_least = CEILING_S
        # A stopped upload costs nothing to "try": it only repeats that it is stopped.
        if not isinstance(fault, Fork | Gap):
            pace.failed(now_mono, at_least_s=at_least)
