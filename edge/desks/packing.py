"""The packing desk: picked goods go into a bag with a label of its own, and are ready once that label was scanned."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import pairwise

from devices.slip import Slip
from edge.clock import moment_of
from edge.db import Connection
from edge.desks.pick_slips import bag_label, package_card, waybill
from edge.desks.pick_steps import InHand, PickSteps, author_of
from edge.desks.slips import marked
from edge.desks.staff import StaffDesk
from edge.domain.orders import OrderEvent, OrderState
from edge.domain.picking import PickLine, deadline_of
from edge.domain.picking_refusals import NothingPicked, PickClosed, PickOpen, WrongLabel
from edge.domain.refusals import BadRequest
from edge.domain.staff import Operator
from sync.picks import PickFinished


@dataclass(frozen=True)
class Packed:
    """An order in its bag: what its label says."""

    order: str
    label: str
    repeat: bool = False


@dataclass(frozen=True)
class PackingDesk:
    """One verb, one transaction on the ledger, print jobs included. Every verb may raise a Refusal."""

    steps: PickSteps
    staff: StaffDesk

    def pack(self, order: str, operator: Operator, nonce: str) -> Packed:
        """The goods are in their bag: its label is printed, for a delivery the waybill, HQ's card where there is one.

        Raises PickOpen, NothingPicked, PickClosed.
        """

        def work(tx: Connection) -> str:
            found = self.steps.held(tx, order, operator)
            if found.fulfilment.state is not OrderState.PICKING:
                raise PickClosed
            lines = tuple(self.steps.books.picks.lines(order, tx))
            if left := sum(line.left for line in lines):
                raise PickOpen(left=left)
            if not any(line.picked for line in lines):
                raise NothingPicked
            label = found.task.label or f"BG{secrets.randbelow(10**10):010d}"
            self.steps.advance(tx, found, OrderEvent.PACK, author_of(operator))
            self.steps.touch(tx, order, operator, packed_at=self.steps.now(), label=label)
            self._papers(tx, found, label, lines, operator)
            return label

        answer, repeat = self.steps.once(nonce, ("pack", order), operator, work)
        if not repeat:
            self.steps.poke(f"slips:{self.staff.station(operator.station).printer}")
        return Packed(order, answer, repeat)

    def shelve(self, label: str, shelf: str, operator: Operator, nonce: str) -> str:
        """The bag's label was scanned and it lies on `shelf`: ready. Gives the order; HQ tells the customer.

        Raises WrongLabel, PickClosed.
        """
        if not shelf.strip() or len(shelf) > 12:
            raise BadRequest(why="shelf")

        def work(tx: Connection) -> str:
            task = self.steps.books.picks.by_label(label.strip(), tx)
            if task is None:
                raise WrongLabel
            found = self.steps.in_hand(tx, task.order)
            where = shelf.strip().upper()
            self.steps.advance(tx, found, OrderEvent.SHELVE, author_of(operator), shelf=where)
            now = self.steps.now()
            self.steps.books.journal.append(tx, self._finished(tx, found, now), author_of(operator))
            self.steps.books.picks.set(tx, task.order, ready_at=now, closed_at=now)
            return task.order

        return self.steps.once(nonce, ("shelve", label, shelf), operator, work)[0]

    def label_again(self, order: str, operator: Operator, nonce: str) -> Packed:
        """The bag's label once more, marked as a copy; raises PickClosed for an order without one."""

        def work(tx: Connection) -> str:
            found = self.steps.in_hand(tx, order)
            if not found.task.label:
                raise PickClosed
            lines = tuple(self.steps.books.picks.lines(order, tx))
            slip = marked(self._label(found, found.task.label, lines), 1)
            self._print(tx, f"bag-again:{nonce}", slip, found.order.order, operator, copy=1)
            return found.task.label

        answer, repeat = self.steps.once(nonce, ("label", order), operator, work)
        self.steps.poke(f"slips:{self.staff.station(operator.station).printer}")
        return Packed(order, answer, repeat)

    def order_of_label(self, label: str) -> str:
        """The order whose bag carries this label; "" where there is none."""
        task = self.steps.books.picks.by_label(label)
        return "" if task is None else task.order

    def _label(self, found: InHand, label: str, lines: tuple[PickLine, ...]) -> Slip:
        return bag_label(found.order, label, lines, self.steps.local(found.order.promised))

    def _papers(
        self, tx: Connection, found: InHand, label: str, lines: tuple[PickLine, ...], operator: Operator
    ) -> None:
        order, shop = found.order, self.steps.books.replica.shop(found.order.store)
        key = f"{order.order}:{order.gen}"
        self._print(tx, f"bag:{key}", self._label(found, label, lines), order.order, operator)
        if order.delivered:
            at = self.steps.status.local(self.steps.status.now())
            self._print(tx, f"way:{key}", waybill(order, label, lines, shop, at), order.order, operator)
        if order.card:
            self._print(tx, f"card:{key}", package_card(order, shop), order.order, operator)

    def _print(
        self, tx: Connection, key: str, slip: Slip, ref: str, operator: Operator, copy: int = 0
    ) -> None:
        printer = self.staff.station(operator.station).printer
        if printer:
            self.steps.books.jobs.add(
                tx,
                key=key,
                printer=printer,
                station=operator.station,
                ref=f"pick:{ref}",
                slip=slip,
                now=self.steps.now(),
                copy=copy,
            )

    def _finished(self, tx: Connection, found: InHand, now: str) -> PickFinished:
        task, lines = found.task, self.steps.books.picks.lines(found.order.order, tx)
        steps = (task.seen_at, task.accepted_at, task.started_at, task.packed_at, now)
        moments = [moment_of(one) if one else None for one in steps]
        spans = [
            max(0, int((after - before).total_seconds())) if before and after else 0
            for before, after in pairwise(moments)
        ]
        due = deadline_of(
            moment_of(found.order.promised) if found.order.promised else None, moment_of(task.seen_at)
        )
        return PickFinished(
            order=found.order.order,
            gen=found.order.gen,
            accept_s=spans[0],
            wait_s=spans[1],
            pick_s=spans[2],
            shelve_s=spans[3],
            units=sum(line.picked for line in lines),
            shorted=sum(line.shorted for line in lines),
            in_time=moment_of(now) <= due,
        )
