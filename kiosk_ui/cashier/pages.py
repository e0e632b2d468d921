"""The cashier's pages: what is on the desk now, and each thing that can be done about it."""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.scanned import ScanKind
from edge.domain.staff import Act, Operator
from edge.domain.views import RedeemRequest
from edge.store import Store
from kiosk_ui import wedge
from kiosk_ui.cashier import stage
from kiosk_ui.cashier.asked import nonce_of, number_of, text_of
from kiosk_ui.cashier.calls import CallPages
from kiosk_ui.cashier.customers import CustomerPages
from kiosk_ui.cashier.entrance import Entrance, whoever
from kiosk_ui.cashier.goods import GoodsPages
from kiosk_ui.cashier.home import HomePages, onward
from kiosk_ui.cashier.mine import MinePages
from kiosk_ui.cashier.nav import nav_facts, page_now, page_of
from kiosk_ui.cashier.picks import PickPages, back_beside
from kiosk_ui.cashier.places import place_stage
from kiosk_ui.cashier.returns import ReturnPages
from kiosk_ui.cashier.selling import SalePages
from kiosk_ui.cashier.stage import Stage
from kiosk_ui.cashier.stock import StockPages
from kiosk_ui.cashier.till import TillPages, beside, stays, till_stage
from kiosk_ui.language import keep

_LAST = "se_last"  # the hand-over that HOME offers to look at again; no secret, no personal data
_HERE = "/cashier/"
_TAIL = re.compile(r"\d{4}")
_WORDS = re.compile(r"[\u3400-\u9fff]")
_SHELF = re.compile(r"[0-9A-Z\u4e00-\u9fff][0-9A-Z\u4e00-\u9fff -]{0,11}")
_MOST_TEXT = 1024
# Looking at a wrong number again would count as another wrong try, and a page looks every few seconds.
_LOOKS = frozenset(
    f"cashier.{name}" for name in "stage strip nav sale_stage return_stage member_joining".split()
)
"""What a page asks by itself: nobody sits there because of it."""
_COUNTED = ("invalid", "too_many_tries")


