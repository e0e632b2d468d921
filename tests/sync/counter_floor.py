"""A store's desks for customers on a line to the hub that can be cut, and HQ's desks beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, update

from config.schema import parse
from edge.customer_desks import customer_desks
from edge.records.enrolment import EnrolmentRow
from sync.asking import HqAsk
from sync.benefits import Coupon
from sync.hub.counter_keys import new_key
from sync.hub.coupon_codes import CouponCodes
from sync.hub.database import write
from sync.hub.member_desk import MemberDesk
from sync.hub.schema import device
from sync.messages import LineDown, stamp
from sync.signed import Signed
from tests.sync.shop_floor import Floor

ENDS = "2099-01-01T00:00:00.000Z"


class Line:
    """A transport that can be cut; counts what goes over it."""

    def __init__(self, below: Any) -> None:
        self.below, self.cut, self.asked = below, False, 0

    def post(self, path: str, body: bytes) -> bytes:
        if self.cut:
            raise LineDown("cut")
        self.asked += 1
        return bytes(self.below.post(path, body))

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        del within_s
        return self.post(path, body)


@dataclass
class Counter:
    """`up`/`down` cut and mend the line; `customers` are the desks under test."""

    floor: Floor
    line: Line

    def __post_init__(self) -> None:
        settings = parse(
            {
                "store": {"id": self.floor.store, "state_dir": str(self.floor.folder)},
                "stations": {"T1": {"kind": "cashier"}},
            }
        )
        asks = HqAsk(lambda: self.line, 1.0)
        self.customers = customer_desks(
            settings, self.floor.books, self.floor.status, lambda _topic: None, at_hq=asks
        )
        self.coupons = self.customers.coupons
        self.members = self.customers.members
        self.up()

    def up(self) -> None:
        self.line.cut = False
        self.floor.status.exchanged("")

    def down(self) -> None:
        self.line.cut = True
        self.floor.status.exchanged("LINE_DOWN")

    def enrol(self, hub: Any) -> Ed25519PrivateKey:
        """This box as an enrolled device, without the ceremony."""
        private = Ed25519PrivateKey.generate()
        name, at = f"dev-{self.floor.store}", stamp(self.floor.status.now())
        who = {"store": self.floor.store, "stream": self.floor.books.journal.stream_id(), "state": "active"}
        public = private.public_key().public_bytes_raw().hex()
        write(
            hub.engine,
            lambda c: c.execute(
                insert(device).values(device=name, public=public, enrolled_at=at, hw="", sw="", **who)
            ),
        )
        row = EnrolmentRow(
            name, self.floor.store, "", Signed("roster", "{}", ()), at, private.private_bytes_raw()
        )
        with self.floor.books.ledger.transaction() as tx:
            self.floor.books.enrolments.put(tx, row)
        return private


def revoke_device(hub: Any, name: str) -> None:
    """HQ shuts a box out."""
    same = device.c.device == name
    write(hub.engine, lambda c: c.execute(update(device).where(same).values(state="revoked")))


def with_keys(hub: Any) -> tuple[CouponCodes, MemberDesk]:
    """HQ's desks, with a key of each role."""
    at = "2026-01-05T10:00:00.000Z"
    for role in ("coupon", "member", "lookup"):
        write(hub.engine, partial(new_key, role=role, kid=1, not_after="", at=at))
    return CouponCodes(hub.engine), MemberDesk(hub.engine)


def a_coupon(name: str, cls: str, **more: Any) -> Coupon:
    return Coupon(name, cls, more.pop("fen", 1500), "满减券", "Off", not_after=ENDS, **more)  # type: ignore[arg-type]
