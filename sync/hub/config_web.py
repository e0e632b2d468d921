"""HQ's endpoints of config push: what became of a version, and the rosters that a store has not seen."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from flask import Flask, Response, request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from sync.configured import ROSTER_PATH, STATUS_PATH, ConfigStatus, ConfigTaken, RosterAnswer, RosterRequest
from sync.hub import config_roll, trust
from sync.hub.database import snapshot, write
from sync.messages import stamp

log = logging.getLogger("sync.hub")
TICK_S = 2.0
"""How often a hub process looks whether a roll-out may go on, at the request of whichever store comes by."""

Admit = Callable[[], str]
Ask = Callable[[Any], Any]
Say = Callable[[bytes, str], Response]
_JSON = "application/json"


def serve_config(
    app: Flask, engine: Engine, now: Callable[[], datetime], admit: Admit, asked: Ask, say: Say
) -> None:
    """Adds the endpoints. `admit` gives the store that asks, `asked` reads a body; both raise Refused."""
    pulse = _Pulse(engine, now)

    @app.post(STATUS_PATH)
    def config_status() -> Response:
        store, status = admit(), asked(ConfigStatus)
        write(engine, lambda conn: config_roll.heard_from(conn, store, status, now()))
        pulse.beat(at_once=True)
        return say(msgspec.json.encode(ConfigTaken(ok=True, server_time=stamp(now()))), _JSON)

    @app.post(ROSTER_PATH)
    def roster() -> Response:
        admit()
        after = asked(RosterRequest).after
        with snapshot(engine) as conn:
            words = tuple(trust.chain(conn, after))
        return say(msgspec.json.encode(RosterAnswer(words)), _JSON)

    @app.before_request
    def go_on() -> None:
        if request.method == "POST":
            pulse.beat()


class _Pulse:
    """Lets roll-outs go on, by one bounded step now and then; hub processes that share a database may all do it."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._lock = threading.Lock()
        self._next = 0.0

    def beat(self, *, at_once: bool = False) -> None:
        """One step, unless there was one just now or somebody is at it."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not at_once and time.monotonic() < self._next:
                return
            self._next = time.monotonic() + TICK_S
            if write(self._engine, lambda conn: config_roll.step(conn, self._now())):
                self._next = 0.0
        except SQLAlchemyError as error:
            # Whoever asked came for something else, and gets it.
            log.warning("a roll-out could not go on", extra={"error": type(error).__name__})
        finally:
            self._lock.release()
