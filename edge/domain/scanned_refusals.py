"""Why what was scanned goes nowhere: the refusals of scanning."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class ProductInPay(Refusal):
    """Goods were scanned while a payment is open: the basket does not change under a payment."""

    code = "product_in_pay"
    zh = "请先完成或取消支付"
    en = "Finish or cancel the payment first"
    next_zh = "商品未加入；支付结束后再扫商品"
    next_en = "The goods were not added; scan them when the payment is over"


class GoodsUnknown(Refusal):
    """The code is sound, and no product here has it."""

    code = "goods_unknown"
    status = 404
    zh = "未识别的商品条码"
    en = "No product here has this code"
    next_zh = "按名称查找商品，或请店长登记；已记录，总部会补录"
    next_en = "Look it up by name, or ask the lead; it was noted for head office"


class BatchExpired(Refusal):
    """The batch's date is over (GS1 AI 17 or 16): it may not be sold."""

    code = "batch_expired"
    zh = "已过期：{until}（批次 {batch}）"
    en = "Expired on {until} (batch {batch})"
    next_zh = "不得销售：换一件未过期的，把这件撤下货架"
    next_en = "Do not sell it: take another one, and this one off the shelf"


class BestBeforeOver(Refusal):
    """The best-before date is over (GS1 AI 15): it is not sold at a till."""

    code = "best_before_over"
    zh = "已过保质期：{until}（批次 {batch}）"
    en = "Past its best-before date {until} (batch {batch})"
    next_zh = "不得销售：换一件未过保质期的，把这件撤下货架"
    next_en = "Do not sell it: take another one, and this one off the shelf"


class LabelTooLight(Refusal):
    """More lies on the scale than the label charges for."""

    code = "label_too_light"
    zh = "重量不符：标签 {label_g} 克，秤上 {scale_g} 克"
    en = "The label says {label_g} g, the scale {scale_g} g"
    next_zh = "请核对是否贴错标签，重新称重打标"
    next_en = "Check whether the label belongs to it; weigh it and print a new one"


class WeightDiffers(Refusal):
    """What lies on the scale does not weigh what it should."""

    code = "weight_differs"
    zh = "重量不符：应为 {wanted_g} 克，秤上 {scale_g} 克"
    en = "It should weigh {wanted_g} g, the scale says {scale_g} g"
    next_zh = "请核对商品和件数，清空秤盘后再放一次"
    next_en = "Check the goods and how many there are, clear the pan and put them on again"
