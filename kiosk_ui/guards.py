"""What every request must be and every answer must carry, before any page is asked."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from config.schema import Settings
from edge.domain.api_refusals import CardInNote
from edge.domain.notes import NAMES, card_in
from edge.domain.refusals import ForeignHost

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def origin_gate(settings: Settings) -> Callable[[str], bool]:
    """Judges an origin ("http://name:port") by its host name; the daemon gives it to the event stream too."""
    names = frozenset(name.lower() for name in settings.web.allowed_hosts)

    def allowed(origin: str) -> bool:
        try:
            url = urlsplit(origin)
            host, _port = url.hostname, url.port
        except ValueError:
            return False
        plain = not (url.path or url.query or url.fragment or "@" in url.netloc)
        return plain and url.scheme in {"http", "https"} and host in names

    return allowed


def install(app: Flask, settings: Settings, live_port: int) -> None:
    """Host and Origin allow-lists, and the headers that keep a page's content where it belongs."""
    allowed = origin_gate(settings)

    def check() -> None:
        host = request.environ.get("HTTP_HOST", "")
        if not allowed(f"http://{host}"):
            raise ForeignHost
        if request.method in _SAFE:
            return
        origin = request.headers.get("Origin")
        if origin is None and request.path.startswith("/api/v1/"):
            return  # no browser, and nothing there believes a cookie: who brings no token is told so
        # The very address the page came from, not only an allowed name: another port is another program.
        if origin not in {f"http://{host}", f"https://{host}"}:
            raise ForeignHost

    def clothe(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _policy(live_port))
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Not no-referrer: with it a browser sends "Origin: null" on our own forms, and they would be refused.
        # Nothing leaves the house either way: same-origin tells other sites nothing.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.endpoint == "static" and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif request.endpoint not in {"picture", "theme", "brand", "guide.media", "display.media"}:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.before_request(check)
    app.before_request(_no_card)
    app.after_request(clothe)


def _no_card() -> None:
    """A form whose own words hold a card's number is refused before any page reads it."""
    if request.path.startswith("/api/") or request.method in _SAFE:
        return
    for name in NAMES:
        for text in request.form.getlist(name):
            if tail := card_in(text):
                raise CardInNote(tail=tail)


def _policy(live_port: int) -> str:
    live = ""
    if live_port:
        name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
        live = f" {request.scheme}://{name}:{live_port}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        f"font-src 'self'; connect-src 'self'{live}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
