"""The words of receipts and till reports, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One language's words for paper."""

    language: str
    receipt: str
    training: str
    training_foot: str
    shop: str
    phone: str
    number: str
    time: str
    till: str
    cashier: str
    guide: str
    exchange: str
    offline: str
    units: str
    due: str
    saved: str
    deposit: str
    grown: str
    invoiced: str
    paid: str
    change: str
    member: str
    points: str
    claim: str
    until: str
    invoice: str
    complaints: str
    book: str
    x_report: str
    z_report: str
    opened: str
    printed: str
    sales: str
    net: str
    receipts: str
    by_tender: str
    by_rule: str
    by_tax: str
    returns: str
    voids: str
    lines_gone: str
    trainings: str
    unclear: str
    orders: str
    order_backs: str
    backs: str
    held: str
    drawer: str
    float: str
    cash_in: str
    cash_out: str
    drop: str
    expected: str
    counted: str
    variance: str
    uncounted: str
    openings: str
    head: str
    tenders: Mapping[str, str]
    drawer_reasons: Mapping[str, str]

    def pick(self, zh: str, en: str) -> str:
        """The one of two in this language; the other where it is missing."""
        return (en or zh) if self.language == "en" else (zh or en)

    def tender(self, kind: str) -> str:
        """A kind of tender in words; an unknown one as it is."""
        return self.tenders.get(kind, kind)


_ZH = Words(
    language="zh",
    receipt="小票",
    training="培训单",
    training_foot="培训单，不作为购物凭证",
    shop="门店号",
    phone="电话",
    number="单号",
    time="时间",
    till="机号",
    cashier="收银员",
    guide="导购",
    exchange="换货 原单号",
    offline="离线销售，稍后同步",
    units="件数",
    due="应收",
    saved="优惠合计",
    deposit="已付定金",
    grown="定金膨胀",
    invoiced="开票金额（含定金）",
    paid="实付",
    change="找零",
    member="会员",
    points="预计积分",
    claim="复购券",
    until="有效期至",
    invoice="扫码开票",
    complaints="投诉电话",
    book="价格版本",
    x_report="X 报表（中途）",
    z_report="Z 报表 第 {z} 号",
    opened="开班",
    printed="打印",
    sales="笔数",
    net="实收合计",
    receipts="小票号段",
    by_tender="按支付方式",
    by_rule="按优惠",
    by_tax="按税收分类",
    returns="退货（笔/金额）",
    voids="整单取消（笔/金额）",
    lines_gone="删除行数",
    trainings="培训单（未计入）",
    unclear="待确认支付（未计入）",
    orders="代收线上订单（不是销售）",
    order_backs="线上订单退回",
    backs="取消支付退还现金",
    held="未成单现金",
    drawer="钱箱",
    float="备用金",
    cash_in="存入",
    cash_out="取出",
    drop="缴存",
    expected="应有现金",
    counted="实点现金",
    variance="长短款",
    uncounted="未清点",
    openings="开箱记录",
    head="账本校验（防改）",
    tenders={
        "cash": "现金",
        "wechat": "微信支付",
        "alipay": "支付宝",
        "unionpay": "云闪付",
        "gateway": "移动支付",
        "points": "积分",
    },
    drawer_reasons={
        "change": "收款找零",
        "give_back": "退还现金",
        "count": "清点",
        "no_sale": "无销售",
        "other": "其他",
        "unasked": "非指令打开",
    },
)
_EN = Words(
    language="en",
    receipt="receipt",
    training="TRAINING",
    training_foot="Training only, no proof of purchase",
    shop="Shop",
    phone="Tel.",
    number="Receipt no.",
    time="Time",
    till="Till",
    cashier="Cashier",
    guide="Sales guide",
    exchange="Exchange of receipt",
    offline="Sold offline, to be synced",
    units="Items",
    due="Subtotal",
    saved="You saved",
    deposit="Deposit paid",
    grown="Deposit bonus",
    invoiced="Invoice (with deposit)",
    paid="Paid",
    change="Change",
    member="Member",
    points="Points (estimate)",
    claim="Coupon for your next visit",
    until="Good until",
    invoice="Scan for an e-invoice",
    complaints="Complaints",
    book="Price book",
    x_report="X report",
    z_report="Z report no. {z}",
    opened="Opened",
    printed="Printed",
    sales="Sales",
    net="Net takings",
    receipts="Receipts",
    by_tender="By tender",
    by_rule="Savings by rule",
    by_tax="By tax code",
    returns="Returns (no./sum)",
    voids="Voided baskets (no./sum)",
    lines_gone="Lines removed",
    trainings="Training (not counted)",
    unclear="Unclear payments (not counted)",
    orders="Paid here for HQ's orders (no sales)",
    order_backs="Orders given back",
    backs="Cash given back, not sold",
    held="Cash of unsold baskets",
    drawer="Cash drawer",
    float="Float",
    cash_in="Paid in",
    cash_out="Paid out",
    drop="Dropped",
    expected="Expected cash",
    counted="Counted cash",
    variance="Over / short",
    uncounted="Not counted",
    openings="Drawer openings",
    head="Journal head (tamper seal)",
    tenders={
        "cash": "Cash",
        "wechat": "WeChat Pay",
        "alipay": "Alipay",
        "unionpay": "UnionPay",
        "gateway": "Mobile wallet",
        "points": "Points",
    },
    drawer_reasons={
        "change": "Change",
        "give_back": "Cash given back",
        "count": "Count",
        "no_sale": "No sale",
        "other": "Other",
        "unasked": "Not commanded",
    },
)


def words_in(language: str) -> Words:
    """The words in `zh` or `en`."""
    return _EN if language == "en" else _ZH
