"""The cashier's forms for the till itself: float, cash in and out, blind count, X and Z reports."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest
from edge.domain.selling_refusals import AmountUnread
from edge.domain.shifts import NOTES, Taking
from edge.domain.staff import Act, Operator
from edge.store import Store
from kiosk_ui.cashier.stage import fresh_nonce
from kiosk_ui.words import yuan_to_fen

Done = Callable[[Callable[[Operator], object]], WerkzeugResponse]
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")


class ShiftPages:
    """GET /cashier/sale/shift, and its acts; each leads back to the SALE page."""

    def __init__(self, store: Store, operator: Callable[[], Operator], done: Done) -> None:
        self._store = store
        self._shifts = store.sales.shifts
        self._operator = operator
        self._done = done

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/sale/shift", view_func=self.page, endpoint="sale_shift")
        for verb in ("begin", "move", "count", "x", "z"):
            view = getattr(self, f"_{verb}")
            site.add_url_rule(
                f"/sale/shift/{verb}", view_func=view, methods=["POST"], endpoint=f"sale_shift_{verb}"
            )

    def page(self) -> WerkzeugResponse:
        """The till: how the shift stands, without what ought to be in the drawer."""
        operator = self._operator()
        shift = self._shifts.at(operator.station)
        facts = {
            "operator": operator,
            "shift": shift,
            "report": self._shifts.x_report(operator) if shift is not None else None,
            "moves": self._shifts.moves(shift.shift) if shift is not None else (),
            "notes": NOTES,
            "lead": operator.may(Act.OPEN_DRAWER_UNSOLD),
            "nonce": fresh_nonce(),
            "line": self._store.status.line(),
            "station": self._store.staff.station(operator.station),
        }
        return make_response(render_template("cashier/sale_shift.html", **facts))

    def _begin(self) -> WerkzeugResponse:
        return self._done(lambda who: self._shifts.open(typed_fen("float"), who, _nonce()))

    def _move(self) -> WerkzeugResponse:
        reason = request.form.get("reason", "")
        try:
            kind = Taking(request.form.get("kind", ""))
        except ValueError:
            raise BadRequest(why="kind") from None
        return self._done(lambda who: self._shifts.move(kind, typed_fen("yuan"), reason, who, _nonce()))

    def _count(self) -> WerkzeugResponse:
        pieces = {}
        for note in NOTES:
            value = request.form.get(f"n{note}", "").strip() or "0"
            if not re.fullmatch(r"\d{1,5}", value, re.ASCII):
                raise BadRequest(why="pieces")
            pieces[note] = int(value)
        return self._done(lambda who: self._shifts.count(pieces, who, _nonce()))

    def _x(self) -> WerkzeugResponse:
        return self._done(lambda who: self._shifts.print_x(who, _nonce()))

    def _z(self) -> WerkzeugResponse:
        return self._done(lambda who: self._shifts.close(who, _nonce()))


def typed_fen(name: str) -> int:
    """What a person typed as yuan, in fen; raises AmountUnread, which belongs on the page that asked."""
    fen = yuan_to_fen(request.form.get(name, ""))
    if fen is None:
        raise AmountUnread
    return fen


def _nonce() -> str:
    value = request.form.get("nonce", "")
    if not _NONCE.fullmatch(value):
        raise BadRequest(why="nonce")
    return value
