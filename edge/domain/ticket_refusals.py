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


class AnsweredJustNow(Refusal):
    """The same screen answered a moment ago."""

    code = "answered_just_now"
    status = 429
    zh = "刚刚已收到评价"
    en = "An answer was given a moment ago"
    next_zh = "谢谢，请 {seconds} 秒后再评价"
    next_en = "Thank you; try again in {seconds} s"
