"""What a kiosk says no to, in words for a shopper."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class LaneMovedOn(Refusal):
    """The page that asked is no longer what the kiosk shows."""

    code = "lane_moved_on"
    zh = "屏幕已换到别的页面"
    en = "The screen shows something else by now"
    next_zh = "请在当前页面上再选一次"
    next_en = "Please choose again on the page that is there now"


class LaneClosed(Refusal):
    """The kiosk does not sell now."""

    code = "lane_closed"
    zh = "此机暂停使用"
    en = "This kiosk is closed for now"
    next_zh = "请到人工台，店员会为您服务"
    next_en = "Please go to the staffed desk"


class TobaccoAtDesk(Refusal):
    """Tobacco is not sold by machines (烟草专卖许可证管理办法实施细则, art. 51)."""

    code = "tobacco_at_desk"
    status = 422
    zh = "烟草制品不在自助机销售"
    en = "Tobacco is not sold at kiosks"
    next_zh = "请到人工台购买，其余商品可继续结算"
    next_en = "Please buy it at the staffed desk; go on here with everything else"


class LaneUnknown(Refusal):
    """The code says nothing that a kiosk could use."""

    code = "lane_unknown"
    status = 422
    zh = "没认出这个码"
    en = "We could not read that"
    next_zh = "请换一面再扫；不影响其他商品"
    next_en = "Try another side; everything else goes on as before"


class LaneFull(Refusal):
    """More goods than a kiosk takes; `most` lines."""

    code = "lane_full"
    status = 422
    zh = "一次最多 {most} 种商品"
    en = "A kiosk takes {most} products at a time"
    next_zh = "请先结算，或转到人工台继续"
    next_en = "Please pay first, or go on at the staffed desk"


class PayLater(Refusal):
    """A wallet's code was shown before it was asked for; it was not kept."""

    code = "pay_later"
    status = 422
    zh = "还没有到付款这一步"
    en = "It is not time to pay yet"
    next_zh = "请先点“结算”，再出示付款码"
    next_en = "Press Checkout first, then show your payment code"


class WalletsAway(Refusal):
    """Without a line no wallet is charged."""

    code = "wallets_away"
    status = 503
    zh = "网络中断，暂时不能手机支付"
    en = "The line is down: phones cannot pay right now"
    next_zh = "可转到人工台用现金付款，商品不用重新扫"
    next_en = "Pay in cash at the staffed desk; nothing has to be scanned again"


class FinishFirst(Refusal):
    """A pickup code was shown amid somebody's shopping."""

    code = "finish_first"
    zh = "请先结算或结束当前购物"
    en = "Finish or end the present shopping first"
    next_zh = "然后再扫取货码"
    next_en = "Then scan the pickup code"


class PickupDigits(Refusal):
    """Neither eight digits nor six and the end of a phone number."""

    code = "pickup_digits"
    status = 422
    zh = "取货码位数不对"
    en = "That is not the length of a pickup code"
    next_zh = "请输入 8 位取货码；6 位取货码后面接着输手机尾号 4 位"
    next_en = "Enter the 8 digits; after a 6-digit code also the last 4 digits of your phone number"


class CheckPending(Refusal):
    """A person has to look first."""

    code = "check_pending"
    zh = "店员还没有核对完"
    en = "A member of staff still has to look"
    next_zh = "请稍候，或移除需要核对的商品"
    next_en = "Please wait, or take out what has to be looked at"
