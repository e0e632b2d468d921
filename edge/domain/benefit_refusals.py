"""Why a coupon is not taken, points are not spent, goods are not booked."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class CouponUsed(Refusal):
    """The coupon was good for one use."""

    code = "coupon_used"
    zh = "优惠券已使用"
    en = "This coupon has been used"
    next_zh = "请顾客换一张券；不用券也可结算"
    next_en = "Ask for another coupon, or go on without one"


class CouponWithdrawn(Refusal):
    """HQ has withdrawn the coupon."""

    code = "coupon_withdrawn"
    zh = "优惠券已作废"
    en = "This coupon has been withdrawn"
    next_zh = "请顾客换一张券；不用券也可结算"
    next_en = "Ask for another coupon, or go on without one"


class CouponOutOfTime(Refusal):
    """The coupon is not valid yet, or no more."""

    code = "coupon_out_of_time"
    zh = "不在优惠券有效期内"
    en = "This coupon is not valid today"
    next_zh = "请核对券面日期，换一张券"
    next_en = "Check the dates on it and ask for another coupon"


class CouponElsewhere(Refusal):
    """The coupon is another store's, `store_zh/en`."""

    code = "coupon_elsewhere"
    zh = "此券仅限 {store_zh} 使用"
    en = "This coupon is good at {store_en} only"
    next_zh = "请顾客到该门店使用，或换一张券"
    next_en = "It can be used at that store; another coupon may do here"


class CouponNeedsHq(Refusal):
    """Such a coupon is taken only with HQ's yes, and there is no line, or enough were taken without."""

    code = "coupon_needs_hq"
    zh = "此券须联网核销"
    en = "This coupon needs a line to HQ"
    next_zh = "网络恢复后再试；不用券也可结算"
    next_en = "Try again when the line is back, or go on without it"


class PointsShort(Refusal):
    """The store may not spend so many points of this member; `left` is what it may."""

    code = "points_short"
    zh = "本店现可抵扣 {left} 积分"
    en = "{left} points can be spent here now"
    next_zh = "减少抵扣积分，或改用其他方式付款"
    next_en = "Spend fewer points, or pay another way"


class QuotaShort(Refusal):
    """The store may not sell so many pieces without asking; `left` is what it may."""

    code = "quota_short"
    zh = "本店现可直接销售 {left} 件"
    en = "{left} pieces may be sold here without asking"
    next_zh = "减少数量，或联网确认后再售"
    next_en = "Sell fewer, or ask HQ first"


class CountAhead(Refusal):
    """A count claims to know more than happened."""

    code = "count_ahead"
    zh = "盘点时点无效"
    en = "This count does not fit what happened here"
    next_zh = "请重新开始盘点该商品"
    next_en = "Start the count of this product again"
