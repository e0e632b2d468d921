"""A drawer's sensor: what its level means, found out and kept; when the drawer opened and when it shut."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from dataclasses import dataclass

from config.device_schema import DrawerSettings
from devices.ports import CashDrawer
from edge.clock import moment_of, stamp
from edge.desks.status import Poke, StatusDesk
from edge.domain.drawers import Outcome, Polarity, Reason, polarity_of
from edge.records.books import Books
from edge.records.drawers import OpeningRow
from edge.records.journal import Author
from sync.messages import DrawerClosed, DrawerOpened

_log = logging.getLogger("store_edge.drawers")
_LEARN_S = 1.0
"""A level that changes so soon after a pulse changed by it: nobody shuts a drawer so quickly."""
_ANSWER_S = 3.0
"""A drawer that its sensor did not see open by then did not open."""
_LOOK_S = 2.0
_RARELY_S = 10.0
_ARMED_S = 0.1
_UNASKED, _UNASKED_S = 12, 60.0
"""More openings without a command than that in so long are a loose wire, or somebody who wants the books full."""


@dataclass(frozen=True)
class _Pulse:
    """A pulse that was sent: for which opening, the level before it, when (monotonic s)."""

    opening: str
    before: bool | None
    at_s: float


class DrawerSensor:
    """Only the drawer's worker calls it; any thread may call `heard` and read `is_open` and `open_s`."""

    def __init__(
        self,
        name: str,
        rules: DrawerSettings,
        drawer: CashDrawer,
        books: Books,
        status: StatusDesk,
        poke: Poke,
    ) -> None:
        self._name, self._rules, self._drawer = name, rules, drawer
        self._books, self._status, self._poke = books, status, poke
        self._polarity = polarity_of(rules.sensor, books.drawers.learnt(name))
        self._ear: deque[bool] = deque(maxlen=64)
        self._level: bool | None = None
        self._silent = 0
        self._looked_s = -_RARELY_S
        self._pulse: _Pulse | None = None
        self._unasked_at: deque[float] = deque(maxlen=_UNASKED)
        self.is_open: bool | None = None

    def heard(self, level: bool) -> None:
        """The driver says how the level is now."""
        if self._rules.sensor == "none":
            return
        self._ear.append(level)
        if level is not self._level:
            self._poke(f"drawer:{self._name}")

    def before_pulse(self) -> bool | None:
        """The level just before a pulse."""
        self._catch_up()
        self._ask()
        return self._level

    def pulsed(self, opening: str, before: bool | None) -> None:
        """A pulse was sent; what changes now, changes by it."""
        if self._polarity.is_open(before):
            now = stamp(self._status.now())
            with self._books.ledger.transaction() as tx:
                self._books.drawers.seen_open(tx, opening, now)
                self._books.drawers.settle(tx, opening, Outcome.OK, "ALREADY_OPEN")
        self._pulse = _Pulse(opening, before, time.monotonic())

    def turn(self) -> float:
        """Takes in what was heard, asks where nothing is told; gives the pause until the next look, seconds."""
        self._catch_up()
        rhythm = _ARMED_S if self._pulse else _RARELY_S if self._silent > 1 else _LOOK_S
        if time.monotonic() - self._looked_s >= rhythm:
            self._ask()
        self._expect_no_more()
        self._tell()
        return _ARMED_S if self._pulse else rhythm

    def open_s(self) -> float:
        """For how long it has stood open, seconds; 0.0 when it does not."""
        standing = self._books.drawers.standing(self._name) if self.is_open else []
        since = moment_of(standing[0].opened_at) if standing else self._status.now()
        return max(0.0, (self._status.now() - since).total_seconds())

    def _catch_up(self) -> None:
        while self._ear:
            self._level_is(self._ear.popleft())

    def _ask(self) -> None:
        if self._rules.sensor == "none":
            return
        self._looked_s = time.monotonic()
        level = self._drawer.level()
        self._catch_up()  # told while it was asked: older than the answer
        self._silent = 0 if level is not None else self._silent + 1
        if level is not None:
            self._level_is(level)

    def _level_is(self, level: bool) -> None:
        if level is self._level:
            return
        self._level = level
        pulse = self._pulse
        if pulse and pulse.before is not None and time.monotonic() - pulse.at_s < _LEARN_S:
            self._learn(self._polarity.after_pulse(pulse.before, level))
        self._open_is(self._polarity.is_open(level))

    def _learn(self, found: Polarity) -> None:
        if found == self._polarity:
            return
        self._polarity = found
        now = stamp(self._status.now())
        with self._books.ledger.transaction() as tx:
            self._books.drawers.learn(tx, self._name, found.level, now)
        _log.info("drawer sensor", extra={"device": self._name, "open_level": found.level})
        if found.level is None:
            self._end_standing("lost")
            self.is_open = None

    def _open_is(self, is_open: bool | None) -> None:
        if is_open is None or is_open is self.is_open:
            return
        first, self.is_open = self.is_open is None, is_open
        if is_open:
            self._opened(first=first)
        else:
            self._end_standing("shut")
        self._poke(f"station:{self._rules.station}")

    def _opened(self, *, first: bool) -> None:
        """Belongs to the pulse just sent; or, at the first look, to what stood open or was under way before."""
        now = stamp(self._status.now())
        drawers = self._books.drawers
        with self._books.ledger.transaction() as tx:
            last = drawers.last(self._name, tx)
            if first and drawers.standing(self._name, tx):
                return
            if last is not None and not last.opened_at and self._meant(last, first=first):
                drawers.seen_open(tx, last.opening, now)
                drawers.settle(tx, last.opening, Outcome.OK, "")
                return
            if self._flutters():
                return
            row = self._unasked(now)
            drawers.add(tx, row)
            fact = DrawerOpened(self._name, row.opening, row.reason)
            self._books.journal.append(tx, fact, Author(row.station, ""))
        _log.warning("drawer opened without a command", extra={"device": self._name})
        self._poke("outbox")

    def _flutters(self) -> bool:
        """Whether no more openings are written down for now; those before are, so that somebody comes and looks."""
        now, recent = time.monotonic(), self._unasked_at
        if len(recent) == _UNASKED and now - recent[0] < _UNASKED_S:
            return True
        recent.append(now)
        if len(recent) == _UNASKED and now - recent[0] < _UNASKED_S:
            _log.warning("drawer sensor flutters", extra={"device": self._name})
        return False

    def _meant(self, last: OpeningRow, *, first: bool) -> bool:
        if self._pulse is not None and self._pulse.opening == last.opening:
            return True
        return first and last.outcome in ("ok", "uncertain") and last.fault != "NOT_OPENED"

    def _unasked(self, now: str) -> OpeningRow:
        opening = str(uuid.uuid4())
        clock = self._books.clock
        return OpeningRow(
            opening=opening,
            nonce=opening,
            drawer=self._name,
            station=self._rules.station,
            staff="",
            reason=Reason.UNASKED.value,
            outcome=Outcome.OK.value,
            fault="",
            at=now,
            boot=clock.boot(),
            mono_ms=clock.mono_ms(),
            opened_at=now,
        )

    def _end_standing(self, how: str) -> None:
        now = self._status.now()
        with self._books.ledger.transaction() as tx:
            standing = self._books.drawers.standing(self._name, tx)
            for row in standing:
                self._books.drawers.seen_shut(tx, row.opening, stamp(now))
                open_s = max(0, int((now - moment_of(row.opened_at)).total_seconds()))
                fact = DrawerClosed(self._name, row.opening, how, open_s)
                self._books.journal.append(tx, fact, Author(row.station, row.staff))
        if standing:
            self._poke("outbox")

    def _expect_no_more(self) -> None:
        """A pulse whose time is over; a sensor that is understood and saw nothing contradicts the printer."""
        pulse = self._pulse
        if pulse is None or (not self.is_open and time.monotonic() - pulse.at_s < _ANSWER_S):
            return
        self._pulse = None
        if self.is_open is False and self._level is not None:
            last = self._books.drawers.last(self._name)
            if last is not None and last.opening == pulse.opening and not last.opened_at:
                with self._books.ledger.transaction() as tx:
                    self._books.drawers.settle(tx, pulse.opening, Outcome.UNCERTAIN, "NOT_OPENED")
                self._poke(f"station:{self._rules.station}")

    def _tell(self) -> None:
        if self._rules.sensor == "none" or self._polarity.level is None:
            word = "ready"
        elif self._silent > 1 or self.is_open is None:
            word = "unknown"
        elif not self.is_open:
            word = "closed"
        else:
            word = "open_long" if self.open_s() >= self._rules.warn_open_s else "open"
        self._status.device(self._name, "drawer", word, station=self._rules.station)
