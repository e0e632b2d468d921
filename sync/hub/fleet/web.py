"""The fleet page of the reference HQ, for its people: stores, cases, quarantine, the record of who did what."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from sqlalchemy import Engine, select
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.wrappers import Response as AnyResponse

from sync.hub.audit import acting
from sync.hub.cases import PAGE, Cases
from sync.hub.config_tables import offer, revision
from sync.hub.database import snapshot
from sync.hub.fleet.entrance import Entrance, NotAllowed
from sync.hub.fleet.rows import FILTERS, QUIET_FOR, Fleet, Wanted, ring_of
from sync.hub.fleet.seen import Seen
from sync.hub.fleet.words import age, named, span
from sync.hub.people import People
from sync.hub.publishing import NotPossible
from sync.hub.quarantine import QUARANTINED, Place, Quarantine
from sync.hub.schema import device, ingest_stream, nack
from sync.messages import stamp

Page = str | AnyResponse | tuple[str, int]
_SAID = {
    "closed": ("ok", "已关闭。"),
    "applied": ("ok", "已接收,并计入一次。"),
    "still": ("warn", "还是不行:仍在隔离区。"),
    "before": ("warn", "已有人处理过。"),
    "why": ("warn", "请写明原因(1 到 500 字)。"),
}


def serve_fleet(app: Flask, engine: Engine, now: Callable[[], datetime], seen: Seen) -> None:
    """Adds the page under /hq/."""
    pages = Blueprint(
        "fleet", __name__, url_prefix="/hq", template_folder="templates", static_folder="static"
    )
    fleet, cases, shelf, people = (
        Fleet(engine),
        Cases(engine, now),
        Quarantine(engine, now),
        People(engine, now),
    )
    Entrance(people).install(pages)

    @pages.before_request
    def what_everybody_sees() -> None:
        g.notice = _SAID.get(request.args.get("said", ""))
        g.now = now()
        if g.get("person"):
            seen.flush()
            g.totals = fleet.totals(g.now)

    @pages.app_template_global("fleet_age")
    def _age(at: str) -> str:
        return age(g.say, at, g.now)

    app.jinja_env.filters["fleet_named"] = lambda code: named(g.say, code)
    app.jinja_env.filters["fleet_span"] = span
    app.jinja_env.filters["fleet_shown"] = _shown
    _stores(pages, engine, fleet)
    _cases(pages, cases)
    _quarantine(pages, shelf)

    @pages.get("/record")
    def record() -> Page:
        before = request.args.get("before", type=int) or 0
        acts = people.acts(before=max(0, before), limit=PAGE + 1)
        return render_template("fleet/record.html", acts=acts[:PAGE], more=len(acts) > PAGE)

    _say_errors(pages)
    app.register_blueprint(pages)


def _stores(pages: Blueprint, engine: Engine, fleet: Fleet) -> None:
    @pages.get("/")
    def stores() -> Page:
        only = request.args.get("only", "")
        wanted = Wanted(
            request.args.get("search", "").strip()[:80],
            only if only in FILTERS else "",
            request.args.get("after", "")[:80],
        )
        lines, more = fleet.page(wanted, g.now)
        quiet_since = stamp(g.now - QUIET_FOR)
        return render_template(
            "fleet/stores.html", lines=lines, more=more, wanted=wanted, quiet_since=quiet_since
        )

    @pages.get("/stores/<store>")
    def one_store(store: str) -> Page:
        line = fleet.known(store)
        if line is None:
            raise NotPossible(store)
        return render_template(
            "fleet/store.html", line=line, quiet_since=stamp(g.now - QUIET_FOR), **_around(engine, store)
        )


def _around(engine: Engine, store: str) -> dict[str, Any]:
    """Boxes, journals and refused rows of a store, the newest of each."""
    boxes = select(device).where(device.c.store == store).order_by(device.c.enrolled_at.desc()).limit(PAGE)
    streams = ingest_stream.c
    journals = (
        select(ingest_stream).where(streams.store == store).order_by(streams.bound_at.desc()).limit(PAGE)
    )
    refused = select(nack).where(nack.c.store == store).order_by(nack.c.at.desc()).limit(PAGE)
    said = select(offer.c.version, offer.c.state, offer.c.pos, revision.c.ends)
    offers = said.join(revision, revision.c.rev == offer.c.version).where(offer.c.store == store)
    read = {"boxes": boxes, "journals": journals, "refused": refused}
    read["offers"] = offers.order_by(offer.c.version.desc()).limit(5)
    with snapshot(engine) as conn:
        found = {name: conn.execute(query).all() for name, query in read.items()}
    ringed = [(row.version, row.state, ring_of(row.pos, row.ends)) for row in found["offers"]]
    return {**found, "offers": ringed}


def _cases(pages: Blueprint, cases: Cases) -> None:
    @pages.get("/cases")
    def all_cases() -> Page:
        state = "closed" if request.args.get("state") == "closed" else "open"
        store, after = request.args.get("store", "")[:80], request.args.get("after", "")
        found = cases.listed(state=state, store=store, after=after, limit=PAGE + 1)
        more = len(found) > PAGE
        return render_template("fleet/cases.html", cases=found[:PAGE], more=more, state=state, store=store)

    @pages.get("/cases/<case>")
    def one_case(case: str) -> Page:
        return render_template("fleet/case.html", case=cases.shown(case))

    @pages.post("/cases/<case>/close")
    def close(case: str) -> Page:
        why = request.form.get("why", "").strip()
        if not 0 < len(why) <= 500:
            return redirect(url_for("fleet.one_case", case=case, said="why"), 303)
        try:
            with acting(g.person.name, "cases.close", case, why):
                cases.close(case, why)
        except NotPossible:
            cases.shown(case)  # not there: the page says so
            return redirect(url_for("fleet.one_case", case=case, said="before"), 303)
        return redirect(url_for("fleet.one_case", case=case, said="closed"), 303)


def _quarantine(pages: Blueprint, shelf: Quarantine) -> None:
    @pages.get("/quarantine")
    def quarantine() -> Page:
        store, stream = request.args.get("store", "")[:80], request.args.get("stream", "")[:80]
        after = Place(stream, request.args.get("seq", type=int) or 0) if stream else None
        found = shelf.listed(store=store, after=after, limit=PAGE + 1)
        more = len(found) > PAGE
        return render_template("fleet/quarantine.html", facts=found[:PAGE], more=more, store=store)

    @pages.get("/quarantine/<stream>/<int:seq>")
    def one_fact(stream: str, seq: int) -> Page:
        return render_template("fleet/fact.html", fact=shelf.shown(_place(stream, seq)))

    @pages.post("/quarantine/<stream>/<int:seq>/replay")
    def replay(stream: str, seq: int) -> Page:
        place = _place(stream, seq)
        try:
            with acting(g.person.name, "quarantine.replay", f"{stream} {seq}"):
                judged = shelf.replay(place)
            said = "still" if judged.verdict == QUARANTINED else "applied"
        except NotPossible:
            shelf.shown(place)  # not there: the page says so
            said = "before"
        return redirect(url_for("fleet.one_fact", stream=stream, seq=seq, said=said), 303)


def _place(stream: str, seq: int) -> Place:
    if not 0 < seq < 1 << 63:
        raise NotPossible("no such fact")
    return Place(stream, seq)


def _shown(value: object) -> str:
    """A fact's contents for a person: JSON over several lines, or the text that HQ could not read."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _say_errors(pages: Blueprint) -> None:
    @pages.errorhandler(NotPossible)
    @pages.errorhandler(DataError)  # a text or number that no column holds names nothing
    @pages.errorhandler(OverflowError)
    def not_there(_: Exception) -> Page:
        return render_template("fleet/trouble.html", words="没有这个门店、个案或事实。"), 404

    @pages.errorhandler(NotAllowed)
    def not_allowed(refused: NotAllowed) -> Page:
        return render_template("fleet/trouble.html", words=refused.words), 403

    @pages.errorhandler(OperationalError)
    def busy(_: OperationalError) -> Page:
        g.totals = None
        return render_template("fleet/trouble.html", words="现在无法读取总部数据库。请稍后再试。"), 503
