"""Why a ticket or an answer of a shopper's is not taken."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class TicketTaken(Refusal):
    """Somebody else is on the way."""

    code = "ticket_taken"
    zh = "{name} 正在处理"
    en = "{name} is seeing to it"
    next_zh = "请处理下一条；店长可以接手"
    next_en = "Take the next one; a lead may take it over"


class TicketEnded(Refusal):
    """It was ended before."""

    code = "ticket_ended"
    zh = "这条呼叫已经结束"
    en = "This call is over"
    next_zh = "请查看列表中的下一条"
    next_en = "See the next one on the list"


class GoThere(Refusal):
    """It cannot be judged from afar."""

    code = "go_there"
    zh = "须到现场核对后才能处理"
    en = "Somebody has to look at it on the spot"
    next_zh = "先按“我去处理”，到现场核对后再决定"
    next_en = "Press I will go, look at it there, then decide"


class TooManyCalls(Refusal):
    """As many calls about goods wait at this station as one person can see to."""

    code = "too_many_calls"
    status = 429
    zh = "本台待处理的呼叫过多"
    en = "Too many calls wait at this station"
    next_zh = "请先处理已有的呼叫"
    next_en = "See to those that wait first"


class AnsweredJustNow(Refusal):
    """The same screen answered a moment ago."""

    code = "answered_just_now"
    status = 429
    zh = "刚刚已收到评价"
    en = "An answer was given a moment ago"
    next_zh = "谢谢，请 {seconds} 秒后再评价"
    next_en = "Thank you; try again in {seconds} s"


class NotOnScale(Refusal):
    """The score is none of its scale: five faces are 1 to 5."""

    code = "score_off_scale"
    status = 422
    zh = "分数不在所用的刻度内"
    en = "The score is not on its scale"
    next_zh = "nps 为 0 到 10，faces 为 1 到 5"
    next_en = "nps is 0 to 10, faces 1 to 5"


class OutcomeUnfit(Refusal):
    """A ticket of this kind does not end so."""

    code = "outcome_unfit"
    status = 422
    zh = "这类呼叫没有这种结果"
    en = "A call of this kind does not end so"
    next_zh = "请在列表给出的结果中选择"
    next_en = "Choose one of the outcomes that the list offers"
