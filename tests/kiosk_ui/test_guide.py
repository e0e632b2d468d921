"""The guide screen over its pages: what it says and never says, what a touch does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.playlists import Media, Slide
from edge.clock import Clock
from edge.domain.tickets import TicketKind
from sync.goods import DemandLost
from sync.guiding import ScreenCounted
from sync.tickets import FeedbackGiven
from tests.edge.sale_shop import facts
from tests.kiosk_ui.conftest import BADGE
from tests.kiosk_ui.guide_floor import TEA, Floor, floor


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def later(monkeypatch: pytest.MonkeyPatch, **more: float) -> None:
    moment = datetime.now(UTC) + timedelta(**more)
    monkeypatch.setattr(Clock, "now", lambda _: moment)


def counted(here: Floor) -> dict[tuple[str, str], int]:
    rows = here.shop.books.ledger.read().execute("SELECT what, sku, n FROM screen_count").fetchall()
    return {(what, sku): n for what, sku, n in rows}


def test_a_scan_leads_to_everything_about_a_product(here: Floor) -> None:
    assert "触摸或扫码商品" in here.page()
    page = here.scan(TEA)
    for shown in (
        "明前龙井 50克",
        "79.00",
        "有货",
        "本店现有 30 件",
        "TE-01",
        "4.7",
        "香气清",
        "50 克",
        "100 克",
    ):
        assert shown in page
    assert page.index("老城店") < page.index("大学城店"), "the nearest first"
    assert "可立即自提" in page
    assert "华东仓" not in page, "nobody collects at a warehouse"
    assert "青瓷马克杯" in page, "HQ's list of what goes with it"
    assert "白牡丹" not in page, "nothing is recommended that is not here"


def test_a_store_nearby_is_promised_only_beyond_its_safety_stock_and_from_fresh_figures(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = re.findall(r'<em class="(now|later|ask)"', here.scan(TEA))
    assert near == ["now", "later"]
    later(monkeypatch, minutes=16)
    page = here.do("open browsed A1")
    assert re.findall(r'<em class="(now|later|ask)"', page) == ["ask", "ask"]
    assert "可立即自提" not in page
    assert "本店现有" not in page
    assert "大家还会一起买" not in page, "nothing is recommended from old figures"


def test_home_letters_categories_and_offers(here: Floor) -> None:
    home = here.do("home")
    for word in ("茶叶", "休闲零食", "今日活动", "加入会员", "我要反馈"):
        assert word in home
    assert "明前龙井 50克" in here.do("category 0 tea")
    assert "海盐薯片" in here.do("letters 0 ", typed="crisps")
    assert "海盐薯片" in here.do("letters 0 海盐")
    assert "没有找到" in here.do("letters 0 ZZZZ")
    assert "没有特别的活动" in here.do("offers")
    rule = {
        "rule": "r1",
        "version": 1,
        "level": "line",
        "benefit": {"do": "percent", "off_mille": 200},
        "name_zh": "春茶 8 折",
        "include": {"categories": ["tea"]},
    }
    here.hq.put("g:promo:CN", "promotion", "r1:1", {"row": "r1:1", "rule": rule})
    offers = here.do("offers")
    assert "春茶 8 折" in offers
    assert "63.20" in offers
    page = here.do("open browsed A1")
    assert "63.20" in page
    assert "春茶 8 折：减 15.80 元" in page, "the reason is the engine's own"
    assert "今日活动" in here.do("back"), "back to the list that it came from"


def test_out_of_stock_names_what_is_here_and_is_demand_lost_once(here: Floor) -> None:
    page = here.do("open searched A3")
    assert "暂时缺货" in page
    assert "现在就有的类似商品" in page
    assert "到货提醒" in page
    assert "让店员拿来" not in page
    here.do("open searched A3")
    here.do("open browsed A3")
    assert [fact for fact in facts(here.shop, "demand") if isinstance(fact, DemandLost)] == [
        DemandLost("A3", 1, "searched")
    ]


def test_hqs_ways_and_no_others_and_a_code_for_the_phone(here: Floor) -> None:
    here.scan(TEA)
    page = here.do("order")
    ways = re.findall(r'value="phone order ([^"]+)"', page)
    assert ways == ["pickup_there:S2", "instant:S2", "next_day:W1", "pickup_here:W1"]
    assert "到老城店自提" in page
    assert "+¥6.00" in page
    phone = here.do("phone order next_day:W1")
    assert "扫码，在手机上下单" in phone
    assert "<svg" in phone
    assert "shop.example" not in phone, "the token stands in the picture only"
    (made,) = here.desk.credits()
    assert (made["screen"], made["purpose"], made["made"], made["opened"]) == ("G1", "order", 1, 0)
    assert counted(here)["ordered", "A1"] == 1


def test_a_way_that_went_meanwhile_is_refused_in_words(here: Floor) -> None:
    here.scan(TEA)
    answer = here.client.post("/guide/do", data={"do": "phone order pickup_there:S9", "nonce": "nonce-0001"})
    assert answer.status_code == 409
    assert "刚刚没有了" in answer.text


def test_without_hq_the_screen_says_so_and_promises_nothing(here: Floor) -> None:
    here.line.up = False
    here.scan(TEA)
    assert "暂时联系不到总部" in here.do("order")
    page = here.do("phone continue")
    assert "暂时不能转到手机" in page
    assert "qr-code" not in page
    assert here.desk.credits() == []
    here.line.up = True
    assert "扫码，在手机上继续看" in here.do("phone continue")


def test_staff_bring_it_and_a_badge_is_credited(here: Floor) -> None:
    here.do("home")
    here.scan(BADGE)
    assert "1001 号导购" in here.do("home")
    here.do("open browsed A1")
    assert "已告诉店员" in here.do("bring")
    (ticket,) = here.store.front.tickets.queue()
    assert (ticket.kind, ticket.sku, ticket.station) == (TicketKind.BRING, "A1", "G1")
    here.do("back")
    here.do("phone continue")
    assert [one["guide"] for one in here.desk.credits()] == ["1001"]
    here.do("rest")
    assert "号导购" not in here.do("home"), "gone with the shopper"


def test_a_face_then_reasons_and_a_face_alone_is_an_answer_too(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.do("ask")
    assert "是因为什么呢" in here.do("rate 5")
    assert "谢谢您的反馈" in here.do("answer", chip=["fast", "clean", "nonsense"])
    later(monkeypatch, seconds=30)
    here.do("ask")
    here.do("rate 2")
    here.client.post("/guide/wipe")
    given = [fact for fact in facts(here.shop, "feedback") if isinstance(fact, FeedbackGiven)]
    assert given == [
        FeedbackGiven("faces", 5, "idle", ("clean", "fast")),
        FeedbackGiven("faces", 2, "idle", ()),
    ]


def test_counts_go_up_without_anybody_in_them(here: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    here.do("home")
    here.scan(TEA)
    here.do("letters 0 LJ")
    expected = {("touched", ""): 1, ("scanned", "A1"): 1, ("viewed", "A1"): 1, ("searched", ""): 1}
    assert counted(here) == expected
    assert not here.store.guide.places.counts.turn()
    later(monkeypatch, minutes=16)
    assert here.store.guide.places.counts.turn()
    (fact,) = [one for one in facts(here.shop, "screen") if isinstance(one, ScreenCounted)]
    assert {(one.what, one.sku): one.n for one in fact.counts} == expected
    assert counted(here) == {}


def test_kinds_of_counts_are_bounded(here: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.desks.guide_counts.MOST_KINDS", 3)
    for number in range(9):
        here.store.guide.places.counts.note("G1", "viewed", "", f"SKU{number}")
    assert counted(here) == {("viewed", f"SKU{n}"): 1 for n in range(3)} | {("viewed", ""): 6}


def test_slides_by_schedule_with_todays_price_and_a_pause(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    slides = (
        Slide("新茶 <上市>", "New tea", "买一送一", "", sku="A1", seconds=20, campaign="spring"),
        Slide("鲜奶", "Fresh milk", sku="sold elsewhere"),
        Slide("昨天", "Yesterday", ends="2026-01-05T00:00"),
        Slide("夜里", "At night", when="closed"),
        Slide("图", "Picture", media=Media("0" * 64, 10, "png")),
    )
    monkeypatch.setattr(here.shop.books.playlists, "slides", lambda _station, _groups=(): slides)
    at = [datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)]
    monkeypatch.setattr(here.shop.books.clock, "now", lambda: at[0])
    shown = here.page()
    for words in ("新茶 &lt;上市&gt;", "买一送一", "79.00", "/picture/A1.svg", "触摸或扫码商品"):
        assert words in shown
    key = re.search(r'data-key="([^"]+)"', shown)
    assert key is not None
    asked = {"headers": {"HX-Request": "true"}, "query_string": {"have": key[1]}}
    assert here.client.get("/guide/stage", **asked).status_code == 204
    assert "新茶" in here.do("pause")
    at[0] += timedelta(seconds=20)
    assert "新茶" in here.page(), "it stands"
    after = here.do("play")
    assert "鲜奶" in after
    assert 'class="price"' not in after, "not sold here: no price"
    at[0] += timedelta(seconds=10)
    assert "新茶" in here.page(), "neither what is over, nor the night's, nor a picture that is not here"
    here.do("home")
    rows = (
        here.shop.books.ledger.read()
        .execute("SELECT what, campaign, n FROM screen_count ORDER BY 1, 2")
        .fetchall()
    )
    assert ("shown", "spring", 2) in [tuple(row) for row in rows]
    assert ("touched", "spring", 1) in [tuple(row) for row in rows]


def test_the_clock_and_the_lines_age_go_on_while_a_page_stays_open(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = here.page()
    has = {name: re.search(rf'data-{name}="([^"]+)"', page) for name in ("key", "seen")}
    asked = {
        "headers": {"HX-Request": "true"},
        "query_string": {"have": has["key"] and has["key"][1], "seen": has["seen"] and has["seen"][1]},
    }
    assert here.client.get("/guide/stage", **asked).status_code == 204
    later(monkeypatch, seconds=65)
    aged = here.client.get("/guide/stage", **asked)
    assert (aged.status_code, "state-stage" in aged.text) == (200, False)
    assert "1 分钟前" in aged.text
    assert re.findall(r'id="([a-z-]+)"[^>]* hx-swap-oob', aged.text) == ["clock-now", "line-now"]


def test_out_of_hours_the_window_sells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with floor(tmp_path, guide={"opens": "09:00", "closes": "21:00"}) as here:
        night = datetime(2026, 1, 5, 15, 0, 0, tzinfo=UTC)  # 23:00 in the shop
        monkeypatch.setattr(here.shop.books.clock, "now", lambda: night)
        page = here.page()
        assert "本店已打烊" in page
        assert "<svg" in page
        here.do("open browsed A1")
        assert "让店员拿来" not in here.page(), "nobody is there to bring it"


def test_a_screen_that_nobody_touches_rests_and_a_stale_touch_harms_nothing(
    here: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.scan(TEA)
    assert here.client.post("/guide/touch").status_code == 204
    later(monkeypatch, seconds=100)
    assert here.store.guide.turn()
    assert "触摸或扫码商品" in here.page()
    here.do("home")
    later(monkeypatch, seconds=200)
    assert "触摸或扫码商品" in here.page(), "a page without scripts asks once, and must not wait for a turn"
    answer = here.client.post("/guide/do", data={"do": "order", "nonce": "nonce-0001"})
    assert (answer.status_code, answer.location) == (303, "/guide/"), "the page was left over from before"
    assert "触摸或扫码商品" in here.page()


def test_nonsense_is_a_clients_mistake(here: Floor) -> None:
    here.do("ask")
    for do in ("", "nonsense", "open x NOSUCH", "category x tea", "rate 9", "phone steal", "category 0 "):
        answer = here.client.post("/guide/do", data={"do": do, "nonce": "nonce-0001"})
        assert answer.status_code in {400, 404}, do
    for sha in ("0" * 64, "../hq.db", "x"):
        assert here.client.get(f"/guide/media/{sha}").status_code == 404, "a file of the shelf, and no other"
