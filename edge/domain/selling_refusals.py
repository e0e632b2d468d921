"""Why something is not sold, taken out of a basket, or paid; and why a till is not opened or closed."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class NoBasket(Refusal):
    """There is no such basket at this desk any more: sold, given up, or gone to another desk."""

    code = "no_basket"
    zh = "这个购物篮已不在本台"
    en = "This basket is no longer at this desk"
    next_zh = "请查看当前购物篮，或在挂单列表中取回"
    next_en = "Look at the present basket, or take it back from the list of suspended ones"


class BasketBusy(Refusal):
    """The desk is at work on another basket."""

    code = "basket_busy"
    zh = "本台还有未完成的购物篮"
    en = "This desk has another basket that is not finished"
    next_zh = "请先结账、挂单或取消当前购物篮"
    next_en = "Finish, suspend or void the present basket first"


class PayFirst(Refusal):
    """The basket is being paid; nothing in it changes meanwhile."""

    code = "pay_first"
    zh = "请先完成或取消支付"
    en = "Finish or cancel the payment first"
    next_zh = "支付结束后再修改购物篮"
    next_en = "Change the basket after that"


class NothingUnclear(Refusal):
    """Only a basket whose payment nobody can tell the result of is set aside."""

    code = "nothing_unclear"
    zh = "这一单没有待确认的支付，不能先放一边"
    en = "No payment of this basket is being clarified"
    next_zh = "请完成或取消支付；要先接待下一位，可取消支付后挂单"
    next_en = (
        "Finish or cancel the payment; to serve the next shopper first, cancel it and suspend the basket"
    )


class BeingClarified(Refusal):
    """The basket was set aside; nothing more is collected for it before its payment is known."""

    code = "being_clarified"
    zh = "这一单已放一边，支付结果仍在确认，请勿重复收款"
    en = "This basket was set aside; its payment is still being clarified"
    next_zh = "请在“正在确认”列表查看；确认未付款后会自动挂单，可取回再收款"
    next_en = "See the list Being clarified; if it turns out unpaid it is suspended and can be taken back"


class NotRecognised(Refusal):
    """The code says nothing that a sale could use."""

    code = "not_recognised"
    status = 422
    zh = "未识别"
    en = "Not recognised"
    next_zh = "请换一面再扫，或输入商品编号；可先扫其他商品"
    next_en = "Scan another side, or type the product's number; go on with other goods"


class NotForSale(Refusal):
    """HQ knows this product and has no price for it here."""

    code = "not_for_sale"
    status = 422
    zh = "此商品没有价格：{name}"
    en = "There is no price for {name}"
    next_zh = "请放回商品并告知店长；可扫描其他商品继续"
    next_en = "Set it aside and tell the lead; go on with other goods"


class WeighFirst(Refusal):
    """The product is sold by weight."""

    code = "weigh_first"
    status = 422
    zh = "此商品按重量出售"
    en = "This is sold by weight"
    next_zh = "把商品放到秤上，再按“称重”；或扫描称重标签"
    next_en = "Put it on the scale and press Weigh; or scan its label"


class TooManyPieces(Refusal):
    """More than a basket takes; `most` is the limit."""

    code = "too_many_pieces"
    status = 422
    zh = "超出上限 {most}"
    en = "More than the limit of {most}"
    next_zh = "请分成两单"
    next_en = "Make it two sales"


class TooManySuspended(Refusal):
    """As many baskets wait as the shop's list shows; `most` of them."""

    code = "too_many_suspended"
    status = 409
    zh = "已有 {most} 单挂起，不能再挂单"
    en = "{most} baskets are suspended already"
    next_zh = "请先取回或取消挂起的购物篮"
    next_en = "Take back or void some of them first"


class EmptyBasket(Refusal):
    """Nothing is in the basket."""

    code = "empty_basket"
    zh = "购物篮是空的"
    en = "The basket is empty"
    next_zh = "请先扫描商品"
    next_en = "Scan something first"


