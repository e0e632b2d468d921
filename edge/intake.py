"""The intake: one scanner's turn, from a reading to a kept scan, through unplugging and replugging."""

from __future__ import annotations

import logging
import secrets
import time
from collections import deque
from datetime import timedelta

from devices.ports import (
    Answering,
    Counting,
    Delivered,
    DeviceAbsent,
    DeviceFault,
    Keeping,
    PowerState,
    Reading,
    Scan,
    Scanner,
)
from edge.clock import Clock
from edge.desks.scans import ScanDesk
from edge.desks.status import StatusDesk
from edge.domain.refusals import Refusal

_log = logging.getLogger("store_edge.scan")
_WAIT_S = 0.5
_SOON_S = 0.025
_RETRY_S = 1.0
# What fails faster than this asks for nothing but a look at a name.
_A_LOOK_S = 0.005
_TRIES = 5


class Intake:
    """Opens the scanner when it is there, reads it, and says on the status desk how it is.

    A reading leaves this hand only when it is kept: if the ledger cannot take it now, it is tried again first,
    in its place. `device_seq` of the kept scans has no gaps from one start of the daemon to its end.
    """

    def __init__(
        self, name: str, station: str, scanner: Scanner, scans: ScanDesk, status: StatusDesk, clock: Clock
    ) -> None:
        self._name = name
        self._station = station
        self._scanner = scanner
        self._scans = scans
        self._status = status
        self._clock = clock
        self._open = False
        self._seq = 0
        # With it a scan that is kept again, because its reservation failed, is the same scan.
        self._stream = secrets.token_hex(8)
        self._hand: deque[Scan] = deque()
        self._tries = 0
        self._dropped = 0

    def turn(self) -> float:
        """Reads for at most half a second; gives the pause until the next turn, seconds."""
        self._keep_all()
        began = time.monotonic()
        try:
            if not self._open:
                self._scanner.open()
                self._open = True
                self._status.device(self._name, "scanner", "online", station=self._station)
            readings = self._scanner.read(_WAIT_S)
        except DeviceFault as fault:
            return self._failed(fault, time.monotonic() - began)
        self._hand.extend(self._scan(reading) for reading in readings)
        self._count()
        self._keep_all()
        return 0.0

    def close(self) -> None:
        """Lets the scanner go."""
        self._scanner.close()
        self._open = False

    def _scan(self, reading: Reading) -> Scan:
        """A reading with its origin; one that was delivered keeps its own number and is as old as it says."""
        now = self._clock.now()
        if isinstance(reading, Delivered):
            at = now - timedelta(seconds=reading.age_s)
            return Scan(self._name, self._station, reading.seq, at, reading, reading.stream)
        self._seq += 1
        return Scan(self._name, self._station, self._seq, now, reading, self._stream)

    def _failed(self, fault: DeviceFault, took_s: float) -> float:
        # What could not be opened holds nothing; one that listens for a scanner's call goes on listening.
        was_open = self._open
        if was_open:
            self.close()
        self._count()
        word = "blocked" if fault.power is PowerState.ONLINE else "absent"
        self._status.device(self._name, "scanner", word, fault.code, self._station)
        # A cable that is plugged in again is seen within a few hundredths of a second; nothing else is hurried.
        return _SOON_S if was_open or (type(fault) is DeviceAbsent and took_s < _A_LOOK_S) else _RETRY_S

    def _count(self) -> None:
        """Says in the log that codes were lost; how many in all, never which."""
        dropped = self._scanner.dropped if isinstance(self._scanner, Counting) else 0
        if dropped > self._dropped:
            _log.warning("codes dropped", extra={"device": self._name, "dropped": dropped})
        self._dropped = dropped

    def _keep_all(self) -> None:
        while self._hand:
            scan = self._hand[0]
            self._tries += 1
            if self._tries <= _TRIES:
                self._keep(scan)
            else:
                # A minute has passed: whoever scanned it did so again, or went away. The next one may be luckier.
                _log.error("scan given up", extra={"device": scan.device, "device_seq": scan.seq})
                if isinstance(self._scanner, Keeping):
                    self._scanner.kept(scan.reading, good=False)
            self._hand.popleft()
            self._tries = 0

    def _keep(self, scan: Scan) -> None:
        facts = {"device": scan.device, "station": scan.station, "device_seq": scan.seq}
        try:
            seen = self._scans.receive(scan)
        except Refusal as refusal:
            _log.info("scan refused", extra={**facts, "code": refusal.code, "length": len(scan.reading.text)})
            self._answer(scan, good=False)
        else:
            _log.info("scan", extra={**facts, "scan": seen.id, "kind": seen.kind.value})
            self._answer(scan, good=True)

    def _answer(self, scan: Scan, *, good: bool) -> None:
        if isinstance(self._scanner, Keeping):
            self._scanner.kept(scan.reading, good=good)
        elif isinstance(self._scanner, Answering):
            self._scanner.answer(good=good)
