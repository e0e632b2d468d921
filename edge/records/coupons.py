"""Coupons at the counter: what HQ says of one, which basket holds it, what a sale was promised."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.db import Connection, Database
from edge.domain.coupons import CouponState, KnownCoupon

_KNOWN = (
    "SELECT coupon, cls, kind, fen, store, not_before, not_after, terms, sku, title_zh, title_en, online, state,"
    " offline_fen, offline_per_hour, per_member FROM hq.coupon WHERE {where}"
)
_LOCK = (
    "SELECT lock_id, coupon, issuer, doc, state, order_ref, member, station, asked, unverified, at, until, use_id,"
    " request_sha FROM coupon_lock WHERE {where}"
)


@dataclass(frozen=True)
class LockRow:
    """A basket's hold on a coupon, or what became of it; times RFC 3339 UTC. `doc` is the coupon as it was taken."""

    lock: str
    coupon: str
    issuer: str
    known: KnownCoupon
    state: CouponState
    order: str
    member: str
    station: str
    asked: bool
    unverified: bool
    at: str
    until: str
    use: str
    request_sha: str


@dataclass(frozen=True)
class PromiseRow:
    """The coupon that a sale was promised: HQ's own code, or (`asked` false) a claim that HQ honours."""

    sale: str
    text: str
    fen: int
    title_zh: str
    title_en: str
    not_after: str
    asked: bool


@dataclass(frozen=True)
class OfferRow:
    """What a sale of `min_fen` or more earns."""

    offer: str
    min_fen: int
    fen: int
    days: int
    title_zh: str
    title_en: str


