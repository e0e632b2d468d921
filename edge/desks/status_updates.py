"""What changed about devices lately, in UnifiedPOS's words: worked out from the states that workers report."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime

from devices.ports import State, Status, StatusUpdate

_KEPT = 200
_S = Status
_SAYS: dict[str, tuple[Status, ...]] = {
    "online": (_S.POWER_ONLINE, _S.COVER_OK, _S.PAPER_OK),
    "near_end": (_S.POWER_ONLINE, _S.COVER_OK, _S.PAPER_NEAR_EMPTY),
    "out_of_paper": (_S.POWER_ONLINE, _S.COVER_OK, _S.PAPER_EMPTY),
    "cover_open": (_S.POWER_ONLINE, _S.COVER_OPEN),
    "offline": (_S.POWER_OFFLINE,),
    "absent": (_S.POWER_OFF_OFFLINE,),
    "closed": (_S.DRAWER_CLOSED,),
    "open": (_S.DRAWER_OPEN,),
    "open_long": (_S.DRAWER_OPEN,),
}
"""What a state word of a device says; a word that is missing says nothing."""
_CAUSES = {
    "OUT_OF_PAPER": "out_of_paper",
    "COVER_OPEN": "cover_open",
    "DEVICE_OFFLINE": "offline",
    "DEVICE_ABSENT": "absent",
}
"""A device that waits for a person (`blocked`) says why by its fault's code."""
_TOPICS = {status: status.value.partition("_")[0] for status in Status}
_NEEDLESS = frozenset({_S.COVER_OK, _S.PAPER_OK})
"""No news where nothing else was heard before."""


_CLOSED = frozenset({"", "absent", "unknown"})
_IDLE = frozenset({"online", "near_end", "ready", "closed", "open", "open_long"})


def state_of(word: str, *, busy: bool) -> State:
    """A state word in UnifiedPOS's four: what is not there is closed; what waits for a person is in error."""
    if word in _CLOSED:
        return State.CLOSED
    if word not in _IDLE:
        return State.ERROR
    return State.BUSY if busy else State.IDLE


class StatusUpdates:
    """The newest changes, oldest forgotten first; the caller holds the lock."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Status] = {}
        self._recent: deque[StatusUpdate] = deque(maxlen=_KEPT)

    def heard(self, device: str, kind: str, state: str, detail: str, at: datetime) -> None:
        """A worker's report; keeps what is new about it."""
        for status in self._said(kind, state, detail):
            topic = device, _TOPICS[status]
            before = self._known.get(topic)
            if before is status or (before is None and status in _NEEDLESS):
                continue
            self.add(StatusUpdate(device, status, at))

    def add(self, update: StatusUpdate) -> None:
        """Keeps a change."""
        self._known[update.device, _TOPICS[update.status]] = update.status
        self._recent.append(update)

    def recent(self, limit: int) -> tuple[StatusUpdate, ...]:
        """The newest changes, newest first."""
        return tuple(reversed(self._recent))[:limit]

    def _said(self, kind: str, state: str, detail: str) -> Iterator[Status]:
        word = _CAUSES.get(detail, state) if state == "blocked" else state
        for status in _SAYS.get(word, ()):
            if kind == "printer" or _TOPICS[status] in ("power", "drawer"):
                yield status
