"""What a stolen box asks HQ: everybody's phone number, every hash there is, receipts by the million."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from edge.desks.members import REASONS as OURS
from sync.asked import (
    PHONE_PATH,
    REASONS,
    REPURCHASE_PATH,
    REVEAL_PATH,
    PhoneAsk,
    RepurchaseAsk,
    RevealAsk,
)
from sync.benefits import Member
from sync.hub.ask_pace import A_MINUTE, AskPace
from sync.hub.benefits import BenefitDesk
from sync.hub.database import snapshot
from sync.hub.envelope import Refused
from sync.hub.fleet_schema import audit
from sync.hub.member_desk import MemberDesk
from sync.returning import SOLD_PATH, SoldAsk
from tests.sync.counter_floor import with_keys

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def asked(hub: Any, path: str, wish: msgspec.Struct, store: str = "S1") -> Any:
    shown = {"Authorization": f"Bearer {hub.tokens[store]}"}
    return hub.app.test_client().post(path, data=msgspec.json.encode(wish), headers=shown)


def a_member(hub: Any) -> None:
    people = with_keys(hub)[1]
    BenefitDesk(hub.engine).put_member(Member("m-1", "gold", 1, "王*", "4321", "5678"), ("S1",))
    people.contact("m-1", "王小明", "13800005678")


@SQLITE
def test_what_is_revealed_stands_on_hqs_own_record(hub: Any) -> None:
    a_member(hub)
    code = MemberDesk(hub.engine).code("m-1")
    answer = asked(hub, REVEAL_PATH, RevealAsk("m-1", "identity", "2001", code), "S2")
    assert answer.json["phone"] == "13800005678"
    asked(hub, REVEAL_PATH, RevealAsk("m-nobody", "identity", "2001", code), "S2")
    with snapshot(hub.engine) as conn:
        noted = conn.execute(select(audit).where(audit.c.act.like("member.reveal%")).order_by("n")).all()
    assert [(row.act, row.who, row.about, row.why) for row in noted] == [
        ("member.reveal", "S2:2001", "m-1", "identity"),
        ("member.reveal.refused", "S2:2001", "m-nobody", "identity"),
    ]
    assert "13800005678" not in repr(noted)


@SQLITE
def test_nothing_is_revealed_of_a_member_who_was_not_there(hub: Any) -> None:
    a_member(hub)
    people = MemberDesk(hub.engine)
    BenefitDesk(hub.engine).put_member(Member("m-2", "", 1, "李*", "", ""), ("S1",))
    ((kid, hashed),) = people.know("m-1", "phone", "13800005678").items()
    ((_, another),) = people.know("m-2", "phone", "13900000000").items()
    long_ago = MemberDesk(hub.engine, lambda: datetime.now(UTC) - timedelta(minutes=20)).code("m-1")
    head, claims, signature = people.code("m-1").split(".")
    proofs = {
        "nothing": "",
        "a code of twenty minutes ago": long_ago,
        "another member's code": people.code("m-2"),
        "a forged code": ".".join((head, claims, signature[:-4] + "AAAA")),
        "another member's number": f"{kid}:{another}",
        "a hash of nobody": f"{kid}:{'0' * 64}",
        "no hash": "x:" + hashed,
    }
    for name, proof in proofs.items():
        answer = asked(hub, REVEAL_PATH, RevealAsk("m-1", "identity", "2001", proof), f"S{len(name) % 2 + 1}")
        assert (answer.status_code, answer.json["error"]) == (403, "not_shown"), name
        assert "1380000" not in answer.text
    fresh = asked(hub, REVEAL_PATH, RevealAsk("m-1", "identity", "2001", f"{kid}:{hashed}"))
    assert fresh.json["phone"] == "13800005678"


@SQLITE
@pytest.mark.parametrize("reason", ["", "because", "identity ", "身份"])
def test_nothing_is_revealed_for_a_reason_that_is_none(hub: Any, reason: str) -> None:
    a_member(hub)
    answer = asked(hub, REVEAL_PATH, RevealAsk("m-1", reason, "2001"))
    assert (answer.status_code, answer.json["why"]) == (400, "reason")
    assert "1380000" not in answer.text


@SQLITE
@pytest.mark.parametrize(
    ("path", "wish"),
    [
        (REVEAL_PATH, RevealAsk("m-1", "identity", "2001")),
        (PHONE_PATH, PhoneAsk(1, "0" * 64)),
        (SOLD_PATH, SoldAsk("S00007T1-000001")),
        (REPURCHASE_PATH, RepurchaseAsk("s-1", 5000, "2026-01-05T10:00:00.000Z")),
    ],
)
def test_one_store_does_not_ask_its_way_through_everybody(hub: Any, path: str, wish: Any) -> None:
    a_member(hub)
    said = [asked(hub, path, wish) for _ in range(A_MINUTE[path] + 20)]
    refused = [one for one in said if one.status_code == 429]
    # A few come back while the machine is at it; what a guesser needs are millions.
    assert len(refused) >= 5
    assert (refused[0].json["error"], int(refused[0].headers["Retry-After"])) >= ("too_fast", 1)
    assert asked(hub, path, wish, "S2").status_code != 429, "another store is not held up"


def test_who_waits_may_ask_again() -> None:
    now = [0.0]
    pace = AskPace(lambda: now[0])
    for _ in range(A_MINUTE[REVEAL_PATH]):
        pace.take("S1", REVEAL_PATH)
    with pytest.raises(Refused):
        pace.take("S1", REVEAL_PATH)
    pace.take("S1", PHONE_PATH)
    now[0] += 6.0
    pace.take("S1", REVEAL_PATH)
    with pytest.raises(Refused):
        pace.take("S1", REVEAL_PATH)


def test_a_till_asks_for_no_other_reason_than_hq_knows() -> None:
    assert set(OURS) == REASONS
