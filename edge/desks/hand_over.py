"""The hand-over itself: from a code to goods given out, exactly once, with or without HQ."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.schema import Settings
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.gate import Gate
from edge.desks.reading import CodeReader, Meant, kept
from edge.desks.slips import pickup_slip
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.domain.handover import after_annul, after_hand_over, allot
from edge.domain.moves import IllegalMove
from edge.domain.orders import Fulfilment, Order, OrderState
from edge.domain.refusals import NonceReused, NotAllowed, NotAnnullable, Refusal, UnknownThing
from edge.domain.scanned import Expecting, Scanned, classify
from edge.domain.staff import Act, Operator
from edge.domain.views import NOTHING, Behind, HandedOver, LineWord, RedeemRequest
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.pickups import PickupRow, handed_lines
from sync.messages import HandedLine, PickupAnnulled, PickupCollected

_log = logging.getLogger("store_edge.hand_over")


@dataclass(frozen=True)
class HandOverDesk:
    """One verb, one transaction on the ledger. Every verb may raise a Refusal."""

    books: Books
    settings: Settings
    reader: CodeReader
    gate: Gate
    staff: StaffDesk
    status: StatusDesk
    poke: Poke

    def redeem(self, request: RedeemRequest, operator: Operator) -> HandedOver:
        """Hands over: one transaction {advance, lines, movements, outbox, print job}, exactly once a nonce."""
        digest = _digest(request, operator.station)
        stored = self._stored(request.nonce, digest)
        if stored is not None:
            return stored
        tried = not request.scan  # a kept scan was tried when it was scanned
        seen, chosen = self._asked(request, operator)
        meant = self.reader.meant(seen, operator.station, tried=tried, chosen=chosen)
        with self.books.ledger.transaction() as tx:
            # Looked up again under the write lock: a twin of this request may have just committed.
            stored = self._stored(request.nonce, digest, tx)
            if stored is not None:
                return stored
            row = self._hand_over(tx, meant, request, digest, operator)
        # The pickup's id is the journey's thread: the scan, the slip and HQ's event all name it.
        facts = {"pickup": row.pickup, "station": row.station, "scan": request.scan}
        _log.info("handed over", extra={**facts, "state": row.state_after.value, "offline": row.offline})
        self._announce(operator.station)
        return self._handed(row)

    def annul(self, pickup: str, nonce: str, operator: Operator) -> HandedOver:
        """Takes a hand-over back before the goods left: same station, a lead, within minutes."""
        if not operator.may(Act.ANNUL):
            raise NotAllowed
        with self.books.ledger.transaction() as tx:
            row = self.books.pickups.by_id(pickup, tx)
            if row is None:
                raise UnknownThing
            if row.annulled_at and row.annul_nonce == nonce:
                return self._handed(row, repeat=True)
            self._annullable(row, operator)
            now = stamp(self.status.now())
            state = self._before(tx, row, now)
            fact = PickupAnnulled(row.pickup, row.order, row.gen, state.value, _wire(row))
            self.books.journal.append(tx, fact, Author(operator.station, operator.staff))
            self.books.pickups.annul(tx, pickup, nonce, now)
            self.books.jobs.withdraw(tx, pickup, now)
        _log.info("hand-over annulled", extra={"pickup": pickup, "station": operator.station})
        self._announce(operator.station)
        return self.handed(pickup)

    def handed(self, pickup: str) -> HandedOver:
        """A hand-over that happened, as it stands now."""
        row = self.books.pickups.by_id(pickup)
        if row is None:
            raise UnknownThing
        return self._handed(row)

    def behind(self, scan_id: int, operator: Operator) -> Behind:
        """What a kept scan is about, for a page that has to refuse it; never refuses itself."""
        try:
            seen, chosen = kept(self.books, scan_id, operator.station)
            meant = self.reader.meant(seen, operator.station, tried=False, chosen=chosen)
        except Refusal:
            return NOTHING
        row = self.books.pickups.last_of(meant.order_id, meant.unit)
        return Behind(meant.order, row.pickup if row else "")

    def _asked(self, request: RedeemRequest, operator: Operator) -> tuple[Scanned, bool]:
        if request.scan:
            return kept(self.books, request.scan, operator.station)
        return classify(request.code, Expecting.PICKUP), False

    def _before(self, tx: Connection, row: PickupRow, now: str) -> OrderState:
        """Puts the order back to where it stood before this hand-over; raises NotAnnullable."""
        order = self.books.replica.order(row.order)
        if order is None:
            # Forced before its order came: nothing of ours remains, so HQ's word will count.
            self.books.pickups.drop(tx, row.order)
            return OrderState.READY
        fulfilment = self.books.pickups.fulfilment(order, tx)
        try:
            state = after_annul(fulfilment, {line: qty for line, _, _, _, qty in row.lines})
        except IllegalMove:
            raise NotAnnullable(why_zh="订单正在办理中", why_en="the order is being worked on") from None
        freed = replace(fulfilment, state=state, claimed_by="", claimed_until="")
        self.books.pickups.save(tx, freed, now)
        return state

    def _hand_over(
        self, tx: Connection, meant: Meant, request: RedeemRequest, digest: str, operator: Operator
    ) -> PickupRow:
        if meant.order is None:
            return self._forced(tx, meant, request, digest, operator)
        order = meant.order
        fulfilment = self.books.pickups.fulfilment(order, tx)
        self.gate.check(order, fulfilment, meant.unit, operator.station)
        self.gate.settled(order, fulfilment, request, operator)
        wanted = allot(order, fulfilment, meant.unit, request.lines)
        state = after_hand_over(order, fulfilment, wanted)
        left = sum(fulfilment.remaining(order).values()) - sum(wanted.values())
        row = self._row(request, digest, operator, order.order, order.gen)
        row = replace(
            row,
            whole=order.mode.value == "whole",
            unit=meant.unit,
            state_after=state,
            left_units=left,
            lines=handed_lines(order, wanted),
        )
        now = row.at
        done = replace(fulfilment, state=state, claimed_by="", claimed_until="", gen=order.gen)
        self.books.pickups.save(tx, done, now)
        settled = order.due_fen if request.settled and not any(fulfilment.handed.values()) else 0
        forced = request.forced and self.gate.lead_only(order) is not None
        self._write(tx, row, order, operator, manual=meant.manual, forced=forced, settled=settled)
        return self.books.pickups.by_id(row.pickup, tx) or row

    def _forced(
        self, tx: Connection, meant: Meant, request: RedeemRequest, digest: str, operator: Operator
    ) -> PickupRow:
        """A genuine code of a whole order that has not arrived: a lead may hand over what the customer shows.

        Not so a code of one unit: which of the goods it means only the order can tell.
        """
        if not request.forced or meant.claims is None or meant.unit:
            self.reader.arrived(meant)
        if not operator.may(Act.FORCE):
            raise NotAllowed
        unknown = tx.execute(
            "SELECT 1 FROM pickup WHERE order_id = ? AND annulled_at = ''", (meant.order_id,)
        ).fetchone()
        if unknown:
            raise self.gate.already(meant.order_id, 0)
        gen = meant.claims.gen if meant.claims else 1
        row = self._row(request, digest, operator, meant.order_id, gen)
        self.books.pickups.save(tx, Fulfilment(meant.order_id, gen, OrderState.PICKED_UP, "", {}), row.at)
        self._write(tx, row, None, operator, manual=False, forced=True, settled=0)
        return self.books.pickups.by_id(row.pickup, tx) or row

    def _row(
        self, request: RedeemRequest, digest: str, operator: Operator, order: str, gen: int
    ) -> PickupRow:
        return PickupRow(
            pickup=str(uuid.uuid4()),
            nonce=request.nonce,
            request_sha=digest,
            order=order,
            gen=gen,
            whole=True,
            unit=0,
            station=operator.station,
            staff=operator.staff,
            at=stamp(self.status.now()),
            state_after=OrderState.PICKED_UP,
            left_units=0,
            offline=self.status.word() is LineWord.DOWN,
            boot=self.books.clock.boot(),
            mono_ms=self.books.clock.mono_ms(),
        )

    def _write(
        self,
        tx: Connection,
        row: PickupRow,
        order: Order | None,
        operator: Operator,
        *,
        manual: bool,
        forced: bool,
        settled: int,
    ) -> None:
        fact = PickupCollected(
            pickup=row.pickup,
            order=row.order,
            gen=row.gen,
            state=row.state_after.value,
            lines=_wire(row),
            unit=row.unit,
            manual=manual,
            forced=forced,
            offline=row.offline,
            balance_settled=settled,
        )
        self.books.journal.append(tx, fact, Author(operator.station, operator.staff))
        station = self.staff.station(operator.station)
        job = 0
        if station.printer:
            shop = self.books.replica.shop(self.settings.store.id)
            at = self.status.local(moment_of(row.at))
            slip = pickup_slip(row, order, shop, station, operator.name, at)
            job = self.books.jobs.add(
                tx,
                key=f"pickup:{row.pickup}",
                printer=station.printer,
                station=operator.station,
                ref=row.pickup,
                slip=slip,
                now=row.at,
            )
        self.books.pickups.add(tx, replace(row, job=job))

    def _stored(self, nonce: str, digest: str, tx: Connection | None = None) -> HandedOver | None:
        row = self.books.pickups.by_nonce(nonce, tx)
        if row is None:
            return None
        if row.request_sha != digest:
            raise NonceReused
        return self._handed(row, repeat=True)

    def _annullable(self, row: PickupRow, operator: Operator) -> None:
        clock = self.books.clock
        limit_ms = self.settings.pickup.annul_minutes * 60_000
        if row.annulled_at:
            raise NotAnnullable(why_zh="已经撤销过", why_en="it was undone before")
        if row.station != operator.station:
            raise NotAnnullable(why_zh="须在原柜台撤销", why_en="only the desk that handed over may")
        # The monotonic clock counts, so that setting the clock back gives nobody more time.
        if row.boot != clock.boot() or clock.mono_ms() - row.mono_ms > limit_ms:
            raise NotAnnullable(why_zh="已超过时限", why_en="the time for it has passed")

    def _handed(self, row: PickupRow, *, repeat: bool = False) -> HandedOver:
        job = self.books.jobs.of(row.pickup)
        return HandedOver(
            pickup=row.pickup,
            order=row.order,
            tail=row.order[-4:],
            state=row.state_after,
            at=moment_of(row.at),
            station=row.station,
            staff=row.staff,
            handed=tuple((zh, en, qty) for _, _, zh, en, qty in row.lines),
            left_units=row.left_units,
            annul_until=self._annul_until(row),
            annulled=bool(row.annulled_at),
            offline=row.offline,
            job=job.id if job else 0,
            job_state=job.state if job else "",
            job_reason=job.reason if job else "",
            repeat=repeat,
        )

    def _annul_until(self, row: PickupRow) -> datetime:
        return moment_of(row.at) + timedelta(minutes=self.settings.pickup.annul_minutes)

    def _announce(self, station: str) -> None:
        slips = f"slips:{self.staff.station(station).printer}"
        for topic in (f"station:{station}", "orders", "stock", "printing", slips, "outbox"):
            self.poke(topic)


def _wire(row: PickupRow) -> tuple[HandedLine, ...]:
    return tuple(HandedLine(line, sku, qty) for line, sku, _, _, qty in row.lines)


def _digest(request: RedeemRequest, station: str) -> str:
    """What makes two requests the same wish; the code goes in only as part of a hash."""
    lines: Mapping[int, int] = request.lines or {}
    said = (request.settled, request.forced)
    parts = (station, request.code.strip(), str(request.scan), repr(said), repr(sorted(lines.items())))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
