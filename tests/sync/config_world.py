"""A hub with a roster, a clock that tests set, and stores that ask by hand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from sync.configured import Bundle, ConfigError, ConfigStatus, Scope
from sync.configuring import judge, report
from sync.hub.config_desk import ConfigDesk, Draft, Wish
from sync.hub.desk import HubDesk
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import ConfigWord, Cursor, Op, PullRequest
from sync.pulling import read_page
from sync.signed import NotTrusted, Role, Roster
from sync.transport import LoopTransport

ROOT, CONFIG, MONEY, STRANGER, CONFIG2 = (bytes([n]) * 32 for n in range(21, 26))
ALL = Scope()


class World:
    """A hub with a roster, a clock that the tests set, and stores that ask by hand."""

    def __init__(self, hub: Any) -> None:
        self.at = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
        self.hub = hub
        self.desk = HubDesk(hub.engine, lambda: self.at)
        self.config = ConfigDesk(hub.engine, lambda: self.at)
        self.app = create_hub(hub.engine, now=lambda: self.at)
        self.roster: Roster = self.desk.found_trust(
            [ROOT], {"config": Role((public_of(CONFIG),)), "money": Role((public_of(MONEY),))}
        )
        self.good: dict[str, Bundle] = {}
        self.seen: dict[str, int] = {}

    def line(self, store: str) -> LoopTransport:
        return LoopTransport(self.app, self.hub.tokens[store])

    def push(
        self,
        sections: dict[str, Any],
        scope: Scope = ALL,
        *,
        money: bool = False,
        soak_s: int = 0,
        **more: Any,
    ) -> int:
        draft = self.config.draft(Wish(scope, sections, "wang", "a reason", **more))
        return self.send(draft, money=money, soak_s=soak_s)

    def send(self, draft: Draft, *, money: bool = False, soak_s: int = 0) -> int:
        return self.config.push(draft, draft.signed([CONFIG], [MONEY] if money else []), soak_s=soak_s)

    def word(self, store: str) -> ConfigWord | None:
        """What stands in the store's feed."""
        asked = PullRequest(proto=1, stream=str(uuid.uuid4()), buckets={f"s:{store}:config": Cursor("", 0)})
        page = read_page(self.line(store).post("/sync/v1/pull", msgspec.json.encode(asked)))
        ops: list[Op] = [op for op in page.ops if op.tb == "config" and op.op == "put"]
        return msgspec.convert({"tb": "config", **(ops[0].d or {})}, ConfigWord) if ops else None

    def take(self, store: str, fails: str = "") -> Bundle | None:
        """The store looks, tries, and says what became of it; the new bundle, or None where there was none."""
        said = self.word(store)
        if said is None:
            return None
        try:
            bundle = judge(
                said, self.roster, store, self.good.get(store), self.seen.get(store, 0), self.at, "1.0"
            )
        except NotTrusted as refused:
            if refused.code == "ROLLBACK":
                return None
            raise
        self.seen[store] = bundle.version
        if not fails:
            self.good[store] = bundle
        self.say(store, bundle.version, "rolled_back" if fails else "applied", fails)
        return bundle

    def settle(self) -> None:
        """Every store takes what it is offered, until nothing more is."""
        for _ in range(3):
            for store in ("S1", "S2"):
                self.take(store)
            self.config.go_on()

    def say(self, store: str, version: int, result: Any, code: str = "", nonce: str = "") -> None:
        error = ConfigError(code, "/printers/front", "it does not answer") if code else None
        applied = self.good[store].version if store in self.good else 0
        status = ConfigStatus(nonce or uuid.uuid4().hex, applied, version, result, "1.0", error)
        assert report(self.line(store), status).ok

    def state(self, rev: int) -> str:
        return str(next(row["state"] for row in self.config.revisions() if row["rev"] == rev))