class AgeUnchecked(Refusal):
    """Goods that the young may not buy, and nobody has looked at the shopper."""

    code = "age_unchecked"
    zh = "含酒类或烟草，请先核对顾客年龄"
    en = "Alcohol or tobacco: check the shopper's age first"
    next_zh = "已满 18 周岁，按“已核对年龄”；否则移除该商品"
    next_en = "If 18 or over press Age checked; else take the goods out"


class TotalChanged(Refusal):
    """What is due is another sum than the one that was shown; `due` in yuan."""

    code = "total_changed"
    zh = "应付金额已变为 ¥{due}"
    en = "The total is now ¥{due}"
    next_zh = "请与顾客核对新金额后再收款"
    next_en = "Tell the shopper the new total, then take the money"


class NotPaid(Refusal):
    """The money that was taken does not cover what is due; `left` in yuan."""

    code = "not_paid"
    zh = "还差 ¥{left}"
    en = "¥{left} is still to be paid"
    next_zh = "请继续收款，或取消支付"
    next_en = "Take the rest, or cancel the payment"


class CutRefused(Refusal):
    """More than may be taken off by hand; `most` is the limit in yuan."""

    code = "cut_refused"
    status = 422
    zh = "手工优惠最多 ¥{most}，并须填写原因"
    en = "At most ¥{most} can be taken off by hand, with a reason"
    next_zh = "改小金额并选择原因"
    next_en = "Take off less and say why"


class NoGuide(Refusal):
    """Nobody with this staff number works here."""

    code = "no_guide"
    status = 422
    zh = "没有这个导购工号"
    en = "Nobody here has this staff number"
    next_zh = "请核对工号；留空则不记导购"
    next_en = "Check the number; leave it empty for nobody"


class NoShift(Refusal):
    """The till has not been opened today."""

    code = "no_shift"
    zh = "本台还没有开班"
    en = "This till has not been opened"
    next_zh = "清点备用金后开班"
    next_en = "Count the float and open the till"


class ShiftRuns(Refusal):
    """The till is open already."""

    code = "shift_runs"
    zh = "本台已经开班"
    en = "This till is open already"
    next_zh = "直接收银；交接时先做 Z 报表"
    next_en = "Go on selling; at a handover close it with a Z report first"


class CountFirst(Refusal):
    """The drawer is counted before its shift is closed."""

    code = "count_first"
    zh = "请先清点现金再交班"
    en = "Count the cash before you close the till"
    next_zh = "清点钱箱并录入金额"
    next_en = "Count the drawer and enter what is in it"


class BasketOpen(Refusal):
    """A basket is still at the desk."""

    code = "basket_open"
    zh = "本台还有未完成的购物篮，不能交班"
    en = "A basket is still open at this desk"
    next_zh = "请先结账、挂单或取消"
    next_en = "Finish, suspend or void it first"


class CashShort(Refusal):
    """More cash is taken out than is in the drawer."""

    code = "cash_short"
    status = 422
    zh = "钱箱里没有这么多现金"
    en = "There is not so much cash in the drawer"
    next_zh = "请核对金额"
    next_en = "Check the sum"


class AmountUnread(Refusal):
    """What was typed as a sum of money is none."""

    code = "amount_unread"
    status = 422
    zh = "金额没有看懂"
    en = "This is not a sum of money"
    next_zh = "请只输入数字，最多两位小数，如 12.50"
    next_en = "Type digits only, with two decimals at most, as 12.50"


ALL: tuple[type[Refusal], ...] = (
    NoBasket,
    BasketBusy,
    PayFirst,
    NothingUnclear,
    BeingClarified,
    NotRecognised,
    NotForSale,
    WeighFirst,
    TooManyPieces,
    TooManySuspended,
    EmptyBasket,
    AgeUnchecked,
    TotalChanged,
    NotPaid,
    CutRefused,
    NoGuide,
    NoShift,
    ShiftRuns,
    CountFirst,
    BasketOpen,
    CashShort,
    AmountUnread,
)
