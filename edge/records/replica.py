"""HQ's word as the desks read it: orders, products, staff, keys. Read-only; joined with the ledger where asked."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.db import Connection, Database
from edge.domain.orders import PREPARING, WAITING, Fen, Order, OrderState
from edge.domain.staff import Role
from edge.domain.stock import StockBase


@dataclass(frozen=True)
class ProductRow:
    """A product with its price in this store; `fen` None: HQ has sent no price."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    category: str
    picture: str
    fen: Fen | None


@dataclass(frozen=True)
class StaffRow:
    """A person who may sign in; hashes only."""

    staff: str
    name: str
    role: Role
    pin_hash: str
    badge_sha: str


@dataclass(frozen=True)
class ShopRow:
    """A store of the chain."""

    store: str
    name_zh: str
    name_en: str
    address_zh: str
    address_en: str
    phone: str


_LIVE = (
    "CASE WHEN f.state IS NULL OR (f.gen < o.gen AND f.state IN"
    " ('cancelled', 'rejected', 'expired', 'restocked')) THEN o.state ELSE f.state END"
)
"""The state that counts: the store's own where it has touched the order, HQ's otherwise (see Pickups)."""
_JOIN = "hq.click_order o LEFT JOIN main.fulfilment f ON f.order_id = o.order_id"


