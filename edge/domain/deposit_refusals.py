"""Why a deposit is not taken into account at the counter."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class DepositElsewhere(Refusal):
    """The goods that it is for wait at another store."""

    code = "deposit_elsewhere"
    zh = "此定金不在本店使用"
    en = "This deposit is for another store"
    next_zh = "请顾客到订单上的门店付尾款"
    next_en = "The balance is paid at the store that the order names"


class DepositGone(Refusal):
    """It was given back to the shopper."""

    code = "deposit_gone"
    zh = "此定金已退还"
    en = "This deposit was refunded"
    next_zh = "按现价结算，或请顾客联系客服"
    next_en = "Sell at today's price, or ask the customer to contact service"


class DepositSpent(Refusal):
    """A sale took it into account already."""

    code = "deposit_spent"
    zh = "此定金已使用"
    en = "This deposit was used already"
    next_zh = "请核对订单；有疑问请找主管"
    next_en = "Check the order; ask a lead where in doubt"


class DepositOutOfTime(Refusal):
    """Its balance is not payable yet, or not any more."""

    code = "deposit_out_of_time"
    zh = "不在尾款支付时间内"
    en = "The balance cannot be paid at this time"
    next_zh = "请看订单上的尾款时间；逾期请联系客服"
    next_en = "See the order for the time; when it is over, service decides"


class DepositNotYours(Refusal):
    """The basket is another member's."""

    code = "deposit_not_yours"
    zh = "此定金属于另一位会员"
    en = "This deposit is another member's"
    next_zh = "请核对会员码，或另开一单"
    next_en = "Check the member code, or use a basket of its own"


class DepositHeld(Refusal):
    """Another basket has it."""

    code = "deposit_held"
    zh = "此定金正被另一笔交易占用"
    en = "Another basket has this deposit"
    next_zh = "结清或取消那笔交易；否则 15 分钟后自动释放"
    next_en = "Finish or cancel that basket, or wait: it is let go after 15 minutes"
