"""The way to the desk and away from it: badge, staff number and PIN, the session's cookie."""

from __future__ import annotations

import contextlib

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.scanned import ScanKind
from edge.domain.staff import BADGE_LASTS_S, Operator
from edge.domain.views import SeenScan, SignedIn, StationView
from edge.store import Store
from kiosk_ui.language import keep, told
from kiosk_ui.security import at

_STATION = "se_station"
_SCREEN = "se_screen"
_IT = "/it/"
_YEAR_S = 365 * 86_400


def _cookie() -> str:
    """__Host- needs https; on loopback there is none."""
    return "__Host-se_session" if request.is_secure else "se_session"


def session_token() -> str:
    """The bearer token of this browser's session, "" without one."""
    return request.cookies.get(_cookie(), "")


def terminal() -> str:
    """The machine that asks, by its address on the wire: what a header says of it does not count."""
    return request.remote_addr or ""


def whoever(store: Store, *, touch: bool = True) -> Operator:
    """Who is signed in on this browser at this machine; raises NotSignedIn. `touch` False: a page looks by itself."""
    operator = store.staff.operator(session_token(), touch=touch, origin=terminal())
    at(operator.station)
    return operator


class Entrance:
    """Who comes and goes. The station is chosen here once and remembered by the browser."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/sign-in", view_func=self.page, endpoint="sign_in_page")
        site.add_url_rule("/sign-in/bell", view_func=self.bell, endpoint="sign_in_bell")
        for path, view in (("/sign-in", self.sign_in), ("/sign-out", self.sign_out)):
            site.add_url_rule(path, view_func=view, methods=["POST"], endpoint=path[1:].replace("-", "_"))

    def page(self) -> WerkzeugResponse:
        """GET /cashier/sign-in[?station=ID]."""
        return self._render(None)

    def bell(self) -> WerkzeugResponse:
        """GET /cashier/sign-in/bell?station=ID: the scan of a badge that waits there, else 204.

        For a page whose stream was not open yet, or is lost, when somebody held up a badge.
        """
        scan = self._badge_at(self._station("").id)
        return (
            make_response("", 204)
            if scan is None
            else make_response(str(scan.id), {"Content-Type": "text/plain"})
        )

    def sign_in(self) -> WerkzeugResponse:
        """POST station and one of: badge | scan (a badge read by the station's scanner) | staff and pin."""
        station = self._station(request.form.get("station", ""))
        at(station.id)
        try:
            signed = self._signed(station.id)
        except Refusal as refusal:
            if refusal.status not in {401, 429}:
                raise
            return self._render(refusal, station)
        with contextlib.suppress(NotSignedIn):  # somebody else takes over: the session before ends
            self._store.staff.sign_out(session_token(), origin=terminal())
        answer = redirect(self._onward(), 303)
        keep(answer, _cookie(), signed.token)
        keep(answer, _STATION, station.id, _YEAR_S)
        if not self._stands_at(station.id):
            keep(answer, _SCREEN, self._store.staff.trust(station.id), _YEAR_S)
        return answer

    def sign_out(self) -> WerkzeugResponse:
        """POST: ends the session."""
        with contextlib.suppress(NotSignedIn):  # it had ended by itself
            self._store.staff.sign_out(session_token(), origin=terminal())
        answer = redirect("/cashier/sign-in", 303)
        answer.delete_cookie(_cookie(), path="/", httponly=True, samesite="Strict", secure=request.is_secure)
        answer.delete_cookie("se_last", path="/")
        return answer

    def _onward(self) -> str:
        """Where somebody goes after signing in: to the desk, or back to where they were asked to."""
        return _IT if request.values.get("next") == _IT else "/cashier/"

    def _signed(self, station: str) -> SignedIn:
        form, staff = request.form, self._store.staff
        if form.get("scan"):
            return self._by_scanned_badge(form["scan"], station)
        if form.get("badge"):
            return staff.badge(form["badge"].strip()[:256], station, **self._whence())
        number, pin = form.get("staff", "").strip()[:64], form.get("pin", "")[:64]
        return staff.sign_in(number, pin, station, **self._whence())

    def _by_scanned_badge(self, scan: str, station: str) -> SignedIn:
        if not scan.isascii() or not scan.isdecimal() or len(scan) > 15:
            raise BadRequest(why="scan")
        screen = request.cookies.get(_SCREEN, "")
        signed = self._store.staff.scanned_badge(int(scan), station, screen, origin=terminal())
        self._store.scans.dismiss(int(scan), station)
        return signed

    def _whence(self) -> dict[str, str]:
        return {"screen": request.cookies.get(_SCREEN, ""), "origin": terminal()}

    def _stands_at(self, station: str) -> bool:
        return self._store.staff.stands_at(request.cookies.get(_SCREEN, ""), station)

    def _stations(self) -> tuple[StationView, ...]:
        return tuple(s for s in self._store.staff.stations() if s.kind == "cashier")

    def _station(self, wanted: str) -> StationView:
        """The cashier station asked for; the remembered or the only one where none is."""
        stations = self._stations()
        names = (wanted, request.args.get("station", ""), request.cookies.get(_STATION, ""))
        for name in names:
            for station in stations:
                if station.id == name:
                    return station
        if wanted or not stations:
            raise BadRequest(why="station")
        return stations[0]

    def _badge_at(self, station: str) -> SeenScan | None:
        """The badge that the station's scanner has just read, if this screen stands there."""
        scan = self._store.scans.current(station) if self._stands_at(station) else None
        fresh = scan is not None and scan.kind is ScanKind.BADGE and scan.age_s <= BADGE_LASTS_S
        return scan if fresh else None

    def _render(self, refusal: Refusal | None, station: StationView | None = None) -> WerkzeugResponse:
        here = station or self._station("")
        page = render_template(
            "cashier/sign_in.html",
            stations=self._stations(),
            here=here,
            onward=self._onward(),
            badge_scan=self._badge_at(here.id),
            words=told(refusal) if refusal else None,
            line=self._store.status.line(),
        )
        return make_response(page, refusal.status if refusal else 200)
