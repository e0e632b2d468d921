"""Why a coupon, a voucher or a member code is not taken at the counter."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class CouponHeld(Refusal):
    """Another basket holds the coupon."""

    code = "coupon_held"
    zh = "此券正被另一笔交易占用"
    en = "Another basket holds this coupon"
    next_zh = "结清或取消那笔交易；否则 15 分钟后自动释放"
    next_en = "Finish or cancel that basket, or wait: it is let go after 15 minutes"


class CouponUnknown(Refusal):
    """Neither this store nor HQ knows such a coupon, or its signature is nobody's."""

    code = "coupon_unknown"
    status = 422
    zh = "无法识别此券"
    en = "This coupon is not recognised"
    next_zh = "请顾客打开券包，出示券码后重扫"
    next_en = "Ask the customer to open the coupon in the app and scan it again"


class CouponCapped(Refusal):
    """This member had as many of it as there are for one, or there are none left."""

    code = "coupon_capped"
    zh = "此券已达领用上限"
    en = "No more of this coupon for this customer"
    next_zh = "请告知顾客；可换用其他券"
    next_en = "Tell the customer; another coupon may do"


class CouponNeedsMember(Refusal):
    """Such a coupon is counted by member, and nobody was shown to be one."""

    code = "coupon_needs_member"
    zh = "此券限会员领用，请先识别会员"
    en = "This coupon is counted by member"
    next_zh = "先扫顾客的会员码，再扫此券"
    next_en = "Scan the member code first, then the coupon"


class CouponIsGoods(Refusal):
    """A gift or sample voucher takes no money off: it is handed over."""

    code = "coupon_is_goods"
    zh = "这是礼品券，不能抵扣货款"
    en = "This voucher is for goods, not for money off"
    next_zh = "在“优惠券”页核销并交付礼品"
    next_en = "Open it on the coupon page and hand the gift over"


class CouponIsMoney(Refusal):
    """A coupon for money off gives no goods: it belongs into a basket."""

    code = "coupon_is_money"
    zh = "这是抵扣券，没有可交付的礼品"
    en = "This coupon takes money off; there is no gift to hand over"
    next_zh = "在收银页扫码使用"
    next_en = "Scan it with a basket open"


class GiftGone(Refusal):
    """The gift or sample is not on the shelf."""

    code = "gift_gone"
    zh = "礼品本店已无库存"
    en = "This gift is out of stock here"
    next_zh = "请顾客在有效期内改日再来；券未使用"
    next_en = "The voucher was not used; ask the customer to come again while it is valid"


class HoldGone(Refusal):
    """The basket no longer holds this coupon."""

    code = "coupon_hold_gone"
    zh = "此券已从这笔交易中释放"
    en = "This basket no longer holds the coupon"
    next_zh = "请重新扫券"
    next_en = "Scan the coupon again"


class PartnerSilent(Refusal):
    """The third party whose voucher it is gives no answer."""

    code = "partner_silent"
    zh = "团购平台暂无应答，此券未核销"
    en = "The voucher's own platform does not answer; it was not used"
    next_zh = "稍后再扫；不用券也可结算"
    next_en = "Scan again shortly, or go on without it"


class MemberCodeOld(Refusal):
    """A member code of another minute: a screenshot, or a phone whose clock is wrong."""

    code = "member_code_old"
    zh = "会员码已过期"
    en = "This member code has run out"
    next_zh = "请顾客刷新会员码后再扫"
    next_en = "Ask the customer to refresh the code and scan again"


class MemberUnknown(Refusal):
    """Nobody is known under this code, card or number."""

    code = "member_unknown"
    status = 404
    zh = "没有找到会员"
    en = "No member found"
    next_zh = "请顾客出示会员码；也可扫码入会"
    next_en = "Ask for the member code, or offer to join"


class MemberNeedsHq(Refusal):
    """What is asked of this member is only at HQ, and HQ does not answer."""

    code = "member_needs_hq"
    status = 503
    zh = "此项须联网查询"
    en = "This needs a line to HQ"
    next_zh = "请顾客出示会员码；或网络恢复后再查"
    next_en = "Ask for the member code, or try again when the line is back"


class LookOver(Refusal):
    """The member was looked at too long ago, or at another station."""

    code = "look_over"
    status = 410
    zh = "会员信息已收起"
    en = "The member's card was put away"
    next_zh = "请再扫一次会员码"
    next_en = "Scan the member code again"


class NoPointsByCard(Refusal):
    """A card number is no proof of who shows it: points are spent on a member code."""

    code = "no_points_by_card"
    zh = "实体卡号不能抵扣积分"
    en = "Points cannot be spent on a card number"
    next_zh = "请顾客出示手机会员码"
    next_en = "Ask for the member code on the phone"


class NoJoinLink(Refusal):
    """HQ has given no link for joining, or it has run out."""

    code = "no_join_link"
    zh = "暂无可用的入会链接"
    en = "There is no link for joining now"
    next_zh = "网络恢复后自动更新；或请顾客搜索小程序"
    next_en = "It comes with the line; or have the customer search for the mini-program"
