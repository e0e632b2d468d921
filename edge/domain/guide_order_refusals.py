"""What a guide screen says no to while an order is paid at it, in words for a shopper."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class NotPaidHere(Refusal):
    """This way of getting it is not one that is paid at the screen now."""

    code = "not_paid_here"
    zh = "这种方式现在不能在本屏付款"
    en = "That cannot be paid at this screen right now"
    next_zh = "请用手机继续下单，或请店员帮忙"
    next_en = "Please go on with your phone, or ask a member of staff"


class MemberCodeWanted(Refusal):
    """Something else than a member's rotating code was shown where that was asked for."""

    code = "member_code_wanted"
    status = 422
    zh = "请先出示手机上的会员码"
    en = "Please show the member code on your phone first"
    next_zh = "打开会员页，把二维码对准扫描口；实体卡号不能用来下单"
    next_en = "Open your member page and hold its code to the scanner; a card number is not enough to order"


class MemberCodeSpent(Refusal):
    """An order was made by this very code before."""

    code = "member_code_spent"
    zh = "这个会员码已经下过单"
    en = "An order was made with this code already"
    next_zh = "请在手机上刷新会员码，再出示一次"
    next_en = "Please refresh the member code on your phone and show it again"


class NoAddress(Refusal):
    """HQ has no address of this member's to send it to."""

    code = "no_address"
    zh = "您的会员资料里还没有收货地址"
    en = "There is no delivery address in your member account yet"
    next_zh = "请改用手机下单，地址只在您的手机上填写"
    next_en = "Please order by phone: addresses are only entered there"


class PayCodeWanted(Refusal):
    """Something else was scanned where a wallet's code is asked for."""

    code = "pay_code_wanted"
    status = 422
    zh = "现在请出示付款码"
    en = "Please show a payment code now"
    next_zh = "微信、支付宝、云闪付的付款码都可以"
    next_en = "WeChat Pay, Alipay and UnionPay codes all work"
