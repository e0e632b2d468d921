"""The two ways a scan comes to a page that takes scans: typed into its field, or typed by a scanner into the page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from flask import Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.staff import Operator
from kiosk_ui.cashier.asked import nonce_of
from kiosk_ui.security import noticed

_MOST_TEXT = 1024
_LEAST_BURST = 4


class ScanPosts:
    """The posts `…/scan` and `…/wedge` of one page.

    `put` takes text, operator and nonce; `say` keeps a refusal for the stage; `act` does a form's work and answers.
    """

    def __init__(
        self,
        here: str,
        operator: Callable[[], Operator],
        put: Callable[[str, Operator, str], object],
        say: Callable[[str, Refusal], object],
        act: Callable[[Callable[[Operator], object]], WerkzeugResponse],
    ) -> None:
        self._here = here
        self._operator = operator
        self._put = put
        self._say = say
        self._act = act

    def scan(self) -> WerkzeugResponse:
        """POST text, nonce: what was typed or scanned into the field."""
        text = request.form.get("text", "").strip()[:_MOST_TEXT]
        if not text:
            return redirect(self._here, 303)
        # The form's number outlives a scan that is queued behind another: one number and text are one wish.
        nonce = f"{nonce_of()}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        return self._act(lambda who: self._put(text, who, nonce))

    def wedge(self) -> WerkzeugResponse:
        """POST text, seq: a scanner typed into this page; what stands against it the stage says."""
        operator = self._operator()
        text, seq = request.form.get("text", ""), request.form.get("seq", "")
        if not _LEAST_BURST <= len(text) <= _MOST_TEXT or not re.fullmatch(r"\d{1,15}", seq, re.ASCII):
            raise BadRequest(why="text")
        try:
            self._put(text, operator, f"wedge:{operator.station}:{seq}")
        except NotSignedIn:
            raise
        except Refusal as refusal:
            noticed(refusal)
            self._say(operator.station, refusal)
        return Response(status=204)
