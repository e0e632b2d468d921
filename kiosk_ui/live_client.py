"""One page's connection to the event stream: what it may still say, and what waits for it."""

from __future__ import annotations

import socket


class Client:
    """One connection of the address `who`: asking at first, then streaming. `outbox` holds what its socket would not
    take yet. `cursor`: the number of the last event that a program was sent; None for a page."""

    __slots__ = ("closing", "cursor", "dead", "inbox", "outbox", "since", "sock", "topics", "who")

    def __init__(self, sock: socket.socket, since: float, who: str) -> None:
        self.sock = sock
        self.who = who
        self.since = since
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.topics: frozenset[str] | None = None
        self.cursor: int | None = None
        self.closing = False  # an error answer was written: close when it is out
        self.dead = False

    def push(self, data: bytes, limit: int) -> bool:
        """Writes at once what the socket takes; True when nothing is left to do for the selector."""
        if self.dead:
            return False
        if not self.outbox:
            try:
                sent = self.sock.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.dead = True
                return False
            if sent == len(data):
                return True
            data = data[sent:]
        self.outbox += data
        self.dead = len(self.outbox) > limit
        return False

    def flush(self) -> None:
        """Writes more of what waits; marks the client dead when that fails."""
        try:
            sent = self.sock.send(self.outbox)
        except BlockingIOError:
            return
        except OSError:
            self.dead = True
            return
        del self.outbox[:sent]
