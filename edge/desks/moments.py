"""What a customer display says when nobody tells it: a pure function of what happens at its station."""

from __future__ import annotations

from enum import Enum

from devices.ports import Showing


class Moment(Enum):
    """What happens at a station, as far as its customer is concerned."""

    IDLE = "idle"
    SERVING = "serving"
    HANDED = "handed"


_WORDS = {
    Moment.IDLE: ("欢迎光临", "Welcome"),
    Moment.SERVING: ("请稍候，正在办理", "One moment, please"),
    Moment.HANDED: ("谢谢，欢迎再来", "Thank you"),
}


def words_for(moment: Moment, *, chinese: bool) -> Showing:
    """Chinese above English; English alone where the display has no Chinese characters."""
    zh, en = _WORDS[moment]
    return Showing(zh, en) if chinese else Showing(en)
