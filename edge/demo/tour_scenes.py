"""What the tour shows, screen by screen: the desk, the kiosk, the guide screen, the pages of store IT."""

from __future__ import annotations

from edge.demo.shop import STORE
from edge.demo.tour import DESK, LANDSCAPE, PORTRAIT, Scenes, Tour
from edge.demo.tour_more import fleet, offline, till
from edge.demo.tour_steps import forward, goods, sign_in

_PAY = "134567890123456789"


def desk(walk: Tour) -> None:
    """Sign-in, home, a pickup found and handed over."""
    page = walk.page(DESK)
    walk.open(page, "/cashier/sign-in?station=T1", "#staff")
    walk.take(page, "sign-in", "服务台登录：工牌或工号", "Sign in at the desk, by badge or number")
    sign_in(walk, page, "lead")
    walk.take(page, "desk-home", "工作台：今天要做的事", "The desk's home: what today asks for")
    order = next(
        one
        for one in walk.stage.desk.orders(STORE)
        if one.state == "ready" and not one.due_fen and not any(line.flags for line in one.lines)
    )
    page.fill("#scan-text", order.numeric_code)
    page.press("#scan-text", "Enter")
    page.wait_for_selector(".found")
    walk.take(page, "pickup", "扫码即见订单与货架", "A code shows the order and its shelf")
    page.context.close()


def kiosk(walk: Tour) -> None:
    """A shopper alone: scan, see the sum, pay, done; in large print and within low reach too."""
    page = walk.page(PORTRAIT)
    walk.open(page, "/kiosk/", ".state-attract")
    walk.take(page, "kiosk-attract", "自助收银：扫商品，直接开始", "Self-checkout: scan to begin")
    for number, ware in enumerate(goods(walk, 5), 1):
        walk.stage.kiosk_scanner.scan(ware.gtin)
        page.wait_for_selector(f".k-rows .row:nth-child({number})")
    walk.take(page, "kiosk-basket", "五件商品，金额与优惠一目了然", "Five items, the sum and what is saved")
    for language, ease, zh, en in (
        ("en", "large", "大字，英文", "Large print, in English"),
        ("hant", "low", "低位模式，繁体", "Low reach, in Traditional Chinese"),
    ):
        other = walk.page(PORTRAIT, language, ease)
        walk.open(other, "/kiosk/", ".state-basket")
        walk.take(other, f"kiosk-{ease}", zh, en)
        other.context.close()
    forward(page, "pay")
    walk.take(page, "kiosk-pay", "出示任何钱包的付款码", "Any wallet's code pays")
    walk.stage.kiosk_scanner.scan(_PAY)
    page.wait_for_selector(".state-done")
    walk.take(
        page,
        "kiosk-done",
        "完成：小票打印或电子，一次评价",
        "Done: a receipt on paper or phone, one question",
    )
    page.click(".bar .go")
    page.wait_for_selector(".state-attract")
    page.context.close()


def guide(walk: Tour) -> None:
    """A shopper who asks: slides, the range, a product and where else it is."""
    page = walk.page(PORTRAIT)
    walk.open(page, "/guide/", ".state-attract")
    walk.take(page, "guide-attract", "导购屏：触摸或扫码", "The guide screen: touch or scan")
    page.click(".g-wake")
    page.wait_for_selector(".state-home")
    walk.take(page, "guide-home", "两步找到任何商品", "Any product within two touches")
    ware = goods(walk, 1)[0]
    walk.stage.guide_scanner.scan(ware.gtin)
    page.wait_for_selector(".state-product")
    walk.take(
        page, "guide-product", "价格、本店库存、附近门店、货架", "Price, stock here and nearby, the shelf"
    )
    page.context.close()
    wide = walk.page(LANDSCAPE, "en")
    walk.open(wide, "/guide/", ".state-product")
    walk.take(wide, "guide-landscape", "横屏，英文", "Landscape, in English")
    wide.context.close()


def it(walk: Tour) -> None:
    """Devices and line, the style page, a screen that waits to be bound, and the page while the daemon is away."""
    page = walk.page(DESK)
    sign_in(walk, page, "lead")
    walk.open(page, "/it/", ".gear")
    walk.take(page, "it", "设备与线路", "Devices and line")
    walk.open(page, "/style", ".tones")
    walk.take(page, "style", "样式页：每种颜色和它的对比度", "The style page: every tone and its contrast")
    page.context.close()
    screen = walk.page(PORTRAIT)
    walk.open(screen, "/screen/pair?kind=guide", ".code")
    walk.take(screen, "pairing", "绑定新屏幕：输入 6 位数字", "A new screen is bound by six digits")
    screen.route("**/recovering?knock", lambda knock: knock.abort())  # nobody answers, as during a restart
    walk.open(screen, "/recovering", ".disc")
    walk.take(
        screen,
        "recovering",
        "服务重启时，屏幕自动恢复",
        "While the daemon restarts, screens come back by themselves",
    )
    screen.context.close()


SCENES: Scenes = (kiosk, guide, desk, till, it, fleet, offline)
"""In the order of the README: what shoppers see first."""
