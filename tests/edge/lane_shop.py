"""A kiosk in a time of its own: the store's real desks and books, a scripted wallet, staff at a desk, no threads."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.schema import parse
from edge.domain import member_code
from edge.domain.lane_session import Place
from edge.domain.lane_views import LaneView
from edge.domain.member_code import MemberClaims
from edge.domain.staff import Operator, Role
from edge.domain.tickets import Outcome, TicketKind
from paying.scripted import ScriptedProvider
from tests.edge.conftest import STORE, PretendHq
from tests.edge.paying_shop import WECHAT, Line, PayingShop, Time, _opened
from tests.edge.sale_shop import stocked

STATION = "K1"
MEMBER = "m-7f3a"
BAG = "BAG"
SMOKES = "6901028075015"
BADGE = "SB1.ABCDEFGHJKMNPQRS"
STAFF = Operator("1001", "李", Role.CASHIER, "T1")


@dataclass
class Kiosk:
    """A shopper at K1, and the shop round them."""

    till: PayingShop
    hq: PretendHq
    nonces: Any = field(default_factory=lambda: (f"nonce-{n:06}" for n in itertools.count(1)))

    @property
    def desk(self) -> Any:
        return self.till.shop.store.lane

    def nonce(self) -> str:
        return str(next(self.nonces))

    def scan(self, text: str, later_s: float = 2.0) -> LaneView:
        """A scan, a moment after whatever was before."""
        self.till.time.go(later_s)
        assert self.desk.takes(STATION, text, f"scan:{self.nonce()}")
        return self.view()

    def view(self) -> LaneView:
        view: LaneView = self.desk.view(STATION)
        return view

    def stands(self) -> Place:
        """What the kiosk shows."""
        return self.view().place

    def on(self) -> LaneView:
        """结算, or on."""
        self.desk.forward(STATION, self.nonce())
        return self.view()

    def to_pay(self) -> LaneView:
        """Past every question that stands before paying."""
        for _ in range(5):
            if self.on().place in {Place.PAY, Place.INTERVENTION}:
                break
        return self.view()

    def answer(self, outcome: Outcome = Outcome.APPROVED, who: Operator = STAFF) -> None:
        """Staff go and see to everything that waits."""
        tickets = self.till.shop.store.front.tickets
        for ticket in tickets.queue():
            tickets.take(ticket.ticket, who, self.nonce())
            tickets.close(ticket.ticket, outcome, who, self.nonce())

    def member(self) -> str:
        """The rotating code on a member's phone."""
        window = member_code.window_of(self.till.shop.books.clock.now())
        return member_code.issue(MemberClaims(1, MEMBER, "gold", window), self.hq.key.sign)


def coupon(hq: PretendHq, name: str, fen: int, **more: Any) -> None:
    """A coupon of the member's."""
    facts = {
        "coupon": name,
        "cls": "A",
        "fen": fen,
        "not_after": "2099-01-01T00:00:00.000Z",
        "member": MEMBER,
    }
    assert (
        hq.put("g:coupon:CN", "coupon", name, {**facts, "title_zh": "券", "title_en": "Coupon", **more}) == []
    )


@contextmanager
def kiosk(folder: Path, *script: str, hq: str = "", **rules: Any) -> Iterator[Kiosk]:
    """A kiosk K1 beside a desk T1; `rules` are the settings of kiosks, `script` is what wallets say."""
    more: dict[str, Any] = {
        name: rules.pop(name)
        for name in ("lockers", "screens", "payments", "scales", "selling")
        if name in rules
    }
    settings = parse(
        {
            "store": {"id": STORE, "state_dir": str(folder)},
            "stations": {
                "T1": {"kind": "cashier", "label_zh": "1号台", "label_en": "Desk 1", "printer": "P1"},
                STATION: {"kind": "kiosk", "label_zh": "自助机 1", "label_en": "Kiosk 1", "printer": "P1"},
            },
            "printers": {"P1": {"host": "127.0.0.1"}},
            "payments": {"provider": "scripted"},
            "kiosk": rules,
            "hq": {"url": hq},
            **more,
        }
    )
    time = Time()
    scripted = ScriptedProvider(script or ("success",), lambda: time.ms, tombstones=True)
    line = Line(scripted)
    shop, payers = _opened(settings, time, line)
    pretend = PretendHq(shop)
    pretend.open()
    _furnish(pretend)
    made = PayingShop(folder, settings, time, scripted, line, shop, payers)
    try:
        yield Kiosk(made, pretend)
    finally:
        made.shop.books.close()


def _furnish(hq: PretendHq) -> None:
    stocked(hq)
    public = hq.key.public_key().public_bytes_raw().hex()
    for tb in ("coupon_key", "member_key"):
        hq.put("g:keys:CN", tb, "1", {"kid": 1, "public": public, "not_after": ""})
    profile = {"member": MEMBER, "tier": "gold", "ver": 1, "name_masked": "王*", "card_tail": "4321"}
    assert hq.put(f"s:{STORE}:member", "member", MEMBER, profile) == []
    for sku, gtin, zh, fen, flags in (
        (BAG, "", "购物袋", 30, []),
        ("S1", SMOKES, "卷烟", 2000, ["tobacco"]),
        ("F1", "6901234567922", "试用装", 0, []),
    ):
        facts = {
            "sku": sku,
            "gtin": gtin or "0",
            "name_zh": zh,
            "name_en": sku,
            "category": "food",
            "flags": flags,
        }
        assert hq.put("g:catalog:CN", "product", sku, facts) == []
        assert hq.put("g:price:CN", "price", sku, {"sku": sku, "fen": fen, "book": "b"}) == []
    sha = hashlib.sha256(BADGE.encode()).hexdigest()
    person = {"staff": "4001", "name": "赵", "role": "lead", "pin_hash": "x", "badge_sha": sha}
    assert hq.put(f"s:{STORE}:staff", "staff", "4001", person) == []


def kinds(shop: Kiosk) -> list[TicketKind]:
    """What waits for staff, the longest first."""
    return [one.kind for one in shop.till.shop.store.front.tickets.queue()]


def paid(shop: Kiosk) -> None:
    """A wallet's code, and the money."""
    shop.scan(WECHAT)
    shop.till.run(1)
    assert shop.stands() is Place.DONE
