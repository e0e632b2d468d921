"""The rules say no: one class a reason, in words for a person, each with the one thing to do next.

A Refusal is shown, never retried. `code` is for machines, `status` is the HTTP status it becomes,
`zh`/`en` say what is the matter and `next_zh`/`next_en` what to do now. Fields in braces are filled
from keyword arguments; they never hold a customer's name, phone, code or PIN.
docs/refusals.md lists them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Words:
    """One refusal in one language: what happened, and what to do now."""

    text: str
    next: str


class Refusal(Exception):
    """The rules of the shop do not allow this."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    zh: ClassVar[str] = "无法办理"
    en: ClassVar[str] = "This cannot be done"
    next_zh: ClassVar[str] = "请联系店长"
    next_en: ClassVar[str] = "Ask the shift lead"

    def __init__(self, **facts: str | int) -> None:
        super().__init__(self.code)
        self.facts = facts

    def words(self, language: str) -> Words:
        """The refusal in `zh` or `en` (anything else is read as `zh`, the shop's own language)."""
        if language == "en":
            return Words(self.en.format_map(self.facts), self.next_en.format_map(self.facts))
        return Words(self.zh.format_map(self.facts), self.next_zh.format_map(self.facts))


class AlreadyCollected(Refusal):
    """The goods were handed over before; `at` is the store's local time, `station_zh/en` where."""

    code = "already_collected"
    zh = "已取货：{at}，{station_zh}"
    en = "Already collected: {at}, {station_en}"
    next_zh = "请顾客核对是否家人已代取；仍有疑问请找店长查看交付记录"
    next_en = "Ask whether family collected it; if still in doubt the lead can check the record"


class NotReady(Refusal):
    """The order is still being prepared; `ready_by` is the store's local time."""

    code = "not_ready"
    zh = "未备好，预计 {ready_by} 可取"
    en = "Not ready yet, expected at {ready_by}"
    next_zh = "通知拣货员加急，请顾客稍候"
    next_en = "Ask the picker to hurry and the customer to wait"


class WrongStore(Refusal):
    """The order waits in another store, `store_zh/en`."""

    code = "wrong_store"
    zh = "非本店订单，取货门店：{store_zh}"
    en = "This order waits at another store: {store_en}"
    next_zh = "请顾客前往该门店取货"
    next_en = "Send the customer to that store"


class OrderCancelled(Refusal):
    """The order was cancelled."""

    code = "cancelled"
    zh = "订单已取消"
    en = "This order was cancelled"
    next_zh = "请勿交付；款项由总部原路退回"
    next_en = "Do not hand over; head office refunds the payment"


class CancelPending(Refusal):
    """HQ asked for this order back and the store has yet to answer."""

    code = "cancel_pending"
    zh = "顾客已申请取消，正在处理"
    en = "A cancellation is being processed"
    next_zh = "请勿交付，稍后再扫一次"
    next_en = "Do not hand over; scan again in a moment"


class Expired(Refusal):
    """The code, or the time for which the order was kept, has run out; `until` is the store's local time."""

    code = "expired"
    zh = "已过期（有效期至 {until}）"
    en = "Expired (valid until {until})"
    next_zh = "请顾客联系客服重新预约取货"
    next_en = "Ask the customer to have customer service renew it"


class Revoked(Refusal):
    """The code was replaced by a newer one or withdrawn."""

    code = "revoked"
    zh = "此核销码已作废"
    en = "This code is no longer valid"
    next_zh = "请顾客打开订单页，出示最新的核销码"
    next_en = "Ask the customer to open the order and show the newest code"


class InvalidCode(Refusal):
    """The text is no code of ours; the same words for every cause, so that nothing can be probed."""

    code = "invalid"
    status = 422
    zh = "无法识别此码"
    en = "This code is not recognised"
    next_zh = "请重新扫描，或输入 8 位取货码"
    next_en = "Scan again, or type the 8-digit pickup code"


class UnknownOffline(Refusal):
    """A genuine code of an order that has not reached this store yet; `age` is how old our data are."""

    code = "unknown_offline"
    zh = "凭证有效，但订单尚未同步到本店（数据更新于 {age_zh}）"
    en = "The code is genuine but the order has not arrived here yet (data from {age_en})"
    next_zh = "稍候再扫；急需时由店长核对商品后强制交付"
    next_en = "Scan again shortly; if urgent, a lead may check the goods and hand over"


class NeedsStaff(Refusal):
    """Something that only staff may do: settle a balance (`due`), check an age, force a hand-over."""

    code = "needs_staff"
    status = 403
    zh = "需要店员处理：{why_zh}"
    en = "Staff needed: {why_en}"
    next_zh = "请到服务台办理"
    next_en = "Please go to the service desk"


