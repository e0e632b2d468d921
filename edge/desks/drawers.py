"""The drawer desk: a drawer opens once a command, for a reason, and everybody can read later who asked."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from config.device_schema import DrawerSettings
from devices.ports import CashDrawer, DeviceFault, TellsLevel, Unconfirmed
from edge.clock import stamp
from edge.desks.drawer_sensor import DrawerSensor
from edge.desks.status import Poke, StatusDesk
from edge.domain.drawers import NEEDS, DrawerView, Opening, Outcome, Reason
from edge.domain.refusals import NonceReused, NotAllowed, UnknownThing
from edge.domain.staff import Operator
from edge.records.books import Books
from edge.records.drawers import OpeningRow
from edge.records.journal import Author
from sync.messages import DrawerClosed, DrawerOpened

_log = logging.getLogger("store_edge.drawers")
_LATE_MS = 10_000
"""A drawer that could not be opened by then stays shut: nobody stands before it any more."""
_TWICE_MS = 2_000
"""The same wish of the same person again within this time is one wish: a finger that hit twice."""


@dataclass(frozen=True)
class DrawerDesk:
    """Rows first, then one pulse, then how it went as rows. Only `turn` touches a drawer.

    Nothing repeats a pulse: a command whose fate is unknown stays so until somebody looks at the drawer.
    """

    books: Books
    status: StatusDesk
    drawers: Mapping[str, CashDrawer]
    rules: Mapping[str, DrawerSettings]
    poke: Poke
    sensors: dict[str, DrawerSensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        heard = set[str]()
        for name, drawer in self.drawers.items():
            rules = self.rules[name]
            # One socket has one sensor wire: of two drawers on it, only the first can be watched.
            alone = rules.sensor == "none" or rules.printer not in heard
            sensor = rules if alone else _blind(rules)
            if sensor.sensor != "none":
                heard.add(rules.printer)
            self.sensors[name] = DrawerSensor(name, sensor, drawer, self.books, self.status, self.poke)

    def begin(self) -> None:
        """At start: listens to the sensors."""
        for name, drawer in self.drawers.items():
            if isinstance(drawer, TellsLevel):
                drawer.listen_level(self.sensors[name].heard)

    def open(self, drawer: str, reason: Reason, nonce: str, operator: Operator) -> Opening:
        """Has a drawer of the operator's station opened; the pulse follows at once, in another thread.

        The same `nonce` again tells how it stands and opens nothing. Raises UnknownThing, NotAllowed, NonceReused.
        """
        if drawer not in self.drawers or self.rules[drawer].station != operator.station:
            raise UnknownThing
        if reason not in NEEDS:
            raise UnknownThing
        if not operator.may(NEEDS[reason]):
            raise NotAllowed
        with self.books.ledger.transaction() as tx:
            stored = self.books.drawers.by_nonce(nonce, tx)
            if stored is not None:
                if (stored.drawer, stored.reason, stored.staff) != (drawer, reason.value, operator.staff):
                    raise NonceReused
                return stored.view(repeat=True)
            last = self.books.drawers.last(drawer, tx)
            if last is not None and self._twice(last, reason, operator):
                return last.view(repeat=True)
            row = self._row(drawer, reason, nonce, operator)
            self.books.drawers.add(tx, row)
            fact = DrawerOpened(drawer, row.opening, row.reason)
            self.books.journal.append(tx, fact, Author(row.station, row.staff))
        facts = {"device": drawer, "station": row.station, "reason": row.reason, "opening": row.opening}
        _log.info("drawer asked for", extra=facts)
        for topic in (f"drawer:{drawer}", f"station:{row.station}", "outbox"):
            self.poke(topic)
        return row.view()

    def at(self, station: str) -> tuple[DrawerView, ...]:
        """The drawers of a station, by name."""
        return tuple(self._view(name) for name in sorted(self.drawers) if self.rules[name].station == station)

    def turn(self, drawer: str) -> float:
        """One step of a drawer's worker; gives the pause until the next, seconds."""
        for row in self.books.drawers.interrupted(drawer):
            self._settle(row, Outcome.UNCERTAIN, "INTERRUPTED")
        row_asked = self.books.drawers.asked(drawer)
        if row_asked is not None:
            self._pulse(row_asked)
        return self.sensors[drawer].turn()

    def _pulse(self, row: OpeningRow) -> None:
        sensor = self.sensors[row.drawer]
        before = sensor.before_pulse()
        if self._age_ms(row) > _LATE_MS:
            self._settle(row, Outcome.BLOCKED, "TOO_LATE")
            return
        with self.books.ledger.transaction() as tx:
            # Synced before the pulse: after a loss of power its fate is unknown, and nobody repeats it.
            if not self.books.drawers.take(tx, row.opening):
                return
        try:
            self.drawers[row.drawer].pulse()
        except Unconfirmed as fault:
            outcome, code = Outcome.UNCERTAIN, fault.code
        except DeviceFault as fault:
            outcome, code = Outcome.BLOCKED, fault.code
        else:
            outcome, code = Outcome.OK, ""
        self._settle(row, outcome, code)
        if outcome is not Outcome.BLOCKED:
            sensor.pulsed(row.opening, before)

    def _settle(self, row: OpeningRow, outcome: Outcome, fault: str) -> None:
        with self.books.ledger.transaction() as tx:
            self.books.drawers.settle(tx, row.opening, outcome, fault)
            if outcome is Outcome.BLOCKED:
                fact = DrawerClosed(row.drawer, row.opening, "blocked")
                self.books.journal.append(tx, fact, Author(row.station, row.staff))
        facts = {"device": row.drawer, "opening": row.opening, "state": outcome.value, "code": fault}
        _log.info("drawer", extra=facts)
        for topic in (f"station:{row.station}", "outbox"):
            self.poke(topic)

    def _twice(self, last: OpeningRow, reason: Reason, operator: Operator) -> bool:
        same = (last.reason, last.staff) == (reason.value, operator.staff)
        return same and last.outcome != Outcome.BLOCKED.value and self._age_ms(last) < _TWICE_MS

    def _age_ms(self, row: OpeningRow) -> int:
        """By the clock that nobody can set; a command from before a restart of the box is older than any limit."""
        clock = self.books.clock
        return clock.mono_ms() - row.mono_ms if row.boot == clock.boot() else _LATE_MS + 1

    def _row(self, drawer: str, reason: Reason, nonce: str, operator: Operator) -> OpeningRow:
        clock = self.books.clock
        return OpeningRow(
            opening=str(uuid.uuid4()),
            nonce=nonce,
            drawer=drawer,
            station=operator.station,
            staff=operator.staff,
            reason=reason.value,
            outcome=Outcome.ASKED.value,
            fault="",
            at=stamp(self.status.now()),
            boot=clock.boot(),
            mono_ms=clock.mono_ms(),
        )

    def _view(self, name: str) -> DrawerView:
        sensor, last = self.sensors[name], self.books.drawers.last(name)
        open_s = sensor.open_s()
        return DrawerView(
            name=name,
            station=self.rules[name].station,
            is_open=sensor.is_open,
            open_s=open_s,
            too_long=open_s >= self.rules[name].warn_open_s,
            last=last.view() if last else None,
        )


def _blind(rules: DrawerSettings) -> DrawerSettings:
    return msgspec.structs.replace(rules, sensor="none")
