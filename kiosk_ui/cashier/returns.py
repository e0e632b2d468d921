"""The cashier's RETURN page: found, counted, judged, confirmed; every act is a form that works by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.return_views import Returned
from edge.domain.returns import Condition, Fate, Reason, Wanted
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.cashier import return_stage as stages
from kiosk_ui.cashier import sale_waiting
from kiosk_ui.cashier.asked import nonce_of, number_of, text_of
from kiosk_ui.cashier.return_stage import ReturnStage
from kiosk_ui.cashier.scan_posts import ScanPosts

_HERE = "/cashier/return"
_LINES = 500
_QTY = re.compile(r"qty-(\d{1,6})", re.ASCII)
VERBS = "scan wedge take put lift accept drop reprint exchange".split()
Choice = TypeVar("Choice", bound=Enum)


class ReturnPages:
    """Works without scripts; with them, only the stage is exchanged."""

    def __init__(self, store: Store, operator: Callable[[], Operator]) -> None:
        self._store = store
        self._work = store.return_work
        self._operator = operator
        posts = ScanPosts(_HERE, operator, self._work.scan, self._work.say, self._act)
        self._scan, self._wedge = posts.scan, posts.wedge

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/return", view_func=self.page, endpoint="return")
        site.add_url_rule("/return/stage", view_func=self.stage, endpoint="return_stage")
        site.add_url_rule("/return/done/<ret>", view_func=self.done, endpoint="return_done")
        for verb in VERBS:
            view = getattr(self, f"_{verb}")
            site.add_url_rule(f"/return/{verb}", view_func=view, methods=["POST"], endpoint=f"return_{verb}")

    def page(self) -> WerkzeugResponse:
        """GET /cashier/return: the return at hand, else a field to find a purchase."""
        operator = self._operator()
        said = self._work.said(operator.station)
        return self._show(stages.stage_now(self._store, operator, said), operator)

    def stage(self) -> WerkzeugResponse:
        """GET /cashier/return/stage?have=KEY: the stage as a fragment, or 204 where the page has it already."""
        operator = self._operator()
        have = request.args.get("have", "")[:200]
        work = self._work.at(operator.station)
        if have.startswith("done:") and work is None:
            now = stages.done(self._store, self._store.returns.view(have.split(":")[1]), operator)
        else:
            said = self._work.said(operator.station)
            now = stages.stage_now(self._store, operator, said)
            # A refusal stays until something else happens.
            if said is None and have.rpartition(":")[0] == now.key.rpartition(":")[0]:
                return Response(status=204)
        if now.key == have:
            return Response(status=204)
        return make_response(
            render_template(now.template, stage=now, operator=operator, partial=True, **now.facts)
        )

    def done(self, ret: str) -> WerkzeugResponse:
        """GET /cashier/return/done/<ret>: where the money is, the slip, the exchange."""
        operator = self._operator()
        return self._show(stages.done(self._store, self._store.returns.view(ret[:64]), operator), operator)

    # ---- counting ----

    def _take(self) -> WerkzeugResponse:
        """POST scan: the number of a purchase that the station's scanner read while none lay on the desk."""
        scan = number_of("scan")
        return self._act(lambda who: sale_waiting.taken(self._store, scan, who, self._work.scan))

    def _put(self) -> WerkzeugResponse:
        """POST work, qty-N, condition-N, reason-N, fate-N, nonce: what was said of lines by hand."""
        work, wanted = text_of("work"), _wanted()
        return self._act(lambda who: self._work.put(work, wanted, who, nonce_of()))

    def _lift(self) -> WerkzeugResponse:
        """POST work, why, nonce: a lead answers for term and exclusion."""
        work, why = text_of("work"), request.form.get("why", "")
        return self._act(lambda who: self._work.lift(work, why, who, nonce_of()))

    def _drop(self) -> WerkzeugResponse:
        """POST work: the desk is cleared."""
        work = text_of("work")
        return self._act(lambda who: self._work.drop(work, who))

    # ---- done ----

    def _accept(self) -> WerkzeugResponse:
        """POST work, shown, nonce: the goods are taken back."""
        work, shown = text_of("work"), number_of("shown")
        return self._act(lambda who: self._work.accept(work, shown, who, nonce_of()))

    def _reprint(self) -> WerkzeugResponse:
        """POST ret, nonce: the slip once more, marked."""
        return self._after(lambda who, ret: self._store.returns.reprint(ret, who, nonce_of()))

    def _exchange(self) -> WerkzeugResponse:
        """POST ret, nonce: a new basket that exchanges for it."""
        return self._after(
            lambda who, ret: self._store.returns.exchange(ret, who, nonce_of()), to="/cashier/sale"
        )

    # ---- answers ----

    def _after(self, act: Callable[[Operator, str], object], to: str = "") -> WerkzeugResponse:
        operator, ret = self._operator(), text_of("ret")
        try:
            act(operator, ret)
        except (NotSignedIn, BadRequest):
            raise
        except Refusal as refusal:
            made = self._store.returns.view(ret)
            return self._show(stages.done(self._store, made, operator, refusal), operator)
        return self._go(to or f"{_HERE}/done/{ret}")

    def _act(self, act: Callable[[Operator], object]) -> WerkzeugResponse:
        """Does it; a return leads to its own page, a refusal is shown on the stage that stays."""
        operator = self._operator()
        try:
            made = act(operator)
        except (NotSignedIn, BadRequest):
            raise
        except Refusal as refusal:
            return self._show(stages.stage_now(self._store, operator, refusal), operator)
        return redirect(f"{_HERE}/done/{made.ret}" if isinstance(made, Returned) else _HERE, 303)

    def _go(self, where: str) -> WerkzeugResponse:
        if where.startswith(_HERE) or request.headers.get("HX-Request") != "true":
            return redirect(where, 303)
        answer = make_response("", 200)
        answer.headers["HX-Redirect"] = where
        return answer

    def _show(self, shown: ReturnStage, operator: Operator) -> WerkzeugResponse:
        facts = {"stage": shown, "operator": operator, **shown.facts}
        if request.headers.get("HX-Request") == "true":
            return make_response(render_template(shown.template, partial=True, **facts), shown.status)
        status = self._store.status
        page = render_template(
            "cashier/return.html",
            **facts,
            line=status.line(),
            now=status.now(),
            station=self._store.staff.station(operator.station),
        )
        return make_response(page, shown.status)


def _wanted() -> tuple[Wanted, ...]:
    numbers = [int(found[1]) for name in request.form if (found := _QTY.fullmatch(name))]
    if not numbers or len(numbers) > _LINES:
        raise BadRequest(why="qty")
    return tuple(
        Wanted(
            line,
            number_of(f"qty-{line}", 0),
            _choice(Condition, f"condition-{line}", Condition.INTACT),
            _choice(Reason, f"reason-{line}", Reason.NO_REASON),
            _choice(Fate, f"fate-{line}", Fate.SHELF),
        )
        for line in numbers
    )


def _choice(kind: type[Choice], name: str, usual: Choice) -> Choice:
    try:
        return kind(request.form.get(name, usual.value))
    except ValueError:
        raise BadRequest(why=name) from None
