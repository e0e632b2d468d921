"""JSON read strictly: what two readers could understand differently is refused."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec
from flask import request

from edge.domain.api_refusals import CardInNote, NotJson
from edge.domain.notes import NAMES, card_in
from edge.domain.refusals import BadRequest
from kiosk_ui.api.wish_numbers import watched

T = TypeVar("T")
_POINT_NOUGHT = re.compile(r"-?\d{1,15}\.0+", re.ASCII)
_MOST_DIGITS = 18  # an int64 holds every number of 18 digits


def read_body(kind: type[T]) -> T:
    """The request's JSON body as `kind`; raises NotJson, BadRequest naming the field, NonceReused.

    Refused: another media type, bytes that are not UTF-8, a key twice, NaN or Infinity, integers beyond 18
    digits, fractions where integers are meant, lone surrogates, unknown fields.
    """
    if request.mimetype != "application/json":
        raise NotJson
    try:
        text = request.get_data().decode("utf-8")
        tree = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_bounded, parse_float=_whole
        )
        _encodable(tree)
        _no_card(tree)
        made = msgspec.convert(tree, kind, str_keys=True)
    except (BadRequest, CardInNote):
        raise
    except msgspec.ValidationError as error:
        raise BadRequest(why=_place(str(error))) from None
    except (ValueError, RecursionError):  # the JSON reader's own errors quote the body: not passed on
        raise BadRequest(why="JSON") from None
    nonce = getattr(made, "nonce", "")
    if nonce and not getattr(made, "dry_run", False):  # a look uses no number up
        watched(tree, nonce)
    return made


def _place(message: str) -> str:
    """The field's path and what was expected, never a value: only paths and type names are let through."""
    return message[:120]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise BadRequest(why="JSON: a key twice")
    return tree


def _no_constant(name: str) -> NoReturn:
    raise BadRequest(why=f"JSON: {name}")


def _bounded(digits: str) -> int:
    if len(digits.lstrip("-")) > _MOST_DIGITS:
        raise BadRequest(why="JSON: number too large")
    return int(digits)


def _whole(digits: str) -> int | float:
    """2.0 is the whole number that JSON Schema takes it for, as many languages write theirs; 2e0 and 2.5 are none."""
    return int(digits.partition(".")[0]) if _POINT_NOUGHT.fullmatch(digits) else float(digits)


def _no_card(tree: object) -> None:
    """Words that are kept hold no card's number."""
    for name, value in tree.items() if isinstance(tree, dict) else ():
        if name in NAMES and isinstance(value, str) and (tail := card_in(value)):
            raise CardInNote(tail=tail)


def _encodable(tree: object) -> None:
    """Raises ValueError where a string holds a lone surrogate: no database can keep it."""
    if isinstance(tree, str):
        tree.encode("utf-8")
    elif isinstance(tree, dict):
        for key, value in tree.items():
            key.encode("utf-8")
            _encodable(value)
    elif isinstance(tree, list):
        for value in tree:
            _encodable(value)
