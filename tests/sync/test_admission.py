"""Who is let in: invitations for one use, device keys, bearers that run out, revocation at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sync.credentials import DeviceKey
from sync.enrolling import InvitationRefused, enroll, read_invitation
from sync.hub.desk import NotPossible
from sync.hub.trust import public_of
from sync.messages import DeviceRevoked, LineDown, NotAdmitted
from sync.signed import Role, Roster, Signed
from sync.transport import LoopTransport
from tests.sync.admission_world import BOX, BOX2, ROLES, ROOT, ROOT2, World


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
