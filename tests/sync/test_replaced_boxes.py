"""A box takes another's place: what the former still holds is taken, and it hears nothing more."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from sync.credentials import DeviceKey
from sync.hub.envelope import Refused
from sync.messages import DeviceReplaced
from tests.sync.admission_world import BOX, BOX2, World


@pytest.fixture
def world(hub: Any, memory_store: Any) -> World:
    return World(hub, memory_store)


def test_a_second_box_replaces_the_first_whose_facts_still_count(
    world: World, order_form: Callable[..., Any]
) -> None:
    old_stream, new_stream = str(uuid.uuid4()), str(uuid.uuid4())
    old = world.shop(world.enroll(world.invite(), stream=old_stream), old_stream)
    world.desk.publish_order(order_form("O1"))
    old.collect("O1", 1)
    old.settle()
    new = world.shop(world.enroll(world.invite(), BOX2, new_stream), new_stream, BOX2)
    new.advance("O1", "ready")
    new.settle()
    old.collect("O1", 1)
    late(old)
    assert world.desk.stock("S1") == {"P1": 8}
    assert {(row["stream"], row["seq"], row["late"]) for row in world.desk.events("S1")} == {
        (old_stream, 1, 0),
        (new_stream, 1, 0),
        (old_stream, 2, 1),
    }
    assert [row["state"] for row in world.desk.devices("S1")] == ["replaced", "active"]


def test_a_replaced_box_that_speaks_first_after_its_successor_closes_nobody(world: World) -> None:
    old_stream, new_stream = str(uuid.uuid4()), str(uuid.uuid4())
    old = world.shop(world.enroll(world.invite(), stream=old_stream), old_stream)
    new = world.shop(world.enroll(world.invite(), BOX2, new_stream), new_stream, BOX2)
    new.collect("?", 1)
    new.settle()
    old.collect("?", 1)
    late(old)
    assert {row["stream"]: row["state"] for row in world.desk.streams("S1")} == {
        new_stream: "open",
        old_stream: "closing",
    }
    assert world.desk.stock("S1") == {"P1": 8}
    stock = new.replica.usable("s:S1:stock")["P1"]
    new.settle()
    assert new.replica.usable("s:S1:stock")["P1"]["stream"] == new_stream, f"not the old box's: {stock}"


def late(shop: Any) -> None:
    """A replaced box brings what it still holds, and is told nothing."""
    with pytest.raises(DeviceReplaced):
        shop.turn()
    assert shop.journal.depth() == 0


def test_a_replaced_box_may_bring_its_facts_and_nothing_else(world: World) -> None:
    from sync.hub.admitting import admitted

    old_stream, new_stream = str(uuid.uuid4()), str(uuid.uuid4())
    enrolled = world.enroll(world.invite(), stream=old_stream)
    old = world.shop(enrolled, old_stream)
    old.advance("O1")
    old.settle()
    key = DeviceKey(enrolled.device, BOX, old.clock, lambda: world.mono)
    bearer = key.bearer(world.open.ask)
    new = world.shop(world.enroll(world.invite(), BOX2, new_stream), new_stream, BOX2)
    new.advance("O2")
    new.settle()
    client, headers = world.app.test_client(), {"Authorization": f"Bearer {bearer}"}
    ask = b'{"proto":1,"stream":"%s"}' % old_stream.encode()
    for path, body in (
        ("/sync/v1/pull", ask),
        ("/sync/v1/roster", b'{"after":0}'),
        ("/sync/v1/config/status", b'{"nonce":"0123456789abcdef","applied":0,"tried":1,"result":"trying"}'),
    ):
        said = client.post(path, data=body, headers=headers)
        assert (said.status_code, said.json) == (403, {"error": "device_replaced", "up_acked": 1}), path
    said = client.get(f"/sync/v1/snap/{'0' * 64}.ndjson.zst", headers=headers)
    assert (said.status_code, said.json) == (403, {"error": "device_replaced", "up_acked": 1})
    with pytest.raises(Refused) as hint:
        admitted(world.hub.engine, headers["Authorization"], world.hours.at)
    assert hint.value.body["error"] == "device_replaced"
    old.collect("O1", 1)
    late(old)
    assert [row["late"] for row in world.desk.events("S1") if row["stream"] == old_stream] == [0, 1]
    assert key.bearer(world.open.ask), "it goes on getting bearers, to bring the rest"


def test_a_replaced_box_hears_with_its_refusal_what_a_restored_hq_lost(world: World) -> None:
    from sqlalchemy import delete, update

    from sync.hub.schema import ingest_event, ingest_stream

    old_stream, new_stream = str(uuid.uuid4()), str(uuid.uuid4())
    old = world.shop(world.enroll(world.invite(), stream=old_stream), old_stream)
    for _ in range(3):
        old.advance("O1")
    old.settle()
    assert old.journal.acked() == 3
    world.enroll(world.invite(), BOX2, new_stream)
    late(old)
    first = world.desk.events("S1")[0]
    with world.hub.engine.begin() as conn:
        conn.execute(delete(ingest_event).where(ingest_event.c.seq > 1))
        conn.execute(update(ingest_stream).values(last_seq=1, last_sha=first["sha"]))
    with pytest.raises(DeviceReplaced):
        old.turn()
    assert old.journal.acked() == 1
    late(old)
    assert [row["seq"] for row in world.desk.events("S1")] == [1, 2, 3]
