"""Paying an order at the guide screen, over its pages: what they say, what they never read, a browser's way through."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.kiosk_ui.browsing import CHROMIUM, Watch
from tests.kiosk_ui.guide_floor import served
from tests.kiosk_ui.guide_till import ALIPAY, WECHAT, guide_till

PORTRAIT = {"width": 1080, "height": 1920}


def test_a_price_in_a_form_is_nobodys_and_nothing_leads_out_of_a_payment(tmp_path: Path) -> None:
    with guide_till(tmp_path, "userpaying 600") as till:
        here = till.floor
        here.do("home")
        here.do("open browsed A3")
        page = here.do("order")
        assert page.count("在这里付款") > 4
        page = here.do("here pickup_there:S2", fen="1", price="1", shown_fen="1")
        assert "请出示会员码" in page
        till.scan(WECHAT)
        assert "请先出示手机上的会员码" in here.page()
        till.scan(till.member())
        page = here.page()
        assert ("请出示付款码" in page, "62.00" in page) == (True, True)
        assert "shop.example" not in page
        for secret in (WECHAT, "MB1."):
            assert secret not in page
        till.scan(ALIPAY)
        assert "正在付款" in here.page()
        till.paid()
        assert "请在手机上输入密码" in here.page()
        for out in ("home", "order", "phone order next_day:W1", "rest", "open browsed A1", "back"):
            here.client.post("/guide/do", data={"do": out, "nonce": "nonce-0001"})
            assert "请在手机上输入密码" in here.page(), out
        here.client.post("/guide/wipe")
        assert "请在手机上输入密码" in here.page()
        assert re.search(r'data-state="userpaying" data-idle="0"', here.page()), "no time runs"
        assert [one["fen"] for one in till.orders.listed()] == [6200]
        answer = here.client.post("/guide/do", data={"do": "here next_day:W1", "nonce": "nonce-0002"})
        assert (answer.status_code, len(till.orders.listed())) == (303, 1)


@pytest.mark.browser
@pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed")
def test_out_of_stock_ordered_to_another_store_and_paid_here(watch: Watch, tmp_path: Path) -> None:
    with guide_till(tmp_path, "declined 1", "success") as till, served(till.floor) as site:
        seen = watch(site, viewport=PORTRAIT)
        page = seen.page
        page.goto(site.url + "/guide/")
        page.wait_for_function("document.body.dataset.livePort !== undefined")
        till.scan("6901234567939")
        page.click("text=自提或送到家" if page.locator("text=自提或送到家").count() else "text=看看怎么拿到")
        page.wait_for_selector(".p-here")
        seen.sound("order, with both ends")
        page.click(".p-here >> nth=0")
        page.wait_for_selector(".state-who")
        seen.sound("who")
        till.scan(till.member())
        page.wait_for_selector(".state-pay")
        seen.sound("pay")
        till.scan(ALIPAY)
        page.wait_for_selector(".state-paying")
        seen.sound("paying")
        till.paid()
        page.wait_for_selector(".state-userpaying")
        seen.sound("userpaying")
        page.click("text=取消支付")
        page.wait_for_selector(".state-clearing")
        seen.sound("clearing")
        while page.locator(".state-pay").count() == 0:
            till.payers.turn()
        page.wait_for_selector("text=没有扣款")
        till.scan(WECHAT)
        page.wait_for_selector(".state-paying")
        till.paid()
        page.wait_for_selector(".state-ordered .qr-code svg")
        seen.sound("ordered")
        (order,) = till.orders.listed()
        assert order["order_no"][-4:] in page.inner_text(".p-tail")
        page.click("text=完成")
        page.wait_for_selector(".g-attract")
        assert seen.complaints == []
