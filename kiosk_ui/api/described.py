"""/api/v1 for programmers of other tills and apps: an OpenAPI description made from the calls themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from flask import Flask
from werkzeug.routing import Rule

from kiosk_ui.api.calls import Call, call_of

PREFIX = "/api/v1/"
_PROBLEMS = {
    400: "The request cannot be read",
    401: "No program has this token",
    403: "This program may not do this",
    404: "Nothing has this number",
    405: "Not with this method",
    409: "The rules of the shop say no",
    410: "It was there, and its time is over",
    413: "Larger than anything that is taken",
    415: "Not JSON",
    421: "Asked for under a foreign name",
    422: "This cannot be what was meant",
    429: "Too many tries",
    500: "A fault of this device",
    503: "Not now",
}
_STATION = {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,32}$"}
_NAME = {"type": "string", "pattern": r"^[^/\x00-\x1f\x7f-\x9f]{1,64}$"}
"""Numbers of HQ's: whatever its other systems call their things."""
_SAID = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is for programs, `words` and `next` are for people.",
    "required": ["type", "title", "status", "code", "words", "next", "trace"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "words": _SAID,
        "next": _SAID,
        "trace": {"type": "string"},
    },
}


def calls_of(app: Flask) -> Iterator[tuple[Rule, str, Call]]:
    """Every rule of /api/v1 with its method and mark, by path; a view without a mark is left out."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        found = call_of(app.view_functions.get(rule.endpoint))
        if not rule.rule.startswith(PREFIX) or found is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, found


def openapi(app: Flask, version: str) -> dict[str, Any]:
    """OpenAPI 3.1: paths from the routes, bodies from the types that read and write them."""
    found = list(calls_of(app))
    types = {kind for _, _, one in found for kind in (one.asked, *one.answer) if kind not in (None, str)}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    for kind in ordered:  # what fields ask of each other, which types cannot say
        components[kind.__name__] |= getattr(kind, "MORE", {})
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, one in found:
        view = app.view_functions[rule.endpoint]
        spoken = paths.setdefault(re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), {})
        spoken[method.lower()] = _operation(rule, one, rule.endpoint, inspect.getdoc(view) or "")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Store Edge: the shop's own programs",
            "version": version,
            "description": "What other tills and apps in the shop may ask of this store. The rules: docs/api.md.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_plain(components), "Problem": _PROBLEM},
        },
    }


def _operation(rule: Rule, one: Call, endpoint: str, words: str) -> dict[str, Any]:
    summary, _, more = words.partition("\n")
    said: dict[str, Any] = {
        "operationId": re.sub(r"\W", "_", endpoint.rpartition(".")[2]),
        "summary": summary,
        "responses": _responses(one),
    }
    if more.strip():
        said["description"] = " ".join(more.split())
    if one.scope:
        said["description"] = f"{said.get('description', '')} Scope `{one.scope}`.".strip()
    else:
        said["security"] = []
    parameters = [_in_path(rule, name) for name in sorted(rule.arguments)]
    parameters += [
        {"name": name, "in": "query", "required": bool(kind.get("required")), "schema": _bare(kind)}
        for name, kind in one.query.items()
    ]
    if parameters:
        said["parameters"] = parameters
    if one.asked is not None:
        body = {"schema": {"$ref": f"#/components/schemas/{one.asked.__name__}"}}
        said["requestBody"] = {"required": True, "content": {"application/json": body}}
    return said


def _in_path(rule: Rule, name: str) -> dict[str, Any]:
    number = re.search(rf"<int(?:\([^)]*\))?:{name}>", rule.rule)
    named = _STATION if name in ("station", "drawer") else _NAME
    most = re.search(rf"<int\(max=(\d+)\):{name}>", rule.rule)
    kind = {"type": "integer", "minimum": 0, "maximum": int(most[1]) if most else 2**53} if number else named
    return {"name": name, "in": "path", "required": True, "schema": kind}


def _bare(kind: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kind.items() if key != "required"}


def _responses(one: Call) -> dict[str, Any]:
    shapes = [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in one.answer]
    # The description itself is any object.
    done = {"schema": {"anyOf": shapes} if len(shapes) > 1 else shapes[0] if shapes else {"type": "object"}}
    told = (
        {"text/plain": {"schema": {"type": "string"}}} if one.answer == (str,) else {"application/json": done}
    )
    said: dict[str, Any] = {str(one.status): {"description": "Done", "content": told}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, words in _PROBLEMS.items():
        said[str(status)] = {"description": words, "content": problem}
    return said


def _plain(tree: Any) -> Any:
    r"""Python's `\Z` is no regular expression of JSON Schema, whose `$` never means the end of a line."""
    if isinstance(tree, dict):
        return {
            key: value.replace(r"\Z", "$") if key == "pattern" and isinstance(value, str) else _plain(value)
            for key, value in tree.items()
        }
    return [_plain(one) for one in tree] if isinstance(tree, list) else tree
