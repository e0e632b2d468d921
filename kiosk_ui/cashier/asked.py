"""Fields of a cashier's form, read strictly: what is missing or odd is a refusal that names the field."""

from __future__ import annotations

import re

from flask import request

from edge.domain.refusals import BadRequest

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_MOST = 128


def text_of(name: str) -> str:
    """A text of 1 to 128 characters; raises BadRequest."""
    text = request.form.get(name, "").strip()
    if not text or len(text) > _MOST or not text.isprintable():
        raise BadRequest(why=name)
    return text


def number_of(name: str, blank: int | None = None) -> int:
    """A whole number; `blank` where the field is not there or empty. Raises BadRequest."""
    text = request.form.get(name, "").strip()
    if not text and blank is not None:
        return blank
    if not _NUMBER.fullmatch(text):
        raise BadRequest(why=name)
    return int(text)


def nonce_of() -> str:
    """The form's nonce; raises BadRequest."""
    nonce = request.form.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise BadRequest(why="nonce")
    return nonce
