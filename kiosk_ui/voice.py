"""Reading aloud: a sentence that stands on a shopper's page as sound, by the box's espeak-ng where there is one."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading

from flask import Blueprint, Flask, Response, request

from edge.domain.refusals import BadRequest
from edge.domain.screen_refusals import ScreenUnbound
from edge.domain.screens import KINDS
from kiosk_ui.language import language
from kiosk_ui.screens import here

_MOST = 200
_WAIT_S = 5.0
_VOICES = {"zh": "cmn", "hant": "cmn", "en": "en"}


def install(app: Flask) -> None:
    """POST /screen/say {text}: WAV, or 204 where this box cannot speak, or speaks already; bound screens only."""
    site = Blueprint("voice", __name__, url_prefix="/screen")
    mouth = threading.Semaphore(1)  # one at a time: screens must not take the pages' threads away

    def say() -> Response:
        _somebody()
        text = request.form.get("text", "").strip()
        if not text or len(text) > _MOST:
            raise BadRequest(why="text")
        program = shutil.which("espeak-ng")
        if program is None or not mouth.acquire(blocking=False):
            return Response(status=204)
        try:
            sound = _spoken(program, text)
        finally:
            mouth.release()
        return Response(sound, mimetype="audio/wav") if sound else Response(status=204)

    site.add_url_rule("/say", view_func=say, methods=["POST"], endpoint="say")
    app.register_blueprint(site)


def _spoken(program: str, text: str) -> bytes:
    """WAV, b"" where it did not work. The text goes in by a pipe: no list of processes shows it."""
    words = [program, "-v", _VOICES[language()], "-s", "150", "--stdin", "--stdout"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(words, input=text.encode(), capture_output=True, timeout=_WAIT_S, check=True)
        return bytes(done.stdout)
    return b""


def _somebody() -> None:
    for kind in KINDS:
        with contextlib.suppress(ScreenUnbound):
            here(kind)
            return
    raise ScreenUnbound(kind="kiosk")
