"""The other desks: scans that wait, people who sign in, the guide's answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from devices.ports import Reading, Scan, Symbology
from edge.clock import Clock, stamp
from edge.daemon import build_shop
from edge.domain import refusals as no
from edge.domain.guide_session import Place
from edge.domain.guide_views import StockWord
from edge.domain.scanned import ScanKind
from edge.domain.staff import Role
from edge.domain.views import LineWord

PIN = "471101"
PIN_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)


def scan(shop, text: str, station: str = "T1", seq: int = 1, symbology: Symbology = Symbology.QR):
    reading = Reading(text, text.encode(), symbology)
    return shop.store.scans.receive(Scan("scanner-1", station, seq, shop.books.clock.now(), reading))


# ---- scans -----------------------------------------------------------------------------------------


def test_scans_wait_until_somebody_deals_with_them(shop, hq):
    hq.order("WX2026112200001")
    hq.order("WX2026112200002", numeric_code="11112222")
    first = scan(shop, hq.code("WX2026112200001"))
    scan(shop, "6901234567892", seq=2, symbology=Symbology.EAN13)
    second = hq.code("WX2026112200002")  # the next second's would be another text
    scan(shop, second, seq=3)
    again = scan(shop, second, seq=4)
    current = shop.store.scans.current("T1")
    assert (current.id, current.kind, current.waiting) == (again.id, ScanKind.PICKUP, 3)
    assert shop.store.scans.current("T2") is None
    shop.store.scans.dismiss(again.id, "T1")
    back = shop.store.scans.current("T1")
    assert (back.id, back.waiting) == (first.id, 0), "that customer still waits; what led nowhere is gone"
    shop.store.scans.dismiss(first.id, "T1")
    assert shop.store.scans.current("T1") is None
    assert [seen.handled for seen in shop.store.scans.feed("T1")] == [True] * 4
    with pytest.raises(no.UnknownThing):
        shop.store.scans.text(first.id, "T1")


def test_a_scan_survives_a_restart(shop, settings, printer):
    scan(shop, "WX2026112200017")
    again = build_shop(settings, bytes(range(32)), {"P1": printer})
    current = again.store.scans.current("T1")
    assert current is not None
    assert current.kind is ScanKind.ORDER
    again.books.close()


def test_what_nobody_dealt_with_is_forgotten_after_a_shift(shop, monkeypatch):
    kept = scan(shop, "WX2026112200017")
    assert shop.store.scans.tidy() == 0
    later = datetime.now(UTC) + timedelta(hours=13)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    assert shop.store.scans.tidy() == 1
    assert shop.store.scans.current("T1") is None
    with pytest.raises(no.UnknownThing):
        shop.store.scans.text(kept.id, "T1")


def test_a_line_full_of_noise_does_not_fill_the_disk(shop, monkeypatch):
    monkeypatch.setattr("edge.records.counter.MOST", 5)
    quiet = scan(shop, "WX2026112200017", "T2")
    noise = [scan(shop, f"WX20261122{number:05}").id for number in range(12)]
    shop.store.scans.tidy()
    rows = shop.books.ledger.read().execute("SELECT id FROM scan ORDER BY id").fetchall()
    assert [row[0] for row in rows] == [quiet.id, *noise[-5:]]


def test_a_payment_code_is_named_and_kept_nowhere(shop):
    with pytest.raises(no.PayCodeElsewhere):
        scan(shop, "134567890123456789")
    current = shop.store.scans.current("T1")
    assert current.kind is ScanKind.PAY_WECHAT
    assert shop.books.ledger.read().execute("SELECT text FROM scan").fetchall() == [("",)]
    with pytest.raises(no.UnknownThing):
        shop.store.scans.text(current.id, "T1")
    shop.store.scans.dismiss(current.id, "T1")
    assert shop.store.scans.current("T1") is None


def test_the_same_digits_typed_and_scanned(shop):
    assert shop.store.scans.type_in("96385074", "T1").kind is ScanKind.PICKUP_DIGITS
    assert scan(shop, "96385074", symbology=Symbology.EAN8).kind is ScanKind.GTIN


# ---- staff -----------------------------------------------------------------------------------------


def hire(hq, **more):
    person = {"staff": "1001", "name": "小李", "role": "cashier", "pin_hash": PIN_HASH, "badge_sha": ""}
    hq.put("s:S00421:staff", "staff", "1001", person | more)


def test_signing_in_and_out(shop, hq):
    hire(hq)
    signed = shop.store.staff.sign_in("1001", PIN, "T1")
    assert shop.store.staff.operator(signed.token).station == "T1"
    assert signed.token not in repr(shop.books.ledger.read().execute("SELECT * FROM session").fetchall())
    shop.store.staff.sign_out(signed.token)
    with pytest.raises(no.NotSignedIn):
        shop.store.staff.operator(signed.token)


def test_wrong_pins_pause_the_person_and_the_terminal(shop, hq):
    hire(hq)
    for _ in range(4):
        with pytest.raises(no.WrongPin):
            shop.store.staff.sign_in("1001", "000000", "T1")
    with pytest.raises(no.TooManyTries):
        shop.store.staff.sign_in("1001", "000000", "T1")
    with pytest.raises(no.TooManyTries):
        shop.store.staff.sign_in("1001", PIN, "T2")
    with pytest.raises(no.TooManyTries):
        shop.store.staff.sign_in("9999", PIN, "T1")


def test_a_pause_survives_a_restart_and_a_clock_jump(shop, hq, monkeypatch):
    hire(hq)
    for _ in range(5):
        with pytest.raises(no.Refusal):
            shop.store.staff.sign_in("1001", "000000", "T1")
    monkeypatch.setattr(Clock, "wall", lambda _: datetime.now(UTC) + timedelta(days=900))
    with pytest.raises(no.TooManyTries):
        shop.store.staff.sign_in("1001", PIN, "T1")
    monkeypatch.setattr(Clock, "boot", lambda _: "another boot")
    with pytest.raises(no.TooManyTries):
        shop.store.staff.sign_in("1001", PIN, "T1")
    real = shop.books.clock.mono_ms()
    monkeypatch.setattr(Clock, "mono_ms", lambda _: real + 61_000)
    assert shop.store.staff.sign_in("1001", PIN, "T1").operator.staff == "1001"


def test_a_badge_signs_in_and_a_changed_role_holds_at_once(shop, hq):
    import hashlib

    badge = "SB1.ABCDEFGHIJKLMNOP"
    hire(hq, badge_sha=hashlib.sha256(badge.encode()).hexdigest())
    signed = shop.store.staff.badge(badge, "T1")
    assert signed.operator.role is Role.CASHIER
    hire(hq, role="lead")
    assert shop.store.staff.operator(signed.token).role is Role.LEAD
    hq.put("s:S00421:staff", "staff", "1001", {}, op="del")
    with pytest.raises(no.NotSignedIn):
        shop.store.staff.operator(signed.token)
    with pytest.raises(no.WrongPin):
        shop.store.staff.badge("SB1.ZZZZZZZZZZZZZZZZ", "T1")


def test_an_idle_session_ends(shop, hq, monkeypatch):
    hire(hq)
    signed = shop.store.staff.sign_in("1001", PIN, "T1")
    later = shop.books.clock.mono_ms() + 31 * 60_000
    monkeypatch.setattr(Clock, "mono_ms", lambda _: later)
    with pytest.raises(no.NotSignedIn):
        shop.store.staff.operator(signed.token)


# ---- guide and line --------------------------------------------------------------------------------


def goods(hq, shop, on_hand: int, at: datetime | None = None):
    hq.put(
        "g:catalog:CN",
        "product",
        "A1",
        {"sku": "A1", "gtin": "6901234567892", "name_zh": "龙井茶", "name_en": "Tea", "category": "tea"},
    )
    hq.put("g:price:CN", "price", "A1", {"sku": "A1", "fen": 5990, "book": "b1"})
    moment = stamp(at or datetime.now(UTC))
    row = {
        "sku": "A1",
        "on_hand": on_hand,
        "stream": shop.books.journal.stream_id(),
        "upto_seq": 0,
        "at": moment,
    }
    hq.put("s:S00421:stock", "stock", "A1", row)


@pytest.mark.parametrize(
    ("on_hand", "word"), [(9, StockWord.PLENTY), (5, StockWord.FEW), (0, StockWord.NONE)]
)
def test_the_guide_answers_a_scan(shop, hq, on_hand, word):
    goods(hq, shop, on_hand)
    assert shop.store.guide.view("G1").here.place is Place.ATTRACT
    scan(shop, "6901234567892", "G1", symbology=Symbology.EAN13)
    view = shop.store.guide.view("G1")
    assert view.here.place is Place.PRODUCT
    shown = view.product
    assert (shown.name_zh, shown.price.fen, shown.on_hand, shown.stock) == ("龙井茶", 5990, on_hand, word)


def test_the_guide_promises_nothing_from_old_data(shop, hq, monkeypatch):
    goods(hq, shop, 9)
    later = datetime.now(UTC) + timedelta(minutes=16)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    scan(shop, "6901234567892", "G1", symbology=Symbology.EAN13)
    shown = shop.store.guide.view("G1").product
    assert shown.stock is StockWord.ASK
    assert shown.stock_age_s > 900


def test_the_guide_goes_back_to_rest_and_knows_what_it_does_not_know(shop, hq, monkeypatch):
    goods(hq, shop, 9)
    scan(shop, "6909999999995", "G1", symbology=Symbology.EAN13)
    assert shop.store.guide.view("G1").here.place is Place.UNKNOWN
    assert not shop.store.guide.turn()
    later = datetime.now(UTC) + timedelta(seconds=91)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    assert shop.store.guide.turn()
    assert shop.store.guide.view("G1").here.place is Place.ATTRACT


@pytest.mark.usefixtures("hq")
def test_the_line_says_how_old_the_word_of_hq_is(shop):
    line = shop.store.status.line()
    assert line.word is LineWord.ALONE
    assert line.age_s is not None
    assert line.age_s < 60
