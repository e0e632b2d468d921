"""The guide screen: full-screen, for shoppers, with nothing to sign in to and nothing personal on it."""

from __future__ import annotations

import zlib

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.guide_views import GuideFrame
from edge.domain.refusals import UnknownThing
from edge.domain.views import StationView
from edge.store import Store
from kiosk_ui import wedge, words


class GuidePages:
    """Two addresses a station: the page, and its content as a fragment."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def blueprint(self) -> Blueprint:
        """The routes under /guide."""
        site = Blueprint("guide", __name__, url_prefix="/guide")
        site.add_url_rule("/<station>", view_func=self.page)
        site.add_url_rule("/<station>/frame", view_func=self.frame)
        site.add_url_rule("/<station>/wedge", view_func=self.wedge, methods=["POST"])
        return site

    def page(self, station: str) -> str:
        """GET /guide/<station>: what the screen shows now."""
        here = self._station(station)
        shown = self._store.guide.frame(station)
        return render_template("guide/screen.html", here=here, frame=shown, key=_key(shown))

    def frame(self, station: str) -> WerkzeugResponse:
        """GET /guide/<station>/frame?have=KEY: the content, or 204 when the page has it already."""
        here = self._station(station)
        shown = self._store.guide.frame(station)
        key = _key(shown)
        if request.args.get("have") == key:
            return Response(status=204)
        return make_response(render_template("guide/frame.html", here=here, frame=shown, key=key))

    def wedge(self, station: str) -> Response:
        """POST text, seq: a scanner typed into this page (`static/wedge.js`)."""
        return wedge.taken(self._store, self._station(station).id)

    def _station(self, station: str) -> StationView:
        here = self._store.staff.station(station)
        if here.kind != "guide":
            raise UnknownThing
        return here


def _key(frame: GuideFrame) -> str:
    """Changes when the screen would look different; ages count as they are said."""
    told = words.data_age(frame.stock_age_s) + words.freshness(frame.line)
    slide = "" if frame.slide is None else f"{zlib.crc32(repr(frame.slide).encode()):08x}"
    goods = f"{frame.sku}:{frame.price_fen}:{frame.on_hand}:{frame.stock.value}"
    return f"{frame.kind.value}:{frame.scan}:{goods}:{told}:{slide}"
