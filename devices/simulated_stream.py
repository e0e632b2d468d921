"""The bytes that reach a simulated printer, with the real-time commands taken out wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
_REAL_TIME = re.compile(
    rb"\x10\x04[\x01-\x04]|\x10\x05[\x00-\x02]|\x10\x14\x01[\x00\x01][\x01-\x08]|" + re.escape(_CLEAR)
)
_BEGUN = re.compile(rb"\x10(\x04|\x05|\x14(\x01[\x00\x01]?)?)?$")


class RealTimeStream:
    """Like a printer's interrupt routine it looks into pictures too: that is why hosts must beware."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Pairs of job bytes and the real-time command after them (b"" at the end); keeps a begun command."""
        data = self._rest + data
        begun = _BEGUN.search(data)
        cut = begun.start() if begun else len(data)
        for length in range(len(_CLEAR) - 1, 3, -1):
            if data.endswith(_CLEAR[:length]):
                cut = len(data) - length
                break
        data, self._rest = data[:cut], data[cut:]
        at = 0
        for command in _REAL_TIME.finditer(data):
            yield data[at : command.start()], command[0]
            at = command.end()
        yield data[at:], b""

    def reset(self) -> None:
        """The host went away: what was begun means nothing."""
        self._rest = b""
