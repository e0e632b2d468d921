"""The page of simulated devices: on its own port, for a newcomer to lay hands on scanners, printer and line."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request, send_file, url_for
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

import kiosk_ui
from config.schema import Settings
from edge.demo.counter import UNKNOWN_GTIN, Counter, NotPossible, Said
from edge.demo.offers import ASKED, CARDS, SELF_SERVED
from edge.demo.order_card import card, sections
from edge.demo.stage import Stage
from edge.domain.refusals import Refusal
from kiosk_ui import guards
from kiosk_ui.icons import Icons
from kiosk_ui.language import COOKIE, NAMES, keep
from kiosk_ui.pictures import draw

_UI = Path(str(kiosk_ui.__file__)).parent
_MOST_BYTES = 12 * 1024 * 1024
_SLIPS = 4


class DevicesPage:
    """One page, one page an order (the customer's phone), and a deed a form."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._counter = Counter(stage)

    def app(self) -> Flask:
        """The application; Host and Origin are judged as on the store's own pages."""
        app = Flask("edge.demo", root_path=str(Path(__file__).parent))
        app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
        app.jinja_loader = ChoiceLoader(
            [FileSystemLoader(Path(__file__).parent / "templates"), FileSystemLoader(_UI / "templates")]
        )
        app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
        app.jinja_env.globals.update(icon=Icons(), say=_say, language=_language, languages=NAMES)
        guards.install(app, Settings(), 0)
        app.after_request(_remember_language)
        app.register_error_handler(Refusal, _refused)
        app.register_error_handler(HTTPException, _http_error)
        self._routes(app)
        return app

    def _routes(self, app: Flask) -> None:
        app.add_url_rule("/", view_func=self.page, endpoint="page")
        app.add_url_rule("/orders/<number>", view_func=self.phone, endpoint="phone")
        app.add_url_rule("/orders/<number>/photo.jpg", view_func=self.photo, endpoint="photo")
        app.add_url_rule("/orders/<number>/qr.svg", view_func=self.qr, endpoint="qr")
        app.add_url_rule("/slips/<int:number>.png", view_func=self.slip, endpoint="slip")
        app.add_url_rule("/picture/<sku>.svg", view_func=_picture, endpoint="picture")
        app.add_url_rule("/tokens.css", view_func=_tokens, endpoint="tokens")
        app.add_url_rule("/do/<deed>", view_func=self.do, methods=["POST"], endpoint="do")

    def page(self) -> str:
        """GET /: everything at one glance."""
        counter, stage = self._counter, self._stage
        papers = list(enumerate(stage.printer.papers, start=1))[-_SLIPS:]
        return render_template(
            "devices.html",
            counter=counter,
            stage=stage,
            sections=sections(counter.orders(), stage.codes),
            line=stage.api.line(),
            taken_in=counter.taken_in(),
            slips=[number for number, _ in reversed(papers)],
            unknown=UNKNOWN_GTIN,
            cards=CARDS,
            own=[one for one in CARDS if one.name in SELF_SERVED],
            asked=[one for one in CARDS if one.name in ASKED],
            store=stage.address.url,
            desk_2=stage.address.url.replace("127.0.0.1", "localhost"),
        )

    def phone(self, number: str) -> str:
        """GET /orders/<number>: the order as its customer sees it."""
        order = self._order(number)
        unit = request.args.get("unit", 0, type=int)
        issued = self._stage.codes.get(number)
        units = len(issued.texts) if issued else 0
        if unit and not 0 < unit < units:
            abort(404)
        shown = card(order, issued)
        return render_template(
            "phone.html", card=shown, order=order, unit=unit, units=units, counter=self._counter
        )

    def qr(self, number: str) -> Response:
        """GET /orders/<number>/qr.svg?unit=N: the code with its quiet zone."""
        import segno

        out = io.BytesIO()
        qr = segno.make(self._code(number), error="m", micro=False)
        qr.save(out, kind="svg", scale=4, border=4, dark="#16211f", light="#ffffff", xmldecl=False)
        return Response(out.getvalue(), mimetype="image/svg+xml")

    def photo(self, number: str) -> Response:
        """GET /orders/<number>/photo.jpg?unit=N: a photo of the phone, to keep and drop in elsewhere."""
        from edge.demo.journey import photo_of

        picture = photo_of(self._code(number), int(number[-4:]))
        return send_file(
            io.BytesIO(picture), "image/jpeg", as_attachment=True, download_name=f"phone-{number[-4:]}.jpg"
        )

    def slip(self, number: int) -> Response:
        """GET /slips/<number>.png: a printed slip as a picture."""
        papers = self._stage.printer.papers
        if not 0 < number <= len(papers):
            abort(404)
        return Response(papers[number - 1].png, mimetype="image/png")

    def do(self, deed: str) -> WerkzeugResponse:
        """POST /do/<deed>: lays hands on a device, then goes back to the page it came from."""
        form = request.form
        verbs: dict[str, Any] = {
            "scan": lambda: self._counter.scan(form["order"], form.get("unit", 0, type=int), form["how"]),
            "badge": lambda: self._counter.badge(form["staff"]),
            "card": lambda: self._counter.card(form["card"]),
            "picture": lambda: self._counter.show(request.files.get("picture", FileStorage()).read()),
            "guide": lambda: self._counter.ask(form.get("text", "").strip()[:64], form.get("card", "")),
            "kiosk": lambda: self._counter.serve_oneself(
                form.get("text", "").strip()[:256], form.get("card", "")
            ),
            "cable": lambda: self._counter.cable(form["deed"]),
            "line": lambda: self._counter.hq(form["deed"]),
            "printer": lambda: self._counter.print_side(form["deed"]),
            "order": self._counter.order_now,
            "till": lambda: self._counter.till(form["deed"]),
        }
        if deed not in verbs:
            abort(404)
        try:
            verbs[deed]()
        except NotPossible as refused:
            self._counter.last = Said(refused.zh, refused.en)
        if form.get("back") == "phone":
            return redirect(url_for("phone", number=form["order"], unit=form.get("unit", 0, type=int)), 303)
        return redirect(url_for("page"), 303)

    def _order(self, number: str) -> Any:
        try:
            return self._counter.order(number)
        except NotPossible:
            abort(404)

    def _code(self, number: str) -> str:
        try:
            return self._counter.code(number, request.args.get("unit", 0, type=int))
        except NotPossible:
            abort(404)


@contextlib.contextmanager
def served(stage: Stage, port: int) -> Iterator[str]:
    """Serves the page on 127.0.0.1 for the time of a `with` block; gives its address."""
    from waitress.server import create_server

    server = create_server(
        DevicesPage(stage).app(),
        host="127.0.0.1",
        port=port,
        threads=6,
        ident="",
        max_request_body_size=_MOST_BYTES,
    )

    def serve() -> None:
        # Closing the listener ends waitress' loop with EBADF, which is what we asked for.
        with contextlib.suppress(OSError):
            server.run()

    thread = threading.Thread(target=serve, name="devices-page", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.close()
        server.task_dispatcher.shutdown()


def _language() -> str:
    """From ?lang=, else what was chosen before, else what the browser asks for."""
    for wanted in (request.args.get("lang", ""), request.cookies.get(COOKIE, "")):
        if wanted in NAMES:
            return wanted
    return "en" if request.accept_languages.best_match(["zh", "zh-cn", "en"], "zh") == "en" else "zh"


def _remember_language(answer: Response) -> Response:
    # The store's pages read the same cookie: a browser keeps cookies by host, not by port.
    if request.endpoint == "page" and request.cookies.get(COOKIE) != _language():
        keep(answer, COOKIE, _language(), 365 * 86_400)
    return answer


def _say(zh: str, en: str) -> str:
    return en if _language() == "en" else zh


def _picture(sku: str) -> Response:
    return Response(draw(sku[:64], request.args.get("c", "")[:80]), mimetype="image/svg+xml")


def _tokens() -> Response:
    """The product's own tokens, so that the demo wears what the product wears."""
    return Response((_UI / "static" / "tokens.css").read_bytes(), mimetype="text/css")


def _refused(refusal: Refusal) -> tuple[str, int]:
    return refusal.words("en").text, refusal.status


def _http_error(error: HTTPException) -> tuple[str, int]:
    return error.name, error.code or 500