class CashierPages:
    """Server-driven: a page is a view of the station's state; every action is a form that works by itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entrance = Entrance(store)
        self._till = TillPages(store, self._operator, self._show, self._refuse)
        self._goods = GoodsPages(store, self._operator, self._show, self._refuse)
        self._picks = PickPages(store, self._operator, self._show, self._refuse)
        self._stock = StockPages(store, self._operator, self._show, self._refuse)
        self._customers = CustomerPages(store, self._operator, self._show, self._refuse)
        self._sale = SalePages(store, self._operator)
        self._home = HomePages(store, self._operator, self._refuse)
        self._calls = CallPages(store, self._operator, self._show)
        self._mine = MinePages(store, self._operator, self._show)
        self._return = ReturnPages(store, self._operator)

    def blueprint(self) -> Blueprint:
        """The routes under /cashier."""
        site = Blueprint("cashier", __name__, url_prefix="/cashier")
        site.add_url_rule("/", view_func=self.home)
        site.add_url_rule("/stage", view_func=self.stage)
        site.add_url_rule("/strip", view_func=self.strip)
        site.add_url_rule("/handed/<pickup>", view_func=self.handed)
        self._entrance.add_to(site)
        for name in "scan wedge candidates redeem dismiss open annul reprint shelve".split():
            site.add_url_rule(f"/{name}", view_func=getattr(self, name), methods=["POST"])
        site.add_url_rule("/nav", view_func=self.nav)
        site.add_url_rule("/queue", view_func=self.queue)
        parts = (self._till, self._sale, self._goods, self._picks, self._stock, self._customers)
        for part in (*parts, self._return, self._home, self._calls, self._mine):
            part.add_to(site)
        return site

    def home(self) -> WerkzeugResponse:
        """GET /cashier/: the desk as it is now."""
        operator = self._operator()
        return self._show(self._now_on(operator), operator)

    def stage(self) -> WerkzeugResponse:
        """GET /cashier/stage?have=KEY: the stage as a fragment, or 204 when the page has it already."""
        operator = self._operator()
        have = request.args.get("have", "")[:200]
        now = self._stage_after(have, operator)
        if now is None or now.key == have:
            return Response(status=204)
        return make_response(render_template(now.template, stage=now, operator=operator, **now.facts))

    def _stage_after(self, have: str, operator: Operator) -> Stage | None:
        """HANDED and CANDIDATES stay until a new scan comes; everything else follows the station's state."""
        kind, _, rest = have.partition(":")
        current = self._store.scans.current(operator.station)
        if (
            kind == "refused"
            and current is not None
            and rest in {f"{current.id}:{code}" for code in _COUNTED}
        ):
            return None
        if kind == "handed":
            # The success stays until its time is over or somebody scans anew: what waited longer waits on.
            done = self._store.hand_over.handed(rest.partition(":")[0])
            if current is None or current.at <= done.at:
                return stage.handed(self._store, done, operator, stay="stay" in request.args)
        if stays(have, self._store, operator):
            return till_stage(self._store, operator)
        for page in (self._picks, self._calls, self._mine):
            if (kept := page.kept(have, operator)) is not None:
                return kept
        unchanged = kind in ("candidates", "goods") and rest == str(current.id if current else 0)
        if unchanged or self._customers.keeps(have, operator) or (kind == "error" and current is None):
            return None
        return self._now_on(operator)

    def _now_on(self, operator: Operator) -> Stage:
        """HOME without a scan; with one the work that it belongs to, else the place that its kind leads to."""
        scan = self._store.scans.current(operator.station)
        if scan is None:
            return self._home.stage(operator, request.cookies.get(_LAST, ""))
        mine = self._picks.wants(scan, operator) or self._customers.wants(scan, operator)
        return mine or place_stage(self._store, scan, operator)

    def strip(self) -> str:
        """GET /cashier/strip: rail and strip as fragments (counts, line, feed, devices)."""
        operator = self._operator()
        return render_template("cashier/strip.html", partial=True, **self._surroundings(operator, page_now()))

    def nav(self) -> str:
        """GET /cashier/nav?at=PAGE: the navigation as a fragment."""
        return render_template("cashier/nav.html", nav=nav_facts(self._store, self._operator(), page_now()))

    def queue(self) -> WerkzeugResponse:
        """GET /cashier/queue: orders that wait on their shelves, those that are kept the shortest first."""
        operator = self._operator()
        shown = stage.candidates(self._store, self._store.pickup.waiting(operator), operator, waiting=True)
        return self._show(shown, operator)

    def handed(self, pickup: str) -> WerkzeugResponse:
        """GET /cashier/handed/<pickup>: the result of a hand-over; goes home by itself unless asked to stay."""
        operator = self._operator()
        done = self._store.hand_over.handed(pickup)
        shown = stage.handed(self._store, done, operator, stay="stay" in request.args)
        answer = self._show(shown, operator)
        if not shown.facts["stay"]:
            # A header, not a <meta>: the page's own script goes home sooner and more gently.
            answer.headers["Refresh"] = f"4; url={_HERE}"
        return answer

    def scan(self) -> WerkzeugResponse:
        """POST text: whatever was typed or came from a keyboard wedge; four digits are a phone's tail."""
        operator = self._operator()
        text = request.form.get("text", "").strip()
        if not text:
            return redirect(_HERE, 303)
        if _TAIL.fullmatch(text):
            return self._show(
                stage.candidates(self._store, self._store.pickup.candidates(text, operator), operator),
                operator,
            )
        if len(text) > _MOST_TEXT:
            raise BadRequest(why="text")
        if _WORDS.search(text) and self._store.catalogue.read(text).kind is ScanKind.UNKNOWN:
            # A name, not a code: no number that opens anything has Chinese in it.
            return redirect(url_for("cashier.goods", q=text[:40]), 303)
        try:
            seen = self._store.scans.type_in(text, operator.station)
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        if not seen.handled:
            return redirect(_HERE, 303)
        # It went into the basket, or to the return, that this station is at work on.
        selling = self._store.sales.selling.at(operator.station) is not None
        return onward("/cashier/sale" if selling else "/cashier/return")

    def wedge(self) -> Response:
        """POST text, seq: a scanner typed into this page (`static/wedge.js`)."""
        return wedge.taken(self._store, self._operator().station)

    def candidates(self) -> WerkzeugResponse:
        """POST text: orders by phone tail, order number or its tail."""
        operator = self._operator()
        text = request.form.get("text", "").strip()[:64]
        return self._show(
            stage.candidates(self._store, self._store.pickup.candidates(text, operator), operator), operator
        )

    def open(self) -> WerkzeugResponse:
        """POST order: staff chose one of the candidates."""
        operator = self._operator()
        self._store.pickup.open(text_of("order"), operator)
        return redirect(_HERE, 303)

    def redeem(self) -> WerkzeugResponse:
        """POST nonce, scan [, settled, forced, qty-<line>…]: hands over, then shows the result."""
        operator = self._operator()
        scan = number_of("scan")
        wish = RedeemRequest(
            nonce=nonce_of(),
            scan=scan,
            lines=_lines() if "some" in request.form else None,
            settled=request.form.get("settled") == "1",
            forced=request.form.get("forced") == "1",
        )
        try:
            done = self._store.hand_over.redeem(wish, operator)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        self._store.scans.dismiss(scan, operator.station)
        answer = redirect(f"/cashier/handed/{done.pickup}", 303)
        keep(answer, _LAST, done.pickup, 86_400)
        return answer

    def dismiss(self) -> WerkzeugResponse:
        """POST scan [, order]: lets go of what is on the stage."""
        operator = self._operator()
        order = request.form.get("order", "")
        if order:
            self._store.pickup.release(order, operator)
        self._store.scans.dismiss(number_of("scan"), operator.station)
        return redirect(_HERE, 303)

    def shelve(self) -> WerkzeugResponse:
        """POST scan, shelf: the goods of the order on the stage are ready and lie there."""
        operator = self._operator()
        order = self._store.pickup.order_of(number_of("scan"), operator)
        shelf = text_of("shelf").strip().upper()
        if not _SHELF.fullmatch(shelf):
            raise BadRequest(why="shelf")
        try:
            self._store.fulfilment.shelve(order, shelf, operator)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        return redirect(_HERE, 303)

    def annul(self) -> WerkzeugResponse:
        """POST pickup, nonce: takes a hand-over back."""
        operator = self._operator()
        done = self._store.hand_over.annul(text_of("pickup"), nonce_of(), operator)
        return redirect(f"/cashier/handed/{done.pickup}?stay=1", 303)

    def reprint(self) -> WerkzeugResponse:
        """POST pickup, nonce: prints the slip again, marked as a copy."""
        operator = self._operator()
        pickup = text_of("pickup")
        self._store.printing.reprint(pickup, nonce_of(), operator)
        return redirect(f"/cashier/handed/{pickup}?stay=1", 303)

    def _operator(self) -> Operator:
        return whoever(self._store, touch=request.endpoint not in _LOOKS)

    def _refuse(self, refusal: Refusal, operator: Operator) -> WerkzeugResponse:
        scan = self._store.scans.current(operator.station)
        shown = stage.refused(refusal, operator, scan, status=refusal.status)
        return self._show(shown, operator)

    def _show(self, shown: Stage, operator: Operator) -> WerkzeugResponse:
        facts = {"stage": shown, "operator": operator, **shown.facts}
        if request.headers.get("HX-Request") == "true":
            return make_response(render_template(shown.template, **facts), shown.status)
        page = render_template(
            "cashier/desk.html", **facts, **self._surroundings(operator, page_of(shown.name))
        )
        return make_response(page, shown.status)

    def _surroundings(self, operator: Operator, here: str) -> dict[str, object]:
        status = self._store.status
        return {
            "nav": nav_facts(self._store, operator, here),
            "line": status.line(),
            "now": status.now(),
            "station": self._store.staff.station(operator.station),
            **back_beside(self._store),
            "serves": operator.may(Act.SERVE_DEVICES),
            "devices": [d for d in status.devices() if d.station in {"", operator.station}],
            "feed": self._store.scans.feed(operator.station, 5),
            **beside(self._store, operator.station),
        }


def _lines() -> dict[int, int]:
    """Quantities from fields qty-<line>; zeros are left out."""
    wanted = {}
    for name in request.form:
        if re.fullmatch(r"qty-\d{1,4}", name, re.ASCII):
            wanted[int(name.removeprefix("qty-"))] = number_of(name)
    return {line: qty for line, qty in wanted.items() if qty > 0}
