"""Who an ESC/POS printer says it is (GS I), asked once a connection and never where it would hold up slips for long."""

from __future__ import annotations

import time

from devices.escpos_link import Link
from devices.escpos_replies import ReplyKind
from devices.ports import Identity, Unconfirmed

_WORDS = {"model": b"C", "maker": b"B", "serial": b"D", "firmware": b"A"}
"""GS I 67, 66, 68, 65 (Epson ESC/POS reference); a printer that knows none of them is silent at the first."""
_WAIT_S = 1.0
_AGAIN_S = 60.0
_SILENT_S = 600.0


class Introduction:
    """What a printer said, kept as long as the line is: another printer at this address is another connection."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._said: Identity | None = None
        self._asked = 0.0
        self._silent_until = 0.0

    def over(self, link: Link, *, held: bool) -> Identity | None:
        """Asks if it was not asked over this link (a line that is not held: in the last minute); None: it is mute.

        Raises Unconfirmed when it fell silent: the link is of no more use then. It is not asked again for a while.
        """
        now = time.monotonic()
        fresh = link is self._link if held else self._said is not None and now - self._asked < _AGAIN_S
        if fresh or now < self._silent_until:
            return self._said if fresh else None
        self._link, self._said, self._asked = link, None, now
        said: dict[str, str] = {}
        try:
            for word, which in _WORDS.items():
                link.send(b"\x1dI" + which, ReplyKind.BLOCK)
                said[word] = link.answer(_names, _WAIT_S)[1:].decode("ascii", "replace").strip()
        except Unconfirmed:
            self._link = None
            self._silent_until = now + _SILENT_S
            raise
        if any(said.values()):
            self._said = Identity(**said)
        return self._said


def _names(answer: bytes) -> bool:
    return answer[:1] in (b"\x5f", b"\x3d")
