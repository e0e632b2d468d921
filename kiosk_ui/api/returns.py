"""/api/v1/stations/…/returns: goods that come back, for other tills and apps in the shop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, jsonify

from edge.domain.api_refusals import WhyMissing
from edge.domain.return_views import Returned
from edge.domain.returns import (
    Bought,
    Condition,
    Fate,
    Reason,
    ReturnableLine,
    Source,
    Wanted,
    last_day,
)
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.calls import call
from kiosk_ui.api.returns_answered import PurchaseTold, ReturnPreviewTold, ReturnsTold, ReturnTold
from kiosk_ui.api.returns_asked import (
    AcceptReturnAsked,
    FindPurchaseAsked,
    PiecesAsked,
    PreviewReturnAsked,
)
from kiosk_ui.api.strict_json import read_body


class ReturnsApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._desk = store.returns
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        here = "/stations/<station>/returns"
        for path, view, method in (
            ("", self.recent, "GET"),
            ("/find", self.find, "POST"),
            ("/preview", self.preview, "POST"),
            ("/accept", self.accept, "POST"),
            ("/booked/<ret>", self.view, "GET"),
        ):
            endpoint = f"returns_{view.__name__}"
            site.add_url_rule(here + path, view_func=view, methods=[method], endpoint=endpoint)

    @call("returns", asked=FindPurchaseAsked, answer=PurchaseTold)
    def find(self, station: str) -> Response:
        """POST {text}: the purchase of a receipt's, an order's or a parcel's number, and what of it is still out.

        A purchase of another store is asked of head office: 503 where that does not answer.
        """
        operator, asked = self._client(station), read_body(FindPurchaseAsked)
        return self._bought(self._desk.find(asked.text, operator))

    @call("returns", asked=PreviewReturnAsked, answer=ReturnPreviewTold)
    def preview(self, station: str) -> Response:
        """POST {source, ref, lines, forced?}: what these pieces would bring; nothing changes."""
        operator, asked = self._client(station), read_body(PreviewReturnAsked)
        bought = self._desk.again(Source(asked.source), asked.ref, operator)
        told = self._desk.preview(bought, _wanted(asked.lines), operator, forced=asked.forced)
        kinds = {one.number: one.kind for one in bought.paid}
        tenders = [{"kind": kinds[number], "fen": fen} for number, fen in told.by_tender.items()]
        return jsonify(
            result="ok",
            refund_fen=told.fen,
            gift_fen=told.gift_fen,
            broken_fen=told.broken_fen,
            rounded_fen=told.rounded_fen,
            gifts_due=list(told.gifts_due),
            tenders=tenders if bought.here else [{"kind": "hq", "fen": told.fen}],
            points_lost=told.points_lost,
            points_given=told.points_given,
            whole=told.whole,
        )

    @call("returns", asked=AcceptReturnAsked, answer=ReturnTold)
    def accept(self, station: str) -> Response:
        """POST {source, ref, lines, shown_fen, nonce, forced?, why?}: takes the goods back; again, the same return."""
        operator, asked = self._client(station), read_body(AcceptReturnAsked)
        if asked.forced and not asked.why.strip():
            raise WhyMissing
        made = self._desk.accept(
            Source(asked.source),
            asked.ref,
            _wanted(asked.lines),
            operator,
            asked.nonce,
            forced=asked.forced,
            why=asked.why.strip(),
            shown_fen=asked.shown_fen,
        )
        return _returned(made)

    @call("returns", answer=ReturnTold)
    def view(self, station: str, ret: str) -> Response:
        """GET: a return, and where its money is now."""
        self._client(station)
        return _returned(self._desk.view(ret[:64]))

    @call("returns", answer=ReturnsTold)
    def recent(self, station: str) -> Response:
        """GET: the newest returns of this store, and those of which money is still to go back."""
        self._client(station)
        newest, pending = self._desk.recent(), self._desk.pending()
        return jsonify(
            result="ok", returns=[_brief(one) for one in newest], pending=[_brief(one) for one in pending]
        )

    def _bought(self, bought: Bought) -> Response:
        terms = self._desk.terms()
        return jsonify(
            result="ok",
            source=bought.source.value,
            ref=bought.ref,
            shown=bought.shown,
            store=bought.store,
            here=bought.here,
            estimate=bought.estimate,
            received=bought.received.isoformat(),
            no_reason_until=last_day(bought.received, Reason.NO_REASON, terms).isoformat(),
            fault_until=last_day(bought.received, Reason.QUALITY, terms).isoformat(),
            net_fen=bought.net_fen,
            lines=[_line(line) for line in bought.lines],
        )


def _wanted(lines: Sequence[PiecesAsked]) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(one.line, one.qty, Condition(one.condition), Reason(one.reason), Fate(one.fate))
        for one in lines
    )


def _line(line: ReturnableLine) -> dict[str, object]:
    return {
        "line": line.line,
        "sku": line.sku,
        "gtin": line.gtin,
        "name": {"zh": line.name_zh, "en": line.name_en},
        "qty": line.qty,
        "left": line.left,
        "unit_fen": line.unit_fen,
        "pieces_fen": [piece.net_fen for piece in line.pieces],
        "gift": line.gift,
        "flags": list(line.flags),
    }


def _brief(one: Returned) -> dict[str, object]:
    return {
        "ret": one.ret,
        "receipt": one.receipt,
        "shown": one.shown,
        "at": one.at.isoformat(),
        "refund_fen": one.refund_fen,
        "pending": one.pending,
    }


def _returned(made: Returned) -> Response:
    lines = [
        {
            "line": line.line,
            "sku": line.sku,
            "name": {"zh": line.name_zh, "en": line.name_en},
            "qty": line.qty,
            "fen": line.fen,
            "condition": line.condition,
            "reason": line.reason,
            "fate": line.fate,
        }
        for line in made.lines
    ]
    return jsonify(
        result="ok",
        repeat=made.repeat,
        source=made.source.value,
        ref=made.ref,
        lines=lines,
        gift_fen=made.gift_fen,
        broken_fen=made.broken_fen,
        rounded_fen=made.rounded_fen,
        station=made.station,
        parts=[{"kind": part.kind, "fen": part.fen, "state": part.state} for part in made.parts],
        estimate=made.estimate,
        points_lost=made.points_lost,
        points_given=made.points_given,
        note=made.note,
        job=made.job,
        **_brief(made),
    )
