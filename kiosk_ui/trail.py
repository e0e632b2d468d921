"""The thread of a request through the log: an id in, the same id out, one line for each request."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from flask import Flask, Response, current_app, g, request

_LOG = logging.getLogger("store_edge.web")
_GOOD = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER = re.compile(r"(?<![A-Za-z0-9])\d{6,}(?![A-Za-z0-9])")
"""A phone, a code, a PIN: no id of anybody's request, and nothing for a log."""
_PLACE = "store_edge_times"
Took = Callable[..., None]
"""Is told of each request: seconds, endpoint, method, hundred of the status."""
_METHODS = frozenset("GET HEAD OPTIONS POST PUT PATCH DELETE".split())


def trace_id() -> str:
    """The id of the request that is being answered."""
    return str(g.trace)


def method() -> str:
    """The method of the request that is being answered; `other` for a word that the caller made up."""
    return request.method if request.method in _METHODS else "other"


def install(app: Flask, took: Took) -> None:
    """Gives every request an id (the caller's X-Trace-Id when it is well formed) and one log line.

    The line names the endpoint, never the address or a body: those may hold what only a person may see.
    """
    app.extensions[_PLACE] = took
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    told = request.headers.get("X-Trace-Id", "")
    g.trace = told if _GOOD.fullmatch(told) and not _NUMBER.search(told) else secrets.token_hex(8)
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Trace-Id"] = g.trace
    took, endpoint = time.perf_counter() - g.began, request.endpoint or "none"
    current_app.extensions[_PLACE](took, endpoint, method(), f"{response.status_code // 100}xx")
    facts = {
        "method": method(),
        "endpoint": endpoint,
        "status": response.status_code,
        "ms": round(took * 1000, 2),
        "trace": g.trace,
    }
    level = logging.DEBUG if request.endpoint in {"static", "picture"} else logging.INFO
    _LOG.log(level, "request", extra=facts)
    return response
