"""Words of HQ about settings: replaced, never back, for others, a renewed roster, no line, past their time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.config_trial import STALE
from sync.configured import BUNDLE_ID
from sync.hub.trust import public_of
from sync.messages import ConfigWord, stamp
from sync.signed import NotTrusted, Role, Signed, first_roster, sign
from tests.edge.config_rig import CONFIG, FIRST, MONEY, NEXT, NOW, ROLES, ROOT, Rig, kept


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    made = Rig(tmp_path)
    yield made
    made.close()


def test_data_need_no_start_and_money_two_keys(rig: Rig) -> None:
    rig.offer(1, {"payments": {"poll_s": 7}})
    assert rig.turn() == [(1, "rejected", "MONEY")]
    rig.offer(2, {"payments": {"poll_s": 7}}, CONFIG, MONEY)
    assert rig.turn() == [(2, "trying", "")]
    assert rig.restarts == 1
    rig.start()
    assert rig.box.settings.payments.poll_s == 7
    rig.mono += 601
    assert rig.turn() == [(2, "applied", "")]
    rig.offer(
        3,
        {"payments": {"poll_s": 7}, "playlists": {"all": [{"title_zh": "新茶上市", "title_en": "New tea"}]}},
    )
    assert rig.turn() == [(3, "trying", "")]
    assert rig.restarts == 1, "data of screens need no start"


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


def test_versions_never_go_back_and_another_shops_word_is_not_ours(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
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
    rig.turn()
    told = [vars(one) for one in caplog.records if one.name == "store_edge.security"]
    assert [one["code"] for one in told] == [
        "ROLLBACK",
        "STORE",
        "EXPIRED",
        "DAEMON",
        "SIGNATURE",
    ]  # each once
    assert {one["class"] for one in told} == {"config"}
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


def test_a_word_too_deep_to_read_stops_no_probation(rig: Rig) -> None:
    kept(rig)
    rig.offer(2, {"pickup": {"lock_s": 55}})
    rig.turn()
    rig.start()
    deep = f'{{"version":3,"x":{"[" * 100_000}{"]" * 100_000}}}'
    rig.arrives(ConfigWord(BUNDLE_ID, Signed("config", deep, ())))
    rig.well = False
    said = rig.turn() + rig.turn()
    assert (0, "rejected", "BODY") in said
    assert (2, "rolled_back", "HEALTH") in said


def test_a_roster_too_deep_to_read_is_not_believed() -> None:
    deep = f'{{"x":{"[" * 100_000}{"]" * 100_000}}}'
    with pytest.raises(NotTrusted) as refused:
        first_roster(Signed("roster", deep, ()), "00" * 32)
    assert refused.value.code == "BODY"
