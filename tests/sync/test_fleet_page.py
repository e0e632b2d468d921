"""The fleet page: who is let in, what each may do, what it shows, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sync.hub.cases import Cases
from sync.hub.people import People
from sync.hub.publishing import NotPossible
from sync.hub.quarantine import Quarantine

PASSWORD = "correct horse battery"
HERE = {"Origin": "http://localhost"}


class Browser:
    """Somebody's browser at the page."""

    def __init__(self, hub: Any, language: str = "en") -> None:
        self.client = hub.app.test_client()
        self.client.set_cookie("se_hub_language", language, path="/hq")
        self.form_token = ""

    def get(self, path: str) -> Any:
        return self.client.get(f"/hq{path}")

    def post(self, path: str, headers: Any = HERE, **form: str) -> Any:
        return self.client.post(f"/hq{path}", data={"form_token": self.form_token, **form}, headers=headers)

    def enter(self, name: str, password: str = PASSWORD) -> Any:
        answer = self.post("/sign-in", name=name, password=password)
        found = re.search(r'form_token" value="([^"]+)"', self.get("/record").text)
        self.form_token = found[1] if found else ""
        return answer


@pytest.fixture(scope="module")
def cheap() -> Any:
    """A password's hash costs a tenth of a second; one is enough here."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def staffed(hub: Any, cheap: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.hub.people._hash", cheap.hash)
    for name, role in (("wang", "viewer"), ("li", "operator"), ("zhao", "signer")):
        People(hub.engine).add(name, role, PASSWORD)


@pytest.fixture
def trouble(hub: Any, shop: Any, order_form: Any) -> Any:
    """A case and a fact in quarantine."""
    hub.desk.publish_order(order_form("O1"))
    shop.collect("O1", 2)
    shop.collect("O1", 2)
    shop.journal.append_raw("moon.landed", {"who": "<b>us</b>"})
    shop.settle()
    return shop


def test_nobody_sees_anything_without_signing_in(hub: Any, trouble: Any) -> None:
    stranger = Browser(hub)
    pages = [
        "/",
        "/stores/S1",
        "/cases",
        "/cases/c-1",
        "/quarantine",
        f"/quarantine/{trouble.journal.stream}/3",
        "/record",
    ]
    for page in pages:
        answer = stranger.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/hq/sign-in"), page
        assert "S1" not in answer.text
    for act in ("/cases/c-1/close", f"/quarantine/{trouble.journal.stream}/3/replay", "/sign-out"):
        assert stranger.post(act, why="x").headers["Location"] == "/hq/sign-in"
    assert Cases(hub.engine).shown("c-1")["state"] == "open"


def test_a_wrong_password_a_wrong_name_and_a_removed_person_are_one(hub: Any) -> None:
    said = {
        Browser(hub).post("/sign-in", name=name, password=word).text
        for name, word in (("li", "x"), ("no", "x"))
    }
    assert len({re.sub(r'value="[^"]*"', "", text) for text in said}) == 1
    li = Browser(hub)
    assert li.enter("li").status_code == 303
    assert li.get("/").status_code == 200
    People(hub.engine).remove("li")
    assert li.get("/").status_code == 303
    assert Browser(hub).enter("li").status_code == 403


def test_guessing_is_slow(hub: Any) -> None:
    guesser = Browser(hub)
    assert [guesser.post("/sign-in", name="li", password="x").status_code for _ in range(6)] == [403] * 5 + [
        429
    ]
    assert guesser.post("/sign-in", name="li", password=PASSWORD).status_code == 429
    assert guesser.post("/sign-in", name="wang", password=PASSWORD).status_code == 303, (
        "others are not kept out"
    )


def test_the_session_cookie_is_for_this_page_alone(hub: Any) -> None:
    cookie = Browser(hub).enter("li").headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=Strict", "Path=/hq"):
        assert word in cookie
    assert "Secure" not in cookie
    hub.app.config["FLEET_SECURE"] = True
    assert "Secure" in Browser(hub).enter("li").headers["Set-Cookie"]


def test_a_password_is_not_taken_over_plain_http_from_afar(hub: Any) -> None:
    answer = hub.app.test_client().post(
        "/hq/sign-in",
        data={"name": "li", "password": PASSWORD},
        headers={"Host": "hq.example", "Origin": "http://hq.example"},
    )
    assert answer.status_code == 403
    assert "HTTPS" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.usefixtures("trouble")
def test_a_form_of_another_page_does_nothing(hub: Any) -> None:
    li = Browser(hub)
    li.enter("li")
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert li.post("/cases/c-1/close", headers=headers, why="x").status_code == 403
    li.form_token = "stale"
    assert li.post("/cases/c-1/close", why="x").status_code == 403
    assert Cases(hub.engine).shown("c-1")["state"] == "open"


@pytest.mark.parametrize("name", ["wang", "zhao"])
def test_whoever_may_not_act_sees_only(hub: Any, trouble: Any, name: str) -> None:
    viewer = Browser(hub)
    viewer.enter(name)
    place = f"/quarantine/{trouble.journal.stream}/3"
    assert "c-1" in viewer.get("/cases").text
    assert "<textarea" not in viewer.get("/cases/c-1").text
    assert "Judge again" not in viewer.get(place).text
    for act in ("/cases/c-1/close", f"{place}/replay"):
        assert viewer.post(act, why="x").status_code == 403
    assert Cases(hub.engine).shown("c-1")["state"] == "open"


@pytest.mark.usefixtures("trouble")
def test_an_operator_closes_a_case_and_it_is_on_record(hub: Any) -> None:
    li = Browser(hub)
    li.enter("li")
    assert li.post("/cases/c-1/close", why=" ").headers["Location"].endswith("said=why")
    assert li.post("/cases/c-1/close", why="Counted: <i>one</i>").headers["Location"].endswith("said=closed")
    assert li.post("/cases/c-1/close", why="again").headers["Location"].endswith("said=before")
    shown = li.get("/cases/c-1").text
    assert "Counted: &lt;i&gt;one&lt;/i&gt;" in shown
    assert "<textarea" not in shown
    acts = [(act["who"], act["act"], act["about"]) for act in People(hub.engine).acts()]
    assert acts == [("li", "cases.close", "c-1"), ("li", "people.sign-in", "li")]
    assert "cases.close" in li.get("/record").text


def test_an_operator_has_a_fact_judged_again(hub: Any, trouble: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    li = Browser(hub)
    li.enter("li")
    place = f"/quarantine/{trouble.journal.stream}/3"
    assert "&lt;b&gt;us" in li.get(place).text
    assert li.post(f"{place}/replay").headers["Location"].endswith("said=still")
    monkeypatch.setattr("sync.hub.quarantine._judged", lambda *_: _applied())
    assert li.post(f"{place}/replay").headers["Location"].endswith("said=applied")
    assert li.post(f"{place}/replay").headers["Location"].endswith("said=before")
    assert Quarantine(hub.engine).listed() == []


def _applied() -> Any:
    from sync.hub.judging import Touched
    from sync.hub.kept import Judged

    return Judged("applied", "", "", Touched())


def test_what_is_not_there_is_said_in_words(hub: Any) -> None:
    wang = Browser(hub)
    wang.enter("wang")
    for page in (
        "/stores/S9",
        "/cases/c-9",
        "/cases/x",
        "/quarantine/x/1",
        "/quarantine/x/0",
        f"/quarantine/x/{1 << 70}",
        "/cases?after=x",
    ):
        answer = wang.get(page)
        assert (answer.status_code, "There is no such" in answer.text) == (404, True), page


def test_every_answer_keeps_the_browser_to_itself(hub: Any) -> None:
    for path in ("/hq/sign-in", "/hq/", "/hq/static/fleet.css"):
        headers = hub.app.test_client().get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert hub.app.test_client().get("/sync/v1/nowhere").json == {"error": "not_found"}, (
        "stores still get JSON"
    )


def test_a_language_is_kept_and_leads_nowhere_else(hub: Any) -> None:
    wang = Browser(hub, "zh")
    wang.enter("wang")
    assert "待处理个案" in wang.get("/").text
    for back, to in (
        ("/hq/cases?state=open", "/hq/cases?state=open"),
        ("//evil.example/hq/", "/hq/"),
        ("https://evil.example/hq/", "/hq/"),
    ):
        assert wang.post("/language", language="en", back=back).headers["Location"] == to
    assert "Open cases" in wang.get("/").text


def test_people_are_named_and_given_passwords_sensibly(hub: Any) -> None:
    for name, role, password in (
        ("", "viewer", PASSWORD),
        ("Li", "viewer", PASSWORD),
        ("a", "boss", PASSWORD),
        ("a", "viewer", "short"),
    ):
        with pytest.raises(NotPossible):
            People(hub.engine).add(name, role, password)
    assert [row["name"] for row in People(hub.engine).listed()] == ["li", "wang", "zhao"]