class Busy(Refusal):
    """Another desk has this order open; `station_zh/en` says which."""

    code = "busy"
    zh = "{station_zh} 正在处理此订单"
    en = "{station_en} is working on this order"
    next_zh = "请到该柜台办理，或两分钟后再试"
    next_en = "Go to that desk, or try again in two minutes"


class TooManyTries(Refusal):
    """Too many wrong codes or PINs; `seconds` until the next try."""

    code = "too_many_tries"
    status = 429
    zh = "连续输错次数过多，请 {seconds} 秒后再试"
    en = "Too many wrong tries, wait {seconds} seconds"
    next_zh = "改为扫描二维码，或请店长协助"
    next_en = "Scan the QR code instead, or ask the lead"


class TooFast(Refusal):
    """More scans from one page than a hand can make."""

    code = "too_fast"
    status = 429
    zh = "扫码太快"
    en = "Scans come too fast"
    next_zh = "请稍等几秒再扫"
    next_en = "Wait a few seconds, then scan again"


class LinesRefused(Refusal):
    """The lines asked for are not part of this order, or more than is left of them."""

    code = "lines_refused"
    status = 422
    zh = "数量不符：至少选一件，且不超过剩余件数"
    en = "Choose at least one unit, and no more than are left"
    next_zh = "请重新扫码，核对每行剩余数量"
    next_en = "Scan again and check what is left of each line"


class NonceReused(Refusal):
    """The same nonce came with another request."""

    code = "nonce_reused"
    zh = "请求编号重复，内容却不同"
    en = "This request number was used for something else"
    next_zh = "请刷新页面后重试"
    next_en = "Reload the page and try again"


class NotAnnullable(Refusal):
    """A hand-over that cannot be taken back: too old, another station, or done already."""

    code = "not_annullable"
    zh = "此交付不能撤销：{why_zh}"
    en = "This hand-over cannot be undone: {why_en}"
    next_zh = "如商品已退回，请走退货流程"
    next_en = "If the goods came back, use the return flow"


class NotAllowed(Refusal):
    """The role of this operator does not allow it."""

    code = "not_allowed"
    status = 403
    zh = "权限不足，需要店长操作"
    en = "This needs a lead"
    next_zh = "请店长登录后操作"
    next_en = "Ask a lead to sign in"


class NotSignedIn(Refusal):
    """Nobody is signed in, or the session has ended."""

    code = "not_signed_in"
    status = 401
    zh = "请先登录"
    en = "Please sign in"
    next_zh = "扫描工牌，或输入工号和 PIN"
    next_en = "Scan your badge, or enter staff number and PIN"


class WrongPin(Refusal):
    """Staff number, PIN or badge do not fit; the same words for each."""

    code = "wrong_pin"
    status = 401
    zh = "工号、PIN 或工牌不正确"
    en = "Staff number, PIN or badge is not right"
    next_zh = "请重新输入"
    next_en = "Please try again"


class UnknownThing(Refusal):
    """Nothing here has this number."""

    code = "not_found"
    status = 404
    zh = "没有找到"
    en = "Nothing found"
    next_zh = "请核对号码后重试"
    next_en = "Check the number and try again"


class BadRequest(Refusal):
    """The request cannot be understood; `why` names the field, for the programmer of the other side."""

    code = "bad_request"
    status = 400
    zh = "请求无法识别：{why}"
    en = "The request cannot be read: {why}"
    next_zh = "请刷新页面；若由其他系统调用，请核对接口文档"
    next_en = "Reload the page; callers of the API: check the documentation"


class PayCodeElsewhere(Refusal):
    """A payment code was shown where no payment is open; it was dropped and is kept nowhere."""

    code = "pay_code_elsewhere"
    status = 422
    zh = "这是付款码，当前没有待付款的交易"
    en = "That is a payment code, and nothing is being paid"
    next_zh = "付款码未被保存；收款请先按“扫付款码”，取货请扫取货码"
    next_en = "It was not kept; to be paid press “Scan pay code” first, to hand over scan the pickup code"


class ForeignHost(Refusal):
    """The page was asked for under a name, or from an origin, that is not this store's."""

    code = "foreign_host"
    status = 421
    zh = "此地址不属于本店设备"
    en = "This address does not belong to this store's device"
    next_zh = "请使用门店 IT 提供的地址"
    next_en = "Use the address that store IT gave you"


class ReadOnly(Refusal):
    """The ledger cannot be written (disk full or failing); nothing was changed."""

    code = "storage_failed"
    status = 503
    zh = "本机存储异常，本次操作没有生效"
    en = "This device cannot store data now; nothing was changed"
    next_zh = "请勿交付商品，联系门店 IT"
    next_en = "Do not hand over goods; call store IT"
