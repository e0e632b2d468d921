"""What a scanner typed into a page, on its way to the scan desk."""

from __future__ import annotations

import contextlib
import re

from flask import Response, request

from edge.domain.refusals import BadRequest, PayCodeElsewhere
from edge.store import Store

_LEAST, _MOST = 4, 1024
_SEQ = re.compile(r"\d{1,15}", re.ASCII)


def taken(store: Store, station: str) -> Response:
    """POST text, seq (the page's number for this scan, the same when it asks again): 204, and the scan waits at
    the station. A payment code is no error here: the page is told of it as of any scanner's."""
    text, seq = request.form.get("text", ""), request.form.get("seq", "")
    if not _LEAST <= len(text) <= _MOST:
        raise BadRequest(why="text")
    if not _SEQ.fullmatch(seq):
        raise BadRequest(why="seq")
    with contextlib.suppress(PayCodeElsewhere):
        store.scans.from_browser(text, int(seq), station)
    return Response(status=204)
