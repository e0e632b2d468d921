"""The fleet page in a real Chromium: sound in both languages, light and dark, at a desk and on a phone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from sync.hub.config_tables import box, offer, revision
from sync.hub.fleet_schema import store_seen
from sync.hub.people import People
from sync.hub.schema import nack
from sync.messages import HandedLine, PickupCollected, Shop, stamp
from tests.kiosk_ui import conftest
from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched

watch = vars(conftest)["watch"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
PASSWORD = "correct horse battery"
NAMES = (
    ("淮海路店", "Huaihai Road"),
    ("南京西路旗舰店", "Nanjing West Road Flagship"),
    ("虹桥站店", "Hongqiao Station"),
)


class Site:
    """A hub on a port of its own."""

    def __init__(self, url: str) -> None:
        self.url = url


@pytest.fixture
def site(hub_builder: Any, memory_store: Any, order_form: Any, tmp_path: Path) -> Iterator[Site]:
    from werkzeug.serving import make_server

    hub = hub_builder(tmp_path / "hub.db")
    furnish(hub, memory_store, order_form)
    People(hub.engine).add("li.na", "operator", PASSWORD)
    server = make_server("127.0.0.1", 0, hub.app, threaded=True)
    runs = threading.Thread(target=server.serve_forever)
    runs.start()
    yield Site(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    runs.join()
    hub.engine.dispose()


def furnish(hub: Any, memory_store: Any, order_form: Any) -> None:
    """Sixty stores in all the states there are; one with a case and a fact in quarantine."""
    now = datetime.now(UTC)
    for n in range(3, 60):
        zh, en = NAMES[n % len(NAMES)]
        hub.desk.add_store(Shop(f"S{n:05d}", zh, en))
    ages = (
        timedelta(seconds=2),
        timedelta(seconds=40),
        timedelta(minutes=4),
        timedelta(hours=3),
        timedelta(days=9),
    )
    rows = [
        {
            "store": f"S{n:05d}",
            "seen_at": stamp(now - ages[n % 5]),
            "stream": "",
            "boot": "b",
            "boots": n % 4 + 1,
        }
        | {"depth": (n % 11 == 0) * n, "off_ms": n * 37 - 900, "cursors": ""}
        for n in range(3, 55)
    ]
    with hub.engine.begin() as conn:
        conn.execute(insert(store_seen), rows)
        roll_out(conn)
    shop = memory_store.Shop("S1", hub.line("S1"))
    hub.desk.publish_order(order_form("WX20260001", qty=2))
    for _ in range(2):
        shop.journal.append(PickupCollected(f"p{_}", "WX20260001", 1, "picked_up", (HandedLine(1, "P1", 2),)))
    shop.journal.append_raw("moon.landed", {"who": "us", "when": "later"})
    shop.settle()


def roll_out(conn: Any) -> None:
    """A revision on its way through two rings, and rows that two stores refused."""
    blank = dict.fromkeys(("region", "store", "station", "said_by", "why", "at", "note"), "")
    facts = {"rev": 412, "sections": "{}", "state": "rolling", "ends": "[6,56]", "soak_s": 1, "ring": 1}
    conn.execute(insert(revision).values(**blank, **facts, released=20, waived=0))
    states = ("applied", "applied", "trying", "rolled_back", "offered", "staged")
    for n in range(3, 59):
        state = states[n % 6]
        said = {"store": f"S{n:05d}", "state": state, "code": "DEVICE_LOST" if state == "rolled_back" else ""}
        nothing = {"word": "", "money": 0, "said_at": "", "path": "", "msg": ""}
        conn.execute(insert(offer).values(version=412, pos=n - 3, **said, **nothing))
        applied = {"applied": 412 if state == "applied" else 398, "seen": 412}
        conn.execute(insert(box).values(store=f"S{n:05d}", region="", daemon="1", said_at="", **applied))
    for store, code, number in (("S00004", "VALIDATION", 1), ("S00004", "ID", 2), ("S00006", "SHA256", 1)):
        row = {"bucket": "g:price:CN", "tb": "price", "id": f"P{number}", "seq": number, "at": f"{number}"}
        conn.execute(insert(nack).values(store=store, code=code, **row))


def entered(watch: Watch, site: Site, language: str, **options: object) -> Watched:
    seen = watch(site, language, **options)
    seen.page.context.add_cookies([{"name": "se_hub_language", "value": language, "url": f"{site.url}/hq"}])
    seen.page.goto(site.url + "/hq/")
    seen.sound("the door")
    seen.page.fill("#name", "li.na")
    seen.page.fill("#password", PASSWORD)
    seen.page.press("#password", "Enter")
    seen.page.wait_for_selector(".stores")
    return seen


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [
        ("zh", DESK, "light"),
        ("en", PHONE, "dark"),
        pytest.param("en", DESK, "dark", marks=pytest.mark.slow),
        pytest.param("zh", PHONE, "light", marks=pytest.mark.slow),
    ],
)
def test_every_page_is_sound(watch: Watch, site: Any, language: str, size: Any, scheme: str) -> None:
    seen = entered(watch, site, language, viewport=size, color_scheme=scheme)
    page = seen.page
    stream = page.goto(site.url + "/hq/quarantine") and page.get_attribute("tbody th a", "href")
    pages = {
        "stores": "/hq/",
        "nobody": "/hq/?search=nowhere",
        "store": "/hq/stores/S1",
        "cases": "/hq/cases",
        "case": "/hq/cases/c-1",
        "none": "/hq/cases?state=closed",
        "quarantine": "/hq/quarantine",
        "fact": str(stream),
        "record": "/hq/record",
    }
    for name, path in pages.items():
        page.goto(site.url + path)
        seen.sound(name)
        if folder := os.environ.get("SHOTS"):
            page.screenshot(
                path=f"{folder}/hq-{name}-{language}-{size['width']}-{scheme}.png", full_page=name != "stores"
            )


def test_the_work_of_a_morning(watch: Watch, site: Any) -> None:
    seen = entered(watch, site, "en", viewport=DESK)
    page = seen.page
    page.click("text=Next page")
    page.wait_for_selector("text=Back to the start")
    page.fill("#search", "nanjing")
    page.press("#search", "Enter")
    page.wait_for_function("document.querySelectorAll('tbody tr').length == 19")
    page.click("nav >> text=Cases")
    page.click("text=c-1")
    page.fill("#why", "Counted the shelf: handed over once.")
    page.click("button:has-text('Close the case')")
    page.wait_for_selector(".notice.ok")
    seen.sound("closed")
    page.click("nav >> text=Quarantine")
    page.click("tbody th a")
    page.click("button:has-text('Judge again')")
    page.wait_for_selector(".notice.warn:has-text('Still unfit')")
    seen.sound("still unfit")
    page.click("text=中文")
    page.wait_for_selector("button:has-text('重新判定')")
    page.click("text=退出")
    page.wait_for_selector("#password")
    assert seen.complaints == []
