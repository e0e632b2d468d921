"""The fleet page's words: Chinese as written in the templates, English beside it; figures and times in both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sync.messages import moment_of

LANGUAGES = ("zh", "en")
EN = {
    "门店总览": "Fleet",
    "总部": "Headquarters",
    "门店": "Stores",
    "所属门店": "Store",
    "个案": "Cases",
    "隔离区": "Quarantine",
    "记录": "Record",
    "退出": "Sign out",
    "登录": "Sign in",
    "姓名": "Name",
    "密码": "Password",
    "姓名与密码不符。请再试一次。": "Name and password do not fit. Please try again.",
    "试得太多了。请稍等半分钟再试。": "Too many tries. Please wait half a minute.",
    "请通过 HTTPS 打开本页:否则密码会在网络上被人看到。": (
        "Please open this page over HTTPS: otherwise your password could be read on the way."
    ),
    "看得到全部": "sees everything",
    "可以处理": "may act",
    "签署配置": "signs settings",
    "十分钟没有消息": "Quiet for ten minutes",
    "待处理个案": "Open cases",
    "待退款的退货": "Returns owed a refund",
    "被隔离的事实": "Facts in quarantine",
    "有事实待上传": "With facts waiting",
    "查找门店": "Find a store",
    "店号开头或店名": "Number begins so, or part of a name",
    "查找": "Find",
    "最近消息": "Last heard of",
    "待上传": "Waiting there",
    "待下发": "Behind",
    "配置": "Settings",
    "从未": "never",
    "刚刚": "just now",
    "%d 秒前": "%d s ago",
    "%d 分钟前": "%d min ago",
    "%d 小时前": "%d h ago",
    "%d 天前": "%d days ago",
    "安静": "quiet",
    "在线": "in touch",
    "版本 %d": "version %d",
    "未知": "not known",
    "没有": "none",
    "没有符合条件的门店。": "No store fits.",
    "还没有门店。用 store-edge hub stores add 添加第一家。": (
        "There are no stores yet. store-edge hub stores add brings in the first."
    ),
    "下一页": "Next page",
    "回到开头": "Back to the start",
    "返回门店": "Back to stores",
    "返回个案": "Back to cases",
    "返回隔离区": "Back to quarantine",
    "最新事实": "Newest fact at HQ",
    "开机次数": "Boots heard of",
    "时钟误差": "Clock is off by",
    "各类数据还差的行数": "Rows behind, by class",
    "设备": "Boxes",
    "状态": "State",
    "日志": "Journals",
    "无法使用的数据": "Rows that the store could not use",
    "订单": "Order",
    "原因": "Reason",
    "发生时间": "Opened",
    "处理人": "Closed by",
    "说明": "Why",
    "待处理": "open",
    "已关闭": "closed",
    "待处理的": "Open",
    "已关闭的": "Closed",
    "关闭个案": "Close the case",
    "查到了什么、做了什么": "What was found and done",
    "没有待处理的个案。一切正常。": "No case waits. All is well.",
    "没有已关闭的个案。": "No case was closed yet.",
    "隔离区是空的。一切正常。": "Nothing is in quarantine. All is well.",
    "事实": "Fact",
    "种类": "Kind",
    "收到时间": "Received",
    "内容": "Contents",
    "重新判定": "Judge again",
    "总部修好之后,可以重新判定;成功后只计一次。": (
        "Once HQ has been mended the fact can be judged again; it counts once, however often it is asked."
    ),
    "之前的判定": "Former verdicts",
    "结论": "Verdict",
    "时间": "When",
    "谁": "Who",
    "做了什么": "What",
    "对象": "To what",
    "还没有记录。": "Nothing on record yet.",
    "已关闭。": "Closed.",
    "已接收,并计入一次。": "Taken in, once.",
    "还是不行:仍在隔离区。": "Still unfit: it stays in quarantine.",
    "已有人处理过。": "Somebody has dealt with it already.",
    "请写明原因(1 到 500 字)。": "Please say why (1 to 500 characters).",
    "只有操作员可以处理。": "Only operators may act.",
    "找不到这一页": "There is no such page",
    "没有这个门店、个案或事实。": "There is no such store, case or fact.",
    "这张表单过期了。请返回,重新打开页面再试。": "This form is out of date. Go back, open the page anew and try again.",
    "现在无法读取总部数据库。请稍后再试。": "HQ's database cannot be read just now. Please try again later.",
    "指令": "requests",
    "员工": "staff",
    "库存": "stock",
    "配额": "quotas",
    "优惠券": "coupons",
    "会员": "members",
    "验证公钥": "pickup keys",
    "门店名录": "stores' names",
    "价格": "prices",
    "商品": "products",
    "打开": "open",
    "正在结束": "closing",
    "已结束": "closed",
    "已冻结": "frozen",
    "在用": "in use",
    "已替换": "replaced",
    "已吊销": "revoked",
    "已接收": "applied",
    "有矛盾": "conflict",
    "已隔离": "quarantined",
    "待推送": "to be offered",
    "已推送": "offered",
    "正在试用": "being tried",
    "已回退": "went back",
    "已拒绝": "refused there",
    "配置版本": "Settings, newest first",
    "第 %d 环": "ring %d",
    "退回的行": "Rows refused",
    "促销": "promotions",
    "其他网点": "other places",
    "退货": "returned goods",
    "读不懂": "cannot be read",
    "编号不符": "not its number",
    "存不下": "cannot be kept",
    "签名不符": "wrongly signed",
    "个案 %s": "Case %s",
    "事实 %d": "Fact %d",
}


CODES = {
    "cmd": "指令",
    "config": "配置",
    "orders": "订单",
    "staff": "员工",
    "stock": "库存",
    "quota": "配额",
    "coupon": "优惠券",
    "member": "会员",
    "keys": "验证公钥",
    "shops": "门店名录",
    "price": "价格",
    "catalog": "商品",
    "promo": "促销",
    "nodes": "其他网点",
    "returns": "退货",
    "open": "打开",
    "closing": "正在结束",
    "closed": "已结束",
    "frozen": "已冻结",
    "staged": "待推送",
    "offered": "已推送",
    "trying": "正在试用",
    "rolled_back": "已回退",
    "rejected": "已拒绝",
    "active": "在用",
    "replaced": "已替换",
    "revoked": "已吊销",
    "applied": "已接收",
    "conflict": "有矛盾",
    "quarantined": "已隔离",
    "VALIDATION": "读不懂",
    "ID": "编号不符",
    "CONSTRAINT": "存不下",
    "SIGNATURE": "签名不符",
}
"""What HQ's tables call things -> a person's word for it."""


def named(say: Callable[..., str], code: str) -> str:
    """A person's word for a class of rows or a state; the code itself where a newer release has more of them."""
    return say(CODES[code]) if code in CODES else code


