"""When a screen asks whether anybody is still there: a table of states, and seconds from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edge.domain.screens import ScreenKind


class Presence(Enum):
    """What stands on a screen, as far as leaving it alone matters."""

    NOBODY = "nobody"  # nothing to wipe
    BROWSE = "browse"  # somebody looks around; nothing of theirs is shown
    PERSONAL = "personal"  # a basket, or something that only its owner should see
    MEMBER = "member"  # a member's panel: it hides soon, the basket stays
    DONE = "done"  # over: the next shopper's turn
    HELD = "held"  # money or help is under way: no time runs


@dataclass(frozen=True)
class Waits:
    """Seconds until the question, and how long it stands: the settings `screens.idle`, by the same names."""

    browse_s: int = 60
    browse_warn_s: int = 20
    basket_s: int = 90
    basket_warn_s: int = 30
    member_s: int = 30
    done_s: int = 15


_B, _P, _H = Presence.BROWSE, Presence.PERSONAL, Presence.HELD
STATES: dict[ScreenKind, dict[str, Presence]] = {
    "kiosk": {
        "attract": Presence.NOBODY,
        "closed": Presence.NOBODY,
        "basket": _P,
        "member": Presence.MEMBER,
        "coupons": _P,
        "lookup": _P,
        "bags": _P,
        "help": _H,
        "intervention": _H,
        "pay": _P,
        "paying": _H,
        "userpaying": _H,
        "unknown": _H,
        "done": Presence.DONE,
        "feedback": Presence.DONE,
        "pickup": _P,
        "privacy": _B,
    },
    "guide": {
        "attract": Presence.NOBODY,
        "closed": Presence.NOBODY,
        "home": _B,
        "category": _B,
        "search": _B,
        "list": _B,
        "product": _B,
        "desk": _B,
        "unknown": _B,
        "order": _P,
        "pay": _P,
        "paying": _H,
        "userpaying": _H,
        "clearing": _H,
        "help": _H,
        "join": _B,
        "feedback": _B,
        "thanks": Presence.DONE,
        "done": Presence.DONE,
        "privacy": _B,
    },
    "display": {"idle": Presence.NOBODY, "basket": Presence.NOBODY, "paying": _H, "done": Presence.NOBODY},
}
"""What each state of each kind of screen shows; a state that is not here is not known (KeyError)."""


@dataclass(frozen=True)
class Idle:
    """`after_s` without a touch or a scan the question is asked, for `warn_s`; then the screen is wiped.

    `after_s` 0: never. `warn_s` 0: nothing is asked, what stood there just goes.
    """

    after_s: int = 0
    warn_s: int = 0

    def over(self, quiet_s: float) -> bool:
        """Whether the time is up after `quiet_s` seconds without a touch or a scan."""
        return self.after_s > 0 and quiet_s >= self.after_s + self.warn_s

    def asking(self, quiet_s: float) -> bool:
        """Whether the question stands on the screen."""
        return self.after_s > 0 and self.warn_s > 0 and self.after_s <= quiet_s < self.after_s + self.warn_s


NEVER = Idle()
"""No time runs."""


def idle_of(kind: ScreenKind, state: str, waits: Waits) -> Idle:
    """How long this state waits; raises KeyError for a state that STATES does not know."""
    return {
        Presence.NOBODY: NEVER,
        Presence.HELD: NEVER,
        Presence.BROWSE: Idle(waits.browse_s, waits.browse_warn_s),
        Presence.PERSONAL: Idle(waits.basket_s, waits.basket_warn_s),
        Presence.MEMBER: Idle(waits.member_s),
        Presence.DONE: Idle(waits.done_s),
    }[STATES[kind][state]]
