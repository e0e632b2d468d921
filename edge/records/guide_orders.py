"""Rows of orders that screens take money for, and what HQ says became of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from edge.db import Connection, Database
from edge.domain.guide_orders import OrderState

_STATES = ", ".join(f"'{state.value}'" for state in OrderState)

REPLICA = (
    """CREATE TABLE screen_order (
        order_no TEXT PRIMARY KEY, state TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
)
LEDGER = (
    # Nobody is in it: whose order it is HQ knows.
    f"""CREATE TABLE guide_order (
        wish TEXT PRIMARY KEY, station TEXT NOT NULL, guide TEXT NOT NULL, campaign TEXT NOT NULL,
        sku TEXT NOT NULL, way TEXT NOT NULL, shown_fen INTEGER NOT NULL CHECK (shown_fen > 0),
        state TEXT NOT NULL CHECK (state IN ({_STATES})), order_no TEXT NOT NULL DEFAULT '',
        fen INTEGER NOT NULL DEFAULT 0, pay_until TEXT NOT NULL DEFAULT '', payment TEXT NOT NULL DEFAULT '',
        number TEXT NOT NULL DEFAULT '', channel TEXT NOT NULL DEFAULT '', shift TEXT NOT NULL DEFAULT '',
        slip INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    # Money for one order is collected here once, whatever a page does.
    "CREATE UNIQUE INDEX guide_order_no ON guide_order (order_no) WHERE order_no <> ''",
    # Whole, not of the open states alone: SQLite takes a partial index for no question with a parameter.
    "CREATE INDEX guide_order_state ON guide_order (state, station, at, wish)",
    "CREATE INDEX guide_order_shift ON guide_order (shift) WHERE shift <> ''",
)


@dataclass(frozen=True)
class GuideOrderRow:
    """An order at a screen; `wish` is our name of it and HQ's nonce, `way` HQ's Option (JSON). Times RFC 3339."""

    wish: str
    station: str
    guide: str
    campaign: str
    sku: str
    way: str
    shown_fen: int
    state: OrderState
    order_no: str
    fen: int
    pay_until: str
    payment: str
    number: str
    channel: str
    shift: str
    slip: int
    at: str
    changed_at: str


_NAMES = tuple(field.name for field in fields(GuideOrderRow))
_COLUMNS = ", ".join(_NAMES)


class GuideOrders:
    """Rows of guide_order; reads of hq.screen_order."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def of_wish(self, wish: str, tx: Connection | None = None) -> GuideOrderRow | None:
        """One by our name of it."""
        return next(iter(self._some("wish = ?", (wish,), tx)), None)

    def of_order(self, order_no: str, tx: Connection) -> GuideOrderRow | None:
        """One by HQ's number."""
        return next(iter(self._some("order_no = ?", (order_no,), tx)), None)

    def in_state(self, state: OrderState, most: int) -> list[GuideOrderRow]:
        """Those that stand so, the oldest first."""
        return self._some("state = ? ORDER BY at, wish LIMIT ?", (state.value, most), None)

    def told(self, most: int) -> list[tuple[GuideOrderRow, str]]:
        """Paid ones of which HQ has said what became of them: paid or lapsed."""
        asked = (
            f"SELECT {', '.join(f'g.{name}' for name in _NAMES)}, h.state FROM main.guide_order g"
            " JOIN hq.screen_order h ON h.order_no = g.order_no WHERE g.state = 'paid' ORDER BY g.at LIMIT ?"
        )
        rows = self._ledger.read().execute(asked, (most,)).fetchall()
        return [(_row(row[:-1]), str(row[-1])) for row in rows]

    def put(self, tx: Connection, row: GuideOrderRow) -> None:
        """Adds it, or writes what changed."""
        marks = ", ".join("?" * len(_NAMES))
        changed = ", ".join(f"{name} = excluded.{name}" for name in _NAMES[1:])
        values = [row.state.value if name == "state" else getattr(row, name) for name in _NAMES]
        tx.execute(
            f"INSERT INTO guide_order ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (wish) DO UPDATE SET {changed}",
            values,
        )

    def _some(self, where: str, values: tuple[object, ...], tx: Connection | None) -> list[GuideOrderRow]:
        asked = f"SELECT {_COLUMNS} FROM main.guide_order WHERE {where}"
        return [_row(row) for row in (tx or self._ledger.read()).execute(asked, values).fetchall()]


def _row(row: tuple[Any, ...]) -> GuideOrderRow:
    found = dict(zip(_NAMES, row, strict=True))
    return GuideOrderRow(**{**found, "state": OrderState(found["state"])})
