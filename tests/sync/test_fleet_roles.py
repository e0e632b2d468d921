"""The fleet page: who of HQ's people may what, and what its list says of roll-outs and refused rows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert

from sync.hub.config_tables import box, offer, revision
from sync.hub.schema import nack
from tests.sync import test_fleet_page
from tests.sync.test_fleet_page import Browser

cheap, staffed, trouble = (vars(test_fleet_page)[name] for name in ("cheap", "staffed", "trouble"))

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SEES = ("wang", "li", "zhao")
ACTS = ("li",)
MAY = {
    ("GET", "/hq/record"): SEES,
    ("GET", "/hq/"): SEES,
    ("GET", "/hq/stores/<store>"): SEES,
    ("GET", "/hq/cases"): SEES,
    ("GET", "/hq/cases/<case>"): SEES,
    ("GET", "/hq/quarantine"): SEES,
    ("GET", "/hq/quarantine/<stream>/<int:seq>"): SEES,
    ("POST", "/hq/cases/<case>/close"): ACTS,
    ("POST", "/hq/quarantine/<stream>/<int:seq>/replay"): ACTS,
    ("POST", "/hq/sign-out"): SEES,
}
OPEN = {"/hq/sign-in", "/hq/language", "/hq/static/<path:filename>"}


@on_sqlite
def test_every_page_and_form_says_who_of_viewer_operator_and_signer_may(hub: Any, trouble: Any) -> None:
    served = {
        (method, rule.rule)
        for rule in hub.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/hq") and rule.rule not in OPEN
    }
    assert served == set(MAY), "a page that is in no row of this table"
    there = {"<store>": "S1", "<case>": "c-1", "<stream>": trouble.journal.stream, "<int:seq>": "3"}
    # Signing out last: whoever did is nobody.
    for (method, rule), allowed in sorted(MAY.items(), key=lambda row: row[0][1] == "/hq/sign-out"):
        path = rule.removeprefix("/hq")
        for mark, value in there.items():
            path = path.replace(mark, value)
        for name in (*SEES, "nobody"):
            person = Browser(hub)
            if name != "nobody":
                person.enter(name)
            answer = person.get(path) if method == "GET" else person.post(path, why="")
            away = answer.status_code == 303 and answer.headers["Location"] == "/hq/sign-in"
            if name == "nobody":
                assert away, (name, method, rule)
            elif name in allowed:
                assert answer.status_code == (200 if method == "GET" else 303), (name, method, rule)
                assert away == (rule == "/hq/sign-out")
            else:
                assert answer.status_code == 403, (name, method, rule)


def rolled_out(hub: Any) -> None:
    """Two versions at two stores, and two rows that one of them refused."""
    blank = {"region": "", "store": "", "station": "", "sections": "{}", "said_by": "", "why": "", "at": ""}
    rolling = {
        "state": "rolling",
        "ends": "[1,2]",
        "soak_s": 1,
        "ring": 0,
        "released": 1,
        "waived": 0,
        "note": "",
    }
    nothing = {"word": "", "money": 0, "said_at": "", "path": "", "msg": ""}
    with hub.engine.begin() as conn:
        for rev in (6, 7):
            conn.execute(insert(revision).values(rev=rev, **blank, **rolling))
        for version, store, pos, state, code in (
            (6, "S1", 1, "rolled_back", "HEALTH"),
            (7, "S1", 0, "applied", ""),
            (6, "S2", 0, "applied", ""),
            (7, "S2", 1, "rejected", "UNBINDABLE"),
        ):
            values = {"version": version, "store": store, "pos": pos, "state": state, "code": code}
            conn.execute(insert(offer).values(**values, **nothing))
        for store, applied in (("S1", 7), ("S2", 6)):
            said = {"region": "", "seen": 7, "daemon": "1", "said_at": ""}
            conn.execute(insert(box).values(store=store, applied=applied, **said))
        for number, code in ((1, "ID"), (2, "VALIDATION")):
            row = {"store": "S2", "bucket": "g:price:CN", "tb": "price", "id": f"P{number}", "seq": number}
            conn.execute(insert(nack).values(**row, code=code, at=f"2026-01-05T10:00:0{number}.000Z"))


def test_what_a_store_was_offered_is_shown_with_its_ring_and_what_it_refused_with_why(hub: Any) -> None:
    rolled_out(hub)
    wang = Browser(hub)
    wang.enter("wang")
    assert "ring 1 · applied" in wang.get("/stores/S1").text
    assert "ring 2 · refused there" in wang.get("/stores/S2").text
    one, two = (re.sub(r"<[^>]+>|\s+", " ", row) for row in wang.get("/").text.split("<tr>")[2:])
    assert "ring 1" in one
    assert "version" not in one, "the newest version is the one in force"
    assert "HEALTH" not in one, "that was another version"
    assert "version 7 · ring 2 · refused there · UNBINDABLE" in two
    assert re.search(r" 2 +cannot be read", two), "two rows, and why the newest of them"
    assert "cannot be read" not in one
