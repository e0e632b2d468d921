"""A trial step by step: crash windows, broken files, a probation that fails, words of HQ that are not taken."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.config_box import MOST_STARTS, ConfigBox
from edge.config_files import ConfigFiles, Trial
from edge.config_trial import STALE, ConfigTrial
from edge.daemon import Shop, build_shop
from edge.records.enrolment import EnrolmentRow
from edge.records.inbox import Inbox
from sync.configured import BUNDLE_ID, Bundle, ConfigStatus, ConfigTaken, RosterAnswer
from sync.hub.trust import public_of
from sync.messages import ConfigWord, Cursor, Head, LineDown, Op, row_body, stamp
from sync.signed import Role, Roster, Signed, fingerprint, sign

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
        self.shop = build_shop(settings, bytes(32), {})
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
        word = ConfigWord(BUNDLE_ID, sign("config", bundle, seeds or (CONFIG,)))
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


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    made = Rig(tmp_path)
    yield made
    made.close()


def kept(rig: Rig, version: int = 1, sections: Any = None, *seeds: bytes) -> None:
    rig.offer(version, sections, *seeds)
    rig.turn()
    rig.start()
    rig.mono += 601
    assert rig.turn() == [(version, "applied", "")]


def test_a_push_is_tried_kept_and_told(rig: Rig) -> None:
    rig.offer(1)
    assert rig.turn() == [(1, "trying", "")]
    assert rig.restarts == 1
    assert rig.lock_s() == 60, "in force with the next start"
    rig.start()
    assert rig.lock_s() == 50
    rig.mono += 599
    assert rig.turn() == []
    rig.mono += 2
    assert rig.turn() == [(1, "applied", "")]
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [], "nothing is told or tried twice"


def test_the_probation_needs_health_and_one_hiccup_is_none(rig: Rig) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    rig.start()
    rig.well = False
    rig.trial.turn()
    rig.well = True
    assert rig.turn() == []
    rig.well = False
    assert rig.turn() == [(2, "rolled_back", "HEALTH")]
    assert rig.restarts == 2 + 1
    rig.well = True
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [], "what failed stands in the feed still, and is not tried again"


def test_each_start_counts_before_anything_is_read(rig: Rig) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    for _ in range(MOST_STARTS - 1):
        rig.start()
        assert rig.lock_s() == 70
    rig.box.files._write("trying.json", b"\x00 nothing that could be read")
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [(2, "rolled_back", "CRASH_LOOP")]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"word":1}', b"\xff" * 40])
def test_a_broken_file_of_a_trial_is_a_trial_that_failed(rig: Rig, broken: bytes) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 70}})
    rig.turn()
    rig.box.files._write("trying.json", broken)
    rig.start()
    assert rig.lock_s() == 50
    assert rig.turn() == [(2, "rolled_back", "UNREADABLE")]


def test_without_any_readable_file_the_boxs_own_settings_count(rig: Rig) -> None:
    kept(rig)
    for name in ("good.json", "notes.json", "attempts"):
        rig.box.files._write(name, b"garbage")
    rig.start()
    assert rig.lock_s() == 60


def test_a_file_of_the_box_that_no_longer_fits_puts_the_trial_and_then_the_good_aside(rig: Rig) -> None:
    kept(rig, 1, {"stations": {"T1": {"printer": "front"}}})
    rig.path.write_text(rig.path.read_text().replace("[printers.front]", "[printers.other]"))
    rig.start()
    assert rig.box.settings.stations["T1"].printer == ""


def test_killed_between_two_writes_it_is_told_and_tried_all_the_same(rig: Rig) -> None:
    kept(rig)
    until = stamp(NOW + timedelta(days=9))
    word = sign("config", Bundle(2, "S1", stamp(NOW), until, {"pickup": {"lock_s": 70}}), [CONFIG])
    trial = Trial(word, (), restart=True)
    files: ConfigFiles = rig.box.files
    files._write("trying.json", msgspec.json.encode(trial))  # and the notes were never written
    assert files.seen() == 2
    rig.start()
    assert rig.lock_s() == 70
    rig.mono += 601
    assert rig.turn() == [(2, "applied", "")]
    files._write(
        "trying.json", msgspec.json.encode(trial)
    )  # kept, and killed before the trial was cleared away
    rig.start()
    assert rig.lock_s() == 70


def test_what_only_the_box_can_tell_is_probed_before_it_is_tried(rig: Rig) -> None:
    rig.offer(1, {"stations": {"T1": {"printer": "back"}}})
    assert rig.turn() == [(1, "rejected", "SETTINGS")]
    error = rig.hq.heard[-1].error
    assert error is not None
    assert (error.path, "front" in error.msg) == ("/stations/T1/printer", True)
    rig.offer(2, {"store": {"id": "S9"}})
    assert rig.turn() == [(2, "rejected", "SETTINGS")]
    rig.start()
    assert rig.turn() == [], "refused once is enough"
    assert rig.restarts == 0


def test_a_device_that_works_is_not_moved_to_where_nothing_is(rig: Rig) -> None:
    rig.status.device("front", "printer", "online")
    rig.offer(
        1, {"printers": {"front": {"driver": "escpos-file", "device": "/nowhere/lp0", "confirm": "none"}}}
    )
    assert rig.turn() == [(1, "rejected", "UNBINDABLE")]
    rig.status.device("front", "printer", "absent")
    rig.offer(
        2, {"printers": {"front": {"driver": "escpos-file", "device": "/nowhere/lp0", "confirm": "none"}}}
    )
    assert rig.turn() == [(2, "trying", "")], "it did not work before: nothing is lost by it"


def test_a_device_that_worked_has_a_minute_to_come_back(rig: Rig) -> None:
    rig.status.device("front", "printer", "online")
    rig.offer(1, {"printers": {"front": {"charset": "gbk"}}})
    assert rig.turn() == [(1, "trying", "")]
    rig.start()
    rig.status.device("front", "printer", "unknown")
    rig.mono += 59
    assert rig.turn() == []
    rig.mono += 2
    assert rig.turn() == [(1, "rolled_back", "DEVICE_LOST")]


def test_data_need_no_start_and_money_two_keys(rig: Rig) -> None:
    rig.offer(1, {"prices": {"book": "b1"}})
    assert rig.turn() == [(1, "rejected", "MONEY")]
    rig.offer(2, {"prices": {"book": "b1"}}, CONFIG, MONEY)
    assert rig.turn() == [(2, "trying", "")]
    assert rig.restarts == 0
    rig.mono += 601
    assert rig.turn() == [(2, "applied", "")]
    rig.offer(3, {"prices": {"book": "b1"}, "playlists": {"kiosk": ["a.jpg"]}})
    assert rig.turn() == [(3, "trying", "")]


def test_a_newer_word_replaces_the_one_on_trial(rig: Rig) -> None:
    rig.offer(1)
    rig.turn()
    rig.start()
    rig.offer(2, {"pickup": {"lock_s": 55}})
    assert rig.turn() == [(2, "trying", "")]
    rig.start()
    assert rig.lock_s() == 55
    rig.mono += 601
    assert rig.turn() == [(2, "applied", "")]


def test_versions_never_go_back_and_another_shops_word_is_not_ours(rig: Rig) -> None:
    kept(rig, 5)
    rig.offer(4, {"pickup": {"lock_s": 99}})
    assert rig.turn() == [(4, "rejected", "ROLLBACK")]
    rig.offer(6, store="S2")
    assert rig.turn() == [(6, "rejected", "STORE")]
    rig.offer(7, expires=stamp(NOW - timedelta(days=1)))
    assert rig.turn() == [(7, "rejected", "EXPIRED")]
    rig.offer(8, min_daemon="99.0")
    assert rig.turn() == [(8, "rejected", "DAEMON")]
    rig.offer(9, None, ROOT)
    assert rig.turn() == [(9, "rejected", "SIGNATURE")]
    assert rig.lock_s() == 50
    assert rig.restarts == 1


def test_a_renewed_roster_is_fetched_before_a_word_is_judged(rig: Rig) -> None:
    second = msgspec.structs.replace(FIRST, version=2, roles={**ROLES, "config": Role((public_of(NEXT),))})
    rig.hq.rosters = (sign("roster", second, [ROOT]),)
    rig.offer(1)
    assert rig.turn() == [(1, "rejected", "SIGNATURE")], "the old key is retired"
    rig.offer(2, None, NEXT)
    assert rig.turn() == [(2, "trying", "")]
    enrolled = rig.shop.books.enrolments.now()
    assert enrolled is not None
    assert enrolled.roster == second


def test_without_a_line_nothing_is_tried_and_words_to_hq_wait(rig: Rig) -> None:
    rig.hq.down = True
    rig.offer(1)
    rig.turn()
    assert rig.restarts == 0
    rig.hq.down = False
    assert rig.turn() == [(1, "trying", "")]
    rig.start()
    rig.hq.down = True
    rig.mono += 601
    assert rig.turn() == []
    rig.hq.down = False
    rig.start()
    assert rig.turn() == [(1, "applied", "")]


def test_past_its_time_it_goes_on_and_says_so(rig: Rig) -> None:
    kept(rig)
    rig.shop.books.clock.saw_server_time(stamp(NOW + timedelta(days=91)))
    rig.turn()
    assert [(d.state, d.detail) for d in rig.status.devices() if d.name == "config"] == [("stale", STALE)]
    rig.start()
    assert rig.lock_s() == 50


def test_a_box_that_was_never_enrolled_believes_nobody(rig: Rig) -> None:
    with rig.shop.books.ledger.transaction() as tx:
        tx.execute("DELETE FROM enrolment")
    rig.offer(1)
    assert rig.turn() == [(1, "rejected", "NOT_ENROLLED")]
