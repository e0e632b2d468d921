"""What HQ lets this store spend (quotas, points, coupons) and what was spent here."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database
from edge.domain.benefits import CouponRow, Escrow
from edge.records.journal import Journal

_ESCROW = (
    "SELECT g.grant_id, g.{subject}, g.units, g.recall, {until}, coalesce(sum(a.spent), 0),"
    " coalesce(sum(a.returned), 0), coalesce(max(a.recall), 0) FROM hq.{table} g"
    " LEFT JOIN main.grant_act a ON a.grant_id = g.grant_id WHERE g.stream = ? {where} GROUP BY g.grant_id"
    " ORDER BY 5, 1"
)
_QUOTA = {"subject": "sku", "until": "''", "table": "quota"}
_POINTS = {"subject": "member", "until": "g.not_after", "table": "points_grant"}


@dataclass(frozen=True)
class UseRow:
    """A use of a coupon here."""

    use: str
    coupon: str
    fen: int
    released_at: str


class Wallet:
    """Rows of grant_act and coupon_use, joined with HQ's word."""

    def __init__(self, ledger: Database, journal: Journal) -> None:
        self._ledger = ledger
        self._journal = journal

    # ---- grants ----

    def quotas(self, sku: str = "") -> list[Escrow]:
        """This journal's quotas, of one product or all."""
        return self._escrows(_QUOTA, sku)

    def points(self, member: str = "") -> list[Escrow]:
        """This journal's points, of one member or all, those first that end first."""
        return self._escrows(_POINTS, member)

    def act(
        self, tx: Connection, seq: int, grant: str, *, spent: int = 0, returned: int = 0, recall: int = 0
    ) -> None:
        """Keeps what a fact did to a grant."""
        tx.execute("INSERT INTO grant_act VALUES (?, ?, ?, ?, ?)", (seq, grant, spent, returned, recall))

    def web(self, sku: str) -> int:
        """Units of the shelf that the web sells, as HQ last said."""
        asked = "SELECT max(web) FROM hq.quota WHERE sku = ?"
        return int(self._ledger.read().execute(asked, (sku,)).fetchone()[0] or 0)

    def _escrows(self, table: dict[str, str], subject: str) -> list[Escrow]:
        where = f"AND g.{table['subject']} = ?" if subject else ""
        values = (self._journal.stream_id(), *([subject] if subject else []))
        rows = self._ledger.read().execute(_ESCROW.format(**table, where=where), values)
        return [Escrow(*row) for row in rows]

    # ---- coupons ----

    def coupon(self, name: str) -> CouponRow | None:
        """A coupon as HQ last said."""
        asked = (
            "SELECT coupon, cls, fen, state, store, not_before, not_after, offline_fen, offline_per_hour"
            " FROM hq.coupon WHERE coupon = ?"
        )
        row = self._ledger.read().execute(asked, (name,)).fetchone()
        return None if row is None else CouponRow(*row)

    def used(self, coupon: str, tx: Connection) -> bool:
        """Whether a use of this coupon stands here."""
        asked = "SELECT 1 FROM coupon_use WHERE coupon = ? AND released_at = ''"
        return tx.execute(asked, (coupon,)).fetchone() is not None

    def unasked_since(self, at: str, tx: Connection) -> int:
        """How many coupons of class C were taken here without asking HQ since `at` (RFC 3339)."""
        asked = "SELECT count(*) FROM coupon_use WHERE unasked = 1 AND at > ?"
        return int(tx.execute(asked, (at,)).fetchone()[0])

    def add_use(
        self, tx: Connection, row: UseRow, cls: str, at: str, *, unasked: bool, member: str = ""
    ) -> None:
        """Keeps a use."""
        tx.execute(
            "INSERT INTO coupon_use (use_id, coupon, cls, fen, unasked, at, member) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.use, row.coupon, cls, row.fen, int(unasked), at, member),
        )

    def use(self, use: str, tx: Connection | None = None) -> UseRow | None:
        """A use by its name."""
        asked = "SELECT use_id, coupon, fen, released_at FROM coupon_use WHERE use_id = ?"
        row = (tx or self._ledger.read()).execute(asked, (use,)).fetchone()
        return None if row is None else UseRow(*row)

    def release(self, tx: Connection, use: str, at: str) -> None:
        """That use came to nothing."""
        tx.execute("UPDATE coupon_use SET released_at = ? WHERE use_id = ?", (at, use))

    # ---- members ----

    def member_version(self, member: str) -> int | None:
        """The version of a member's profile as HQ last said."""
        row = self._ledger.read().execute("SELECT ver FROM hq.member WHERE member = ?", (member,)).fetchone()
        return None if row is None else int(row[0])