class Coupons:
    """Rows of hq.coupon, its keys and offers, coupon_lock and repurchase_promise."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    # ---- HQ's word ----

    def known(self, name: str) -> KnownCoupon | None:
        """A coupon as HQ last said."""
        row = self._ledger.read().execute(_KNOWN.format(where="coupon = ?"), (name,)).fetchone()
        return None if row is None else _known(row)

    def of_member(self, member: str, limit: int) -> list[KnownCoupon]:
        """A member's own coupons, those first that end first."""
        where = "member = ? AND member <> '' AND state = 'live' ORDER BY not_after = '', not_after, coupon LIMIT ?"
        rows = self._ledger.read().execute(_KNOWN.format(where=where), (member, limit))
        return [_known(row) for row in rows]

    def keys(self) -> dict[int, tuple[str, str]]:
        """Key id -> (public key hex, not_after or "")."""
        rows = self._ledger.read().execute("SELECT kid, public, not_after FROM hq.coupon_key")
        return {row[0]: (row[1], row[2]) for row in rows}

    def offer(self, fen: int) -> OfferRow | None:
        """The best offer that a sale of so much earns."""
        row = (
            self._ledger.read()
            .execute(
                "SELECT offer, min_fen, fen, days, title_zh, title_en FROM hq.repurchase WHERE min_fen <= ?"
                " ORDER BY fen DESC, offer LIMIT 1",
                (fen,),
            )
            .fetchone()
        )
        return None if row is None else OfferRow(*row)

    # ---- holds ----

    def lock(self, name: str, tx: Connection | None = None) -> LockRow | None:
        """A hold by its name."""
        return self._one("lock_id = ?", tx, name)

    def by_nonce(self, nonce: str, tx: Connection | None = None) -> LockRow | None:
        """The hold that this wish made."""
        return self._one("nonce = ?", tx, nonce)

    def held(self, coupon: str, issuer: str, tx: Connection) -> list[LockRow]:
        """The holds on a coupon just now."""
        return self._many("coupon = ? AND issuer = ? AND state = 'locked'", tx, coupon, issuer)

    def by_order(self, order: str, tx: Connection | None = None) -> list[LockRow]:
        """A basket's holds, whatever became of them, oldest first."""
        return self._many("order_ref = ? ORDER BY at, lock_id", tx, order)

    def lapsed(self, now: str, limit: int) -> list[LockRow]:
        """Holds that have run out; those of a basket that is being paid last until it is not."""
        where = (
            "state = 'locked' AND until <= ? AND order_ref NOT IN (SELECT basket FROM basket WHERE state = 'paying')"
            " ORDER BY until LIMIT ?"
        )
        return self._many(where, None, now, limit)

    def owed(self, since: str, limit: int) -> list[LockRow]:
        """Holds that ended here and that HQ, who was asked, may still keep; those made after `since`."""
        where = "asked = 1 AND told = 0 AND state = 'issued' AND at > ? ORDER BY at LIMIT ?"
        return self._many(where, None, since, limit)

    def add(self, tx: Connection, row: LockRow, nonce: str, staff: str) -> None:
        """Keeps a hold."""
        tx.execute(
            "INSERT INTO coupon_lock (lock_id, nonce, request_sha, coupon, issuer, doc, once, state, order_ref, member,"
            " station, staff, asked, unverified, at, until, use_id) VALUES"
            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.lock,
                nonce,
                row.request_sha,
                row.coupon,
                row.issuer,
                msgspec.json.encode(row.known).decode(),
                int(row.known.once),
                row.state.value,
                row.order,
                row.member,
                row.station,
                staff,
                int(row.asked),
                int(row.unverified),
                row.at,
                row.until,
                row.use,
            ),
        )

    def move(self, tx: Connection, lock: str, state: CouponState, use: str = "", order: str = "") -> None:
        """Where the hold stands from now on; `order` is the sale that it became part of."""
        tx.execute(
            "UPDATE coupon_lock SET state = ?1, use_id = ?2, order_ref = CASE ?3 WHEN '' THEN order_ref ELSE ?3 END"
            " WHERE lock_id = ?4",
            (state.value, use, order, lock),
        )

    def renew(self, tx: Connection, order: str, until: str) -> None:
        """A basket's holds last until then."""
        tx.execute(
            "UPDATE coupon_lock SET until = max(until, ?) WHERE order_ref = ? AND state = 'locked'",
            (until, order),
        )

    def told(self, lock: str) -> None:
        """HQ holds nothing for it any more."""
        with self._ledger.transaction(durable=False) as tx:
            tx.execute("UPDATE coupon_lock SET told = 1 WHERE lock_id = ?", (lock,))

    def unasked(self, tx: Connection) -> int:
        """Coupons that baskets hold on their signature alone: they count as taken."""
        asked = "SELECT count(*) FROM coupon_lock WHERE state = 'locked' AND unverified = 1"
        return int(tx.execute(asked).fetchone()[0])

    def uses_by(self, member: str, coupon: str, tx: Connection) -> int:
        """How often a member used a coupon here."""
        asked = "SELECT count(*) FROM coupon_use WHERE member = ? AND coupon = ? AND released_at = ''"
        return int(tx.execute(asked, (member, coupon)).fetchone()[0]) if member else 0

    def holds_by(self, member: str, coupon: str, tx: Connection) -> int:
        """How many baskets hold a coupon for a member just now."""
        asked = "SELECT count(*) FROM coupon_lock WHERE state = 'locked' AND member = ? AND coupon = ?"
        return int(tx.execute(asked, (member, coupon)).fetchone()[0]) if member else 0

    def disputed(self, limit: int) -> list[tuple[int, str, str, str]]:
        """Uses that HQ did not take for good: (seq, at, verdict, the event's JSON), newest first."""
        rows = self._ledger.read().execute(
            "SELECT seq, at, verdict, body FROM journal WHERE kind = 'coupon.redeemed' AND verdict <> ''"
            " AND verdict LIKE 'conflict:%' ORDER BY seq DESC LIMIT ?",
            (limit,),
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    # ---- what a sale was promised ----

    def promise(self, sale: str, tx: Connection | None = None) -> PromiseRow | None:
        """What this sale was promised."""
        asked = "SELECT sale, text, fen, title_zh, title_en, not_after, asked FROM repurchase_promise WHERE sale = ?"
        row = (tx or self._ledger.read()).execute(asked, (sale,)).fetchone()
        return (
            None
            if row is None
            else PromiseRow(row[0], row[1], row[2], row[3], row[4], row[5], asked=bool(row[6]))
        )

    def promised(self, tx: Connection, row: PromiseRow, member: str, at: str) -> None:
        """Keeps a promise."""
        values = (
            row.sale,
            row.text,
            row.fen,
            row.title_zh,
            row.title_en,
            row.not_after,
            int(row.asked),
            member,
            at,
        )
        tx.execute("INSERT INTO repurchase_promise VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _one(self, where: str, tx: Connection | None, *values: object) -> LockRow | None:
        found = self._many(where, tx, *values)
        return found[0] if found else None

    def _many(self, where: str, tx: Connection | None, *values: object) -> list[LockRow]:
        rows = (tx or self._ledger.read()).execute(_LOCK.format(where=where), values).fetchall()
        return [_lock(row) for row in rows]


def _known(row: tuple[object, ...]) -> KnownCoupon:
    names = (
        "coupon cls kind fen store not_before not_after terms sku title_zh title_en online state offline_fen"
        " offline_per_hour per_member"
    )
    values = dict(zip(names.split(), row, strict=True))
    return msgspec.convert(
        {**values, "online": bool(values["online"]), "signed": False, "nonce": ""}, KnownCoupon
    )


def _lock(row: tuple[object, ...]) -> LockRow:
    lock, coupon, issuer, doc, state, order, member, station, asked, unverified, at, until, use, sha = row
    return LockRow(
        str(lock),
        str(coupon),
        str(issuer),
        msgspec.json.decode(str(doc), type=KnownCoupon),
        CouponState(state),
        str(order),
        str(member),
        str(station),
        bool(asked),
        bool(unverified),
        str(at),
        str(until),
        str(use),
        str(sha),
    )
