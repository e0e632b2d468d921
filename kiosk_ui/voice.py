"""Reading aloud: a sentence that stands on a shopper's page as sound, by the box's espeak-ng where there is one."""

from __future__ import annotations

import contextlib
import functools
import shutil
import struct
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
_MOST_BYTES = 4 << 20
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
            return Response(_spoken(program, _VOICES[language()], text), mimetype="audio/wav")
        except (OSError, subprocess.SubprocessError):
            return Response(status=204)
        finally:
            mouth.release()

    site.add_url_rule("/say", view_func=say, methods=["POST"], endpoint="say")
    app.register_blueprint(site)


@functools.lru_cache(maxsize=64)
def _spoken(program: str, voice: str, text: str) -> bytes:
    """WAV. The text goes in by a pipe: it is no option and no command, and no list of processes shows it.

    What failed is not kept and is tried again. Raises OSError, subprocess.SubprocessError.
    """
    words = [program, "-v", voice, "-s", "150", "-b", "1", "--stdin", "--stdout"]
    done = subprocess.run(words, input=text.encode(), capture_output=True, timeout=_WAIT_S, check=True)
    return _whole(done.stdout)


def _whole(sound: bytes) -> bytes:
    """The same with its true lengths: into a pipe espeak-ng writes a head that promises two gigabytes.

    RIFF and its chunks: Microsoft and IBM, Multimedia Programming Interface 1.0 (1991), 2-3. Raises OSError for no WAV.
    """
    data = sound.find(b"data", 12, 256)
    if (
        sound[:4] != b"RIFF"
        or sound[8:12] != b"WAVE"
        or not 0 < data <= len(sound) - 8
        or len(sound) > _MOST_BYTES
    ):
        raise OSError("no sound")
    size = struct.pack("<I", len(sound) - 8)
    return (
        sound[:4] + size + sound[8 : data + 4] + struct.pack("<I", len(sound) - data - 8) + sound[data + 8 :]
    )


def _somebody() -> None:
    for kind in KINDS:
        with contextlib.suppress(ScreenUnbound):
            here(kind)
            return
    raise ScreenUnbound(kind="kiosk")
