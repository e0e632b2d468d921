"""What a store's facts mean at HQ: order states, handed quantities, stock, cases for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from sync.hub.schema import (
    case_file,
    command,
    customer_order,
    movement,
    order_line,
    pickup,
    pickup_line,
    stock_level,
)
from sync.messages import (
    STATES,
    DrawerClosed,
    DrawerOpened,
    HandedLine,
    LeaseReturned,
    OrderAdvanced,
    PickupAnnulled,
    PickupCollected,
    Up,
)

CANCELLED = "cancelled"
PICKED_UP = "picked_up"
EXPIRED = "expired"
_ENDED = frozenset({EXPIRED, "restocked", "rejected"})
"""States in which a store has put an order away. A renewal opens it again, at both ends."""


class Unfit(Exception):
    """This fact cannot be taken in as it is; `code` says why. It is kept in quarantine."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Touched:
    """Rows whose published form must follow."""

    orders: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)
    cmds: set[str] = field(default_factory=set)

    def absorb(self, other: Touched) -> None:
        """Adds what another touched."""
        self.orders |= other.orders
        self.skus |= other.skus
        self.cmds |= other.cmds


@dataclass(frozen=True)
class Source:
    """Where a fact comes from. `late`: its stream has been replaced by a newer one."""

    store: str
    stream: str
    seq: int
    late: bool
    at: str


def order_of(fact: Up) -> str:
    """The order that a fact is about; "" where it is about none."""
    return "" if isinstance(fact, DrawerOpened | DrawerClosed) else fact.order


