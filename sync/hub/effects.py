"""What a store's facts mean at HQ: order states, handed quantities, stock, cases for people."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.hub.working_set import LevelRow, OrderRow, PickupRow, WorkingSet
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
    """Applies one fact to the rows in memory; a fact that cannot be taken in raises Unfit before or amid that."""

    def __init__(self, rows: WorkingSet, source: Source) -> None:
        self._rows = rows
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
        return self._rows.open_case(code, order_no, self._from.stream, self._from.seq, self._from.at)

    def _collected(self, fact: PickupCollected) -> str:
        if any(line.qty <= 0 for line in fact.lines):
            raise Unfit("BAD_FACT")
        if fact.pickup in self._rows.pickups:
            raise Unfit("DUPLICATE_PICKUP")
        source = self._from
        self._rows.pickups[fact.pickup] = PickupRow(
            fact.pickup,
            fact.order,
            source.store,
            fact.gen,
            fact.unit,
            source.stream,
            source.seq,
            annulled=False,
            lines=list(fact.lines),
            new=True,
        )
        self._move(fact.lines, -1)
        order, code = self._own_order(fact.order)
        if order is None:
            return code
        again = bool(fact.unit) and self._rows.units_taken(fact.order, fact.gen, fact.unit, fact.pickup)
        strays = self._hand(fact.order, fact.lines, 1)
        if order.state == CANCELLED:
            return "COLLECTED_AFTER_CANCEL"
        self._state(order, fact.state)
        if fact.state == PICKED_UP:
            self._settle_command(fact.order, "collected")
        if fact.gen != order.gen:
            return "COLLECTED_OLD_GEN" if fact.gen < order.gen else "GEN_AHEAD"
        if again or self._over(fact.order):
            return "HANDED_TWICE"
        return "UNKNOWN_LINE" if strays else ""

    def _annulled(self, fact: PickupAnnulled) -> str:
        known = self._rows.pickups.get(fact.pickup)
        if known is None or known.store != self._from.store:
            raise Unfit("UNKNOWN_PICKUP")
        if known.annulled:
            raise Unfit("ANNULLED_TWICE")
        said, recorded = ([(h.line, h.sku, h.qty) for h in lines] for lines in (fact.lines, known.lines))
        if sorted(said) != sorted(recorded):
            raise Unfit("LINES_DIFFER")
        known.annulled = True
        if not known.new:
            self._rows.annulled.add(known.pickup)
        self._move(fact.lines, 1)
        order, _ = self._own_order(known.order_no)
        if order is None:
            return ""
        self._hand(known.order_no, fact.lines, -1)
        if order.state != CANCELLED:
            self._state(order, fact.state)
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
        self._state(order, fact.state, fact.shelf)
        return ""

    def _returned(self, fact: LeaseReturned) -> str:
        order, code = self._own_order(fact.order)
        if order is None:
            known = self._rows.orders.get(fact.order)
            # Given back after HQ had given it to another store: late, and just what was hoped for.
            return "" if known is not None and fact.gen < known.gen else code
        self._settle_command(fact.order, "returned")
        if order.state == PICKED_UP:
            return "RETURNED_AFTER_COLLECT"
        order.cancel = "returned"
        self._state(order, CANCELLED)
        return ""

    def _own_order(self, order_no: str) -> tuple[OrderRow | None, str]:
        """The order if it is this store's, else why not: no store changes another's order."""
        row = self._rows.orders.get(order_no)
        if row is None:
            return None, "UNKNOWN_ORDER"
        return (row, "") if row.store == self._from.store else (None, "WRONG_STORE")

    def _state(self, order: OrderRow, state: str, shelf: str = "") -> None:
        if state not in STATES:
            raise Unfit("BAD_FACT")
        order.state, order.shelf = state, shelf or order.shelf
        self._rows.changed_orders.add(order.order_no)
        self.touched.orders.add(order.order_no)

    def _settle_command(self, order_no: str, outcome: str) -> None:
        settled = self._rows.waiting.pop(order_no, [])
        self._rows.settled.update(dict.fromkeys(settled, outcome))
        self.touched.cmds.update(settled)
        if settled:
            self._rows.orders[order_no].cancel = ""
            self._rows.changed_orders.add(order_no)

    def _hand(self, order_no: str, lines: tuple[HandedLine, ...], sign: int) -> int:
        """Adds to the handed quantities; returns how many lines the order does not have."""
        strays = 0
        for line in lines:
            known = self._rows.lines.get(order_no, {}).get(line.line)
            if known is None or known.sku != line.sku:
                strays += 1
                continue
            known.handed += sign * line.qty
            self._rows.changed_lines.add((order_no, line.line))
        return strays

    def _over(self, order_no: str) -> bool:
        return any(line.handed > line.qty for line in self._rows.lines.get(order_no, {}).values())

    def _move(self, lines: tuple[HandedLine, ...], sign: int) -> None:
        """Books stock movements of sign x qty; a product HQ had no count of starts at nought."""
        source = self._from
        for pos, line in enumerate(lines):
            delta = sign * line.qty
            where = {"stream": source.stream, "seq": source.seq, "pos": pos, "store": source.store}
            self._rows.moved.append({**where, "sku": line.sku, "delta": delta})
            level = self._rows.levels.setdefault(line.sku, LevelRow(0, "", 0, new=True))
            level.on_hand += delta
            # A replaced stream says nothing about how far the store's present journal is contained.
            if not source.late:
                level.stream, level.upto_seq = source.stream, source.seq
            self._rows.changed_levels.add(line.sku)
            self.touched.skus.add(line.sku)
