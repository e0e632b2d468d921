"""The intake: one scanner's turn, from a reading to a kept scan, through unplugging and replugging."""

from __future__ import annotations

import logging

from devices.ports import DeviceFault, Scan, Scanner
from edge.clock import Clock
from edge.desks.scans import ScanDesk
from edge.desks.status import StatusDesk
from edge.domain.refusals import Refusal

_log = logging.getLogger("store_edge.scan")
_WAIT_S = 0.5
_RETRY_S = 1.0


class Intake:
    """Opens the scanner when it is there, reads it, and says on the status desk how it is."""

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

    def turn(self) -> float:
        """Reads for at most half a second; gives the pause until the next turn, seconds."""
        try:
            if not self._open:
                self._scanner.open()
                self._open = True
                self._status.device(self._name, "scanner", "online", station=self._station)
            readings = self._scanner.read(_WAIT_S)
        except DeviceFault as fault:
            self.close()
            self._status.device(self._name, "scanner", "absent", fault.code, self._station)
            return _RETRY_S
        for reading in readings:
            self._seq += 1
            self._keep(Scan(self._name, self._station, self._seq, self._clock.now(), reading))
        return 0.0

    def close(self) -> None:
        """Lets the scanner go."""
        self._scanner.close()
        self._open = False

    def _keep(self, scan: Scan) -> None:
        facts = {"device": scan.device, "station": scan.station, "device_seq": scan.seq}
        try:
            seen = self._scans.receive(scan)
        except Refusal as refusal:
            _log.info("scan refused", extra={**facts, "code": refusal.code, "length": len(scan.reading.text)})
        else:
            _log.info("scan", extra={**facts, "scan": seen.id, "kind": seen.kind.value})
