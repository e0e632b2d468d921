"""Group-buy vouchers of third parties, through HQ alone: prepared, consumed once the sale is in, cancelled else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from sync.asked import CouponAsk, CouponNo, CouponSaid
from sync.hub.counter_tables import voucher
from sync.hub.database import snapshot, write
from sync.hub.schema import case_file
from sync.messages import is_stamp, stamp

_TROUBLES = {"refused": "VOUCHER_REFUSED", "kept": "VOUCHER_KEPT"}
"""How a voucher ended that people must look at -> the case. Kept: the third party does not give it back."""


class PartnerFault(Exception):
    """The third party gave no answer that can be believed: it is asked again under the same key."""


@dataclass(frozen=True)
class Prepared:
    """What a third party says of a voucher; `why` "" is yes."""

    why: CouponNo
    fen: int = 0
    title_zh: str = ""
    title_en: str = ""


class Partner(Protocol):
    """A third party's voucher interface. `key` is the same for every try of one use; each may raise PartnerFault."""

    def prepare(self, code: str, key: str) -> Prepared:
        """Whether the voucher can be used; keeps it for this key."""
        ...

    def consume(self, code: str, key: str) -> bool:
        """Uses it; False: it was not this key's to use."""
        ...

    def cancel(self, code: str, key: str) -> None:
        """Lets it go again."""
        ...

    def refund(self, code: str, key: str) -> bool:
        """The whole sale came back: the customer has it again, whether it was used or kept; False: people must ask."""
        ...


@dataclass
class ScriptedPartner:
    """A third party that does what its script says: `vouchers` by code, `faults` how many next calls fail."""

    vouchers: dict[str, Prepared] = field(default_factory=dict)
    faults: int = 0
    held: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    """Codes that are never given back."""

    def prepare(self, code: str, key: str) -> Prepared:
        """See Partner."""
        self._answer()
        if code not in self.vouchers:
            return Prepared("unknown")
        if self.used.get(code, key) != key:
            return Prepared("used")
        if self.held.setdefault(code, key) != key:
            return Prepared("held")
        return self.vouchers[code]

    def consume(self, code: str, key: str) -> bool:
        """See Partner."""
        self._answer()
        if self.held.get(code) != key and self.used.get(code) != key:
            return False
        self.held.pop(code, None)
        self.used[code] = key
        return True

    def cancel(self, code: str, key: str) -> None:
        """See Partner."""
        self._answer()
        if self.held.get(code) == key:
            del self.held[code]

    def refund(self, code: str, key: str) -> bool:
        """See Partner."""
        self._answer()
        if code in self.final or key not in {self.used.get(code), self.held.get(code)}:
            return False
        self.used.pop(code, None)
        self.held.pop(code, None)
        return True

    def _answer(self) -> None:
        if self.faults > 0:
            self.faults -= 1
            raise PartnerFault


class Vouchers:
    """Rows first, then the third party, then what it said as rows: a crash between loses nothing."""

    def __init__(
        self,
        engine: Engine,
        partners: Mapping[str, Partner],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`partners` by issuer; `now` gives aware times."""
        self._engine = engine
        self._partners = partners
        self._now = now

    def answer(self, store: str, asked: CouponAsk) -> CouponSaid:
        """Holds a voucher for a basket, or lets it go."""
        partner = self._partners.get(asked.issuer)
        if partner is None:
            return CouponSaid("unknown")
        if asked.op == "drop":
            write(self._engine, lambda conn: _drop(conn, store, asked.lock))
            self.turn()
            return CouponSaid("")
        why = write(self._engine, lambda conn: _open(conn, store, asked, stamp(self._now())))
        if why:
            return CouponSaid(why)
        try:
            said = partner.prepare(asked.coupon, asked.lock)
        except PartnerFault:
            # It may have kept it all the same: cancelled until it says so.
            write(self._engine, lambda conn: _drop(conn, store, asked.lock))
            return CouponSaid("partner")
        write(self._engine, lambda conn: _settle(conn, asked.lock, said))
        titles = (said.title_zh, said.title_en)
        return CouponSaid(said.why, said.fen, "voucher", *titles)

    def turn(self) -> bool:
        """One bounded step: tells a third party of one voucher, used or not wanted. Whether there was any."""
        if not self._partners:
            return False
        write(self._engine, lambda conn: _lapse(conn, stamp(self._now())))
        with snapshot(self._engine) as conn:
            due = voucher.c.state.in_(("using", "dropping", "returning"))
            row = conn.execute(select(voucher).where(due).order_by(voucher.c.until).limit(1)).first()
        if row is None or row.issuer not in self._partners:
            return False
        partner = self._partners[row.issuer]
        try:
            if row.state == "dropping":
                partner.cancel(row.code, row.lock_id)
                done = "dropped"
            elif row.state == "returning":
                done = "returned" if partner.refund(row.code, row.lock_id) else "kept"
            else:
                done = "used" if partner.consume(row.code, row.lock_id) else "refused"
        except PartnerFault:
            return False
        write(self._engine, lambda conn: self._done(conn, row, done))
        return True

    def _done(self, conn: Connection, row: Row[tuple[object, ...]], state: str) -> None:
        same = (voucher.c.lock_id == row.lock_id) & (voucher.c.state == row.state)
        if (
            not conn.execute(update(voucher).where(same).values(state=state)).rowcount
            or state not in _TROUBLES
        ):
            return
        where = {"store": row.store, "order_no": "", "stream": "", "seq": 0, "subject": str(row.code)[-4:]}
        values = {**where, "code": _TROUBLES[state], "opened_at": stamp(self._now()), "state": "open"}
        conn.execute(insert(case_file).values(**values))


def _open(conn: Connection, store: str, asked: CouponAsk, now: str) -> CouponNo:
    same = (voucher.c.issuer == asked.issuer) & (voucher.c.code == asked.coupon)
    row = conn.execute(select(voucher).where(same).with_for_update()).one_or_none()
    if row is not None and row.lock_id != asked.lock:
        if row.state in {"using", "used", "kept"}:
            return "used"
        if row.state in {"asking", "held", "dropping", "returning"}:
            return "held"
    conn.execute(delete(voucher).where(same))
    until = asked.until if is_stamp(asked.until) else now
    values = {"store": store, "state": "asking", "fen": 0, "title_zh": "", "title_en": "", "until": until}
    conn.execute(insert(voucher).values(issuer=asked.issuer, code=asked.coupon, lock_id=asked.lock, **values))
    return ""


def _settle(conn: Connection, lock: str, said: Prepared) -> None:
    same = (voucher.c.lock_id == lock) & (voucher.c.state == "asking")
    if said.why:
        conn.execute(delete(voucher).where(same))
        return
    values = {"state": "held", "fen": said.fen, "title_zh": said.title_zh, "title_en": said.title_en}
    conn.execute(update(voucher).where(same).values(**values))


def _drop(conn: Connection, store: str, lock: str) -> None:
    same = (voucher.c.lock_id == lock) & (voucher.c.store == store)
    conn.execute(
        update(voucher).where(same & voucher.c.state.in_(("asking", "held"))).values(state="dropping")
    )


def _lapse(conn: Connection, now: str) -> None:
    over = voucher.c.state.in_(("asking", "held")) & (voucher.c.until <= now)
    conn.execute(update(voucher).where(over).values(state="dropping"))
