"""The cashier's page of drawers and slips: what stands beside the desk and needs a hand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.drawers import NEEDS, DrawerView, Reason
from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.staff import Operator
from edge.domain.views import JobView
from edge.store import Store
from kiosk_ui import till_words
from kiosk_ui.cashier.stage import Stage

_HERE = "/cashier/till"
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NEEDS_HAND = frozenset({"uncertain", "blocked"})

Show = Callable[[Stage, Operator], WerkzeugResponse]
Refuse = Callable[[Refusal, Operator], WerkzeugResponse]


class TillPages:
    """Every action is a form that works by itself and leads back to this page."""

    def __init__(self, store: Store, operator: Callable[[], Operator], show: Show, refuse: Refuse) -> None:
        self._store = store
        self._operator = operator
        self._show = show
        self._refuse = refuse

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/till", view_func=self.page, endpoint="till")
        for path, view in (
            ("/till/drawer", self.open_drawer),
            ("/till/settle", self.settle),
            ("/till/cancel", self.cancel),
            ("/till/helped", self.helped),
        ):
            site.add_url_rule(path, view_func=view, methods=["POST"], endpoint=path[1:].replace("/", "_"))

    def page(self) -> WerkzeugResponse:
        """GET /cashier/till."""
        operator = self._operator()
        return self._show(till_stage(self._store, operator), operator)

    def open_drawer(self) -> WerkzeugResponse:
        """POST drawer, reason, nonce: has a drawer opened."""
        operator = self._operator()
        try:
            reason = Reason(request.form.get("reason", ""))
        except ValueError:
            raise BadRequest(why="reason") from None
        nonce = request.form.get("nonce", "")
        if not _NONCE.fullmatch(nonce):
            raise BadRequest(why="nonce")
        drawer = request.form.get("drawer", "")[:32]
        return self._done(operator, lambda: self._store.till.drawers.open(drawer, reason, nonce, operator))

    def settle(self) -> WerkzeugResponse:
        """POST job, came_out (1 or 0): somebody looked at the outlet."""
        operator, job = self._operator(), _job()
        answer = request.form.get("came_out", "")
        if answer not in {"0", "1"}:
            raise BadRequest(why="came_out")
        outlet = self._store.till.outlet
        return self._done(operator, lambda: outlet.settle(job, operator, came_out=answer == "1"))

    def cancel(self) -> WerkzeugResponse:
        """POST job: a slip that waits is not printed any more."""
        operator, job = self._operator(), _job()
        return self._done(operator, lambda: self._store.till.outlet.cancel(job, operator))

    def helped(self) -> WerkzeugResponse:
        """POST: somebody came; the call for help of this station is over."""
        operator = self._operator()
        lamps = self._store.till.lamps
        return self._done(operator, lambda: lamps.ask_help(operator.station, wanted=False))

    def _done(self, operator: Operator, act: Callable[[], object]) -> WerkzeugResponse:
        try:
            act()
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        return redirect(_HERE, 303)


def till_stage(store: Store, operator: Operator) -> Stage:
    """TILL: stays until something is scanned."""
    drawers = store.till.drawers.at(operator.station)
    jobs = store.till.outlet.needing(operator.station)
    current = store.scans.current(operator.station)
    help_wanted = store.till.lamps.wants_help(operator.station)
    facts = {
        "help_wanted": help_wanted,
        "drawers": drawers,
        "jobs": jobs,
        "reasons": [reason for reason, need in NEEDS.items() if operator.may(need)],
        "till_words": till_words,
    }
    return Stage(
        "till", f"till:{current.id if current else 0}:{_looks(drawers, jobs, help_wanted=help_wanted)}", facts
    )


def stays(have: str, store: Store, operator: Operator) -> bool:
    """Whether a page that has this stage keeps it: nothing new was scanned meanwhile."""
    kind, _, rest = have.partition(":")
    current = store.scans.current(operator.station)
    return kind == "till" and rest.partition(":")[0] == str(current.id if current else 0)


def beside(store: Store, station: str) -> dict[str, object]:
    """What the strip says of the till: its drawers, how many slips need a hand, whether somebody called for help."""
    till = store.till
    needing = [job for job in till.outlet.needing(station) if job.state in _NEEDS_HAND]
    return {
        "till_drawers": till.drawers.at(station),
        "slips_needing": len(needing),
        "till_help": till.lamps.wants_help(station),
    }


def _looks(drawers: tuple[DrawerView, ...], jobs: tuple[JobView, ...], *, help_wanted: bool) -> str:
    """Changes when the page would look different; ages by the minute."""
    seen = [(one.name, one.is_open, int(one.open_s) // 60, one.too_long, one.last) for one in drawers]
    return hashlib.sha256(repr((seen, jobs, help_wanted)).encode()).hexdigest()[:12]


def _job() -> int:
    value = request.form.get("job", "")
    if not re.fullmatch(r"\d{1,15}", value, re.ASCII):
        raise BadRequest(why="job")
    return int(value)
