"""What a guide screen says no to, in words for a shopper."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class ScreenMovedOn(Refusal):
    """The page that asked is no longer what the screen shows."""

    code = "screen_moved_on"
    status = 409
    zh = "屏幕已换到别的页面"
    en = "The screen shows something else by now"
    next_zh = "请在当前页面上再选一次"
    next_en = "Please choose again on the page that is there now"


class OrderingAway(Refusal):
    """HQ gives no answer: nothing can be ordered from here now."""

    code = "ordering_away"
    status = 503
    zh = "暂时联系不到总部，无法下单"
    en = "Head office cannot be reached: ordering is not possible right now"
    next_zh = "请稍后再试，或请店员帮忙"
    next_en = "Please try again later, or ask a member of staff"


class WayGone(Refusal):
    """That way to get the product is no longer there."""

    code = "way_gone"
    status = 409
    zh = "这种取货方式刚刚没有了"
    en = "This way of getting it has just gone"
    next_zh = "请选择其他方式"
    next_en = "Please choose another way"
