"""Who is let in: invitations for one use, device keys, bearers that run out, revocation at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sync.admission import Invitation
from sync.credentials import DeviceKey
from sync.enrolling import Enrolled, InvitationRefused, enroll, read_invitation
from sync.hub.desk import HubDesk, NotPossible
from sync.hub.envelope import Refused
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import DeviceReplaced, DeviceRevoked, LineDown, NotAdmitted
from sync.signed import Role, RoleName, Roster, Signed
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


@pytest.fixture
def world(hub: Any, memory_store: Any) -> World:
    return World(hub, memory_store)


def test_an_enrolled_box_syncs_and_its_bearer_is_renewed(
    world: World, order_form: Callable[..., Any]
) -> None:
    stream = str(uuid.uuid4())
    enrolled = world.enroll(world.invite(), stream=stream)
    assert (enrolled.store, enrolled.roster.version) == ("S1", 1)
    shop = world.shop(enrolled, stream)
    world.desk.publish_order(order_form("O1"))
    shop.collect("O1", 2)
    shop.settle()
    assert world.desk.stock("S1") == {"P1": 8}
    # Over at HQ, and by our own clock still good: asked again without anybody noticing.
    world.hours.at += timedelta(minutes=16)
    shop.collect("O1", 1)
    shop.settle()
    assert world.desk.stock("S1") == {"P1": 7}


def test_an_invitation_is_for_one_box_one_store_and_one_day(world: World) -> None:
    used, stale, foreign = world.invite(), world.invite(), world.invite("S2")
    world.enroll(used)
    with pytest.raises(InvitationRefused, match="used"):
        world.enroll(used, BOX2)
    with pytest.raises(InvitationRefused):
        world.enroll(foreign, BOX2)
    with pytest.raises(InvitationRefused):
        world.enroll(msgspec.structs.replace(foreign, token="x" * 32), BOX2, store="S2")
    assert world.enroll(foreign, BOX2, store="S2").store == "S2", "a wrong store did not use it up"
    world.hours.at += timedelta(hours=25)
    with pytest.raises(InvitationRefused):
        world.enroll(stale, bytes([9]) * 32)
    with pytest.raises(NotPossible, match="no store"):
        world.invite("S9")


def test_what_does_not_hold_the_pinned_root_is_not_believed(world: World) -> None:
    lured = msgspec.structs.replace(world.invite(), root_fpr="0" * 64)
    with pytest.raises(InvitationRefused, match="ROOT"):
        world.enroll(lured)


def test_a_box_must_show_its_key(world: World) -> None:
    invitation = world.invite()

    def forged(path: str, body: bytes, bearer: str = "") -> bytes:
        asked = msgspec.json.decode(body)
        asked["public"] = public_of(BOX2)
        return world.open.ask(path, msgspec.json.encode(asked), bearer)

    with pytest.raises(InvitationRefused):
        enroll(forged, invitation, "S1", str(uuid.uuid4()), BOX)
    assert world.enroll(invitation).store == "S1", "a forged proof did not use it up"


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


def test_a_revoked_box_is_out_at_once(world: World) -> None:
    stream = str(uuid.uuid4())
    enrolled = world.enroll(world.invite(), stream=stream)
    shop = world.shop(enrolled, stream)
    shop.settle()
    world.desk.revoke_device(enrolled.device)
    for mono in (0.0, 10_000.0):  # under the bearer it has, and when it asks for a new one
        world.mono = mono
        with pytest.raises(DeviceRevoked):
            shop.turn()
    with pytest.raises(NotPossible, match="no device"):
        world.desk.revoke_device("nobody")


def test_a_box_sends_no_journal_but_its_own(world: World) -> None:
    stream = str(uuid.uuid4())
    shop = world.shop(world.enroll(world.invite(), stream=stream), str(uuid.uuid4()))
    shop.advance("O1")
    with pytest.raises(NotAdmitted):
        shop.turn()


def test_the_stores_long_lived_token_ends_with_enrolment(world: World) -> None:
    by_hand = world.memory_store.Shop("S1", LoopTransport(world.app, world.hub.tokens["S1"]))
    by_hand.settle()
    world.enroll(world.invite())
    with pytest.raises(NotAdmitted):
        by_hand.turn()


@pytest.mark.parametrize("years", [-56, 1])
def test_a_clock_of_another_age_is_no_reason_to_stay_outside(world: World, years: int) -> None:
    stream = str(uuid.uuid4())
    shop = world.shop(world.enroll(world.invite(), stream=stream), stream)
    shop.clock.at = (
        datetime(2026 + years, 1, 5, 10, 0, tzinfo=UTC) if years > 0 else datetime(2001, 1, 1, tzinfo=UTC)
    )
    shop.settle()
    assert shop.clock.server_times[0] == "2026-01-05T10:00:00.000Z"


@pytest.mark.parametrize("bearer", ["", "x", "é", "a|b|c", "MTIz", "Z" * 5000])
def test_a_made_up_bearer_is_refused_in_json(world: World, bearer: str) -> None:
    with pytest.raises(NotAdmitted):
        world.open.ask("/sync/v1/pull", b"{}", bearer)


def test_a_bearer_of_another_device_or_time_does_not_pass(world: World) -> None:
    import base64

    stream = str(uuid.uuid4())
    enrolled = world.enroll(world.invite(), stream=stream)
    key = DeviceKey(enrolled.device, BOX, world.memory_store.Clockwork())
    bearer = key.bearer(world.open.ask)
    name, ends, mac = base64.urlsafe_b64decode(bearer + "==").decode().split("|")
    for changed in (f"{name}|{int(ends) + 9999}|{mac}", f"{uuid.uuid4()}|{ends}|{mac}"):
        with pytest.raises(NotAdmitted):
            world.open.ask("/sync/v1/pull", b"{}", base64.urlsafe_b64encode(changed.encode()).decode())


def test_requests_that_are_none_are_refused(world: World) -> None:
    client = world.app.test_client()
    for path in ("/sync/v1/enroll", "/sync/v1/token"):
        for body in (b"", b"[]", b"{", b'{"device":1}', b"\xff", b"[" * 5000):
            answer = client.post(path, data=body)
            assert (answer.status_code, msgspec.json.decode(answer.data)["error"]) == (400, "envelope")


def test_what_is_read_from_a_qr_code_is_an_invitation_or_words() -> None:
    with pytest.raises(InvitationRefused, match="no invitation"):
        read_invitation("https://example.com")
    with pytest.raises(InvitationRefused, match="version 2"):
        read_invitation('{"v":2,"url":"u","token":"t","root_fpr":"f"}')


def test_a_captive_portal_is_no_hq(world: World) -> None:
    with pytest.raises(LineDown):
        enroll(lambda *_: b"<html>", world.invite(), "S1", str(uuid.uuid4()), BOX)


def test_roots_roll_over_and_only_with_the_old_ones_hand(world: World) -> None:
    new_root = Role((public_of(ROOT2),))
    with pytest.raises(NotPossible, match="SIGNATURE"):
        world.desk.renew_trust([ROOT2], {"root": new_root})
    with pytest.raises(NotPossible, match="already"):
        world.desk.found_trust([ROOT], ROLES)
    renewed = world.desk.renew_trust([ROOT, ROOT2], {"root": new_root})
    assert (renewed.version, renewed.roles["config"]) == (2, ROLES["config"])
    enrolled = world.enroll(world.invite())
    assert enrolled.roster == renewed
    word: Signed = enrolled.word
    assert msgspec.json.decode(word.body, type=Roster) == renewed
