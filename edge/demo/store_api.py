"""The store's /api/v1 as a program in the shop uses it: bearer token, JSON, one connection a call."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from typing import Any

_WAIT_S = 10.0


class StoreApi:
    """Calls of a program that may act for the demo's stations. Safe to use from any thread."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def answers(self) -> bool:
        """Whether the store's pages are served."""
        try:
            return self.status()[0] == 200
        except OSError:
            return False

    def has_heard(self) -> bool:
        """Whether everything HQ had to say arrived at least once, and the line is well."""
        line = self.line()
        return bool(line["word"] == "up" and line["age_s"] is not None)

    def line(self) -> dict[str, Any]:
        """The line to HQ as the store sees it: word, age_s, outbox, trouble; {"word": ""} without an answer."""
        try:
            status, body = self.status()
        except OSError:
            return {"word": ""}
        return dict(body["line"]) if status == 200 else {"word": ""}

    def status(self) -> tuple[int, dict[str, Any]]:
        """GET /api/v1/status; raises OSError when nobody answers."""
        return self._ask("GET", "/api/v1/status?station=T1", None)

    def look(self, code: str, station: str) -> tuple[int, dict[str, Any]]:
        """What handing over by this code would do; changes nothing."""
        asked = {"code": code, "station": station, "nonce": "demo-dry-run", "dry_run": True}
        return self._ask("POST", "/api/v1/pickups/redeem", asked)

    def redeem(
        self, code: str, station: str, nonce: str, lines: dict[int, int] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Hands over: all that is left, or `lines` (line number to units)."""
        asked: dict[str, Any] = {"code": code, "station": station, "nonce": nonce}
        if lines:
            asked["lines"] = {str(line): qty for line, qty in lines.items()}
        return self._ask("POST", "/api/v1/pickups/redeem", asked)

    def scan(self, text: str, station: str) -> tuple[int, dict[str, Any]]:
        """As if a scanner of the station had read `text`."""
        return self._ask(
            "POST", "/api/v1/scans", {"text": text, "station": station, "nonce": uuid.uuid4().hex}
        )

    def beside_the_till(self, what: str) -> tuple[int, dict[str, Any]]:
        """What stands beside desk 1: `weight`, `drawers`, `jobs`."""
        return self._ask("GET", f"/api/v1/stations/T1/{what}", None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - always our own http address
            self._url + path,
            data,
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_WAIT_S) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)
