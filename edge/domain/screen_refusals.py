"""Why a screen is not bound, or not let in."""

from __future__ import annotations

from edge.domain.refusals import Refusal


class ScreenUnbound(Refusal):
    """This browser is bound to no station, or no longer; a page is sent to `/screen/pair` instead of these words."""

    code = "screen_unbound"
    status = 401
    zh = "此屏幕尚未绑定工位"
    en = "This screen is not bound to a station"
    next_zh = "请门店 IT 输入屏幕上的配对码"
    next_en = "Ask store IT to enter the code that the screen shows"


class PairingUnknown(Refusal):
    """No screen shows this code, or not any more."""

    code = "pairing_unknown"
    status = 422
    zh = "没有屏幕正在显示这个配对码"
    en = "No screen shows this code"
    next_zh = "请看屏幕上现在的 6 位数字，重新输入"
    next_en = "Enter the six digits that the screen shows now"


class WrongPlace(Refusal):
    """A screen of one kind cannot stand at a station of another."""

    code = "wrong_place"
    status = 422
    zh = "这块屏幕不能放在 {station}：类型不符"
    en = "This kind of screen cannot stand at {station}"
    next_zh = "自助机选自助收银工位，导购屏选导购工位，顾客屏选收银工位"
    next_en = "Choose a kiosk station for a kiosk, a guide station for a guide, a till for a customer display"


class ScreensWaiting(Refusal):
    """As many screens ask for a code as a store can have."""

    code = "screens_waiting"
    status = 429
    zh = "等待配对的屏幕太多"
    en = "Too many screens wait to be bound"
    next_zh = "请先绑定或关闭其他屏幕，10 分钟后再试"
    next_en = "Bind or close the other screens first, or try again in 10 minutes"
