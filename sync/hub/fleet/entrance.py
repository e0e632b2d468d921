"""The door of the fleet page: who is let in, in which language, and the headers that keep everybody else out."""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.hub.fleet.words import LANGUAGES, speak
from sync.hub.people import SESSION_FOR, People

SECURE = "FLEET_SECURE"
"""The application's word that browsers reach it over TLS only: the session's cookie then never travels without."""
_SESSION, _LANGUAGE = "se_hub", "se_hub_language"
_OPEN = frozenset({"fleet.static", "fleet.sign_in", "fleet.enter", "fleet.language"})
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_TRIES, _PAUSE_S, _NAMES, _WAIT_S = 5, 30.0, 1000, 2.0


class NotAllowed(Exception):
    """This person, or this form, may not do this; `words` is a key of the words' table."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Tries:
    """Slows guessing down: five wrong passwords for a name, then half a minute of none at all. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: dict[str, tuple[int, float]] = {}
        self._at_it = threading.Lock()
        self._in_line = threading.BoundedSemaphore(2)

    def may(self, name: str) -> bool:
        """Whether this name may be tried now."""
        with self._lock:
            count, since = self._wrong.get(name, (0, 0.0))
            if count and time.monotonic() - since > _PAUSE_S:
                del self._wrong[name]
                return True
            return count < _TRIES

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is one's turn to have a password checked. One is, one waits for it a moment, and whoever else
        comes is sent away at once: threads that waited for guessers would be missed by the stores."""
        with ExitStack() as held:
            mine = self._in_line.acquire(blocking=False)
            if mine:
                held.callback(self._in_line.release)
                mine = self._at_it.acquire(timeout=_WAIT_S)
            if mine:
                held.callback(self._at_it.release)
            yield mine

    def wrong(self, name: str) -> None:
        """One more wrong password for this name."""
        with self._lock:
            if len(self._wrong) >= _NAMES:
                del self._wrong[next(iter(self._wrong))]
            count, _ = self._wrong.get(name, (0, 0.0))
            self._wrong[name] = (count + 1, time.monotonic())


class Entrance:
    """Signs people in and out, and looks at every request before anything else does."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._tries = Tries()

    def install(self, pages: Blueprint) -> None:
        """Adds the door to these pages."""
        pages.before_request(self._look)
        pages.after_request(_clothe)
        pages.get("/sign-in", endpoint="sign_in")(lambda: _door(""))
        pages.post("/sign-in", endpoint="enter")(self._enter)
        pages.post("/sign-out", endpoint="sign_out")(self._leave)
        pages.post("/language", endpoint="language")(_speak)

    def _look(self) -> Response | None:
        chosen = request.cookies.get(_LANGUAGE, "")
        g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "zh")
        g.say = speak(g.language)
        g.person = None
        if request.method == "POST" and not _from_here():
            raise NotAllowed("这张表单过期了。请返回,重新打开页面再试。")
        if request.endpoint == "fleet.static":
            return None
        g.person = self._people.signed_in(request.cookies.get(_SESSION, ""))
        if request.endpoint in _OPEN:
            return None
        if g.person is None:
            return redirect(url_for("fleet.sign_in"), 303)
        if request.method == "POST":
            sent = request.form.get("form_token", "")
            if not hmac.compare_digest(sent.encode(), g.person.form_token.encode()):
                raise NotAllowed("这张表单过期了。请返回,重新打开页面再试。")
            if not g.person.may_act and request.endpoint != "fleet.sign_out":
                raise NotAllowed("只有操作员可以处理。")
        return None

    def _enter(self) -> Response | tuple[str, int]:
        name, password = request.form.get("name", "")[:40].strip(), request.form.get("password", "")
        if not _private():
            return _door("请通过 HTTPS 打开本页:否则密码会在网络上被人看到。"), 403
        # A password costs memory and time to check: one at a time, so that guessers cost the stores nothing.
        with self._tries.turn() as mine:
            if not mine or not self._tries.may(name):
                return _door("试得太多了。请稍等半分钟再试。"), 429
            token = self._people.sign_in(name, password)
            if not token:
                self._tries.wrong(name)
        if not token:
            return _door("姓名与密码不符。请再试一次。"), 403
        answer = redirect(url_for("fleet.stores"), 303)
        seconds = int(SESSION_FOR.total_seconds())
        _cookie(answer, _SESSION, token, seconds)
        return answer

    def _leave(self) -> Response:
        self._people.sign_out(request.cookies.get(_SESSION, ""))
        answer = redirect(url_for("fleet.sign_in"), 303)
        _cookie(answer, _SESSION, "", 0)
        return answer


def _speak() -> Response:
    back = urlsplit(request.form.get("back", ""))
    inside = back.path.startswith("/hq/") and not back.scheme and not back.netloc
    answer = redirect(back.geturl() if inside else url_for("fleet.stores"), 303)
    chosen = request.form.get("language", "")
    _cookie(answer, _LANGUAGE, chosen if chosen in LANGUAGES else "zh", 31_536_000)
    return answer


def _door(words: str) -> str:
    return render_template("fleet/sign_in.html", words=words)


def _cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/hq",
        secure=bool(current_app.config.get(SECURE)),
        httponly=True,
        samesite="Strict",
    )


def _from_here() -> bool:
    """Whether a form was sent by a page of ours, as the browser tells."""
    origin = request.headers.get("Origin")
    return origin in {f"http://{request.host}", f"https://{request.host}"}


def _private() -> bool:
    """Whether nobody between browser and here can read a password."""
    if current_app.config.get(SECURE):
        return True
    host = urlsplit(f"//{request.host}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _clothe(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-cache" if request.endpoint == "fleet.static" else "no-store"
    return response
