"""The customer display: the shopper's side of a staffed till, on a second screen. Nothing on it can be touched."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.display_views import DisplayPlace
from edge.domain.screens import ScreenKind
from edge.store import Store
from kiosk_ui import qr, shopper
from kiosk_ui.guide.pages import cannot_show, media_file
from kiosk_ui.language import language
from kiosk_ui.screens import here
from kiosk_ui.shopper import Shown

_KIND: ScreenKind = "display"


class DisplayPages:
    """One address: what stands there follows the till."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def blueprint(self) -> Blueprint:
        """The routes under /display."""
        site = Blueprint("display", __name__, url_prefix="/display")
        site.add_url_rule("/", view_func=self.page)
        site.add_url_rule("/stage", view_func=self.page, endpoint="stage")
        site.add_url_rule("/media/<sha256>", view_func=self.media)
        site.add_url_rule("/unplayable", view_func=self.unplayable, methods=["POST"])
        for name in ("wedge", "wipe", "touch"):
            site.add_url_rule(f"/{name}", view_func=self.nothing, methods=["POST"], endpoint=name)
        return site

    def page(self) -> WerkzeugResponse:
        """GET /display/: the till's other side; GET /display/stage?have=KEY: for htmx, 204 where it is the same."""
        screen = here(_KIND)
        view = self._store.guide.display.view(screen.station)
        place = view.place
        digest = hashlib.sha256(f"{view.key}{language()}{view.quiet}".encode()).hexdigest()[:12]
        resting = place is DisplayPlace.IDLE
        shown = Shown(f"display-{place.value}", f"{place.value}:{digest}", dark=resting, quiet=resting)
        return shopper.page(f"display/{place.value}.html", screen, shown, view=view, qr=qr.drawn)

    def media(self, sha256: str) -> WerkzeugResponse:
        """GET /display/media/<sha256>: a picture or video of a slide."""
        here(_KIND)
        return media_file(self._store, sha256)

    def unplayable(self) -> Response:
        """POST media: this browser cannot show that file of a slide."""
        return cannot_show(self._store, here(_KIND).station)

    def nothing(self) -> Response:
        """POST: what the frame of shoppers' pages would tell; there is nobody to wipe, and scans are the till's."""
        here(_KIND)
        return Response(status=204)
