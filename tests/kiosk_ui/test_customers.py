"""COUPON and MEMBER as a cashier uses them: masked, with why not, the hidden for ten seconds, no token anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.schema import Settings
from edge.customer_desks import customer_desks
from edge.daemon import Shop
from edge.domain import coupon_code, member_code
from edge.store import Store
from kiosk_ui.web import create_app
from sync.asked import (
    ClaimAsk,
    ClaimSaid,
    CouponAsk,
    CouponSaid,
    PhoneAsk,
    PhoneSaid,
    RepurchaseAsk,
    RepurchaseSaid,
    RevealAsk,
    RevealSaid,
)
from sync.benefits import Member
from tests.kiosk_ui.browsing import CHROMIUM, GTIN, Watch
from tests.kiosk_ui.conftest import LEAD_TOKEN as TOKEN_OF_THE_PROGRAM
from tests.kiosk_ui.conftest import STORE, PretendHq, Site, browser_like, signed_in

PHONE, TOKEN = "13800005678", "m-7f3a"


class NearHq:
    """HQ in this process, as a till asks it."""

    def coupon(self, asked: CouponAsk) -> CouponSaid:
        return (
            CouponSaid("", 500, "cash", "总部券", "HQ coupon")
            if asked.coupon == "HQ500"
            else CouponSaid("unknown")
        )

    def phone(self, asked: PhoneAsk) -> PhoneSaid:
        mine = asked.hash == member_code.keyed_hash(b"k" * 32, "phone", PHONE)
        return PhoneSaid(Member(TOKEN, "gold", 1, "王*", "4321", "5678") if mine else None)

    def reveal(self, asked: RevealAsk) -> RevealSaid:
        return RevealSaid("王小明", PHONE)

    def repurchase(self, asked: RepurchaseAsk) -> RepurchaseSaid:
        return RepurchaseSaid()

    def claim(self, asked: ClaimAsk) -> ClaimSaid:
        return ClaimSaid(why="unknown")


def furnish(hq: PretendHq) -> None:
    public = hq.key.public_key().public_bytes_raw().hex()
    for tb in ("coupon_key", "member_key"):
        hq.put("g:keys:CN", tb, "1", {"kid": 1, "public": public, "not_after": ""})
    hq.put("g:keys:CN", "lookup_key", "1", {"kid": 1, "secret": (b"k" * 32).hex(), "not_after": ""})
    link = {"link": "L1", "url": "https://m.example/join", "title_zh": "入会", "title_en": "Join"}
    hq.put("g:keys:CN", "join_link", "L1", link)
    profile = {"member": TOKEN, "tier": "gold", "ver": 1, "name_masked": "王*", "card_tail": "4321"}
    more = {"phone_tail": "5678", "points": 1280, "points_at": "2026-01-05T10:00:00.000Z"}
    hq.put(
        f"s:{STORE}:member", "member", TOKEN, {**profile, **more, "badges": ["birthday"], "tags": ["爱喝茶"]}
    )
    ends = {
        "not_after": "2099-01-01T00:00:00.000Z",
        "member": TOKEN,
        "title_zh": "满减券",
        "title_en": "Money off",
    }
    hq.put("g:coupon:CN", "coupon", "A100", {"coupon": "A100", "cls": "A", "fen": 1500, **ends})
    hq.put(
        "g:coupon:CN", "coupon", "C200", {"coupon": "C200", "cls": "C", "fen": 3000, "online": True, **ends}
    )
    sample = {
        "coupon": "S300",
        "cls": "A",
        "fen": 0,
        "kind": "sample",
        "sku": "A1",
        "title_zh": "小样",
        "title_en": "Sample",
    }
    hq.put("g:coupon:CN", "coupon", "S300", sample)
    hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)


def coupon_text(hq: PretendHq, **more: Any) -> str:
    facts: dict[str, Any] = {"kid": 1, "coupon": "B1", "cls": "B", "fen": 1500, "store": STORE}
    facts |= {"not_after": datetime.now(UTC) + timedelta(days=3), "nonce": "00112233445566778899"}
    return coupon_code.issue(coupon_code.CouponClaims(**(facts | more)), hq.key.sign)


def member_text(hq: PretendHq) -> str:
    window = member_code.window_of(datetime.now(UTC))
    return member_code.issue(member_code.MemberClaims(1, TOKEN, "gold", window), hq.key.sign)


def asking(shop: Shop, settings: Settings) -> Store:
    status = shop.store.status
    desks = customer_desks(settings, shop.books, status, lambda _topic: None, at_hq=NearHq())
    return replace(shop.store, customers=desks)


@pytest.fixture
def near(shop: Shop, settings: Settings, hq: PretendHq) -> Flask:
    furnish(hq)
    app = create_app(asking(shop, settings), settings, 8771)
    app.config["SERVER_NAME"] = "127.0.0.1"
    return app


@pytest.fixture
def at_desk(near: Flask) -> Callable[[str], FlaskClient]:
    return lambda staff: signed_in(browser_like(near), staff)


def nonce(text: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', text)
    assert found
    return found[1]


def test_a_scanned_coupon_says_what_it_is_and_a_typed_one_why_not(
    at_desk: Callable[[str], FlaskClient], shop: Shop, hq: PretendHq
) -> None:
    desk = at_desk("1001")
    text = coupon_text(hq)
    shop.store.scans.type_in(text, "T1")
    page = desk.get("/cashier/").text
    assert "可以使用" in page
    assert "15.00" in page
    assert text not in page
    shop.store.scans.dismiss(shop.store.scans.current("T1").id, "T1")  # type: ignore[union-attr]
    shop.store.scans.type_in(coupon_text(hq, store="S00007"), "T1")
    assert "此券仅限 南京路店 使用" in desk.get("/cashier/").text
    answer = desk.post("/cashier/coupon", data={"nonce": "12345678", "text": "C200"})
    assert answer.status_code == 303
    page = desk.get("/cashier/coupon").text
    assert "使用时由总部确认" in page or "此券须联网核销" in page
    for text in ("", "x" * 601, "\x01"):
        assert desk.post("/cashier/coupon", data={"nonce": "12345678", "text": text}).status_code == 400


def test_a_sample_goes_over_the_counter_once(at_desk: Callable[[str], FlaskClient], shop: Shop) -> None:
    desk = at_desk("1001")
    desk.post("/cashier/coupon", data={"nonce": "12345678", "text": "S300"})
    page = desk.get("/cashier/coupon").text
    scan = re.search(r'name="scan" value="(\d+)"', page)
    assert scan
    wish = {"nonce": "a-nonce-of-mine", "scan": scan[1], "look": "0"}
    assert "龙井茶 × 1" in desk.post("/cashier/coupon/give", data=wish).text
    assert desk.post("/cashier/coupon/give", data=wish).status_code == 404
    assert shop.books.shelf.level("A1") == 11


def test_a_card_is_masked_and_a_lead_sees_more_for_ten_seconds(
    at_desk: Callable[[str], FlaskClient], shop: Shop, hq: PretendHq
) -> None:
    cashier = at_desk("1001")
    shop.store.scans.type_in(member_text(hq), "T1")
    page = cashier.get("/cashier/").text
    for shown in ("王*", "****5678", "1280", "爱喝茶", "生日礼遇待领取", "满减券"):
        assert shown in page, shown
    for hidden in (TOKEN, PHONE, "王小明", "/cashier/member/reveal"):
        assert hidden not in page, hidden
    cashier.get("/cashier/")
    rows = shop.books.ledger.read().execute("SELECT count(*) FROM member_look").fetchone()
    assert rows == (1,)  # the page was drawn twice, the code looked at once
    wish = {"look": "1", "reason": "identity", "nonce": "a-nonce-of-mine"}
    assert cashier.post("/cashier/member/reveal", data=wish).status_code in {200, 403}
    assert PHONE not in cashier.post("/cashier/member/reveal", data=wish).text
    lead = at_desk("2001")
    assert "/cashier/member/reveal" in lead.get("/cashier/member?look=1").text
    answer = lead.post("/cashier/member/reveal", data=wish)
    assert PHONE in answer.text
    assert answer.headers["Refresh"] == "10; url=/cashier/member?look=1"
    assert "no-store" in answer.headers["Cache-Control"]
    assert PHONE not in lead.get("/cashier/member?look=1").text
    assert lead.post("/cashier/member/reveal", data={**wish, "reason": "curious"}).status_code == 400


def test_a_phone_number_is_in_no_address_and_in_no_row(
    at_desk: Callable[[str], FlaskClient], shop: Shop
) -> None:
    desk = at_desk("1001")
    answer = desk.post("/cashier/member", data={"nonce": "12345678", "phone": PHONE})
    assert answer.headers["Location"] == "/cashier/member?look=1"
    assert desk.get(answer.headers["Location"]).text.count("****5678") == 1
    rows = repr(shop.books.ledger.read().execute("SELECT * FROM member_look").fetchall())
    assert PHONE not in rows
    assert (
        "没有找到会员"
        in desk.post("/cashier/member", data={"nonce": "12345678", "phone": "13900000000"}).text
    )
    for bad in ("1", "abc", "1380000567８"):
        assert desk.post("/cashier/member", data={"nonce": "12345678", "phone": bad}).status_code == 400
    assert desk.get("/cashier/member?look=x").status_code == 400
    assert desk.get("/cashier/member?look=99").status_code == 410


def test_a_join_code_is_a_picture_that_looks_again(
    at_desk: Callable[[str], FlaskClient], hq: PretendHq
) -> None:
    desk = at_desk("1001")
    where = desk.post("/cashier/member/join", data={"nonce": "a-nonce-of-mine"}).headers["Location"]
    assert desk.post("/cashier/member/join", data={"nonce": "a-nonce-of-mine"}).headers["Location"] == where
    shown = desk.get(where)
    assert "<svg" in shown.text
    assert shown.headers["Refresh"] == f"5; url={where}"
    scene = where.rpartition("/")[2]
    said = {"scene": scene, "result": "joined", "at": "2026-01-05T10:00:00.000Z"}
    hq.put(f"s:{STORE}:member", "join_scene", scene, said)
    done = desk.get(where)
    assert "顾客已入会" in done.text
    assert "Refresh" not in done.headers
    assert desk.get("/cashier/member/join/none").status_code == 410


@pytest.mark.browser
@pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_in_a_browser(watch: Watch, site: Site, language: str) -> None:
    furnish(site.hq)
    desk = watch(site, language, viewport={"width": 1280, "height": 800})
    desk.sign_in("2001")
    for path, name in (("coupon", "coupon-field"), ("member", "member-ways")):
        desk.page.goto(f"{site.url}/cashier/{path}")
        _looked_at(desk, name, language)
    site.shop.store.scans.type_in(coupon_text(site.hq, store="S00007"), "T1")
    desk.page.goto(site.url + "/cashier/")
    _looked_at(desk, "coupon-elsewhere", language)
    site.shop.store.scans.type_in(coupon_text(site.hq), "T1")
    desk.page.wait_for_selector(".chip.good")
    _looked_at(desk, "coupon-good", language)
    site.shop.store.scans.type_in(member_text(site.hq), "T1")
    desk.page.wait_for_selector(".reveal")
    desk.page.click(".reveal summary")
    _looked_at(desk, "member-card", language)
    desk.page.set_viewport_size({"width": 1920, "height": 1080})
    _looked_at(desk, "member-card-wide", language)
    desk.page.goto(f"{site.url}/cashier/member")
    desk.page.click('form[action="/cashier/member/join"] button')
    desk.page.wait_for_selector(".qr-plate")
    _looked_at(desk, "join", language)


def _looked_at(desk: Any, name: str, language: str) -> None:
    desk.sound(f"{name}, {language}")
    if folder := os.environ.get("STORE_EDGE_SHOTS"):
        desk.page.screenshot(path=f"{folder}/{name}-{language}.png")


def test_a_program_holds_a_coupon_once_and_uses_it_once(near: Flask, hq: PretendHq) -> None:
    api = near.test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN_OF_THE_PROGRAM}"
    here = "/api/v1/stations/T1"
    who = api.post(f"{here}/members/identify", json={"code": member_text(hq)})
    assert (who.status_code, who.json["name"], who.json["trust"]) == (200, "王*", "code")  # type: ignore[index]
    assert TOKEN not in who.text
    text = coupon_text(hq)
    assert api.post(f"{here}/coupons/look", json={"code": text}).json["refused"] == ""  # type: ignore[index]
    wish = {"code": text, "order": "basket-1", "nonce": "a-nonce-of-mine"}
    held = api.post(f"{here}/coupons/hold", json=wish).json
    assert held is not None
    assert api.post(f"{here}/coupons/hold", json=wish).json == held | {"repeat": True}
    other = api.post(f"{here}/coupons/hold", json=wish | {"order": "basket-2"})
    assert (other.status_code, other.json["code"]) == (409, "nonce_reused")  # type: ignore[index]
    use = {"hold": held["hold"], "fen": 1500, "nonce": "another-nonce"}
    first = api.post(f"{here}/coupons/redeem", json=use).json
    assert api.post(f"{here}/coupons/redeem", json=use).json == first
    assert api.post(f"{here}/coupons/release", json={"hold": held["hold"]}).status_code == 409
    for bad in (-1, 0.1, 10**18, "1"):
        assert api.post(f"{here}/coupons/redeem", json=use | {"fen": bad}).status_code == 400
