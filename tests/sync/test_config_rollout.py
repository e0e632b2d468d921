"""A revision on its way through a chain: rings, soaking, halting, going back, one at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.configured import Scope
from sync.hub.desk import NotPossible
from sync.messages import Shop as ShopRow
from tests.sync.config_world import World


@pytest.fixture
def world(hub: Any) -> World:
    return World(hub)


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
