"""Why a pick, a pack or a count is not taken."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class WrongItem(Refusal):
    """No order in the picker's hands asks for this product."""

    code = "wrong_item"
    zh = "拿错商品，不在本次拣货单"
    en = "Wrong item: nothing in this pick asks for it"
    next_zh = "放回原处，按屏幕显示的货位再取"
    next_en = "Put it back and take the item shown on the screen"


class OverPick(Refusal):
    """More of a product than the orders ask for."""

    code = "over_pick"
    zh = "此商品已拣够"
    en = "Enough of this item has been picked"
    next_zh = "把多出的放回货架，继续下一件"
    next_en = "Put the extra one back and go on with the next item"


class PickTaken(Refusal):
    """Somebody else has these orders."""

    code = "pick_taken"
    zh = "该批次已由 {picker} 领取"
    en = "{picker} has taken these orders"
    next_zh = "请领取下一批次；对方十分钟未操作时可接手"
    next_en = "Take the next wave; after ten idle minutes you may relieve them"


class PickClosed(Refusal):
    """The order does not stand where this step begins."""

    code = "pick_closed"
    zh = "订单当前状态不能进行此操作"
    en = "The order is not at this step"
    next_zh = "返回拣货列表查看订单最新状态"
    next_en = "Go back to the list and look where the order stands"


class PickOpen(Refusal):
    """Pieces of the order are still to be picked, or none was."""

    code = "pick_open"
    zh = "还有 {left} 件未拣，不能打包"
    en = "{left} pieces are still to be picked"
    next_zh = "扫完余下商品，或登记缺货原因"
    next_en = "Scan the rest, or say why it is short"


class NothingPicked(Refusal):
    """An order without a single piece cannot be packed."""

    code = "nothing_picked"
    zh = "没有任何可交付商品，不能打包"
    en = "Nothing of this order was picked"
    next_zh = "请拒绝该订单，总部将通知顾客并退款"
    next_en = "Turn the order down; HQ tells the customer and refunds"


class WrongLabel(Refusal):
    """The scanned label is not one of a packed order here."""

    code = "wrong_label"
    zh = "标签不属于已打包的订单"
    en = "This label is of no order that is packed"
    next_zh = "扫描袋子上的标签条码；标签损坏请补打"
    next_en = "Scan the label on the bag; print it again if it is damaged"


class NotPacked(Refusal):
    """An order is ready once its bag's label was scanned, not before."""

    code = "not_packed"
    zh = "须先拣货打包并扫描袋签，才能上架待取"
    en = "It must be picked and packed, and its label scanned, before it is ready"
    next_zh = "在拣货页面完成该订单；店长可直接登记"
    next_en = "Finish it on the picking page; a lead may enter it directly"


class NoSubstitute(Refusal):
    """This product may not stand for that one, or the customer takes no other."""

    code = "no_substitute"
    zh = "不能用此商品替换"
    en = "This product may not be given instead"
    next_zh = "顾客不接受替换或不符合规则，请按缺货继续"
    next_en = "The customer takes no other, or the rule forbids it; go on without"


class CountAgain(Refusal):
    """The second count of a product is another person's."""

    code = "count_by_another"
    zh = "复盘须由另一位同事完成"
    en = "The second count is for another person"
    next_zh = "请同事登录后清点该商品"
    next_en = "Ask somebody else to sign in and count it"
