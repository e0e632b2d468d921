"""HQ's side of config push: scopes, two signatures, rings that halt, versions that only grow, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from config.problems import SettingsRefused
from sync.configured import BUNDLE_ID, Bundle, Scope
from sync.configuring import judge, newer_roster
from sync.hub.config_desk import Wish
from sync.hub.desk import NotPossible
from sync.hub.trust import public_of
from sync.messages import ConfigWord, stamp
from sync.signed import NotTrusted, Role, Roster, sign
from tests.sync.config_world import ALL, CONFIG, CONFIG2, MONEY, ROOT, STRANGER, World


@pytest.fixture
def world(hub: Any) -> World:
    return World(hub)


def test_the_narrower_word_wins_and_each_setting_knows_whose_it_is(world: World) -> None:
    world.config.set_region("S1", "east")
    world.push({"pickup": {"lock_s": 30, "wrong_tries": 4}, "log": {"level": "debug"}})
    world.settle()
    world.push({"pickup": {"lock_s": 60}}, Scope(region="east"))
    world.take("S1")
    world.config.go_on()
    world.push({"stations": {"T1": {"label_en": "All"}}, "pickup": {"annul_minutes": 9}}, Scope(store="S1"))
    world.take("S1")
    world.config.go_on()
    rev = world.push({"stations": {"T1": {"label_en": "Mine"}}}, Scope(store="S1", station="T1"))
    bundle = world.take("S1")
    assert bundle is not None
    assert bundle.sections == {
        "pickup": {"lock_s": 60, "wrong_tries": 4, "annul_minutes": 9},
        "log": {"level": "debug"},
        "stations": {"T1": {"label_en": "Mine"}},
    }
    assert bundle.origins == {
        "pickup.lock_s": 2,
        "pickup.wrong_tries": 1,
        "pickup.annul_minutes": 3,
        "log.level": 1,
        "stations.T1.label_en": rev,
    }
    assert (bundle.changed, bundle.sources["2"].scope.region, bundle.sources["2"].by) == (
        ("stations",),
        "east",
        "wang",
    )
    assert world.take("S2") is None, "nothing of this was S2's"
    said = world.config.why("S1", "pickup.lock_s")
    assert [(one.rev, one.value, one.scope.region, one.by, one.why) for one in said] == [
        (1, 30, "", "wang", "a reason"),
        (2, 60, "east", "wang", "a reason"),
    ]
    assert world.config.diff("S1", 3, 4) == [("stations.T1.label_en", "All", "Mine")]


def test_every_problem_is_named_before_any_store_sees_it(world: World) -> None:
    with pytest.raises(SettingsRefused) as refused:
        world.push({"pickup": {"lock_s": 1, "lok_s": 2}, "log": {"level": "loud"}})
    assert [p.path for p in refused.value.problems] == ["pickup.lock_s", "pickup.lok_s", "log.level"]
    with pytest.raises(SettingsRefused) as refused:
        world.push({"hq": {"url": "https://evil.example"}, "store": {}, "payments": 3})
    assert [p.path for p in refused.value.problems] == ["hq", "store", "payments"]
    with pytest.raises(SettingsRefused) as refused:
        world.push({"stations": {"T2": {}}, "pickup": {}}, Scope(store="S1", station="T1"))
    assert [p.path for p in refused.value.problems] == ["stations.T2", "pickup"]
    for scope in (Scope(region="nowhere"), Scope(store="S9"), Scope(station="T1")):
        with pytest.raises(NotPossible):
            world.push({"pickup": {}} if not scope.station else {"stations": {}}, scope)


def test_money_needs_a_second_key_at_hq(world: World) -> None:
    said = {"payments": {"poll_s": 7}}
    with pytest.raises(NotPossible, match="second person's key"):
        world.push(said)
    draft = world.config.draft(Wish(ALL, said, "wang"))
    for seeds in ([CONFIG, CONFIG], [MONEY], [CONFIG, STRANGER]):
        words = {store: sign("config", bundle, seeds) for store, bundle in draft.bundles.items()}
        with pytest.raises(NotPossible):
            world.config.push(draft, words)
    assert world.send(draft, money=True) == 1
    world.settle()
    assert {bundle.sections["payments"]["poll_s"] for bundle in world.good.values()} == {7}
    # What touches no money needs no second person, and a box that is new believes it all the same.
    rev = world.push({"log": {"level": "debug"}})
    first = str(world.config.offers(rev)[0]["store"])
    word = world.word(first)
    assert word is not None
    assert word.proof is not None
    assert judge(word, world.roster, first, None, 0, world.at, "1.0").sections["payments"] == {"poll_s": 7}
    with pytest.raises(NotTrusted, match="MONEY"):
        judge(msgspec.structs.replace(word, proof=None), world.roster, first, None, 0, world.at, "1.0")
    world.settle()
    with pytest.raises(NotPossible, match="second person's key"):
        world.send(world.config.draft_rollback(1, by="li", why=""))


def test_hq_keeps_only_what_was_drafted_and_signed_by_whom_stores_believe(world: World) -> None:
    draft = world.config.draft(Wish(ALL, {"log": {"level": "debug"}}, "wang"))
    words = draft.signed([CONFIG])
    other = sign("config", msgspec.structs.replace(draft.bundles["S1"], sections={}), [CONFIG])
    for wrong in ({**words, "S1": other}, {"S1": words["S1"]}, draft.signed([STRANGER])):
        with pytest.raises(NotPossible):
            world.config.push(draft, wrong)
    assert world.config.revisions() == []
    assert world.config.push(draft, words, soak_s=0) == 1
    with pytest.raises(NotPossible, match="is rolling"):
        world.config.push(draft, words)
    world.settle()
    late = world.config.draft(Wish(ALL, {"log": {"level": "info"}}, "wang"))
    world.config.set_region("S1", "east")
    world.push({"pickup": {"lock_s": 55}}, Scope(region="east"))
    world.settle()
    with pytest.raises(NotPossible, match="changed while"):
        world.config.push(late, late.signed([CONFIG]))
    with pytest.raises(NotPossible, match="rise to 100"):
        world.config.push(late, late.signed([CONFIG]), rings=(50,))


def test_a_version_that_failed_is_not_offered_again_and_hq_says_why(world: World) -> None:
    first = world.push({"log": {"level": "debug"}})
    world.settle()
    second = world.push({"pickup": {"lock_s": 99}})
    turns = [row["store"] for row in world.config.offers(second)]
    assert world.take(turns[0], fails="DEVICE_LOST")
    row = world.config.offers(second, turns[0])[0]
    assert (row["state"], row["code"], row["path"], row["msg"]) == (
        "rolled_back",
        "DEVICE_LOST",
        "/printers/front",
        "it does not answer",
    )
    # A box that is set up anew hears of the version that worked, never of the other.
    said = world.word(turns[0])
    assert said is not None
    assert msgspec.json.decode(said.word.body, type=Bundle).version == first
    world.config.go_on()
    assert world.state(second) == "rolling", "no store has acknowledged: the ring does not pass"


def test_a_status_counts_once_and_late_words_change_nothing(world: World) -> None:
    rev = world.push({"log": {"level": "debug"}}, Scope(store="S1"))
    for _ in range(3):
        world.say("S1", rev, "trying", nonce="n" * 12)
    assert world.config.offers(rev)[0]["state"] == "trying"
    world.take("S1")
    world.say("S1", rev, "trying")
    world.say("S1", rev, "rolled_back", "X", nonce="n" * 12)
    world.say("S1", 900, "applied")
    assert world.config.offers(rev)[0]["state"] == "applied"
    assert world.config.offers(store="S2") == []
    assert world.push({}, Scope(store="S1")) > 900, "versions grow past what any store ever spoke of"


def test_a_roster_is_followed_step_by_step_and_a_retired_key_counts_no_more(world: World) -> None:
    world.desk.renew_trust([ROOT], {"config": Role((public_of(STRANGER),))})
    last = world.desk.renew_trust([ROOT], {"config": Role((public_of(CONFIG2),))})
    reached, word = newer_roster(world.line("S1"), world.roster)
    assert (reached, word is not None) == (last, True)
    assert newer_roster(world.line("S1"), last) == (last, None)
    old = sign("config", Bundle(1, "S1", stamp(world.at), stamp(world.at), {}), [CONFIG])
    with pytest.raises(NotTrusted, match="SIGNATURE"):
        judge(ConfigWord(BUNDLE_ID, old), reached, "S1", None, 0, world.at, "1.0")
    with pytest.raises(NotPossible, match="SIGNATURE"):
        world.push({"log": {"level": "debug"}})
    forged = sign("roster", changed_roster(last), [STRANGER])

    class Liar:
        def post(self, path: str, body: bytes) -> bytes:
            return msgspec.json.encode({"rosters": [forged]})

    assert newer_roster(Liar(), last) == (last, None)


def changed_roster(roster: Roster) -> Roster:
    return msgspec.structs.replace(roster, version=9, roles={"root": Role((public_of(STRANGER),))})
