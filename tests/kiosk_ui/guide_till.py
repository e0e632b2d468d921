"""The guide screen's shop taking money for HQ's orders: a scripted wallet, prices and a member at HQ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from edge.desks.paying import PayWorkers
from edge.guide_crew import scans_at_guides
from edge.tender_crew import pay_workers, providers_of
from sync.benefits import Member
from sync.hub.benefits import BenefitDesk
from sync.hub.counter_keys import new_key
from sync.hub.database import write
from sync.hub.member_desk import MemberDesk
from sync.hub.ordering_desk import OrderingDesk
from sync.messages import Price
from tests.kiosk_ui.conftest import STORE
from tests.kiosk_ui.guide_floor import GOODS, Floor, floor

MEMBER, OTHER = "m-77", "m-78"
WECHAT, ALIPAY = "13" + "4" * 16, "28" + "5" * 16


@dataclass
class GuideTill:
    """The floor, who carries payments out, and HQ's orders."""

    floor: Floor
    payers: PayWorkers

    @property
    def orders(self) -> OrderingDesk:
        return OrderingDesk(self.floor.line.hub())

    def scan(self, text: str) -> None:
        """A scan at the station; what it leads to is on the page."""
        self.floor.store.scans.type_in(text, "G1")

    def member(self, who: str = MEMBER) -> str:
        """What the member's phone shows now."""
        return MemberDesk(self.floor.line.hub()).code(who)

    def paid(self) -> None:
        """Whoever calls wallets does so."""
        while not self.payers.turn():
            pass


@contextmanager
def guide_till(folder: Path, *script: str) -> Iterator[GuideTill]:
    """`script` is what wallets say."""
    payments = {"provider": "scripted", "script": list(script or ("success",))}
    with floor(folder, payments=payments) as made:
        hub = made.line.hub()
        made.desk_prices(Price(one[0], one[5], "b1") for one in GOODS)
        at = "2026-01-05T10:00:00.000Z"
        word = write(hub, partial(new_key, role="member", kid=1, not_after="", at=at))
        made.hq.put("g:keys:CN", "member_key", "1", msgspec.to_builtins(word) | {"tb": "member_key"})
        for who in (MEMBER, OTHER):
            BenefitDesk(hub).put_member(Member(who, "gold", 1, name_masked="王*"), [STORE], points=0)
        made.store.scans.give_to(scans_at_guides(made.store, lambda *_: False))
        payers = pay_workers(
            made.store.tender, made.store.staff, providers_of(made.settings, made.shop.books)
        )
        yield GuideTill(made, payers)