def speak(language: str) -> Callable[..., str]:
    """`say(text, *values)` in this language; Chinese is its own key, a text without English is a KeyError."""

    def say(text: str, *values: object) -> str:
        words = EN[text] if language == "en" else text
        return words % values if values else words

    return say


def age(say: Callable[..., str], at: str, now: datetime) -> str:
    """How long ago a time was, in words; never for ""."""
    if not at:
        return say("从未")
    seconds = max(0, int((now - moment_of(at)).total_seconds()))
    for limit, unit, words in (
        (10, 0, "刚刚"),
        (120, 1, "%d 秒前"),
        (7200, 60, "%d 分钟前"),
        (172_800, 3600, "%d 小时前"),
    ):
        if seconds < limit:
            return say(words, seconds // unit) if unit else say(words)
    return say("%d 天前", seconds // 86_400)


def span(ms: int) -> str:
    """Milliseconds as a signed figure with a unit: +0.2 s, -3 min, +2 h."""
    sign, rest = ("-" if ms < 0 else "+"), abs(ms) / 1000
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h")):
        if rest < limit:
            figure = f"{rest / unit:.1f}" if unit == 1 else f"{rest / unit:.0f}"
            return f"{sign}{figure} {name}"
    return f"{sign}{timedelta(seconds=rest).days} d"
