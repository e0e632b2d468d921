"""A guide's own day: sales with their number, members they won, orders they handed over. Nobody else's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui import customer_words
from kiosk_ui.cashier.stage import Stage


class MinePages:
    """One page; what it earns is worked out elsewhere."""

    def __init__(
        self,
        store: Store,
        operator: Callable[[], Operator],
        show: Callable[[Stage, Operator], WerkzeugResponse],
    ) -> None:
        self._store = store
        self._operator = operator
        self._show = show

    def add_to(self, site: Blueprint) -> None:
        """The route."""
        site.add_url_rule("/mine", view_func=self.page, endpoint="mine")

    def page(self) -> WerkzeugResponse:
        """GET /cashier/mine: the day of whoever is signed in."""
        operator = self._operator()
        return self._show(self._stage(operator), operator)

    def kept(self, have: str, operator: Operator) -> Stage | None:
        """The list stays on the screen until something is scanned there."""
        kind, _, rest = have.partition(":")
        current = self._store.scans.current(operator.station)
        same = kind == "mine" and rest.partition(":")[0] == str(current.id if current else 0)
        return self._stage(operator) if same else None

    def _stage(self, operator: Operator) -> Stage:
        day = self._store.front.today.own(operator)
        current = self._store.scans.current(operator.station)
        digest = hashlib.sha256(repr(day).encode()).hexdigest()[:12]
        facts = {"day": day, "moment": datetime.fromisoformat, "joined_words": customer_words.JOINED}
        return Stage("mine", f"mine:{current.id if current else 0}:{digest}", facts)