class Effects:
    """Applies one fact within the caller's savepoint."""

    def __init__(self, conn: Connection, source: Source) -> None:
        self._conn = conn
        self._from = source
        self.touched = Touched()

    def apply(self, fact: Up) -> str:
        """Returns "" or the code of the contradiction; raises Unfit."""
        match fact:
            case PickupCollected():
                return self._collected(fact)
            case PickupAnnulled():
                return self._annulled(fact)
            case OrderAdvanced():
                return self._advanced(fact)
            case LeaseReturned():
                return self._returned(fact)
            case DrawerOpened() | DrawerClosed():
                return ""  # kept for those who audit; nothing else follows

    def open_case(self, code: str, order_no: str) -> str:
        """Opens a case for people; returns its name."""
        row = {"code": code, "order_no": order_no, "opened_at": self._from.at, "state": "open"}
        where = {"store": self._from.store, "stream": self._from.stream, "seq": self._from.seq}
        done = self._conn.execute(insert(case_file).values(**row, **where))
        return f"c-{done.inserted_primary_key[0]}" if done.inserted_primary_key else ""

    def _collected(self, fact: PickupCollected) -> str:
        if any(line.qty <= 0 for line in fact.lines):
            raise Unfit("BAD_FACT")
        if self._conn.scalar(select(pickup.c.pickup).where(pickup.c.pickup == fact.pickup)) is not None:
            raise Unfit("DUPLICATE_PICKUP")
        self._record_pickup(fact)
        self._move(fact.lines, -1)
        order, code = self._own_order(fact.order)
        if order is None:
            return code
        again = self._unit_taken(fact)
        strays = self._hand(fact.order, fact.lines, 1)
        if order.state == CANCELLED:
            return "COLLECTED_AFTER_CANCEL"
        self._state(fact.order, fact.state)
        if fact.state == PICKED_UP:
            self._settle_command(fact.order, "collected")
        if fact.gen != order.gen:
            return "COLLECTED_OLD_GEN" if fact.gen < order.gen else "GEN_AHEAD"
        if again or self._over(fact.order):
            return "HANDED_TWICE"
        return "UNKNOWN_LINE" if strays else ""

    def _annulled(self, fact: PickupAnnulled) -> str:
        mine = (pickup.c.pickup == fact.pickup) & (pickup.c.store == self._from.store)
        known = self._conn.execute(select(pickup).where(mine)).one_or_none()
        if known is None:
            raise Unfit("UNKNOWN_PICKUP")
        if known.annulled:
            raise Unfit("ANNULLED_TWICE")
        recorded = self._conn.execute(
            select(pickup_line.c.line, pickup_line.c.sku, pickup_line.c.qty).where(
                pickup_line.c.pickup == fact.pickup
            )
        ).all()
        if sorted((h.line, h.sku, h.qty) for h in fact.lines) != sorted(tuple(r) for r in recorded):
            raise Unfit("LINES_DIFFER")
        self._conn.execute(update(pickup).where(mine).values(annulled=1))
        self._move(fact.lines, 1)
        order, _ = self._own_order(known.order_no)
        if order is None:
            return ""
        self._hand(known.order_no, fact.lines, -1)
        if order.state != CANCELLED:
            self._state(known.order_no, fact.state)
        return ""

    def _advanced(self, fact: OrderAdvanced) -> str:
        order, code = self._own_order(fact.order)
        if order is None:
            return code
        if order.state == CANCELLED:
            return "" if fact.state == CANCELLED else "ADVANCED_AFTER_CANCEL"
        # Put away before the store heard of the renewal: it opens the order again when it does, so the present
        # state stands. Work on an older generation is carried over by the store, and so it is here.
        if fact.gen < order.gen and fact.state in _ENDED:
            return "ADVANCED_OLD_GEN"
        self._state(fact.order, fact.state, fact.shelf)
        return ""

    def _returned(self, fact: LeaseReturned) -> str:
        order, code = self._own_order(fact.order)
        if order is None:
            return code
        self._settle_command(fact.order, "returned")
        if order.state == PICKED_UP:
            return "RETURNED_AFTER_COLLECT"
        same = customer_order.c.order_no == fact.order
        self._conn.execute(update(customer_order).where(same).values(cancel="returned"))
        self._state(fact.order, CANCELLED)
        return ""

    def _own_order(self, order_no: str) -> tuple[Any, str]:
        """The order if it is this store's, else why not: no store changes another's order."""
        row = self._conn.execute(
            select(customer_order).where(customer_order.c.order_no == order_no).with_for_update()
        ).one_or_none()
        if row is None:
            return None, "UNKNOWN_ORDER"
        return (row, "") if row.store == self._from.store else (None, "WRONG_STORE")

    def _state(self, order_no: str, state: str, shelf: str = "") -> None:
        if state not in STATES:
            raise Unfit("BAD_FACT")
        values = {"state": state} | ({"shelf": shelf} if shelf else {})
        same = customer_order.c.order_no == order_no
        self._conn.execute(update(customer_order).where(same).values(**values))
        self.touched.orders.add(order_no)

    def _settle_command(self, order_no: str, outcome: str) -> None:
        waiting = (command.c.order_no == order_no) & (command.c.outcome == "")
        done = update(command).where(waiting).values(outcome=outcome).returning(command.c.cmd)
        settled = [row.cmd for row in self._conn.execute(done)]
        self.touched.cmds.update(settled)
        if settled:
            same = customer_order.c.order_no == order_no
            self._conn.execute(update(customer_order).where(same).values(cancel=""))

    def _record_pickup(self, fact: PickupCollected) -> None:
        source = {"store": self._from.store, "stream": self._from.stream, "seq": self._from.seq}
        who = {"pickup": fact.pickup, "order_no": fact.order, "gen": fact.gen, "unit": fact.unit}
        self._conn.execute(insert(pickup).values(**who, **source, annulled=0))
        for pos, line in enumerate(fact.lines):
            self._conn.execute(
                insert(pickup_line).values(
                    pickup=fact.pickup, pos=pos, line=line.line, sku=line.sku, qty=line.qty
                )
            )

    def _unit_taken(self, fact: PickupCollected) -> bool:
        if not fact.unit:
            return False
        others = (
            (pickup.c.order_no == fact.order)
            & (pickup.c.gen == fact.gen)
            & (pickup.c.unit == fact.unit)
            & (pickup.c.annulled == 0)
            & (pickup.c.pickup != fact.pickup)
        )
        return bool(self._conn.scalar(select(func.count()).select_from(pickup).where(others)))

    def _hand(self, order_no: str, lines: tuple[HandedLine, ...], sign: int) -> int:
        """Adds to the handed quantities; returns how many lines the order does not have."""
        strays = 0
        for line in lines:
            same = (
                (order_line.c.order_no == order_no)
                & (order_line.c.line == line.line)
                & (order_line.c.sku == line.sku)
            )
            done = self._conn.execute(
                update(order_line).where(same).values(handed=order_line.c.handed + sign * line.qty)
            )
            strays += done.rowcount == 0
        return strays

    def _over(self, order_no: str) -> bool:
        over = (order_line.c.order_no == order_no) & (order_line.c.handed > order_line.c.qty)
        return bool(self._conn.scalar(select(func.count()).select_from(order_line).where(over)))

    def _move(self, lines: tuple[HandedLine, ...], sign: int) -> None:
        """Books stock movements of sign x qty; a product HQ had no count of starts at nought."""
        source = self._from
        for pos, line in enumerate(lines):
            delta = sign * line.qty
            key = {"store": source.store, "sku": line.sku}
            self._conn.execute(
                insert(movement).values(stream=source.stream, seq=source.seq, pos=pos, delta=delta, **key)
            )
            # A replaced stream says nothing about how far the store's present journal is contained.
            upto = {} if source.late else {"stream": source.stream, "upto_seq": source.seq}
            same = (stock_level.c.store == source.store) & (stock_level.c.sku == line.sku)
            done = self._conn.execute(
                update(stock_level).where(same).values(on_hand=stock_level.c.on_hand + delta, **upto)
            )
            if done.rowcount == 0:
                start = {"stream": "", "upto_seq": 0} | upto
                self._conn.execute(insert(stock_level).values(on_hand=delta, **key, **start))
            self.touched.skus.add(line.sku)
