"""/api/v1/stations/…/tickets and …/feedback: calls and interventions of lanes, kiosks and guide screens."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from edge.domain.staff import Operator
from edge.domain.tickets import Outcome, Scale, Ticket, TicketKind
from edge.store import Store
from kiosk_ui.api.calls import call
from kiosk_ui.api.strict_json import read_body
from kiosk_ui.api.tickets_told import (
    FeedbackAsked,
    FeedbackTold,
    TicketAsked,
    TicketEnd,
    TicketStep,
    TicketsTold,
    TicketTold,
)


class TicketsApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._front = store.front
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        here = "/stations/<station>/tickets"
        for path, view, method in (
            (here, self.open, "POST"),
            (here, self.queue, "GET"),
            (f"{here}/<ticket>", self.look, "GET"),
            (f"{here}/<ticket>/withdraw", self.withdraw, "POST"),
            (f"{here}/<ticket>/take", self.take, "POST"),
            (f"{here}/<ticket>/leave", self.leave, "POST"),
            (f"{here}/<ticket>/close", self.close, "POST"),
            ("/stations/<station>/feedback", self.feedback, "POST"),
        ):
            site.add_url_rule(path, view_func=view, methods=[method], endpoint=f"tickets_{view.__name__}")

    @call("tickets", asked=TicketAsked, answer=TicketTold)
    def open(self, station: str) -> Response:
        """POST {kind, nonce, sku?}: somebody there waits; asked again while that stands, it is the same ticket."""
        operator = self._client(station)
        asked = read_body(TicketAsked)
        kind = TicketKind(asked.kind)
        return _told(self._front.tickets.open(kind, station, operator.staff, asked.nonce, sku=asked.sku))

    @call("tickets", answer=TicketsTold)
    def queue(self, station: str) -> Response:
        """GET: everybody in the shop who waits, the longest first."""
        self._client(station)
        return jsonify(result="ok", tickets=[_seen(one) for one in self._front.tickets.queue()])

    @call("tickets", answer=TicketTold)
    def look(self, station: str, ticket: str) -> Response:
        """GET: how one stands; a lane asks this until it is decided."""
        self._client(station)
        return _told(self._front.tickets.ticket(ticket))

    @call("tickets", asked=TicketStep, answer=TicketTold)
    def withdraw(self, station: str, ticket: str) -> Response:
        """POST {nonce}: nobody waits there any longer."""
        operator = self._client(station)
        nonce = read_body(TicketStep).nonce
        return _told(self._front.tickets.withdraw(ticket, station, operator.staff, nonce))

    @call("tickets", asked=TicketStep, answer=TicketTold)
    def take(self, station: str, ticket: str) -> Response:
        """POST {nonce}: who acts at this station goes there."""
        operator = self._client(station)
        return _told(self._front.tickets.take(ticket, operator, read_body(TicketStep).nonce))

    @call("tickets", asked=TicketStep, answer=TicketTold)
    def leave(self, station: str, ticket: str) -> Response:
        """POST {nonce}: somebody else is to go."""
        operator = self._client(station)
        return _told(self._front.tickets.leave(ticket, operator, read_body(TicketStep).nonce))

    @call("tickets", asked=TicketEnd, answer=TicketTold)
    def close(self, station: str, ticket: str) -> Response:
        """POST {outcome, nonce}: how it ended; the program's role decides what it may approve."""
        operator = self._client(station)
        asked = read_body(TicketEnd)
        return _told(self._front.tickets.close(ticket, Outcome(asked.outcome), operator, asked.nonce))

    @call("tickets", asked=FeedbackAsked, answer=FeedbackTold)
    def feedback(self, station: str) -> Response:
        """POST {scale, score, about, nonce, chips?}: one shopper's answer; 429 within five seconds of the last."""
        self._client(station)
        asked = read_body(FeedbackAsked)
        new = self._front.feedback.answer(
            station, Scale(asked.scale), asked.score, asked.about, asked.chips, asked.nonce
        )
        return jsonify(result="ok", repeat=not new)


def _told(one: Ticket) -> Response:
    return jsonify(result="ok", ticket=_seen(one), repeat=one.repeat)


def _seen(one: Ticket) -> dict[str, object]:
    return {
        "ticket": one.ticket,
        "kind": one.kind.value,
        "station": one.station,
        "sku": one.sku,
        "name": {"zh": one.name_zh, "en": one.name_en},
        "state": one.state.value,
        "taken": bool(one.staff),
        "wait_s": one.wait_s,
        "level": one.level,
        "on_foot": one.policy.on_foot,
        "outcome": one.outcome,
        "tail": one.tail,
        "shelf": one.shelf,
    }
