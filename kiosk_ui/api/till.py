"""/api/v1/stations/…: drawers, weights, customer displays and slips of a station, for programs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from devices.ports import Lamp, Showing
from edge.domain.drawers import DrawerView, Opening, Reason
from edge.domain.staff import Operator
from edge.domain.views import JobView
from edge.store import Store
from kiosk_ui.api.answered import (
    DrawersTold,
    HelpTold,
    JobDone,
    JobsTold,
    OpeningAsked,
    ShownTold,
    WeightTold,
)
from kiosk_ui.api.calls import call
from kiosk_ui.api.strict_json import read_body
from kiosk_ui.api.till_asked import CancelAsked, DrawerAsked, HelpAsked, SettleAsked, ShowingAsked


class TillApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._till = store.till
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        here = "/stations/<station>"
        for path, view, method in (
            ("/weight", self.weight, "GET"),
            ("/display", self.display, "PUT"),
            ("/help", self.help, "PUT"),
            ("/drawers", self.drawers, "GET"),
            ("/drawers/<drawer>/open", self.open_drawer, "POST"),
            ("/jobs", self.jobs, "GET"),
            ("/jobs/<int(max=999999999999999):job>/settle", self.settle, "POST"),
            ("/jobs/<int(max=999999999999999):job>/cancel", self.cancel, "POST"),
        ):
            site.add_url_rule(here + path, view_func=view, methods=[method], endpoint=f"till_{view.__name__}")

    @call("till", answer=WeightTold)
    def weight(self, station: str) -> Response:
        """GET: a weight at rest, grams; everything else is a refusal."""
        self._client(station)
        weight = self._till.weighing.weigh(station)
        return jsonify(result="ok", station=station, grams=weight.grams, net=weight.net)

    @call("till", asked=ShowingAsked, answer=ShownTold)
    def display(self, station: str) -> Response:
        """PUT {upper, lower, amount?, lamp?, for_s?}: what the customer sees for so long."""
        self._client(station)
        asked = read_body(ShowingAsked)
        showing = Showing(asked.upper, asked.lower, asked.amount, Lamp(asked.lamp))
        self._till.showing.show(station, showing, asked.for_s)
        return jsonify(result="ok", station=station)

    @call("till", asked=HelpAsked, answer=HelpTold)
    def help(self, station: str) -> Response:
        """PUT {wanted}: somebody there wants a person to come, or no longer."""
        self._client(station)
        light = self._till.lamps.ask_help(station, wanted=read_body(HelpAsked).wanted)
        return jsonify(result="ok", station=station, light=light.value)

    @call("till", answer=DrawersTold)
    def drawers(self, station: str) -> Response:
        """GET: the station's drawers and their newest openings."""
        self._client(station)
        return jsonify(result="ok", drawers=[_drawer(one) for one in self._till.drawers.at(station)])

    @call("till", asked=DrawerAsked, answer=OpeningAsked, status=202)
    def open_drawer(self, station: str, drawer: str) -> tuple[Response, int]:
        """POST {reason, nonce}: 202; the same nonce again tells how it went."""
        operator = self._client(station)
        asked = read_body(DrawerAsked)
        opening = self._till.drawers.open(drawer, Reason(asked.reason), asked.nonce, operator)
        return jsonify(result="ok", repeat=opening.repeat, **_opening(opening)), 202

    @call("till", answer=JobsTold)
    def jobs(self, station: str) -> Response:
        """GET: slips at the station's printer that wait, or that somebody has to look at."""
        self._client(station)
        return jsonify(result="ok", jobs=[_job(one) for one in self._till.outlet.needing(station)])

    @call("till", asked=SettleAsked, answer=JobDone)
    def settle(self, station: str, job: int) -> Response:
        """POST {came_out}: somebody looked; if nothing came out a marked copy is printed."""
        operator = self._client(station)
        asked = read_body(SettleAsked)
        done = self._till.outlet.settle(job, operator, came_out=asked.came_out)
        return jsonify(result="ok", job=_job(done))

    @call("till", asked=CancelAsked, answer=JobDone)
    def cancel(self, station: str, job: int) -> Response:
        """POST {}: a slip that waits is not printed any more."""
        operator = self._client(station)
        read_body(CancelAsked)
        return jsonify(result="ok", job=_job(self._till.outlet.cancel(job, operator)))


def _drawer(view: DrawerView) -> dict[str, object]:
    return {
        "drawer": view.name,
        "open": view.is_open,
        "open_s": round(view.open_s),
        "too_long": view.too_long,
        "last": _opening(view.last) if view.last else None,
    }


def _opening(opening: Opening) -> dict[str, object]:
    return {
        "opening": opening.opening,
        "drawer": opening.drawer,
        "reason": opening.reason.value,
        "staff": opening.staff,
        "state": opening.outcome.value,
        "fault": opening.fault,
        "at": opening.at.isoformat(),
        "opened_at": opening.opened_at.isoformat() if opening.opened_at else None,
        "closed_at": opening.closed_at.isoformat() if opening.closed_at else None,
    }


def _job(job: JobView) -> dict[str, object]:
    return {
        "id": job.id,
        "title": job.title,
        "printer": job.printer,
        "station": job.station,
        "state": job.state,
        "reason": job.reason,
        "copy": job.copy,
        "at": job.created_at.isoformat(),
    }
