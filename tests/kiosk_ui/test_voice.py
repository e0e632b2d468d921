"""Reading aloud by the real espeak-ng: what comes out is sound, and nothing that is said can be more than words."""

from __future__ import annotations

import array
import io
import re
import shutil
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk_ui import voice
from kiosk_ui.guide import pages as guide
from kiosk_ui.kiosk import words as kiosk
from tests.kiosk_ui.conftest import browser_like

needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture
def screen(app: Flask) -> Iterator[FlaskClient]:
    voice._spoken.cache_clear()
    yield browser_like(app)  # this machine's own guide screen
    voice._spoken.cache_clear()


def said(screen: FlaskClient, text: str, tongue: str = "zh") -> bytes:
    screen.set_cookie("se_language", tongue, domain="127.0.0.1")
    answer = screen.post("/screen/say", data={"text": text})
    assert (answer.status_code, answer.mimetype) == (200, "audio/wav")
    sound: bytes = answer.data
    return sound


def heard(sound: bytes) -> float:
    """Seconds of it; it is a whole WAV file and more than silence."""
    with wave.open(io.BytesIO(sound)) as file:
        frames = file.getnframes()
        data = file.readframes(frames)
        assert (file.getnchannels(), file.getsampwidth(), len(data)) == (1, 2, 2 * frames)
        loudest = max(map(abs, array.array("h", data)))
        assert loudest > 3000, "a whisper at best"
        seconds: float = frames / file.getframerate()
        return seconds


@needs_voice
@pytest.mark.parametrize(
    ("tongue", "text"),
    [("zh", "请出示付款码"), ("hant", "請出示付款碼"), ("en", "Please show your payment code")],
)
def test_each_language_is_sound(screen: FlaskClient, tongue: str, text: str) -> None:
    assert 1.0 < heard(said(screen, text, tongue)) < 6.0
    other = "en" if tongue != "en" else "zh"
    assert said(screen, text, other) != said(screen, text, tongue), "another voice"


@needs_voice
@pytest.mark.parametrize(
    "text",
    [
        "-w {file}",
        "--phonout={file}",
        "-f/etc/hostname",
        "$(touch {file})",
        "`touch {file}`; touch {file}",
        "a\0b",
    ],
)
def test_whatever_it_looks_like_it_is_read_and_not_done(
    screen: FlaskClient, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "made"
    heard(said(screen, text.format(file=file)))
    assert not file.exists()


@needs_voice
def test_a_sentence_is_made_once_and_the_longest_one_is_read(screen: FlaskClient) -> None:
    first = said(screen, "谢谢惠顾")
    assert said(screen, "谢谢惠顾") == first
    assert voice._spoken.cache_info().hits == 1
    heard(said(screen, "请" * 200))
    assert screen.post("/screen/say", data={"text": "请" * 201}).status_code == 400


def test_one_speaks_at_a_time_and_one_that_hangs_is_ended(
    app: Flask, screen: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go = tmp_path / "began", tmp_path / "go"
    program = tmp_path / "espeak-ng"
    program.write_text(f'#!/bin/sh\n: >"{began}"\nwhile [ ! -e "{go}" ]; do :; done\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(voice, "_WAIT_S", 1.5)
    answers: list[int] = []
    other = browser_like(app)
    thread = threading.Thread(
        target=lambda: answers.append(other.post("/screen/say", data={"text": "一"}).status_code)
    )
    thread.start()
    while not began.exists():
        assert thread.is_alive()
    began.unlink()
    assert screen.post("/screen/say", data={"text": "二"}).status_code == 204
    assert not began.exists(), "no second one was started"
    thread.join(20)
    assert answers == [204], "it was ended"
    go.touch()
    assert screen.post("/screen/say", data={"text": "三"}).status_code == 204, "no WAV is no answer"
    assert began.exists(), "the way is free again"


def test_what_is_read_are_sentences_without_a_name_or_a_number() -> None:
    sentences = [str(one._args[0]) for one in (*guide._SAYS.values(), *kiosk._SAYS.values())]
    assert len(sentences) > 12
    assert not [one for one in sentences if re.search(r"[%{\d]", one)]