class Replica:
    """Reads of hq.db, through the ledger's reader connections (which attach it as `hq`)."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def _one(self, sql: str, *values: object) -> tuple[object, ...] | None:
        row: tuple[object, ...] | None = self._read().execute(sql, values).fetchone()
        return row

    def _read(self) -> Connection:
        return self._ledger.read()

    def order(self, order_id: str) -> Order | None:
        """The order as HQ published it, None if it has not arrived."""
        row = self._one("SELECT doc FROM hq.click_order WHERE order_id = ?", order_id)
        return None if row is None else _order(str(row[0]))

    def orders_by_waybill(self, waybill: str) -> list[Order]:
        """Orders whose parcel has this number of the carrier's; carriers use numbers again."""
        rows = self._read().execute(
            "SELECT doc FROM hq.click_order WHERE json_extract(doc, '$.waybill') = ? AND ?1 <> ''", (waybill,)
        )
        return [_order(row[0]) for row in rows.fetchall()]

    def read_order(self, doc: str) -> Order:
        """An order out of the document that stands in its row."""
        return _order(doc)

    def order_ids_by_code(self, digits: str) -> list[str]:
        """Orders that carry this numeric code (several only when old ones were never closed)."""
        rows = self._read().execute(
            f"SELECT o.order_id FROM {_JOIN} WHERE o.numeric_code = ? ORDER BY ({_LIVE} IN"
            " ('ready', 'handing', 'partial')) DESC, o.ready_by DESC",
            (digits,),
        )
        return [row[0] for row in rows]

    def candidates(self, text: str, limit: int) -> list[tuple[Order, OrderState]]:
        """Orders by phone tail or by (the end of) their number; those waiting first, then the oldest."""
        rows = self._read().execute(
            f"SELECT o.doc, {_LIVE} FROM {_JOIN} WHERE o.phone_tail = ?1 OR o.order_id = ?1"
            " OR (length(?1) >= 4 AND substr(o.order_id, -length(?1)) = ?1) ORDER BY"
            f" {_LIVE} IN ('ready', 'handing', 'partial') DESC, o.ready_by LIMIT ?2",
            (text, limit),
        )
        return [(_order(doc), OrderState(state)) for doc, state in rows]

    def waiting(self, limit: int) -> list[tuple[Order, OrderState]]:
        """Orders that wait on their shelf, the one that is kept the shortest first."""
        rows = self._read().execute(
            f"SELECT o.doc, {_LIVE} FROM {_JOIN} WHERE {_LIVE} IN ('ready', 'handing', 'partial')"
            " ORDER BY o.hold_until, o.order_id LIMIT ?",
            (limit,),
        )
        return [(_order(doc), OrderState(state)) for doc, state in rows]

    def counts(self, now: str) -> dict[str, int]:
        """How many orders wait, are being prepared, are late, have run out; `now` RFC 3339."""
        waiting = [state.value for state in WAITING]
        preparing = [state.value for state in PREPARING]
        row = self._one(
            f"SELECT sum({_LIVE} IN ({_marks(waiting)}) AND (o.hold_until = '' OR o.hold_until >= ?)),"
            f" sum({_LIVE} IN ({_marks(preparing)})),"
            f" sum({_LIVE} IN ({_marks(preparing)}) AND o.ready_by <> '' AND o.ready_by < ?),"
            f" sum({_LIVE} = 'expired' OR ({_LIVE} IN ({_marks(waiting)}) AND o.hold_until <> ''"
            f" AND o.hold_until < ?)) FROM {_JOIN}",
            *waiting,
            now,
            *preparing,
            *preparing,
            now,
            *waiting,
            now,
        )
        figures = [int(str(value or 0)) for value in row or (0, 0, 0, 0)]
        return dict(zip(("ready", "preparing", "late", "expired"), figures, strict=True))

    def open_command(self, order_id: str) -> str | None:
        """The id of a cancellation that HQ asked for and this store has not answered."""
        row = self._one(
            "SELECT c.cmd FROM hq.cmd c LEFT JOIN main.command a ON a.cmd = c.cmd"
            " WHERE c.order_id = ? AND c.kind = 'cancel_requested' AND a.cmd IS NULL",
            order_id,
        )
        return None if row is None else str(row[0])

    def open_commands(self, limit: int) -> list[tuple[str, str]]:
        """Unanswered cancellations of orders that have arrived: (command, order)."""
        rows = self._read().execute(
            "SELECT c.cmd, c.order_id FROM hq.cmd c JOIN hq.click_order o USING (order_id)"
            " LEFT JOIN main.command a ON a.cmd = c.cmd WHERE a.cmd IS NULL AND c.kind = 'cancel_requested'"
            " ORDER BY c.at LIMIT ?",
            (limit,),
        )
        return [(row[0], row[1]) for row in rows]

    def lapsed(self, now: str, limit: int) -> list[str]:
        """Orders on the shelf whose hold time has run out and that this store has not marked yet."""
        rows = self._read().execute(
            f"SELECT o.order_id FROM {_JOIN} WHERE {_LIVE} IN ('ready', 'partial')"
            " AND o.hold_until <> '' AND o.hold_until < ? LIMIT ?",
            (now, limit),
        )
        return [row[0] for row in rows]

    def keys(self) -> dict[int, tuple[str, str]]:
        """Key id -> (public key hex, not_after or "")."""
        rows = self._read().execute("SELECT kid, public, not_after FROM hq.pickup_key")
        return {row[0]: (row[1], row[2]) for row in rows}

    def revoked(self, nonce: str) -> bool:
        """Whether HQ withdrew the code with this nonce."""
        return self._one("SELECT 1 FROM hq.revocation WHERE nonce = ?", nonce) is not None

    def config_word(self) -> str | None:
        """HQ's newest word on how this store is set up (a ConfigWord's JSON), unverified; None: there is none."""
        row = self._one("SELECT doc FROM hq.config WHERE id = 'bundle'")
        return None if row is None else str(row[0])

    def shop(self, store: str) -> ShopRow | None:
        """A store of the chain by number."""
        row = self._one(
            "SELECT store, name_zh, name_en, address_zh, address_en, phone FROM hq.shop WHERE store = ?",
            store,
        )
        return None if row is None else ShopRow(*(str(value) for value in row))

    def staff(self, staff: str) -> StaffRow | None:
        """A person by staff number."""
        return self._person("staff = ?", staff)

    def staff_by_badge(self, badge_sha: str) -> StaffRow | None:
        """A person by the hash of the badge."""
        return self._person("badge_sha = ? AND badge_sha <> ''", badge_sha)

    def _person(self, where: str, value: str) -> StaffRow | None:
        row = self._one(f"SELECT staff, name, role, pin_hash, badge_sha FROM hq.staff WHERE {where}", value)
        if row is None:
            return None
        return StaffRow(str(row[0]), str(row[1]), Role(row[2]), str(row[3]), str(row[4]))

    def product(self, code: str) -> ProductRow | None:
        """A product by GTIN (8 to 14 digits; all are read as GTIN-14) or SKU."""
        row = (
            self._read()
            .execute(
                "SELECT p.sku, p.gtin, p.name_zh, p.name_en, p.category, p.picture, r.fen FROM hq.product p"
                " LEFT JOIN hq.price r ON r.sku = p.sku WHERE p.gtin14 = ? OR p.sku = ?",
                (code.zfill(14), code),
            )
            .fetchone()
        )
        return None if row is None else ProductRow(*row)

    def stock_base(self, sku: str) -> StockBase | None:
        """HQ's stock figure for this store, None if it never told."""
        row = (
            self._read()
            .execute("SELECT on_hand, stream, upto_seq, at FROM hq.stock WHERE sku = ?", (sku,))
            .fetchone()
        )
        return None if row is None else StockBase(*row)

    def consistent_at(self, suffix: str) -> str:
        """When the bucket whose name ends so was last known complete (RFC 3339), "" if never."""
        row = self._one(
            "SELECT min(consistent_at) FROM hq.cursor WHERE bucket LIKE '%' || ? AND consistent_at <> ''",
            suffix,
        )
        return str(row[0]) if row and row[0] else ""

    def heard_at(self) -> str:
        """When a whole pull last ended (RFC 3339), "" if never."""
        row = self._one("SELECT value FROM hq.meta WHERE key = 'complete_at'")
        return "" if row is None else str(row[0])

    def troubled(self) -> tuple[str, ...]:
        """Buckets that are degraded (quarantined rows, failed checksums)."""
        rows = self._read().execute("SELECT bucket FROM hq.cursor WHERE trouble <> '' ORDER BY bucket")
        return tuple(row[0] for row in rows)


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))


LIVE_STATE, LIVE_JOIN = _LIVE, _JOIN
"""For records that ask of orders by the state that counts; `o` is HQ's row, `f` the store's own."""


def _order(doc: str) -> Order:
    return msgspec.json.decode(doc.encode(), type=Order)
