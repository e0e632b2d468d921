"""Why there is no weight to sell by: the refusals of the weighing desk."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class ScaleMoving(Refusal):
    """The scale has not come to rest; nothing is sold by such a weight."""

    code = "scale_moving"
    zh = "秤还没有稳定"
    en = "The scale has not come to rest"
    next_zh = "不要碰秤盘，稳定后再称一次"
    next_en = "Take your hands off the pan and weigh again"


class ScaleOver(Refusal):
    """More lies on the scale than it can weigh."""

    code = "scale_over"
    zh = "超过秤的称量上限"
    en = "This is more than the scale can weigh"
    next_zh = "取下一部分，分几次称"
    next_en = "Take some off and weigh in parts"


class ScaleEmpty(Refusal):
    """The scale has come to rest at zero; nothing is sold by no weight."""

    code = "scale_empty"
    zh = "秤上没有东西"
    en = "Nothing lies on the scale"
    next_zh = "把商品放上秤盘再称；轻于秤的最小称量时请按件卖"
    next_en = "Put the goods on the pan and weigh again; sell what is too light for the scale by the piece"


class ScaleUnder(Refusal):
    """The scale shows less than zero."""

    code = "scale_under"
    zh = "秤的读数低于零"
    en = "The scale shows less than zero"
    next_zh = "清空秤盘并归零，再称一次"
    next_en = "Clear the pan, set the scale to zero and weigh again"


class ScaleUnclear(Refusal):
    """The scale answers, but with nothing that could be sold by."""

    code = "scale_unclear"
    zh = "秤没有给出可用的重量"
    en = "The scale gives no usable weight"
    next_zh = "清空秤盘并归零，再称一次；仍不行请联系门店 IT"
    next_en = "Clear the pan, set it to zero and weigh again; if that fails call store IT"


class ScaleAbsent(Refusal):
    """The scale does not answer."""

    code = "scale_absent"
    status = 503
    zh = "秤没有回应"
    en = "The scale does not answer"
    next_zh = "检查秤的电源和数据线，稍后再试；急用请换一台秤"
    next_en = "Check its power and cable, then try again; or use another scale"
