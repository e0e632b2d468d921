"""HQ with a roster on a clock of its own, and boxes that want in."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sync.admission import Invitation
from sync.credentials import DeviceKey
from sync.enrolling import Enrolled, enroll
from sync.hub.desk import HubDesk
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.signed import Role, RoleName
from sync.transport import LoopTransport

ROOT, ROOT2, CONFIG, BOX, BOX2 = (bytes([n]) * 32 for n in range(11, 16))
ROLES: dict[RoleName, Role] = {"config": Role((public_of(CONFIG),))}


class Hours:
    """HQ's clock, which the tests set."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class World:
    """HQ with its roster, on a clock of its own, and boxes that want in."""

    def __init__(self, hub: Any, memory_store: Any) -> None:
        self.hours = Hours()
        self.desk = HubDesk(hub.engine, self.hours.now)
        self.app = create_hub(hub.engine, now=self.hours.now)
        self.hub = hub
        self.memory_store = memory_store
        self.open = LoopTransport(self.app, "")
        self.desk.found_trust([ROOT], ROLES)

    def invite(self, store: str = "S1") -> Invitation:
        return self.desk.invite(store, "https://hq.example")

    def enroll(
        self, invitation: Invitation, seed: bytes = BOX, stream: str = "", store: str = "S1"
    ) -> Enrolled:
        return enroll(self.open.ask, invitation, store, stream or str(uuid.uuid4()), seed, "box", "0.1")

    def shop(self, enrolled: Enrolled, stream: str, seed: bytes = BOX) -> Any:
        shop = self.memory_store.Shop("S1", self.open)
        shop.journal.stream = stream
        shop.wire.below = LoopTransport(
            self.app, DeviceKey(enrolled.device, seed, shop.clock, lambda: self.mono)
        )
        return shop

    mono = 0.0
