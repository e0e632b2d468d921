"""Refusals of the return desk."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class NothingToReturn(Refusal):
    """No pieces were named."""

    code = "nothing_to_return"
    status = 422
    zh = "没有选择要退的商品"
    en = "Nothing to return was chosen"
    next_zh = "请扫描商品，或选择数量"
    next_en = "Scan the goods, or choose how many"


class ReturnTooMany(Refusal):
    """More pieces than are still out; `left` of that line."""

    code = "return_too_many"
    status = 422
    zh = "超过可退数量，此行还可退 {left} 件"
    en = "More than can come back: {left} left of this line"
    next_zh = "请核对小票和之前的退货记录"
    next_en = "Check the receipt and earlier returns"


class NotReturnable(Refusal):
    """A product that does not come back without a reason."""

    code = "not_returnable"
    zh = "该商品不适用无理由退货：{name_zh}"
    en = "This product is not returned without a reason: {name_en}"
    next_zh = "如有质量问题请选择对应原因；其他情况由店长决定"
    next_en = "For a fault choose that reason; otherwise the lead decides"


class ReturnTooLate(Refusal):
    """The term has ended on `until`, a local day."""

    code = "return_too_late"
    zh = "已过退货期限（截止 {until}）"
    en = "The time for returns has ended ({until})"
    next_zh = "如有质量问题请选择对应原因；其他情况由店长决定"
    next_en = "For a fault choose that reason; otherwise the lead decides"


class WrongFate(Refusal):
    """Goods in such a condition do not go there."""

    code = "wrong_fate"
    status = 422
    zh = "商品状况与处理方式不符：只有完好的商品可以上架"
    en = "Condition and disposition do not fit: only intact goods go back on the shelf"
    next_zh = "请重新选择处理方式"
    next_en = "Choose another disposition"


class WrongGoods(Refusal):
    """What was scanned is not part of the purchase."""

    code = "wrong_goods"
    status = 422
    zh = "此商品不在这笔交易中"
    en = "This product is not part of that purchase"
    next_zh = "请核对商品条码和小票"
    next_en = "Compare the goods with the receipt"


class OrderedNotGiven(Refusal):
    """The product was ordered, but another one was handed over in its place: that one comes back."""

    code = "ordered_not_given"
    status = 422
    zh = "交付时已换成替代品：{name_zh}"
    en = "Another product was handed over in its place: {name_en}"
    next_zh = "请扫描实际交付的商品"
    next_en = "Scan the goods that were handed over"


class RefundChanged(Refusal):
    """What goes back is another sum than the one that was shown; `due` in yuan."""

    code = "refund_changed"
    zh = "应退金额已变为 ¥{due}"
    en = "The refund is now ¥{due}"
    next_zh = "请与顾客核对新金额后再确认"
    next_en = "Tell the customer the new sum, then confirm"


class PurchaseUnknown(Refusal):
    """No purchase has this number here, nor at HQ as far as it could be asked (`asked`)."""

    code = "purchase_unknown"
    status = 404
    zh = "没有找到这笔交易"
    en = "No such purchase was found"
    next_zh = "请核对小票号或订单号；外店或线上交易需联网查询"
    next_en = "Check the receipt or order number; purchases elsewhere need the line to head office"


class ReturnNeedsHq(Refusal):
    """A purchase of another store comes back only with HQ's word, and HQ does not answer."""

    code = "return_needs_hq"
    status = 503
    zh = "外店交易需总部授权，目前联系不上总部"
    en = "Goods of another store need head office, which does not answer"
    next_zh = "请稍后再试，或请顾客到原门店办理"
    next_en = "Try again later, or send the customer to the store of the purchase"


class ReturnNotAuthorised(Refusal):
    """HQ says no to this return."""

    code = "return_not_authorised"
    zh = "总部未授权此次退货"
    en = "Head office does not authorise this return"
    next_zh = "请核对是否已在其他门店或线上办理"
    next_en = "It may have been returned elsewhere or online; check with head office"


class ExchangedAlready(Refusal):
    """A basket was opened for this return before."""

    code = "exchanged_already"
    zh = "此退货已换过货"
    en = "This return was exchanged already"
    next_zh = "请直接新开一单"
    next_en = "Open a new basket instead"


class PaperTraining(Refusal):
    """A training receipt: nothing was sold."""

    code = "training_receipt"
    status = 422
    zh = "这是培训单，没有真实销售"
    en = "That is a training receipt, nothing was sold"
    next_zh = "请使用正式小票"
    next_en = "Use a real receipt"
