"""Orders in preparation as the ledger keeps them: when each thing happened, what was picked, what stood for what."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database
from edge.domain.orders import Order, OrderState
from edge.domain.picking import TO_PICK, TO_SHELVE, PickLine
from edge.records.replica import LIVE_JOIN, LIVE_STATE, Replica

_TASK = (
    "order_id, gen, seen_at, accepted_at, started_at, packed_at, ready_at, closed_at, picker, station,"
    " touched_at, label, reminded, reason, put_back_at"
)
_OPEN = ", ".join(f"'{state.value}'" for state in TO_PICK | TO_SHELVE)


@dataclass(frozen=True)
class TaskRow:
    """An order in preparation; moments RFC 3339 or "", `picker` a staff number, `label` what its bag's label says."""

    order: str
    gen: int
    seen_at: str
    accepted_at: str = ""
    started_at: str = ""
    packed_at: str = ""
    ready_at: str = ""
    closed_at: str = ""
    picker: str = ""
    station: str = ""
    touched_at: str = ""
    label: str = ""
    reminded: int = 0
    reason: str = ""
    put_back_at: str = ""


class Picks:
    """Rows of pick_task, pick_line, pick_swap and pick_wish; writes happen inside a desk's transaction."""

    def __init__(self, ledger: Database, replica: Replica) -> None:
        self._ledger = ledger
        self._replica = replica

    # ---- tasks ----

    def unseen(self, limit: int) -> list[str]:
        """Orders to be prepared that have no task of their present generation yet."""
        rows = self._ledger.read().execute(
            f"SELECT o.order_id FROM {LIVE_JOIN} LEFT JOIN main.pick_task t ON t.order_id = o.order_id"
            f" WHERE {LIVE_STATE} IN ({_OPEN}) AND (t.gen IS NULL OR (t.gen < o.gen AND t.closed_at <> ''))"
            " LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows]

    def calling(self) -> int:
        """How often the store was reminded of the order that nobody has taken on for longest; 0: nothing calls."""
        row = self._ledger.read().execute(
            "SELECT coalesce(max(reminded), 0) FROM pick_task WHERE closed_at = '' AND accepted_at = ''"
        )
        return int(row.fetchone()[0])

    def begin(self, tx: Connection, order: Order, now: str) -> None:
        """The order arrived; a former life of it is over."""
        for table in ("pick_line", "pick_swap"):
            tx.execute(f"DELETE FROM {table} WHERE order_id = ?", (order.order,))
        tx.execute(
            "INSERT OR REPLACE INTO pick_task (order_id, gen, seen_at) VALUES (?, ?, ?)",
            (order.order, order.gen, now),
        )
        tx.executemany(
            "INSERT INTO pick_line (order_id, line, sku, qty) VALUES (?, ?, ?, ?)",
            [(order.order, line.line, line.sku, line.qty) for line in order.lines],
        )

    def task(self, order: str, tx: Connection | None = None) -> TaskRow | None:
        """The task of an order."""
        asked = f"SELECT {_TASK} FROM pick_task WHERE order_id = ?"
        row = (tx or self._ledger.read()).execute(asked, (order,)).fetchone()
        return None if row is None else TaskRow(*row)

    def by_label(self, label: str, tx: Connection | None = None) -> TaskRow | None:
        """The task whose bag carries this label."""
        asked = f"SELECT {_TASK} FROM pick_task WHERE label = ? AND label <> ''"
        row = (tx or self._ledger.read()).execute(asked, (label,)).fetchone()
        return None if row is None else TaskRow(*row)

    def live(self) -> list[tuple[TaskRow, Order, OrderState]]:
        """Tasks of orders that are to be picked, packed or shelved, with the order and where it stands."""
        names = ", ".join(f"t.{name.strip()}" for name in _TASK.split(","))
        rows = self._ledger.read().execute(
            f"SELECT {LIVE_STATE}, o.doc, {names} FROM {LIVE_JOIN} JOIN main.pick_task t ON t.order_id = o.order_id"
            f" WHERE t.closed_at = '' AND {LIVE_STATE} IN ({_OPEN})"
        )
        return [
            (TaskRow(*row[2:]), self._replica.read_order(row[1]), OrderState(row[0]))
            for row in rows.fetchall()
        ]

    def over(self, limit: int) -> list[str]:
        """Orders whose task is open though nothing of them is to be prepared any more."""
        rows = self._ledger.read().execute(
            f"SELECT t.order_id FROM main.pick_task t LEFT JOIN hq.click_order o ON o.order_id = t.order_id"
            " LEFT JOIN main.fulfilment f ON f.order_id = t.order_id WHERE t.closed_at = ''"
            f" AND (o.order_id IS NULL OR {LIVE_STATE} NOT IN ({_OPEN})) LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows]

    def set(self, tx: Connection, order: str, **values: object) -> None:
        """Writes columns of a task."""
        changes = ", ".join(f"{name} = ?" for name in values)
        tx.execute(f"UPDATE pick_task SET {changes} WHERE order_id = ?", (*values.values(), order))

    def to_put_back(self) -> list[tuple[TaskRow, str]]:
        """Orders that were picked for nothing, with their state: their goods still lie about."""
        names = ", ".join(f"t.{name.strip()}" for name in _TASK.split(","))
        rows = self._ledger.read().execute(
            f"SELECT f.state, {names} FROM main.pick_task t JOIN main.fulfilment f USING (order_id)"
            " WHERE t.put_back_at = '' AND (f.state = 'expired' OR (f.state IN ('cancelled', 'rejected')"
            " AND EXISTS (SELECT 1 FROM pick_line l WHERE l.order_id = t.order_id AND l.picked > 0)))"
            " ORDER BY t.touched_at"
        )
        return [(TaskRow(*row[1:]), str(row[0])) for row in rows.fetchall()]

    # ---- lines ----

    def lines(self, order: str, tx: Connection | None = None) -> list[PickLine]:
        """The lines of an order; with where the products lie, unless a writer asks, who does not see HQ's file."""
        if tx is not None:
            plain = "SELECT order_id, line, sku, qty, picked, shorted FROM pick_line WHERE order_id = ? ORDER BY line"
            return [PickLine(*row) for row in tx.execute(plain, (order,)).fetchall()]
        rows = self._ledger.read().execute(
            "SELECT l.order_id, l.line, l.sku, l.qty, l.picked, l.shorted, coalesce(p.zone, ''),"
            " coalesce(p.place, '') FROM main.pick_line l LEFT JOIN hq.product p ON p.sku = l.sku"
            " WHERE l.order_id = ? ORDER BY l.line",
            (order,),
        )
        return [PickLine(*row) for row in rows.fetchall()]

    def put(self, tx: Connection, line: PickLine, reason: str | None = None) -> None:
        """Writes how far a line is, and why it is short."""
        tx.execute(
            "UPDATE pick_line SET picked = ?, shorted = ?, reason = coalesce(?, reason)"
            " WHERE order_id = ? AND line = ?",
            (line.picked, line.shorted, reason, line.order, line.line),
        )

    def reasons(self, order: str) -> dict[int, str]:
        """Why lines are short."""
        asked = "SELECT line, reason FROM pick_line WHERE order_id = ? AND reason <> ''"
        return dict(self._ledger.read().execute(asked, (order,)).fetchall())

    def swap(self, tx: Connection, seq: int, order: str, line: int, sku: str, qty: int) -> None:
        """Pieces of another product stand for the line's own."""
        tx.execute("INSERT INTO pick_swap VALUES (?, ?, ?, ?, ?)", (seq, order, line, sku, qty))

    def swaps(self, order: str, tx: Connection | None = None) -> list[tuple[int, str, int]]:
        """(line, product, pieces) that stand for others in this order."""
        asked = (
            "SELECT line, sku, sum(qty) FROM pick_swap WHERE order_id = ? GROUP BY line, sku ORDER BY line"
        )
        return [tuple(row) for row in (tx or self._ledger.read()).execute(asked, (order,)).fetchall()]

    def units(self, since: str) -> tuple[int, int]:
        """Pieces picked and pieces short of orders that were packed since a moment."""
        row = (
            self._ledger.read()
            .execute(
                "SELECT coalesce(sum(l.picked), 0), coalesce(sum(l.shorted), 0) FROM pick_line l"
                " JOIN pick_task t USING (order_id) WHERE t.packed_at >= ? AND t.packed_at <> ''",
                (since,),
            )
            .fetchone()
        )
        return int(row[0]), int(row[1])

    # ---- wishes ----

    def wish(self, nonce: str, tx: Connection) -> tuple[str, str] | None:
        """(request's hash, answer) of what was done for a nonce."""
        row = tx.execute("SELECT request_sha, answer FROM pick_wish WHERE nonce = ?", (nonce,)).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def keep_wish(self, tx: Connection, nonce: str, digest: str, answer: str, now: str) -> None:
        """Keeps what was done."""
        tx.execute("INSERT INTO pick_wish VALUES (?, ?, ?, ?)", (nonce, digest, answer, now))

    def forget_wishes(self, before: str) -> None:
        """Lets go of wishes so old that nobody asks them again."""
        if self._ledger.read().execute("SELECT 1 FROM pick_wish WHERE at < ? LIMIT 1", (before,)).fetchone():
            with self._ledger.transaction(durable=False) as tx:
                tx.execute("DELETE FROM pick_wish WHERE at < ?", (before,))
