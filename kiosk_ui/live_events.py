"""The shop's events for a program that follows them: what it has missed, then each as it happens."""

from __future__ import annotations

from typing import Protocol

from kiosk_ui.live_client import Client

_AT_ONCE = 100


class Feed(Protocol):
    """Where the events stand (edge.desks.events)."""

    def admits(self, token: str) -> bool:
        """Whether the program with this token may follow."""

    def newest(self) -> int:
        """The newest event's number."""

    def oldest(self) -> int:
        """The first number that is kept."""

    def after(self, number: int, limit: int) -> list[tuple[int, str, bytes]]:
        """The next events: number, kind, JSON."""


def begin(feed: Feed, last_id: str) -> tuple[int, bytes]:
    """Where a program starts: after the number it names, else after the newest. What it missed for good is said.

    A number that this journal never had is another journal's: then everything is told from the first on.
    """
    newest, oldest = feed.newest(), feed.oldest()
    if not last_id:
        return newest, b""
    seen = int(last_id) if last_id.isdecimal() and len(last_id) < 19 else -1
    if oldest - 1 <= seen <= newest:
        return seen, b""
    return oldest - 1, b'event: reset\ndata: {"from":%d}\n\n' % oldest


def following(feed: Feed, client: Client) -> bytes:
    """The next events for a client that has taken what it was sent, as frames; b"" where there is nothing to do.

    One that reads slowly is read to slowly: nothing waits for it but its own number.
    """
    if client.cursor is None or client.outbox or client.dead:
        return b""
    events = feed.after(client.cursor, _AT_ONCE)
    if events:
        client.cursor = events[-1][0]
    return b"".join(_frame(*event) for event in events)


def _frame(number: int, kind: str, body: bytes) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind.encode(), body)
