"""Files of coupons, members, quotas and cases: every wrong line is named, and the same file twice is once."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from sync.hub import exports
from sync.hub.audit import acting
from sync.hub.benefit_files import change_member, checked_change
from sync.hub.benefit_forms import COUPON_COLUMNS, MEMBER_COLUMNS
from sync.hub.benefit_tables import coupon
from sync.hub.benefits import BenefitDesk
from sync.hub.cases import Cases
from sync.hub.customer_imports import CustomerImporter
from sync.hub.database import write
from sync.hub.grants import GrantDesk
from sync.hub.imports import Done
from sync.hub.people import People
from sync.hub.publishing import NotPossible
from sync.hub.schema import feed
from sync.hub.sheet import Sheet, write_rows

AT = "2026-01-05T10:00:00.000Z"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def take(hub: Any, kind: str, text: str, *, skip_bad: bool = False) -> tuple[Done, dict[int, str]]:
    """What became of a file, and the words about each wrong line."""
    told: dict[int, str] = {}
    sheet = Sheet(io.BytesIO(text.encode()))
    done = getattr(CustomerImporter(hub.engine, sheet, told.__setitem__, skip_bad=skip_bad), kind)()
    sheet.close()
    return done, told


def published(hub: Any, tb: str) -> dict[str, list[str]]:
    """Bucket -> ids of its live rows of a table."""
    found: dict[str, list[str]] = {}
    live = (feed.c.tb == tb) & (feed.c.op == "put")
    with hub.engine.connect() as conn:
        for row in conn.execute(select(feed.c.bucket, feed.c.id).where(live).order_by(feed.c.id)):
            found.setdefault(row.bucket, []).append(row.id)
    return found


COUPONS = """coupon,cls,yuan,title_zh,title_en,store,not_after,offline_yuan,offline_per_hour
A1,A,5,减五元,5 off,,2099-01-01T00:00:00.000Z,,
B1,B,12.50,减,off,S1,,,
C1,C,3,减,off,,,1.50,4
"""


def test_coupons_of_a_file_go_where_they_belong_and_twice_is_once(hub: Any) -> None:
    assert take(hub, "coupons", COUPONS) == (Done(3, 0, 3, written=True), {})
    assert published(hub, "coupon") == {"g:coupon:CN": ["A1", "C1"], "s:S1:coupon": ["B1"]}
    assert take(hub, "coupons", COUPONS)[0].changed == 0
    done, told = take(hub, "coupons", COUPONS.replace("12.50", "13"))
    assert (done.written, list(told)) == (False, [3])
    out = io.BytesIO()
    write_rows(out, "csv", COUPON_COLUMNS, exports.coupons(hub.engine, form="csv"))
    assert take(hub, "coupons", out.getvalue().decode("utf-8-sig"))[0] == Done(3, 0, 0, written=True)
    BenefitDesk(hub.engine).revoke("A1")
    assert [row["state"] for row in exports.coupons(hub.engine)] == ["revoked", "live", "live"]


WRONG = """coupon,cls,yuan,title_zh,title_en,store,state,not_after,offline_per_hour
A1,A,5,减,off,,,,
A1,A,5,减,off,,,,
B1,B,5,减,off,,,,
B2,B,5,减,off,S9,,,
A2,A,5,减,off,S1,,,
D1,D,5,减,off,,,,
A3,A,1.234,减,off,,,,
A4,A,5,,off,,,,
A5,A,5,减,off,,used,,
A6,A,5,减,off,,,tomorrow,
A7,A,5,减,off,,,,-1
,A,5,减,off,,,,
"""


@on_sqlite
def test_every_wrong_coupon_is_named_and_nothing_is_written(hub: Any) -> None:
    done, told = take(hub, "coupons", WRONG)
    assert done == Done(12, 11, 0, written=False)
    assert sorted(told) == list(range(3, 14))
    assert "line 2" in told[3]
    assert "no store S9" in told[5]
    assert published(hub, "coupon") == {}
    assert take(hub, "coupons", WRONG, skip_bad=True)[0] == Done(12, 11, 1, written=True)
    assert published(hub, "coupon") == {"g:coupon:CN": ["A1"]}


MEMBERS = """member,tier,name_masked,card_tail,phone_tail,language,marketing,stores,points
m1,gold,陈*,7703,9021,zh,yes,S1 S2,120
m2,silver,Z*,,,en,,S2,
"""


def test_members_of_a_file_reach_their_stores_alone_and_leave_those_no_longer_named(hub: Any) -> None:
    assert take(hub, "members", MEMBERS)[0] == Done(2, 0, 2, written=True)
    assert published(hub, "member") == {"s:S1:member": ["m1"], "s:S2:member": ["m1", "m2"]}
    assert GrantDesk(hub.engine).points("m1") == 120
    assert take(hub, "members", MEMBERS)[0] == Done(2, 0, 0, written=True)
    done, told = take(hub, "members", MEMBERS.replace(",120", ",121").replace(",S2,\n", ",S9,\n"))
    assert (done.written, sorted(told)) == (False, [2, 3])
    assert "points" in told[2]
    moved = MEMBERS.replace("S1 S2", "S1").replace("m2,silver", "m2,gold")
    assert take(hub, "members", moved)[0].changed == 2
    assert published(hub, "member") == {"s:S1:member": ["m1"], "s:S2:member": ["m2"]}
    out = io.BytesIO()
    write_rows(out, "csv", MEMBER_COLUMNS, exports.members(hub.engine, form="csv"))
    assert take(hub, "members", out.getvalue().decode("utf-8-sig"))[0] == Done(2, 0, 0, written=True)
    assert GrantDesk(hub.engine).points("m1") == 120
    assert [row["member"] for row in exports.members(hub.engine, "S1")] == ["m1"]


@on_sqlite
def test_what_is_not_masked_is_refused_and_not_repeated(hub: Any) -> None:
    head = "member,name_masked,phone_tail,card_tail,stores,points\n"
    rows = ["m1,陈晓雨,,,S1,", "m2,,13800009021,,S1,", "m3,,,62220000,S1,", "m4,陈*,,,S1,-1", ",陈*,,,S1,"]
    done, told = take(hub, "members", head + "\n".join(rows))
    assert (done.bad, sorted(told)) == (5, [2, 3, 4, 5, 6])
    said = " ".join(told.values())
    assert not [secret for secret in ("晓雨", "13800009021", "62220000") if secret in said]
    assert published(hub, "member") == {}


def test_a_change_is_a_new_version_at_the_stores_and_a_wrong_one_is_none(hub: Any) -> None:
    take(hub, "members", MEMBERS)
    changed = write(
        hub.engine, lambda conn: change_member(conn, "m1", {"tier": "black", "language": ""}, ["S2"], AT)
    )
    assert (changed.tier, changed.ver, changed.language, changed.name_masked) == ("black", 2, "", "陈*")
    assert published(hub, "member") == {"s:S2:member": ["m1", "m2"]}
    again = write(hub.engine, lambda conn: change_member(conn, "m1", {"tier": "black"}, None, AT))
    assert again.ver == 2
    with pytest.raises(NotPossible):
        write(hub.engine, lambda conn: change_member(conn, "m9", {"tier": "x"}, None, AT))
    for wrong, stores in (({"name_masked": "Chen"}, ()), ({"phone_tail": "12345"}, ()), ({}, ("S9",))):
        with pytest.raises(NotPossible):
            checked_change(hub.engine, "m1", wrong, stores)


def test_quotas_of_a_file_are_filled_up_and_never_beyond_what_is_free(hub: Any, shop: Any) -> None:
    head = "store,sku,units\n"
    assert "no journal" in take(hub, "quotas", f"{head}S1,P1,4\n")[1][2]
    shop.journal.append_raw("moon.landed", {})
    shop.settle()
    assert take(hub, "quotas", f"{head}S1,P1,4\n")[0].changed == 1
    assert take(hub, "quotas", f"{head}S1,P1,4\n")[0].changed == 0
    assert take(hub, "quotas", f"{head}S1,P1,9\n")[0].changed == 1
    assert [row["left"] for row in exports.grants(hub.engine, "S1")] == [9]
    done, told = take(hub, "quotas", f"{head}S1,P1,11\nS1,P2,1\nS2,P1,1\nS1,P1,1\nS1,P3,0\nS1,P4,x\n")
    assert sorted(told) == [2, 3, 4, 5, 6, 7]
    assert "1 pieces more are free" in told[2]
    assert not done.written
    with pytest.raises(NotPossible):
        GrantDesk(hub.engine).top_up([("S1", "P1", 11)])
    assert [row["left"] for row in exports.grants(hub.engine)] == [9]


def test_cases_of_a_file_are_closed_with_why_and_by_whom(hub: Any, shop: Any, order_form: Any) -> None:
    for name in ("O1", "O2"):
        hub.desk.publish_order(order_form(name))
        shop.collect(name, 2)
        shop.collect(name, 2)
    shop.settle()
    assert [row["case"] for row in exports.cases(hub.engine, state="open")] == ["c-1", "c-2"]
    bad = "case,why\nc-1,counted\nc-9,x\nc-2,\nc-1,again\nx,y\n"
    with acting("li", "cases.settle", "settled.csv"):
        done, told = take(hub, "cases", bad)
    assert (done.written, sorted(told)) == (False, [3, 4, 5, 6])
    assert People(hub.engine).acts() == []
    with acting("li", "cases.settle", "settled.csv"):
        done, _ = take(hub, "cases", bad, skip_bad=True)
    assert done.changed == 1
    closed = [row for row in exports.cases(hub.engine) if row["state"] == "closed"]
    assert [(row["case"], row["why"], row["closed_by"]) for row in closed] == [("c-1", "counted", "li")]
    assert [(act["who"], act["act"]) for act in People(hub.engine).acts()] == [("li", "cases.settle")]
    assert "closed already" in take(hub, "cases", "case,why\nc-1,twice\n")[1][2]
    with pytest.raises(NotPossible):
        Cases(hub.engine).settle([(2, "fine"), (1, "not open")])
    assert [row["case"] for row in exports.cases(hub.engine, state="open")] == ["c-2"]


@on_sqlite
def test_many_coupons_go_in_a_thousand_a_transaction(hub: Any) -> None:
    lines = (
        json.dumps({"coupon": f"K{n}", "cls": "C", "fen": 100, "title_zh": "减", "title_en": "off"})
        for n in range(2500)
    )
    assert take(hub, "coupons", "\n".join(lines))[0] == Done(2500, 0, 2500, written=True)
    with hub.engine.connect() as conn:
        assert conn.scalar(select(func.count()).select_from(coupon)) == 2500
