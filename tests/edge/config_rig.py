"""A box between starts, and an HQ of two endpoints, for trials of pushed settings."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from edge.config_box import ConfigBox
from edge.config_trial import ConfigTrial
from edge.daemon import Shop
from edge.records.enrolment import EnrolmentRow
from edge.records.inbox import Inbox
from sync.configured import BUNDLE_ID, Bundle, ConfigStatus, ConfigTaken, RosterAnswer
from sync.hub.trust import public_of
from sync.messages import ConfigWord, Cursor, Head, LineDown, Op, row_body, stamp
from sync.signed import Role, Roster, Signed, fingerprint, sign
from tests.founded import founded_shop

ROOT, CONFIG, MONEY, NEXT = (bytes([n]) * 32 for n in range(41, 45))
NOW = datetime.now(UTC)
ROLES: dict[Any, Role] = {
    "root": Role((public_of(ROOT),)),
    "config": Role((public_of(CONFIG),)),
    "money": Role((public_of(MONEY),)),
}
FIRST = Roster(1, stamp(NOW), stamp(NOW + timedelta(days=300)), ROLES)


class Hq:
    """The two endpoints, and what was said at them."""

    def __init__(self) -> None:
        self.heard: list[ConfigStatus] = []
        self.rosters: tuple[Signed, ...] = ()
        self.down = False

    def post(self, path: str, body: bytes) -> bytes:
        if self.down:
            raise LineDown("nobody there")
        if path.endswith("/roster"):
            return msgspec.json.encode(RosterAnswer(self.rosters))
        self.heard.append(msgspec.json.decode(body, type=ConfigStatus))
        return msgspec.json.encode(ConfigTaken(ok=True, server_time=stamp(NOW)))

    def said(self) -> list[tuple[int, str, str]]:
        return [(s.tried, s.result, s.error.code if s.error else "") for s in self.heard]


class Rig:
    """A box between starts: its files stay, everything else is made anew."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.toml"
        self.path.write_text(
            f'[store]\nid = "S1"\nstate_dir = "{folder / "state"}"\n[hq]\nurl = "https://hq.example"\n[stations.T1]\n'
            '[printers.front]\nhost = "127.0.0.1"\nport = 9\n'
        )
        self.hq, self.mono, self.well, self.restarts, self.seq = Hq(), 1000.0, True, 0, 0
        self.shop: Shop = self.start()
        row = EnrolmentRow(
            "d1", "S1", fingerprint(FIRST.roles["root"]), sign("roster", FIRST, [ROOT]), stamp(NOW), ROOT
        )
        with self.shop.books.ledger.transaction() as tx:
            self.shop.books.enrolments.put(tx, row)

    def start(self) -> Shop:
        """The daemon starts (again)."""
        if hasattr(self, "shop"):
            self.shop.books.close()
        self.box = ConfigBox(self.path)
        settings = self.box.start()
        self.shop = founded_shop(settings, bytes(32), {})
        self.status = self.shop.store.status
        self.trial = ConfigTrial(
            self.box, self.shop.books, self.status, lambda: self.well, self.hq, self._again, lambda: self.mono
        )
        return self.shop

    def _again(self) -> None:
        self.box.again = True
        self.restarts += 1

    def close(self) -> None:
        self.shop.books.close()

    def offer(
        self, version: int, sections: Any = None, *seeds: bytes, proof: Signed | None = None, **more: Any
    ) -> None:
        """HQ's word arrives in the replica."""
        said = {"pickup": {"lock_s": 50}} if sections is None else sections
        bundle = Bundle(version, "S1", stamp(NOW), stamp(NOW + timedelta(days=90)), said)
        bundle = msgspec.structs.replace(bundle, **more)
        self.arrives(ConfigWord(BUNDLE_ID, sign("config", bundle, seeds or (CONFIG,))))

    def arrives(self, word: ConfigWord) -> None:
        """A word stands in the replica, whoever made it."""
        self.seq += 1
        Inbox(self.shop.books.hq, self.shop.books.clock).apply(
            [Op("s:S1:config", self.seq, "put", "config", BUNDLE_ID, self.seq, row_body(word))],
            {"s:S1:config": Cursor("e", self.seq)},
            consistent=[],
            heads={"s:S1:config": Head("e", self.seq, 1, "")},
            server_time=stamp(NOW),
            hq_epoch=str(uuid.uuid4()),
        )

    def turn(self) -> list[tuple[int, str, str]]:
        """One turn; what HQ heard by it."""
        before = len(self.hq.heard)
        self.trial.turn()
        self.trial.turn()
        return self.hq.said()[before:]

    def lock_s(self) -> int:
        return self.box.settings.pickup.lock_s


def kept(rig: Rig, version: int = 1, sections: Any = None, *seeds: bytes) -> None:
    rig.offer(version, sections, *seeds)
    rig.turn()
    rig.start()
    rig.mono += 601
    assert rig.turn() == [(version, "applied", "")]
