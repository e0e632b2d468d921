"""The scan desk: whatever was scanned anywhere is classified, kept and announced here."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from devices.ports import Reading, Scan, Symbology
from edge.clock import moment_of, stamp
from edge.desks.status import Poke
from edge.domain.refusals import PayCodeElsewhere, Refusal, TooFast, UnknownThing
from edge.domain.scanned import PAY_KINDS, PLAIN, Expecting, Rules, ScanKind, Scanned, classify
from edge.domain.views import SeenScan
from edge.records.books import Books
from edge.records.counter import ScanRow

KEPT = timedelta(hours=12)
"""How long a scan that nobody deals with is kept: longer than a shift, shorter than a day."""
BROWSER = "browser"
"""The device of scans that arrive as typing in a page."""
FRESH = timedelta(seconds=120)
"""A scan that came later than that (its lane was cut off) reserves nothing: whoever showed it may have gone."""
REMEMBERED = timedelta(days=7)
"""How long a scan that was dealt with stays in the list, without its text."""
_BURST, _BURST_S = 20, 10.0


class Counter(Protocol):
    """Where pickup codes lead to."""

    def admit(self, kind: ScanKind, station: str) -> None:
        """Raises TooManyTries while the terminal may not try numbers."""

    def reserve(self, seen: SeenScan) -> None:
        """Hears of every kept scan; of one that was delivered again, again."""

    def waits(self, scan_id: int, station: str) -> bool:
        """Whether a kept scan leads to an order that could be handed over now."""


Noted = Callable[[Scanned, str], object]
"""Hears of every kept scan and its station."""


def _unseen(_seen: Scanned, _station: str) -> None:
    """Nobody keeps what is not recognised."""


TakesScans = Callable[[str, str, str], bool]
"""(station, text, a name of this scan): whether somebody there was waiting for it and has dealt with it."""


class ScanDesk:
    """Scans wait here until somebody deals with them, whether or not a page is open."""

    def __init__(
        self, books: Books, poke: Poke, counter: Counter, rules: Rules = PLAIN, noted: Noted = _unseen
    ) -> None:
        self._books = books
        self._poke = poke
        self._counter = counter
        self._rules = rules
        self._noted = noted
        self._typed = 0
        self._takes: TakesScans | None = None
        self._browsers = threading.Lock()
        self._paces: dict[str, deque[float]] = {}

    def give_to(self, takes: TakesScans) -> None:
        """From now on what belongs to a sale that a station is at work on goes there, and waits nowhere."""
        self._takes = takes

    def receive(self, scan: Scan) -> SeenScan:
        """Announces a scan and keeps it.

        Raises PayCodeElsewhere for payment codes and TooManyTries for numbers at a terminal that pauses;
        neither is kept anywhere.
        """
        typed = scan.reading.symbology is Symbology.TYPED
        expecting = Expecting.PICKUP if typed else Expecting.ANYTHING
        seen = classify(scan.reading.text, expecting, self._rules)
        name = f"scan:{scan.device}:{scan.stream or scan.at.isoformat()}:{scan.seq}"
        # A number that was typed is a pickup code's, though eight digits may be a product's too.
        digits = seen.kind is ScanKind.PICKUP_DIGITS
        if self._takes is not None and not digits and self._takes(scan.station, scan.reading.text, name):
            # Kept as dealt with, and without its text.
            done = self._keep(scan, seen.kind, "")
            self._books.scans.handle(done, scan.station, stamp(self._books.clock.now()))
            kind, symbology = seen.kind, scan.reading.symbology.value
            return SeenScan(done, scan.station, scan.device, kind, symbology, scan.at, 0.0, handled=True)
        if seen.kind in PAY_KINDS:
            # That there was one is kept, so that the page can say so; the code itself is not.
            self._keep(scan, seen.kind, "")
            raise PayCodeElsewhere
        self._counter.admit(seen.kind, scan.station)
        scan_id = self._keep(scan, seen.kind, seen.value)
        told = SeenScan(
            scan_id,
            scan.station,
            scan.device,
            seen.kind,
            scan.reading.symbology.value,
            scan.at,
            max(0.0, (self._books.clock.now() - scan.at).total_seconds()),
            handled=False,
        )
        self._noted(seen, scan.station)
        # The pages know already. Whatever the counter refuses, they hear it when they look.
        with contextlib.suppress(Refusal):
            if told.age_s < FRESH.total_seconds():
                self._counter.reserve(told)
        return told

    def _keep(self, scan: Scan, kind: ScanKind, text: str) -> int:
        # Told first, kept meanwhile: the pages' question is on its way while the row is being written.
        with self._books.scans.keeping:
            self._poke(f"station:{scan.station}")
            return self._books.scans.add(
                device=scan.device,
                station=scan.station,
                seq=scan.seq,
                stream=scan.stream,
                kind=kind.value,
                symbology=scan.reading.symbology.value,
                text=text,
                at=stamp(scan.at),
            )

    def type_in(self, text: str, station: str, device: str = "keyboard", nonce: str = "") -> SeenScan:
        """A text from a page's field, a keyboard wedge or another program; eight digits are a pickup code.

        With a `nonce` it is one scan of its device however often it is told.
        """
        self._typed += 1
        reading = Reading(text=text, raw=text.encode(errors="replace"), symbology=Symbology.TYPED)
        now, number = self._books.clock.now(), 0 if nonce else self._typed
        return self.receive(Scan(device, station, number, now, reading, nonce))

    def from_browser(self, text: str, seq: int, station: str) -> SeenScan:
        """A code that a scanner typed into a page. `seq` is the page's number for it: told again, it is one scan.

        Raises TooFast for more than a hand can scan, and what receive() raises, also when told again.
        """
        with self._browsers:  # a page that lost patience may ask twice at once
            known = self._books.scans.of_device(BROWSER, seq, station)
            if known is None:
                self._keep_pace(station)
                reading = Reading(text=text, raw=text.encode(errors="replace"))
                return self.receive(Scan(BROWSER, station, seq, self._books.clock.now(), reading))
        if ScanKind(known.kind) in PAY_KINDS:
            raise PayCodeElsewhere
        return self._seen(known, 0)

    def _keep_pace(self, station: str) -> None:
        # A guide's page asks nobody to sign in: what it may write is bounded.
        now, recent = time.monotonic(), self._paces.setdefault(station, deque(maxlen=_BURST))
        if len(recent) == _BURST and now - recent[0] < _BURST_S:
            raise TooFast
        recent.append(now)

    def current(self, station: str) -> SeenScan | None:
        """The station's newest scan that nobody dealt with, and how many older ones wait behind it."""
        found = self._books.scans.newest_open(station)
        return None if found is None else self._seen(found[0], found[1])

    def feed(self, station: str, limit: int = 8) -> tuple[SeenScan, ...]:
        """The station's newest scans, newest first."""
        return tuple(self._seen(row, 0) for row in self._books.scans.feed(station, limit))

    def dismiss(self, scan_id: int, station: str) -> None:
        """Deals with a scan, however often it was scanned, and with older ones that lead nowhere.

        An older one whose order can still be handed over comes up again: that customer is still waiting.
        """
        now = stamp(self._books.clock.now())
        self._books.scans.handle(scan_id, station, now)
        for older in self._books.scans.open_before(station, scan_id):
            if not self._counter.waits(older, station):
                self._books.scans.handle(older, station, now)
        self._poke(f"station:{station}")

    def tidy(self) -> int:
        """Forgets scans that nobody dealt with for half a day; gives how many."""
        now = self._books.clock.now()
        return self._books.scans.forget(stamp(now - KEPT), stamp(now - REMEMBERED))

    def text(self, scan_id: int, station: str) -> str:
        """What was scanned; may be a live code, so never show or log it. UnknownThing once dealt with."""
        row = self._books.scans.by_id(scan_id, station)
        if row is None or not row.text:
            raise UnknownThing
        return row.text

    def _seen(self, row: ScanRow, waiting: int) -> SeenScan:
        at = moment_of(row.at)
        age = (self._books.clock.now() - at).total_seconds()
        return SeenScan(
            id=row.id,
            station=row.station,
            device=row.device,
            kind=ScanKind(row.kind),
            symbology=row.symbology,
            at=at,
            age_s=max(0.0, age),
            handled=bool(row.handled_at),
            waiting=waiting,
        )
