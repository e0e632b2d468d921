"""HQ under attack: bearers nobody made, texts no database keeps, one store against all others, guessers."""

from __future__ import annotations

import base64
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from sync.admission import EnrollRequest, TokenRequest
from sync.configured import ConfigStatus, Scope
from sync.hub.config_desk import ConfigDesk, Wish
from sync.hub.desk import HubDesk
from sync.hub.fleet.rows import Fleet, Wanted
from sync.hub.people import People
from sync.hub.trust import public_of
from sync.messages import PROTOCOL, PickupCollected, PullRequest
from sync.signed import PublicHex, Role
from sync.snapshot_words import Sha256

PASSWORD, HERE = "correct horse battery", {"Origin": "http://localhost"}
ROOT, CONFIG = bytes([31]) * 32, bytes([32]) * 32


def bearer(name: str, after: str = "") -> str:
    said = base64.urlsafe_b64encode(f"{name}|99999999999|00".encode()).decode().rstrip("=")
    return said + after


def shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("token", [bearer("x", "é"), bearer("x\0y"), bearer("x"), "é", "\xff|1|2"])
def test_a_bearer_that_nobody_made_is_refused(hub: Any, token: str) -> None:
    answer = hub.app.test_client().post("/sync/v1/pull", data=b"{}", headers=shown(token))
    assert (answer.status_code, answer.json["error"]) == (401, "unauthorized")


@pytest.mark.parametrize("path", ["/sync/v1/token", "/sync/v1/enroll", "/sync/v1/pull"])
def test_texts_that_no_database_keeps_are_refused(hub: Any, path: str) -> None:
    public, stream = public_of(CONFIG), str(uuid.uuid4())
    words: dict[str, Any] = {
        "/sync/v1/token": TokenRequest("\0", "2026-01-05T10:00:00.000Z", "n" * 16, "00"),
        "/sync/v1/enroll": EnrollRequest("S1\0", "t" * 20, public, stream, "00", "\0"),
        "/sync/v1/pull": PullRequest(PROTOCOL, "\0"),
    }
    answer = hub.app.test_client().post(
        path, data=msgspec.json.encode(words[path]), headers=shown(hub.tokens["S1"])
    )
    assert answer.status_code in {200, 400, 401, 403}, answer.text


def test_a_store_that_tells_nonsense_of_itself_hides_no_other(hub: Any) -> None:
    for store, boot in (("S1", "\0"), ("S2", "b2")):
        asked = msgspec.json.encode(PullRequest(PROTOCOL, str(uuid.uuid4()), boot=boot))
        hub.app.test_client().post("/sync/v1/pull", data=asked, headers=shown(hub.tokens[store]))
    People(hub.engine).add("wang", "viewer", PASSWORD)
    page = hub.app.test_client()
    page.post("/hq/sign-in", data={"name": "wang", "password": PASSWORD}, headers=HERE)
    assert page.get("/hq/").status_code == 200
    lines, _ = Fleet(hub.engine).page(Wanted(), datetime.now(UTC))
    assert lines[1].store == "S2"
    assert lines[1].seen_at


@pytest.mark.parametrize("number", [(1 << 63) - 1, 1 << 63, -1])
def test_one_store_cannot_use_up_the_versions_of_all(hub: Any, number: int) -> None:
    HubDesk(hub.engine).found_trust([ROOT], {"config": Role((public_of(CONFIG),))})
    status = ConfigStatus("n" * 8, number, number, "rejected")
    line = hub.app.test_client()
    said = line.post(
        "/sync/v1/config/status", data=msgspec.json.encode(status), headers=shown(hub.tokens["S1"])
    )
    assert said.status_code in {200, 400}
    desk = ConfigDesk(hub.engine)
    draft = desk.draft(Wish(Scope(store="S2"), {"log": {"level": "debug"}}, "wang"))
    desk.push(draft, draft.signed([CONFIG]))
    assert desk.offers(store="S2")[0]["version"] < 1 << 62


@pytest.mark.parametrize("kind", [PublicHex, Sha256])
def test_a_key_has_one_spelling(kind: Any) -> None:
    assert msgspec.convert("ab" * 32, kind)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("ab" * 32 + "\n", kind)


@pytest.mark.parametrize(
    "path",
    [
        "record?before=" + "9" * 30,
        "quarantine?stream=a&seq=" + "9" * 30,
        "quarantine/%00/1",
        "cases/c-999999999999999999",
        "stores/%00",
        "?search=%00",
    ],
)
def test_what_no_column_holds_is_a_page_that_is_not_there(hub: Any, path: str) -> None:
    People(hub.engine).add("wang", "viewer", PASSWORD)
    page = hub.app.test_client()
    page.post("/hq/sign-in", data={"name": "wang", "password": PASSWORD}, headers=HERE)
    answer = page.get(f"/hq/{path}")
    assert answer.status_code in {200, 404}
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("after", [1 << 63, 1 << 64, 10**30])
def test_a_roster_of_more_than_64_bits_is_no_question(hub: Any, after: int) -> None:
    asked = msgspec.json.encode({"after": 0}).replace(b"0", str(after).encode())
    answer = hub.app.test_client().post("/sync/v1/roster", data=asked, headers=shown(hub.tokens["S1"]))
    assert answer.status_code == 400


def test_names_too_long_for_an_index_are_the_senders_mistake(hub: Any, shop: Any) -> None:
    """An index of PostgreSQL takes rows of 2.7 kB: nobody's text may make HQ ask for patience for ever."""
    long = secrets.token_hex(4000)
    shop.collect("O1", 1)
    shop.journal.append(PickupCollected(long, "O1", 1, "picked_up", ()))
    shop.journal.append(PickupCollected("p2", long, 1, "picked_up", ()))
    shop.collect("O2", 1)
    shop.settle()
    assert [row["verdict"] for row in hub.desk.events("S1")][1:3] == ["quarantined"] * 2
    assert [row["code"] for row in hub.desk.events("S1")][1:3] == ["BAD_FACT"] * 2
    asked = msgspec.json.encode(PullRequest(PROTOCOL, long))
    headers = shown(hub.tokens["S1"])
    assert hub.app.test_client().post("/sync/v1/pull", data=asked, headers=headers).status_code in {200, 400}
    header = {"t": "hdr", "proto": 1, "store": "S1", "stream": long, "hq_epoch": None, "from": 1, "n": 1}
    body = msgspec.json.encode(header) + b"\n" + msgspec.json.encode({"seq": 1})
    answer = hub.app.test_client().post("/sync/v1/up", data=body, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (400, "envelope")
