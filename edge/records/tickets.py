"""Tickets and the shoppers' answers, as the ledger keeps them."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database

TABLES = (
    """CREATE TABLE ticket (
        ticket TEXT PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, station TEXT NOT NULL,
        sku TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'taken', 'closed')),
        opened_by TEXT NOT NULL, opened_at TEXT NOT NULL, staff TEXT NOT NULL DEFAULT '',
        taken_at TEXT NOT NULL DEFAULT '', closed_at TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
        alarmed INTEGER NOT NULL DEFAULT 0 CHECK (alarmed IN (0, 1, 2)),
        CHECK ((state = 'closed') = (outcome <> ''))) STRICT""",
    # Belt for the rule that the desk enforces: who presses the bell five times has called once.
    "CREATE UNIQUE INDEX ticket_once ON ticket (station, kind, sku) WHERE state <> 'closed'",
    "CREATE INDEX ticket_closed_at ON ticket (closed_at)",
    """CREATE TABLE feedback (
        seq INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, station TEXT NOT NULL, at TEXT NOT NULL,
        scale TEXT NOT NULL, score INTEGER NOT NULL) STRICT""",
    "CREATE INDEX feedback_at ON feedback (at)",
    "CREATE INDEX feedback_station ON feedback (station, at)",
)
FOR_ORDERS = (
    # Somebody came for an order: its number, so that staff see which bag; the next one's call is another.
    "ALTER TABLE ticket ADD COLUMN order_id TEXT NOT NULL DEFAULT ''",
    "DROP INDEX ticket_once",
    "CREATE UNIQUE INDEX ticket_once ON ticket (station, kind, sku, order_id) WHERE state <> 'closed'",
)
_FIELDS = (
    "ticket, seq, kind, station, sku, state, opened_by, opened_at, staff, taken_at, closed_at, outcome, alarmed,"
    " order_id"
)


@dataclass(frozen=True)
class TicketRow:
    """A ticket; times RFC 3339 UTC, "" not yet; `alarmed` how often the shop was told again; `order_id` "" for none."""

    ticket: str
    seq: int
    kind: str
    station: str
    sku: str
    state: str
    opened_by: str
    opened_at: str
    staff: str = ""
    taken_at: str = ""
    closed_at: str = ""
    outcome: str = ""
    alarmed: int = 0
    order_id: str = ""


class Tickets:
    """Rows of ticket and feedback."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def add(self, tx: Connection, row: TicketRow) -> None:
        """A new one."""
        values = tuple(getattr(row, name) for name in _FIELDS.split(", "))
        tx.execute(f"INSERT INTO ticket ({_FIELDS}) VALUES ({', '.join('?' * len(values))})", values)

    def save(self, tx: Connection, row: TicketRow) -> None:
        """What changes about one."""
        tx.execute(
            "UPDATE ticket SET state = ?, staff = ?, taken_at = ?, closed_at = ?, outcome = ? WHERE ticket = ?",
            (row.state, row.staff, row.taken_at, row.closed_at, row.outcome, row.ticket),
        )

    def alarm(self, tx: Connection, ticket: str, level: int) -> None:
        """The shop was told again."""
        tx.execute("UPDATE ticket SET alarmed = ? WHERE ticket = ?", (level, ticket))

    def by_id(self, ticket: str, tx: Connection | None = None) -> TicketRow | None:
        """One by its name."""
        return next(iter(self._some("ticket = ?", (ticket,), tx)), None)

    def standing(
        self, station: str, kind: str, sku: str, tx: Connection, *, order: str = ""
    ) -> TicketRow | None:
        """The one of this kind that has not ended there."""
        where = "station = ? AND kind = ? AND sku = ? AND order_id = ? AND state <> 'closed'"
        return next(iter(self._some(where, (station, kind, sku, order), tx)), None)

    def about_goods(self, station: str, tx: Connection) -> int:
        """How many that name goods have not ended there."""
        asked = "SELECT count(*) FROM ticket WHERE station = ? AND sku <> '' AND state <> 'closed'"
        return int(tx.execute(asked, (station,)).fetchone()[0])

    def live(self) -> list[TicketRow]:
        """All that have not ended, the longest waiting first."""
        return self._some("state <> 'closed'", (), None)

    def ended(self, limit: int) -> list[TicketRow]:
        """The last that ended, newest first."""
        return self._some("state = 'closed'", (), None, f"closed_at DESC, seq DESC LIMIT {int(limit)}")

    def forget(self, before: str) -> int:
        """Drops tickets that ended, and answers given, before (RFC 3339); gives how many."""
        old = "SELECT EXISTS (SELECT 1 FROM ticket WHERE closed_at <> '' AND closed_at < ?1)"
        asked = f"{old} OR EXISTS (SELECT 1 FROM feedback WHERE at < ?1)"
        if not self._ledger.read().execute(asked, (before,)).fetchone()[0]:
            return 0
        with self._ledger.transaction(durable=False) as tx:
            answers = tx.execute("DELETE FROM feedback WHERE at < ?", (before,)).rowcount
            gone = tx.execute(
                "DELETE FROM ticket WHERE closed_at <> '' AND closed_at < ?", (before,)
            ).rowcount
            return int(answers) + int(gone)

    def answered(
        self, tx: Connection, seq: int, nonce: str, station: str, at: str, scale: str, score: int
    ) -> None:
        """A shopper's answer."""
        tx.execute("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?)", (seq, nonce, station, at, scale, score))

    def answer_of(self, nonce: str, tx: Connection) -> tuple[str, str, int] | None:
        """(station, scale, score) of an answer that was taken before."""
        found = tx.execute("SELECT station, scale, score FROM feedback WHERE nonce = ?", (nonce,)).fetchone()
        return None if found is None else (found[0], found[1], int(found[2]))

    def last_answer(self, station: str, tx: Connection) -> str:
        """When the station's newest answer came, "" never."""
        found = tx.execute("SELECT max(at) FROM feedback WHERE station = ?", (station,)).fetchone()
        return found[0] or ""

    def _some(
        self, where: str, values: tuple[object, ...], tx: Connection | None, order: str = "opened_at, seq"
    ) -> list[TicketRow]:
        asked = f"SELECT {_FIELDS} FROM ticket WHERE {where} ORDER BY {order}"
        return [TicketRow(*row) for row in (tx or self._ledger.read()).execute(asked, values)]
