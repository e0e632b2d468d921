"""Why a payment is not taken, given back or begun."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class PayCodeUsed(Refusal):
    """One code, one attempt: this one was shown before."""

    code = "pay_code_used"
    zh = "此付款码已使用过"
    en = "This payment code was used before"
    next_zh = "请顾客刷新付款码后再出示"
    next_en = "Ask the customer to refresh the code and show it again"


class NoPayCode(Refusal):
    """Something else than a wallet's code was scanned while money is expected."""

    code = "no_pay_code"
    status = 422
    zh = "这不是付款码"
    en = "That is not a payment code"
    next_zh = "请先完成或取消支付；顾客须出示微信或支付宝付款码"
    next_en = "Finish or cancel the payment first; ask for a WeChat or Alipay payment code"


class WalletsOffline(Refusal):
    """Wallets need a line, and there is none."""

    code = "wallets_offline"
    zh = "网络中断，暂不能扫码支付"
    en = "There is no line, so wallets cannot be used now"
    next_zh = "请用现金支付，或稍后再试"
    next_en = "Take cash, or try again later"


class ChannelClosed(Refusal):
    """This store takes no such wallet."""

    code = "channel_closed"
    status = 422
    zh = "本店未开通此支付方式"
    en = "This store does not take that wallet"
    next_zh = "请顾客换用其他支付方式"
    next_en = "Ask for another way to pay"


class PaymentUnsettled(Refusal):
    """An attempt is not settled: nothing may begin beside it."""

    code = "payment_unsettled"
    zh = "正在确认支付结果，请勿重复付款"
    en = "The last payment is still being confirmed; do not pay again"
    next_zh = "请稍候；结果确认前不要再次收款"
    next_en = "Wait until it is confirmed; take no other payment before"


class PaymentOver(Refusal):
    """The payment is settled, cancelled or belongs to a sale already."""

    code = "payment_over"
    zh = "此笔支付已结束"
    en = "This payment has ended"
    next_zh = "请返回购物篮查看状态"
    next_en = "Go back to the basket and look how it stands"


class NotPaid(Refusal):
    """The sale cannot be completed: money is missing, or the basket is not the one that was paid."""

    code = "payment_short"
    zh = "尚未付清，不能完成交易"
    en = "This is not paid in full, the sale cannot be completed"
    next_zh = "请完成支付；购物篮若已变动请重新收款"
    next_en = "Finish the payment; if the basket has changed, begin it anew"


class RefundTooMuch(Refusal):
    """More was asked back than was paid and not yet given back; `left` in fen."""

    code = "refund_too_much"
    status = 422
    zh = "退款超出可退金额（可退 {left} 分）"
    en = "That is more than can be given back ({left} fen are left)"
    next_zh = "请核对原交易与已退金额"
    next_en = "Check the sale and what was given back before"


class PaymentBegun(Refusal):
    """Part of it is paid: the basket stands as it is, until that is given back."""

    code = "payment_begun"
    zh = "已收部分款项，不能变更"
    en = "Part of this is paid, so it cannot be changed"
    next_zh = "请完成支付，或取消支付并退回已收款项"
    next_en = "Finish the payment, or cancel it and give back what was taken"
