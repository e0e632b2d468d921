"""HQ's side of config push: scopes, two signatures, rings that halt, versions that only grow, on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from config.problems import SettingsRefused
from sync.configured import BUNDLE_ID, Bundle, ConfigError, ConfigStatus, Scope
from sync.configuring import judge, newer_roster, report
from sync.hub.config_desk import ConfigDesk, Draft, Wish
from sync.hub.desk import HubDesk, NotPossible
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import ConfigWord, Cursor, Op, PullRequest, stamp
from sync.messages import Shop as ShopRow
from sync.pulling import read_page
from sync.signed import NotTrusted, Role, Roster, sign
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
        return next(row["state"] for row in self.config.revisions() if row["rev"] == rev)


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
        world.push({"hq": {"url": "https://evil.example"}, "store": {}, "prices": 3})
    assert [p.path for p in refused.value.problems] == ["hq", "store", "prices"]
    with pytest.raises(SettingsRefused) as refused:
        world.push({"stations": {"T2": {}}, "pickup": {}}, Scope(store="S1", station="T1"))
    assert [p.path for p in refused.value.problems] == ["stations.T2", "pickup"]
    for scope in (Scope(region="nowhere"), Scope(store="S9"), Scope(station="T1")):
        with pytest.raises(NotPossible):
            world.push({"pickup": {}} if not scope.station else {"stations": {}}, scope)


def test_money_needs_a_second_key_at_hq(world: World) -> None:
    prices = {"prices": {"book": "b1"}}
    with pytest.raises(NotPossible, match="second person's key"):
        world.push(prices)
    draft = world.config.draft(Wish(ALL, prices, "wang"))
    for seeds in ([CONFIG, CONFIG], [MONEY], [CONFIG, STRANGER]):
        words = {store: sign("config", bundle, seeds) for store, bundle in draft.bundles.items()}
        with pytest.raises(NotPossible):
            world.config.push(draft, words)
    assert world.send(draft, money=True) == 1
    world.settle()
    assert {bundle.sections["prices"]["book"] for bundle in world.good.values()} == {"b1"}
    # What touches no money needs no second person, and a box that is new believes it all the same.
    rev = world.push({"log": {"level": "debug"}})
    first = str(world.config.offers(rev)[0]["store"])
    said = world.word(first)
    assert said is not None
    assert said.proof is not None
    assert judge(said, world.roster, first, None, 0, world.at, "1.0").sections["prices"] == {"book": "b1"}
    with pytest.raises(NotTrusted, match="MONEY"):
        judge(msgspec.structs.replace(said, proof=None), world.roster, first, None, 0, world.at, "1.0")
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


def chain(world: World, size: int) -> None:
    for n in range(size):
        store = f"C{n:03d}"
        world.hub.tokens[store] = world.desk.add_store(ShopRow(store=store, name_zh="店", name_en="C"))
        world.config.set_region(store, "chain")


def test_rings_soak_and_silent_stores_hold_nothing_up(world: World) -> None:
    chain(world, 100)
    rev = world.push({"log": {"level": "debug"}}, Scope(region="chain"), soak_s=3600)
    turns = [row["store"] for row in world.config.offers(rev)]

    def out() -> int:
        world.config.go_on()
        return sum(row["state"] != "staged" for row in world.config.offers(rev))

    assert out() == 1
    world.at += timedelta(hours=5)
    assert out() == 1, "nobody acknowledged"
    world.take(turns[0])
    assert out() == 1, "acknowledged, not soaked"
    world.at += timedelta(minutes=61)
    assert out() == 10
    world.take(turns[5])
    world.at += timedelta(minutes=61)
    assert out() == 50
    for failing in turns[10:12]:
        world.take(failing, fails="X")
    world.take(turns[13])
    world.at += timedelta(minutes=61)
    assert out() == 100, "two failures are within the limit"
    world.take(turns[99])
    world.at += timedelta(minutes=61)
    out()
    assert world.state(rev) == "done"
    assert world.config.revisions()[0]["stores"] == {"applied": 4, "rolled_back": 2, "offered": 94}


def test_too_many_failures_halt_it_until_somebody_looked(world: World) -> None:
    chain(world, 60)
    rev = world.push({"log": {"level": "debug"}}, Scope(region="chain"))
    turns = [row["store"] for row in world.config.offers(rev)]
    world.take(turns[0])
    world.config.go_on()
    for store in turns[1:4]:
        world.take(store, fails="X")
    world.take(turns[4])
    world.config.go_on()
    row = world.config.revisions()[0]
    assert (row["state"], row["released"]) == ("halted", 6)
    assert "3 of 6 stores" in row["note"]
    with pytest.raises(NotPossible, match="halted"):
        world.push({"pickup": {}}, Scope(store=turns[50]))
    world.config.resume(rev)
    assert world.config.revisions()[0]["released"] == 60 or world.state(rev) == "rolling"
    world.config.halt(rev, "not on a Friday")
    with pytest.raises(NotPossible, match="is halted"):
        world.config.halt(rev, "again")


def test_back_is_a_new_version_with_old_content(world: World) -> None:
    world.push({"log": {"level": "debug"}, "pickup": {"lock_s": 30}})
    world.settle()
    bad = world.push({"log": {"level": "error"}}, soak_s=3600)
    turns = [row["store"] for row in world.config.offers(bad)]
    world.take(turns[0])
    back = world.send(world.config.draft_rollback(bad, by="li", why="too quiet"))
    bundle = world.take(next(row["store"] for row in world.config.offers(back)))
    assert bundle is not None
    assert (back, bundle.version) == (bad + 1, bad + 1)
    assert bundle.sections == {"log": {"level": "debug"}, "pickup": {"lock_s": 30}}
    assert world.state(bad) == "withdrawn"
    assert {row["state"] for row in world.config.offers(bad)} <= {"applied", "replaced"}
    with pytest.raises(NotPossible, match="withdrawn"):
        world.config.draft_rollback(bad, by="li", why="")


def test_a_second_push_waits_or_replaces_the_first(world: World) -> None:
    first = world.push({"log": {"level": "debug"}}, soak_s=3600)
    with pytest.raises(NotPossible, match=f"--instead {first}"):
        world.push({"pickup": {"lock_s": 44}})
    second = world.push({"pickup": {"lock_s": 44}}, withdraws=(first,))
    store = world.config.offers(second)[0]["store"]
    bundle = world.take(store)
    assert bundle is not None
    assert bundle.sections == {"pickup": {"lock_s": 44}}, "what was withdrawn counts no more"


# ---- attacks on a store --------------------------------------------------------------------------


Forge = Callable[[Bundle], ConfigWord]


def signed(bundle: Bundle, *seeds: bytes, kind: Any = "config") -> ConfigWord:
    return ConfigWord(BUNDLE_ID, sign(kind, bundle, seeds or (CONFIG,)))


def tampered(bundle: Bundle) -> ConfigWord:
    word = signed(bundle).word
    return ConfigWord(BUNDLE_ID, msgspec.structs.replace(word, body=word.body.replace("debug", "error")))


def changed(bundle: Bundle, **values: Any) -> Bundle:
    return msgspec.structs.replace(bundle, **values)


PRICED = {"prices": {"book": "cheap"}}
ATTACKS: dict[str, tuple[Forge, str]] = {
    "tampered": (tampered, "SIGNATURE"),
    "stranger": (lambda b: signed(b, STRANGER), "SIGNATURE"),
    "wrong role": (lambda b: signed(b, MONEY), "SIGNATURE"),
    "root is no config key": (lambda b: signed(b, ROOT), "SIGNATURE"),
    "one key twice": (lambda b: signed(changed(b, sections=PRICED), CONFIG, CONFIG), "MONEY"),
    "wrong kind": (lambda b: signed(b, kind="snapshot"), "KIND"),
    "wrong store": (lambda b: signed(changed(b, store="S2")), "STORE"),
    "the same again": (lambda b: signed(changed(b, version=7)), "ROLLBACK"),
    "an older one": (lambda b: signed(changed(b, version=3)), "ROLLBACK"),
    "frozen": (lambda b: signed(changed(b, expires="2026-01-05T09:59:59.999Z")), "EXPIRED"),
    "no time": (lambda b: signed(changed(b, expires="soon")), "BODY"),
    "needs a newer release": (lambda b: signed(changed(b, min_daemon="1.10")), "DAEMON"),
    "one signature for money": (lambda b: signed(changed(b, sections=PRICED)), "MONEY"),
    "money hidden from `changed`": (lambda b: signed(changed(b, sections=PRICED, changed=())), "MONEY"),
    "money taken away": (lambda b: signed(changed(b, sections={})), "MONEY"),
}
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
OWN_ROSTER = Roster(
    1,
    stamp(NOW),
    stamp(NOW),
    {
        "root": Role((public_of(ROOT),)),
        "config": Role((public_of(CONFIG),)),
        "money": Role((public_of(MONEY),)),
    },
)
GOOD = Bundle(7, "S1", stamp(NOW), "2026-04-05T10:00:00.000Z", {"prices": {"book": "b1"}})
NEXT = changed(GOOD, version=8, sections={"prices": {"book": "b1"}, "log": {"level": "debug"}})


def test_an_honest_bundle_is_taken() -> None:
    assert judge(signed(NEXT), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4.2") == NEXT
    assert judge(signed(changed(NEXT, sections=PRICED), CONFIG, MONEY), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4")


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str) -> None:
    forge, code = ATTACKS[attack]
    with pytest.raises(NotTrusted) as refused:
        judge(forge(NEXT), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4.2")
    assert refused.value.code == code


@pytest.mark.parametrize(
    "proof",
    [
        signed(
            changed(GOOD, version=6, sections=PRICED), CONFIG, MONEY
        ).word,  # older than what the store has
        signed(changed(GOOD, version=9, sections=PRICED), CONFIG).word,
        signed(changed(GOOD, version=9, sections=PRICED, store="S2"), CONFIG, MONEY).word,
        signed(changed(GOOD, version=9), CONFIG, MONEY).word,  # of other money
    ],
)
def test_a_proof_that_proves_nothing_is_none(proof: Any) -> None:
    said = ConfigWord(BUNDLE_ID, signed(changed(NEXT, version=10, sections=PRICED)).word, proof)
    with pytest.raises(NotTrusted):
        judge(said, OWN_ROSTER, "S1", GOOD, 7, NOW, "1.0")


def test_a_roster_is_followed_step_by_step_and_a_retired_key_counts_no_more(world: World) -> None:
    world.desk.renew_trust([ROOT], {"config": Role((public_of(STRANGER),))})
    last = world.desk.renew_trust([ROOT], {"config": Role((public_of(CONFIG2),))})
    reached, word = newer_roster(world.line("S1"), world.roster)
    assert (reached, word is not None) == (last, True)
    assert newer_roster(world.line("S1"), last) == (last, None)
    with pytest.raises(NotTrusted, match="SIGNATURE"):
        judge(signed(NEXT), reached, "S1", GOOD, 7, NOW, "1.0")
    with pytest.raises(NotPossible, match="SIGNATURE"):
        world.push({"log": {"level": "debug"}})
    forged = sign("roster", changed_roster(last), [STRANGER])

    class Liar:
        def post(self, path: str, body: bytes) -> bytes:
            return msgspec.json.encode({"rosters": [forged]})

    assert newer_roster(Liar(), last) == (last, None)


def changed_roster(roster: Roster) -> Roster:
    return msgspec.structs.replace(roster, version=9, roles={"root": Role((public_of(STRANGER),))})
