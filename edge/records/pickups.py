"""Fulfilment and hand-overs as the ledger keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.db import Connection, Database
from edge.domain.orders import Fulfilment, Order, OrderState, unstarted


@dataclass(frozen=True)
class PickupRow:
    """One hand-over. `lines`: (line, sku, name_zh, name_en, qty); `at` and `annulled_at` RFC 3339 UTC."""

    pickup: str
    nonce: str
    request_sha: str
    order: str
    gen: int
    whole: bool
    unit: int
    station: str
    staff: str
    at: str
    state_after: OrderState
    left_units: int
    offline: bool
    boot: str
    mono_ms: int
    job: int = 0
    annulled_at: str = ""
    annul_nonce: str = ""
    lines: tuple[tuple[int, str, str, str, int], ...] = ()


_CLOSED = frozenset({OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED, OrderState.RESTOCKED})
_COLUMNS = (
    "pickup_id, nonce, request_sha, order_id, gen, whole, unit, station, staff, at, state_after,"
    " left_units, offline, boot, mono_ms, job, annulled_at, annul_nonce"
)


class Pickups:
    """Rows of fulfilment, pickup and pickup_line; writes happen inside a desk's transaction."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def fulfilment(self, order: Order, tx: Connection | None = None) -> Fulfilment:
        """What this store has done with the order; HQ's published state where it has done nothing.

        A higher `gen` at HQ keeps what was handed over, since that is a fact, and the state, since HQ may
        not have heard of it yet; but an order that was closed here and comes again is open again.
        """
        reader = tx or self._ledger.read()
        row = reader.execute(
            "SELECT gen, state, shelf, claimed_by, claimed_until FROM fulfilment WHERE order_id = ?",
            (order.order,),
        ).fetchone()
        handed, units = _elsewhere(order, reader)
        if row is None:
            return replace(unstarted(order), handed=handed, units_handed=frozenset(units))
        mine = reader.execute(
            "SELECT l.line, sum(l.qty) FROM pickup p JOIN pickup_line l USING (pickup_id)"
            " WHERE p.order_id = ? AND p.annulled_at = '' GROUP BY l.line",
            (order.order,),
        )
        handed.update(dict(mine.fetchall()))
        units |= {
            unit
            for (unit,) in reader.execute(
                "SELECT unit FROM pickup WHERE order_id = ? AND unit > 0 AND annulled_at = ''", (order.order,)
            )
        }
        state, shelf = OrderState(row[1]), row[2]
        if row[0] < order.gen and state in _CLOSED:
            state, shelf = order.state, order.shelf
        return Fulfilment(
            order=order.order,
            gen=max(row[0], order.gen),
            state=state,
            shelf=shelf,
            handed=handed,
            units_handed=frozenset(units),
            claimed_by=row[3],
            claimed_until=row[4],
            short=_short(order, reader),
        )

    def save(self, tx: Connection, fulfilment: Fulfilment, now: str) -> None:
        """Writes state, shelf and reservation (what was handed over stands in pickup_line)."""
        tx.execute(
            "INSERT INTO fulfilment (order_id, gen, state, shelf, claimed_by, claimed_until, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id) DO UPDATE SET gen = excluded.gen,"
            " state = excluded.state, shelf = excluded.shelf, claimed_by = excluded.claimed_by,"
            " claimed_until = excluded.claimed_until, updated_at = excluded.updated_at",
            (
                fulfilment.order,
                fulfilment.gen,
                fulfilment.state.value,
                fulfilment.shelf,
                fulfilment.claimed_by,
                fulfilment.claimed_until,
                now,
            ),
        )

    def drop(self, tx: Connection, order: str) -> None:
        """Forgets this store's own state of an order: HQ's published one counts again."""
        tx.execute("DELETE FROM fulfilment WHERE order_id = ?", (order,))

    def overdue_claims(self, now: str, limit: int) -> list[str]:
        """Orders whose reservation ran out before `now` (RFC 3339)."""
        rows = self._ledger.read().execute(
            "SELECT order_id FROM fulfilment WHERE state = 'handing' AND claimed_until < ? LIMIT ?",
            (now, limit),
        )
        return [row[0] for row in rows]

    def add(self, tx: Connection, row: PickupRow) -> None:
        """Writes a hand-over and its lines; the unique indexes refuse a second one of the same goods."""
        tx.execute(
            f"INSERT INTO pickup ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                row.pickup,
                row.nonce,
                row.request_sha,
                row.order,
                row.gen,
                int(row.whole),
                row.unit,
                row.station,
                row.staff,
                row.at,
                row.state_after.value,
                row.left_units,
                int(row.offline),
                row.boot,
                row.mono_ms,
                row.job,
                row.annulled_at,
                row.annul_nonce,
            ),
        )
        tx.executemany(
            "INSERT INTO pickup_line (pickup_id, line, sku, name_zh, name_en, qty) VALUES (?,?,?,?,?,?)",
            [(row.pickup, *line) for line in row.lines],
        )

    def by_id(self, pickup: str, tx: Connection | None = None) -> PickupRow | None:
        """A hand-over by its id."""
        return self._find("pickup_id = ?", (pickup,), tx)

    def by_nonce(self, nonce: str, tx: Connection | None = None) -> PickupRow | None:
        """A hand-over by the nonce of its request."""
        return self._find("nonce = ?", (nonce,), tx)

    def last_of(self, order: str, unit: int, tx: Connection | None = None) -> PickupRow | None:
        """The newest hand-over of an order (of one unit where `unit` > 0) that still stands."""
        return self._find("order_id = ? AND annulled_at = '' AND (? IN (0, unit))", (order, unit), tx)

    def newest_at(self, station: str, since: str) -> PickupRow | None:
        """The newest hand-over of a station since a moment that was not taken back."""
        return self._find("station = ? AND at >= ? AND annulled_at = ''", (station, since), None)

    def _find(self, where: str, values: tuple[object, ...], tx: Connection | None = None) -> PickupRow | None:
        reader = tx or self._ledger.read()
        row = reader.execute(
            f"SELECT {_COLUMNS} FROM pickup WHERE {where} ORDER BY at DESC, rowid DESC LIMIT 1",
            values,
        ).fetchone()
        if row is None:
            return None
        lines = reader.execute(
            "SELECT line, sku, name_zh, name_en, qty FROM pickup_line WHERE pickup_id = ? ORDER BY line",
            (row[0],),
        ).fetchall()
        return PickupRow(
            pickup=row[0],
            nonce=row[1],
            request_sha=row[2],
            order=row[3],
            gen=row[4],
            whole=bool(row[5]),
            unit=row[6],
            station=row[7],
            staff=row[8],
            at=row[9],
            state_after=OrderState(row[10]),
            left_units=row[11],
            offline=bool(row[12]),
            boot=row[13],
            mono_ms=row[14],
            job=row[15],
            annulled_at=row[16],
            annul_nonce=row[17],
            lines=tuple(lines),
        )

    def annul(self, tx: Connection, pickup: str, nonce: str, now: str) -> None:
        """Marks a hand-over as taken back."""
        tx.execute(
            "UPDATE pickup SET annulled_at = ?, annul_nonce = ? WHERE pickup_id = ? AND annulled_at = ''",
            (now, nonce, pickup),
        )

    def handed_since(self, since: str) -> int:
        """Hand-overs that stand, from `since` (RFC 3339) on."""
        row = (
            self._ledger.read()
            .execute("SELECT count(*) FROM pickup WHERE at >= ? AND annulled_at = ''", (since,))
            .fetchone()
        )
        return int(row[0])

    def answer_command(self, tx: Connection, cmd: str, order: str, answer: str, now: str) -> None:
        """Remembers how a command of HQ's was answered."""
        tx.execute(
            "INSERT OR IGNORE INTO command (cmd, order_id, answer, at) VALUES (?, ?, ?, ?)",
            (cmd, order, answer, now),
        )


def _short(order: Order, reader: Connection) -> dict[int, int]:
    """Units by line that were not there when the order was picked."""
    asked = "SELECT line, shorted FROM pick_line WHERE order_id = ? AND shorted > 0"
    return dict(reader.execute(asked, (order.order,)).fetchall())


def _elsewhere(order: Order, reader: Connection) -> tuple[Counter[int], set[int]]:
    """Units by line, and single units, that journals other than ours handed over: a disk that was replaced."""
    handed: Counter[int] = Counter()
    units: set[int] = set()
    if not order.handed:
        return handed, units
    own = reader.execute("SELECT stream_id FROM stream").fetchone()
    for one in order.handed:
        if own is None or one.stream != own[0]:
            handed[one.line] += one.qty
            units |= {one.unit} - {0}
    return handed, units


def handed_lines(order: Order, quantities: Mapping[int, int]) -> tuple[tuple[int, str, str, str, int], ...]:
    """The lines of a hand-over as PickupRow keeps them."""
    return tuple(
        (line.line, line.sku, line.name_zh, line.name_en, quantities[line.line])
        for line in order.lines
        if quantities.get(line.line)
    )
