"""Members at the counter between real stores and the hub: codes, cards, numbers, merging, forgetting, joining."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from edge.domain.coupon_refusals import (
    LookOver,
    MemberCodeOld,
    MemberNeedsHq,
    MemberUnknown,
    NoJoinLink,
    NoPointsByCard,
)
from edge.domain.member_code import keyed_hash
from edge.domain.member_views import Trust
from edge.domain.refusals import NotAllowed
from edge.domain.staff import Operator, Role
from sync.benefits import JoinLink, Member
from sync.hub.benefits import BenefitDesk
from sync.hub.counter_keys import new_key, retire_key
from sync.hub.database import write
from sync.hub.member_desk import MemberDesk
from sync.hub.publishing import NotPossible
from tests.sync.counter_floor import Counter, Line, a_coupon, with_keys
from tests.sync.shop_floor import LEAD, Stores

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Counters = Callable[[str], Counter]
CASHIER = Operator("1001", "王", Role.CASHIER, "T1")
PHONE = "13800005678"


@pytest.fixture
def counter(hub: Any, floor: Stores) -> Counters:
    return lambda store: Counter(floor(store), Line(hub.line(store)))


def a_member(hub: Any, name: str = "m-1", stores: tuple[str, ...] = ("S1",), **more: Any) -> None:
    word = Member(name, "gold", 1, "王*", "4321", "5678", **more)
    BenefitDesk(hub.engine).put_member(word, stores, points=500)


def kinds(shop: Counter) -> list[str]:
    rows = shop.floor.books.ledger.read().execute("SELECT kind FROM journal ORDER BY seq")
    return [row[0] for row in rows]


def everything(shop: Counter) -> str:
    """All that the ledger holds, as one text."""
    read = shop.floor.books.ledger.read()
    names = [row[0] for row in read.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    return "".join(repr(read.execute(f"SELECT * FROM main.{name}").fetchall()) for name in names)  # noqa: S608


def ahead(minutes: int) -> datetime:
    """A clock that is off."""
    return datetime.now(UTC) + timedelta(minutes=minutes)


def test_a_rotating_code_proves_who_it_is_without_a_line_for_two_minutes(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub, points=480, points_at="2026-01-05T10:00:00.000Z", tags=("爱喝茶",), badges=("birthday",))
    a_member(hub, "m-9", stores=("S2",))
    shop = counter("S1")
    shop.down()
    who = shop.members.identify(people.code("m-1"), CASHIER)
    assert (who.tier, who.trust, who.card_tail) == ("gold", Trust.CODE, "4321")
    card = shop.members.card(who.look, "T1")
    assert (card.name, card.phone, card.card) == ("王*", "****5678", "**** 4321")
    assert (card.points, card.tags, card.badges, card.online) == (480, ("爱喝茶",), ("birthday",), False)
    # Nothing of this one is known here: the code's own word on the tier counts.
    stranger = shop.members.identify(people.code("m-9"), CASHIER)
    assert (stranger.tier, shop.members.card(stranger.look, "T1").name) == ("gold", "")
    for minutes in (-3, 3):
        other = MemberDesk(hub.engine, partial(ahead, minutes))
        with pytest.raises(MemberCodeOld):
            shop.members.identify(other.code("m-1"), CASHIER)
    good = people.code("m-1")
    for text in (
        good[:-2],
        good.replace("MB1", "CP1"),
        good[:12] + ("A" if good[12] != "A" else "B") + good[13:],
    ):
        with pytest.raises(MemberUnknown):
            shop.members.identify(text, CASHIER)
    with pytest.raises(LookOver):
        shop.members.card(who.look, "T2")


def test_a_card_number_names_and_a_code_under_a_retired_key_does_not(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub)
    told = people.know("m-1", "card", "880012344321")
    a_member(hub, "m-2", card_hash=told[1])
    shop = counter("S1")
    who = shop.members.identify("880012344321", CASHIER)
    assert (who.member, who.trust) == ("m-2", Trust.CARD)
    assert shop.members.card(who.look, "T1").coupons == ()
    with pytest.raises(NoPointsByCard):
        shop.members.spendable(who)
    with pytest.raises(MemberUnknown):
        shop.members.identify("880012344322", CASHIER)
    assert "880012344321" not in everything(shop)
    code = people.code("m-1")
    write(hub.engine, lambda c: new_key(c, "member", 2, "", "2026-01-05T10:00:00.000Z"))
    newer = people.code("m-1")
    write(hub.engine, lambda c: retire_key(c, "member", 1, "2026-01-05T10:00:00.000Z"))
    shop.floor.settle()
    with pytest.raises(MemberUnknown):
        shop.members.identify(code, CASHIER)
    assert shop.members.identify(newer, CASHIER).member == "m-1"
    with pytest.raises(NotPossible):
        write(hub.engine, lambda c: new_key(c, "member", 1, "", "2026-01-05T10:00:00.000Z"))


def test_a_phone_number_is_asked_by_hash_and_kept_nowhere(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub)
    people.know("m-1", "phone", PHONE)
    shop = counter("S1")
    who = shop.members.by_phone("138 0000 5678", CASHIER)
    assert (who.member, who.trust) == ("m-1", Trust.PHONE)
    assert PHONE not in everything(shop)
    assert shop.members.card(who.look, "T1").tags == ()
    with pytest.raises(MemberUnknown):
        shop.members.by_phone("13900005678", CASHIER)
    a_member(hub, "m-2", stores=())
    people.know("m-2", "phone", PHONE)
    with pytest.raises(MemberUnknown):  # two of them: it names nobody
        shop.members.by_phone(PHONE, CASHIER)
    write(hub.engine, lambda c: retire_key(c, "lookup", 1, "2026-01-05T10:00:00.000Z"))
    with pytest.raises(MemberNeedsHq):  # the store's key is of yesterday
        shop.members.by_phone(PHONE, CASHIER)
    shop.down()
    with pytest.raises(MemberNeedsHq):
        shop.members.by_phone(PHONE, CASHIER)
    assert keyed_hash(b"k", "phone", PHONE) != keyed_hash(b"k", "card", PHONE)


def test_the_hidden_is_a_leads_with_a_reason_and_a_fact_first(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub)
    people.contact("m-1", "王小明", PHONE)
    shop = counter("S1")
    who = shop.members.identify(people.code("m-1"), LEAD)
    with pytest.raises(NotAllowed):
        shop.members.reveal(who.look, "identity", CASHIER, "n1")
    assert "member.revealed" not in kinds(shop)
    seen = shop.members.reveal(who.look, "identity", LEAD, "n1")
    assert (seen.name, seen.phone, seen.seconds) == ("王小明", PHONE, 10)
    shop.members.reveal(who.look, "identity", LEAD, "n1")
    assert kinds(shop).count("member.revealed") == 1
    assert PHONE not in everything(shop)
    shop.down()
    with pytest.raises(MemberNeedsHq):
        shop.members.reveal(who.look, "complaint", LEAD, "n2")
    assert kinds(shop).count("member.revealed") == 2


def test_a_merge_moves_what_is_here_and_what_is_shown_later(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub)
    a_member(hub, "m-2")
    shop = counter("S1")
    old = people.code("m-1")
    assert shop.members.identify(old, CASHIER).member == "m-1"
    BenefitDesk(hub.engine).issue([a_coupon("A1", "A", member="m-2")])
    people.merge("m-1", "m-2")
    shop.floor.settle()
    assert shop.members.turn()
    assert not shop.members.turn()
    assert "m-1" not in everything(shop)
    again = shop.members.identify(old, CASHIER)
    assert again.member == "m-2"
    assert [view.coupon for view in shop.members.card(again.look, "T1").coupons] == ["A1"]
    with pytest.raises(NotPossible):
        people.merge("m-2", "m-1")
    assert shop.floor.books.wallet.member_version("m-1") is None


def test_who_is_to_be_forgotten_is_and_hq_hears_of_it(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub)
    people.know("m-1", "phone", PHONE)
    shop = counter("S1")
    shop.members.by_phone(PHONE, CASHIER)
    shop.coupons.lock(with_code(hub), "b", CASHIER, "n", member="m-1")
    assert len(people.erase("m-1")) == 2
    assert len(people.unanswered(datetime.now(UTC) + timedelta(hours=24))) == 2
    shop.floor.settle()
    assert shop.members.turn()
    assert not shop.members.turn()
    held = shop.floor.books.ledger.read()
    assert held.execute("SELECT member FROM coupon_lock").fetchall() == [("",)]
    assert held.execute("SELECT count(*) FROM member_look").fetchone() == (0,)
    assert shop.floor.books.members.profile("m-1") is None
    shop.floor.settle()
    left = people.unanswered(datetime.now(UTC) + timedelta(hours=24))
    assert [row["store"] for row in left] == ["S2"]
    assert shop.floor.books.members.wishes(9) == []
    assert [case["code"] for case in hub.desk.cases()] == []
    with pytest.raises(MemberUnknown):
        shop.members.by_phone(PHONE, CASHIER)


def with_code(hub: Any) -> str:
    BenefitDesk(hub.engine).issue([a_coupon("A9", "A")])
    from sync.hub.coupon_codes import CouponCodes

    return CouponCodes(hub.engine).code("A9")


def test_a_screen_shows_a_link_with_its_guide_and_hears_what_came_of_it(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    shop = counter("S1")
    with pytest.raises(NoJoinLink):
        shop.members.join(CASHIER, "n1")
    with pytest.raises(NotPossible):
        people.join_link(JoinLink("L1", "http://plain.example/join", "入会", "Join"))
    people.join_link(JoinLink("L1", "https://m.example/join?c=1", "入会", "Join"))
    shop.floor.settle()
    shown = shop.members.join(CASHIER, "n1", guide="3007")
    assert shop.members.join(CASHIER, "n1", guide="3007").scene == shown.scene
    assert shown.url.startswith("https://m.example/join?c=1&store=S1&screen=T1&guide=3007&scene=")
    assert 118 <= shown.left_s <= 120
    with pytest.raises(NotPossible):  # HQ has not heard of the scene yet
        people.joined(shown.scene, "joined", "m-7")
    shop.floor.settle()
    assert people.joined(shown.scene, "joined", "m-7") == "3007"
    with pytest.raises(NotPossible):
        people.joined(shown.scene, "joined", "m-8")
    assert shop.members.joined(shown.scene, "T1").result == ""
    shop.floor.settle()
    assert shop.members.joined(shown.scene, "T1").result == "joined"
    with pytest.raises(LookOver):
        shop.members.joined(shown.scene, "T2")


def test_old_looks_are_put_away(hub: Any, counter: Counters) -> None:
    people = with_keys(hub)[1]
    a_member(hub)
    shop = counter("S1")
    who = shop.members.identify(people.code("m-1"), CASHIER)
    with shop.floor.books.ledger.transaction() as tx:
        tx.execute("UPDATE member_look SET at = '2026-01-01T00:00:00.000Z'")
    with pytest.raises(LookOver):
        shop.members.card(who.look, "T1")
    assert shop.members.turn()
    assert "王*" not in everything(shop)
