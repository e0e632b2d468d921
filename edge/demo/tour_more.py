"""What the tour shows beside the first screens: the shopper's side of a till, a day without a line, HQ's fleet page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.demo.office import NAME, PASSWORD
from edge.demo.tour import DESK, LANDSCAPE, PORTRAIT, Tour
from edge.demo.tour_steps import forward, goods, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FLOAT_YUAN = "300"


def till(walk: Tour) -> None:
    """A sale at the desk, and what its shopper sees meanwhile on the second screen."""
    page, other = walk.page(DESK), walk.page(LANDSCAPE)
    walk.open(other, "/display/", ".state-display-idle")
    walk.take(other, "display-idle", "顾客屏：空闲时播放节目", "Customer display: slides while nobody buys")
    sign_in(walk, page, "cashier")
    walk.open(page, "/cashier/sale/shift", "[name=float]")
    page.fill("[name=float]", _FLOAT_YUAN)
    page.press("[name=float]", "Enter")
    page.wait_for_selector(".sale-start")
    for number, ware in enumerate(goods(walk, 3), 1):
        walk.stage.scanner.scan(ware.gtin)
        other.wait_for_selector(f".d-rows .row:nth-child({number})")
    page.wait_for_selector(".sale-lines")
    walk.take(page, "till", "收银台：扫码、优惠、收款", "The till: scan, offers, payment")
    walk.take(
        other, "display-lines", "顾客屏：每一行与省下的钱", "Customer display: each line and what is saved"
    )
    page.context.close()
    other.context.close()


def offline(walk: Tour) -> None:
    """HQ's line is cut: both screens go on, say how old their data is and what still works."""
    kiosk, guide = walk.page(PORTRAIT), walk.page(PORTRAIT, "en")
    ware = goods(walk, 1)[0]
    walk.open(kiosk, "/kiosk/", ".state-attract")
    walk.open(guide, "/guide/", ".state")
    walk.stage.line.cut()
    try:
        walk.stage.kiosk_scanner.scan(ware.gtin)
        kiosk.wait_for_selector(".k-rows .row")
        _without_line(kiosk)
        forward(kiosk, "pay")
        walk.take(
            kiosk,
            "offline-kiosk",
            "断网时：照常结账，说明怎样付款",
            "No line: checkout goes on, and says how",
        )
        walk.stage.guide_scanner.scan(ware.gtin)
        guide.wait_for_selector(".state-product")
        _without_line(guide)
        walk.take(guide, "offline-guide", "断网时：库存写明时间", "No line: stock with its age")
    finally:
        walk.stage.line.restore()
    kiosk.context.close()
    guide.context.close()


def _without_line(page: Page) -> None:
    page.wait_for_selector(".shop-foot .age-dot:not(.fresh)")


def fleet(walk: Tour) -> None:
    """All stores of the chain, as HQ sees them."""
    page = walk.page(DESK, at_hq=True)
    page.goto(walk.stage.fleet_page)
    page.fill("[name=name]", NAME)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("table")
    walk.take(page, "fleet", "总部：所有门店一页", "HQ: all stores on one page")
    page.context.close()
