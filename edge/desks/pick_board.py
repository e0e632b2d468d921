"""What pickers see: waves by promised time with their countdown, and what is in their own hands. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from edge.clock import moment_of
from edge.desks.pick_steps import PickSteps
from edge.domain.orders import Order, OrderState
from edge.domain.pick_views import InHands, NextItem, PickCounts, PickOrder, Wave
from edge.domain.picking import PickLine, countdown, deadline_of, on_the_way, wave_of
from edge.domain.staff import Operator
from edge.records.picks import TaskRow

_SHOWN = 200


@dataclass(frozen=True)
class PickBoard:
    """Reads only."""

    steps: PickSteps

    def counts(self) -> PickCounts:
        """Figures for HOME."""
        orders = self._orders(None)
        waiting = [one for one in orders if one.state is OrderState.ALLOCATED]
        return PickCounts(
            open=len(orders),
            unaccepted=len(waiting),
            calling=sum(one.reminded > 0 for one in waiting),
            urgent=min((one.clock for one in orders), key=lambda clock: clock.left_s, default=None),
            put_back=len(self.steps.books.picks.to_put_back()),
        )

    def waves(self, operator: Operator) -> tuple[Wave, ...]:
        """Orders to be picked, by wave, the most urgent first."""
        found: defaultdict[str, list[PickOrder]] = defaultdict(list)
        for one in self._orders(operator)[:_SHOWN]:
            if one.state is not OrderState.PACKED:
                found[one.wave].append(one)
        waves = [
            Wave(name, tuple(orders), min((o.clock for o in orders), key=lambda clock: clock.left_s))
            for name, orders in found.items()
        ]
        return tuple(sorted(waves, key=lambda wave: wave.clock.deadline))

    def in_hands(self, operator: Operator) -> InHands:
        """What this person is to do next."""
        mine = {one.order: one for one in self._orders(operator) if one.mine}
        lines = [
            replace(line, deadline=mine[order].clock.deadline.isoformat())
            for order in mine
            for line in self.steps.books.picks.lines(order)
        ]
        way = [x for x in on_the_way(lines) if x.left and mine[x.order].state is OrderState.PICKING]
        shorts = [x for x in lines if x.shorted and mine[x.order].state is OrderState.SHORT]
        left = {order: sum(line.left for line in lines if line.order == order) for order in mine}
        picking = [one for one in mine.values() if one.state is OrderState.PICKING]
        return InHands(
            orders=tuple(mine.values()),
            way=tuple(self._item(line) for line in way),
            shorts=tuple(self._item(line) for line in shorts),
            to_pack=tuple(one for one in picking if not left[one.order]),
            packed=tuple(one for one in mine.values() if one.state is OrderState.PACKED),
        )

    def lines(self, order: str) -> tuple[NextItem, ...]:
        """The lines of one order on the way through the shop."""
        return tuple(self._item(line) for line in on_the_way(self.steps.books.picks.lines(order)))

    def order(self, order: str, operator: Operator) -> PickOrder | None:
        """One order in preparation."""
        return next((one for one in self._orders(operator) if one.order == order), None)

    def put_back(self) -> tuple[tuple[str, str, tuple[NextItem, ...]], ...]:
        """(order, why, goods) that were picked for nothing and lie about."""
        return tuple(
            (task.order, state, self.lines(task.order))
            for task, state in self.steps.books.picks.to_put_back()
        )

    def _orders(self, operator: Operator | None) -> list[PickOrder]:
        made = [self._order(*one, operator) for one in self.steps.books.picks.live()]
        return sorted(made, key=lambda one: (one.clock.deadline, one.order))

    def _order(self, task: TaskRow, order: Order, state: OrderState, operator: Operator | None) -> PickOrder:
        lines = self.steps.books.picks.lines(task.order)
        local, seen = self.steps.status.local, moment_of(task.seen_at)
        due = deadline_of(moment_of(order.promised) if order.promised else None, seen)
        mine = operator is not None and task.picker == operator.staff
        person = self.steps.books.replica.staff(task.picker) if task.picker else None
        idle = not task.picker or self.steps.idle(task)
        return PickOrder(
            order=task.order,
            tail=order.tail,
            state=state,
            service=order.service,
            carrier=order.carrier,
            channel=order.channel,
            units=sum(line.qty for line in lines),
            picked=sum(line.picked for line in lines),
            shorted=sum(line.shorted for line in lines),
            clock=countdown(seen, due, self.steps.status.now()),
            wave=wave_of(local(due)),
            picker=person.name if person else task.picker,
            mine=mine,
            free=not mine and idle and state is not OrderState.PACKED,
            reminded=task.reminded,
            label=task.label,
            flags=tuple(sorted({flag for line in order.lines for flag in line.flags})),
            substitutes=order.substitutes,
        )

    def _item(self, line: PickLine) -> NextItem:
        product = self.steps.books.replica.product(line.sku)
        published = self.steps.books.replica.order(line.order)
        own = next((x for x in published.lines if x.line == line.line), None) if published else None
        return NextItem(
            line=line,
            tail=line.order[-4:],
            gtin=product.gtin if product else "",
            name_zh=own.name_zh if own else line.sku,
            name_en=own.name_en if own else line.sku,
            picture=own.picture if own else "",
            reason=self.steps.books.picks.reasons(line.order).get(line.line, ""),
        )
