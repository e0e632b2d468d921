"""What a page asks of the event stream, read from the bytes of its HTTP request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

_TOPIC = re.compile(r"[a-z]{1,16}(:[A-Za-z0-9_-]{1,32})?")
_MOST_TOPICS = 16
EVENTS = "/api/v1/events"
OUTBOX = "outbox"
"""The topic that is poked when a fact was written."""


@dataclass(frozen=True)
class Ask:
    """A good request: `last_id` is the browser's Last-Event-ID ("" the first time), `origin` the page's.

    `token`: a program that wants the events themselves shows it; None for a page.
    """

    topics: frozenset[str]
    last_id: str
    origin: str
    token: str | None = None

    def head(self) -> bytes:
        """The answer's head; the stream follows."""
        lines = [
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream; charset=utf-8",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Vary: Origin",
            "Connection: close",
        ]
        if self.origin:
            lines.append(f"Access-Control-Allow-Origin: {self.origin}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


@dataclass(frozen=True)
class Declined:
    """A request that gets no stream, and its HTTP status."""

    status: int
    reason: str

    def answer(self) -> bytes:
        """The whole HTTP answer."""
        later = {503: "Retry-After: 5\r\n", 401: "WWW-Authenticate: Bearer\r\n"}.get(self.status, "")
        return (
            f"HTTP/1.1 {self.status} {self.reason}\r\n{later}"
            "Content-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        ).encode("ascii")


def read_ask(head: bytes, allowed: Callable[[str], bool]) -> Ask | Declined:
    """Reads a request head (without its empty line); `allowed` judges Origin, and Host as an origin."""
    try:
        first, *rest = head.decode("ascii").split("\r\n")
        method, target, version = first.split(" ")
        fields = [line.split(":", 1) for line in rest]
        headers = {name.lower(): value.strip() for name, value in fields}
        url = urlsplit(target)
    except ValueError:
        return Declined(400, "Bad Request")
    if len(headers) != len(fields) or not version.startswith("HTTP/1.") or "host" not in headers:
        return Declined(400, "Bad Request")
    if not allowed("http://" + headers["host"]):
        return Declined(421, "Misdirected Request")
    origin = headers.get("origin", "")
    if origin and not allowed(origin):
        return Declined(403, "Forbidden")
    if url.path == EVENTS and method == "GET":
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return Ask(
            frozenset({OUTBOX}), headers.get("last-event-id", ""), "", token if scheme == "Bearer" else ""
        )
    return _read_target(method, url, headers.get("last-event-id", ""), origin)


def _read_target(method: str, url: SplitResult, last_id: str, origin: str) -> Ask | Declined:
    if url.path not in ("/live", EVENTS):
        return Declined(404, "Not Found")
    if method != "GET":
        return Declined(405, "Method Not Allowed")
    topics = frozenset(parse_qs(url.query).get("topics", [""])[0].split(","))
    if len(topics) > _MOST_TOPICS or not all(_TOPIC.fullmatch(topic) for topic in topics):
        return Declined(400, "Bad Request")
    return Ask(topics, last_id, origin)
