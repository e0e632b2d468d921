"""The security log: one line for a request that was refused as an attack might be, without a word of its sender's."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from flask import Flask, Response, g, has_request_context, request

from edge.domain.refusals import Refusal
from edge.domain.security import SESSION, kind_of, worth_a_line
from kiosk_ui.trail import method

_LOG = logging.getLogger("store_edge.security")
PLACE = "store_edge_security"
"""Where an application keeps its SecurityLog, among its extensions."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ROW_S = 600.0
"""What comes again within this time is one row of tries: its 1st, 10th, 100th, ... is told."""
_MOST_ROWS = 1024
_MOST_A_MINUTE = 60


@dataclass
class _Row:
    times: int
    last: float


class SecurityLog:
    """Counts what is refused and writes some of it: bounded in lines a minute and in memory, whoever knocks."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str, str], _Row] = OrderedDict()
        self._lock = threading.Lock()
        self._minute = 0
        self._lines = 0
        self._unsaid = 0

    def heard(self, code: str, kind: str, station: str, address: str, **facts: str | int) -> None:
        """One refusal of `kind` (`edge.domain.security.KINDS`); the facts are words and figures of ours."""
        with self._lock:
            times = self._counted((code, station, address))
            unsaid = self._room() if worth_a_line(times) else None
        if unsaid is not None:
            told = {"code": code, "class": kind, "station": station, "address": address, "times": times}
            _LOG.warning("security", extra=told | facts | {"unsaid": unsaid})

    def _counted(self, name: tuple[str, str, str]) -> int:
        now = time.monotonic()
        row = self._rows.pop(name, None)
        if row is None or now - row.last > _ROW_S:
            row = _Row(0, now)
        row.times, row.last = row.times + 1, now
        self._rows[name] = row
        if len(self._rows) > _MOST_ROWS:
            self._rows.popitem(last=False)
        return row.times

    def _room(self) -> int | None:
        """How many lines found no room since the last one; None where this one finds none either."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._lines = minute, 0
        if self._lines >= _MOST_A_MINUTE:
            self._unsaid += 1
            return None
        self._lines += 1
        unsaid, self._unsaid = self._unsaid, 0
        return unsaid


def install(app: Flask, stations: frozenset[str]) -> None:
    """A line after each request that was refused so; `stations` are the names that a line may hold."""
    app.extensions[PLACE] = SecurityLog()

    def tell(response: Response) -> Response:
        refusal: Refusal | None = g.get("security_refusal")
        if refusal is not None and ((kind := kind_of(refusal.code)) != SESSION or _means_it()):
            station = str(g.get("security_station", ""))
            log: SecurityLog = app.extensions[PLACE]
            log.heard(
                refusal.code,
                kind,
                station if station in stations else "",
                request.remote_addr or "",
                status=response.status_code,
                method=method(),
                endpoint=request.endpoint or "none",
                trace=str(g.get("trace", "")),
            )
        return response

    app.after_request(tell)


def _means_it() -> bool:
    """Whether a request without a session is more than somebody who opens a page for the first time."""
    shown = "Authorization" in request.headers or any("session" in name for name in request.cookies)
    return shown or request.method not in _SAFE


def noticed(refusal: Refusal) -> None:
    """This refusal is what the request that is being answered hears."""
    if has_request_context() and "security_refusal" not in g and kind_of(refusal.code):
        g.security_refusal = refusal


def at(station: str) -> None:
    """The request that is being answered speaks for this station."""
    g.security_station = station
