"""The pickup desk: what a code or a name at the counter means, and the reservation that goes with it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta

from config.schema import Settings
from edge.clock import moment_of, stamp
from edge.desks.gate import Gate
from edge.desks.reading import CodeReader, Meant, kept
from edge.desks.status import Poke, StatusDesk
from edge.domain.handover import released
from edge.domain.moves import advance
from edge.domain.orders import FULFILMENT, Fen, Fulfilment, Order, OrderEvent, OrderState
from edge.domain.refusals import Refusal, UnknownThing
from edge.domain.scanned import Expecting, ScanKind, classify
from edge.domain.staff import Act, Operator
from edge.domain.views import Candidate, Counts, Found, LineView, SeenScan
from edge.records.books import Books

_PICKUP_KINDS = frozenset({ScanKind.PICKUP, ScanKind.PICKUP_DIGITS, ScanKind.ORDER})


@dataclass(frozen=True)
class PickupDesk:
    """Looking things up and reserving them. Every verb may raise a Refusal."""

    books: Books
    settings: Settings
    reader: CodeReader
    gate: Gate
    status: StatusDesk
    poke: Poke

    def look(self, code: str, operator: Operator) -> Found:
        """What handing over would do; changes and reserves nothing."""
        meant = self.reader.meant(classify(code, Expecting.PICKUP), operator.station, tried=True)
        return self._found(*self._admitted(meant, operator.station), meant, 0)

    def look_up(self, order: Order, operator: Operator) -> Found:
        """The same for an order that somebody proved to be theirs in another way."""
        meant = Meant(order.order, order)
        return self._found(*self._admitted(meant, operator.station), meant, 0)

    def found(self, scan_id: int, operator: Operator) -> Found:
        """The order behind a kept scan of this station; changes nothing (`reserve` did, when it was scanned)."""
        meant = self._kept(scan_id, operator.station, tried=False)
        return self._found(*self._admitted(meant, operator.station), meant, scan_id)

    def order_of(self, scan_id: int, operator: Operator) -> str:
        """The number of the order behind a kept scan of this station."""
        meant = self._kept(scan_id, operator.station, tried=False)
        return self.reader.arrived(meant).order

    def admit(self, kind: ScanKind, station: str) -> None:
        """Raises TooManyTries where a number was typed at a terminal that pauses."""
        if kind is ScanKind.PICKUP_DIGITS:
            self.reader.admit(station)

    def waits(self, scan_id: int, station: str) -> bool:
        """Whether a kept scan leads to an order that could be handed over now."""
        try:
            self._admitted(self._kept(scan_id, station, tried=False), station)
        except Refusal:
            return False
        return True

    def reserve(self, seen: SeenScan) -> None:
        """An order was scanned or chosen at a desk: it is that desk's (HANDING) until the lock runs out.

        Raises what `found` will say when somebody looks; then nothing is reserved.
        """
        if seen.kind not in _PICKUP_KINDS or self.settings.stations[seen.station].kind != "cashier":
            return
        meant = self._kept(seen.id, seen.station, tried=True)
        order = self.reader.arrived(meant)
        now = self.status.now()
        until = now + timedelta(seconds=self.settings.pickup.hand_over_lock_s)
        # Not synced: a reservation lost in a power cut harms nobody.
        with self.books.ledger.transaction(durable=False) as tx:
            fulfilment = self.books.pickups.fulfilment(order, tx)
            self.gate.check(order, fulfilment, meant.unit, seen.station)
            claimed = replace(
                fulfilment,
                state=advance(FULFILMENT, fulfilment.state, OrderEvent.CLAIM),
                claimed_by=seen.station,
                claimed_until=stamp(until),
            )
            self.books.pickups.save(tx, claimed, stamp(now))

    def candidates(self, text: str, operator: Operator) -> tuple[Candidate, ...]:
        """Orders for a phone tail or an order number; at most 20, those waiting on the shelf first."""
        text = text.strip().upper()
        if not operator.may(Act.HAND_OVER) or len(text) < 4:
            raise UnknownThing
        return self._listed(self.books.replica.candidates(text, 20))

    def waiting(self, operator: Operator) -> tuple[Candidate, ...]:
        """Orders on their shelves, at most 50, those that will not be kept much longer first."""
        return self._listed(self.books.replica.waiting(50)) if operator.may(Act.HAND_OVER) else ()

    def _listed(self, rows: list[tuple[Order, OrderState]]) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                order=order.order,
                tail=order.tail,
                name_masked=order.name_masked,
                phone_tail=order.phone_tail,
                state=state,
                shelf=self.books.pickups.fulfilment(order).shelf,
                units=order.units,
                ready_by=moment_of(order.ready_by) if order.ready_by else None,
                first_zh=order.lines[0].name_zh if order.lines else "",
                first_en=order.lines[0].name_en if order.lines else "",
            )
            for order, state in rows
        )

    def counts(self) -> Counts:
        """Figures for the HOME page."""
        now = self.status.now()
        midnight = self.status.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
        figures = self.books.replica.counts(stamp(now))
        return Counts(
            ready=figures["ready"],
            preparing=figures["preparing"],
            late=figures["late"],
            handed_today=self.books.pickups.handed_since(stamp(midnight)),
            expired=figures["expired"],
            slips_waiting=self.books.jobs.waiting(),
        )

    def open(self, order: str, operator: Operator) -> SeenScan:
        """Staff chose an order from a list: it becomes the station's current scan."""
        if self.books.replica.order(order) is None:
            raise UnknownThing
        now = self.status.now()
        scan_id = self.books.scans.add(
            device="list",
            station=operator.station,
            seq=0,
            kind=ScanKind.ORDER.value,
            symbology="typed",
            text=order,
            at=stamp(now),
        )
        seen = SeenScan(scan_id, operator.station, "list", ScanKind.ORDER, "typed", now, 0.0, handled=False)
        # Whatever it refuses, the page hears it from `found` and shows it.
        with contextlib.suppress(Refusal):
            self.reserve(seen)
        self.poke(f"station:{operator.station}")
        return seen

    def release(self, order: str, operator: Operator) -> None:
        """Lets go of this station's reservation; nothing happens where it holds none."""
        published = self.books.replica.order(order)
        if published is None:
            raise UnknownThing
        with self.books.ledger.transaction(durable=False) as tx:
            fulfilment = self.books.pickups.fulfilment(published, tx)
            if fulfilment.state is not OrderState.HANDING or fulfilment.claimed_by != operator.station:
                return
            freed = replace(fulfilment, state=released(fulfilment), claimed_by="", claimed_until="")
            self.books.pickups.save(tx, freed, stamp(self.status.now()))

    def _admitted(self, meant: Meant, station: str) -> tuple[Order, Fulfilment]:
        """The order and how it stands, past the gate; raises whatever refuses it."""
        order = self.reader.arrived(meant)
        fulfilment = self.books.pickups.fulfilment(order)
        self.gate.check(order, fulfilment, meant.unit, station)
        return order, fulfilment

    def _kept(self, scan_id: int, station: str, *, tried: bool) -> Meant:
        seen, chosen = kept(self.books, scan_id, station)
        return self.reader.meant(seen, station, tried=tried, chosen=chosen)

    def _found(self, order: Order, fulfilment: Fulfilment, meant: Meant, scan_id: int) -> Found:
        left = fulfilment.remaining(order)
        held = fulfilment.state is OrderState.HANDING and fulfilment.claimed_until
        untouched = not any(fulfilment.handed.values())
        return Found(
            order=order,
            state=fulfilment.state,
            shelf=fulfilment.shelf,
            lines=tuple(
                LineView(
                    line.line,
                    line.sku,
                    line.name_zh,
                    line.name_en,
                    line.qty,
                    fulfilment.handed.get(line.line, 0),
                    left.get(line.line, 0),
                    line.unit_fen,
                    line.picture,
                    line.flags,
                )
                for line in order.lines
            ),
            unit=meant.unit,
            by_number=meant.manual,
            must_settle_fen=order.due_fen if untouched else Fen(0),
            lead_only=self.gate.lead_only(order),
            scan=scan_id,
            locked_until=moment_of(fulfilment.claimed_until) if held else None,
            line=self.status.line(),
        )
