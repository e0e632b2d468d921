"""The protocol for programs: JSON Schema of every message and an OpenAPI description, made from their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sync import admission, configured, messages, signed

REQUESTS: Mapping[str, type[Any]] = {
    "up-header": messages.UpHeader,
    "event": messages.Event,
    "opaque": messages.Opaque,
    "pull-request": messages.PullRequest,
    "enroll-request": admission.EnrollRequest,
    "token-request": admission.TokenRequest,
    "config-status": configured.ConfigStatus,
    "roster-request": configured.RosterRequest,
}
ANSWERS: Mapping[str, type[Any]] = {
    "up-answer": messages.UpAnswer,
    "checkpoint": messages.Checkpoint,
    "op": messages.Op,
    "reset": messages.Reset,
    "complete": messages.Complete,
    "enroll-answer": admission.EnrollAnswer,
    "token-answer": admission.TokenAnswer,
    "invitation": admission.Invitation,
    "signed": signed.Signed,
    "roster": signed.Roster,
    "config-bundle": configured.Bundle,
    "config-taken": configured.ConfigTaken,
    "roster-answer": configured.RosterAnswer,
}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "description": "Other fields name the reason more closely; unknown ones are ignored.",
}
_NDJSON = "application/x-ndjson"
_JSON = "application/json"
_BEARER: dict[str, list[str]] = {"bearer": []}
_LINE = {400, 401, 403, 413, 415, 422, 429, 503}
_POSTS: tuple[tuple[str, str, tuple[str, str], tuple[str, str], set[int]], ...] = (
    (
        "/sync/v1/up",
        "Send facts: one up-header line, then 1 to 500 event or opaque lines.",
        (_NDJSON, "Event"),
        (_JSON, "UpAnswer"),
        _LINE | {409},
    ),
    (
        "/sync/v1/pull",
        "Read what HQ says: a checkpoint line, op and reset lines, a complete line.",
        (_JSON, "PullRequest"),
        (_NDJSON, "Op"),
        _LINE,
    ),
    (
        configured.STATUS_PATH,
        "What became of a config version at this store.",
        (_JSON, "ConfigStatus"),
        (_JSON, "ConfigTaken"),
        {400, 401, 403},
    ),
    (
        configured.ROSTER_PATH,
        "The rosters after a version, oldest first.",
        (_JSON, "RosterRequest"),
        (_JSON, "RosterAnswer"),
        {400, 401},
    ),
    (
        admission.ENROLL_PATH,
        "A new box becomes a store's, with an invitation; without a bearer.",
        (_JSON, "EnrollRequest"),
        (_JSON, "EnrollAnswer"),
        {400, 403, 409, 503},
    ),
    (
        admission.TOKEN_PATH,
        "A bearer for a device that shows its key; without a bearer.",
        (_JSON, "TokenRequest"),
        (_JSON, "TokenAnswer"),
        {400, 401},
    ),
)
_OPEN = {admission.ENROLL_PATH, admission.TOKEN_PATH}
_GETS: tuple[tuple[str, str, str, set[int]], ...] = (
    ("/sync/v1/hint", "A stream that says when to ask, and nothing else.", "text/event-stream", {401, 503}),
    ("/sync/v1/snap/{file}", "A snapshot; Range is honoured.", "application/zstd", {401, 403, 404, 416}),
    ("/health", "Whether HQ is there, and what time it is; without a bearer.", _JSON, set()),
)


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) by name: requests, answers, `fact-<kind>` for each `d` upwards, `row-<tb>` downwards."""
    named: dict[str, type[Any]] = {**REQUESTS, **ANSWERS}
    named |= {f"fact-{kind}": fact for kind, fact in messages.UP_KINDS.items()}
    named |= {f"row-{tb}": row for tb, row in messages.DOWN_KINDS.items()}
    made = {name: _schema(kind, name.startswith(("fact-", "row-"))) for name, kind in named.items()}
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", **made[name]}
        for name in sorted(made)
    }


def openapi() -> dict[str, Any]:
    """OpenAPI 3.1 of the endpoints that a store calls; message schemas are the components, by their types' names."""
    types = list({**REQUESTS, **ANSWERS}.values())
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Store Edge: store and HQ",
            "version": str(messages.PROTOCOL),
            "description": "What a store asks of HQ. The rules behind it: docs/sync-protocol.md.",
            "license": {"name": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {
            "schemas": {**components, "Error": _ERROR},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, Any]:
    made = {
        path: _post(summary, request, answer, errors, bearer=path not in _OPEN)
        for path, summary, request, answer, errors in _POSTS
    }
    for path, summary, kind, errors in _GETS:
        responses = {"200": _answer("Here it is.", kind, "")} | _refusals(errors)
        made[path] = {
            "get": {"summary": summary, "responses": responses, "security": [_BEARER] if errors else []}
        }
        if "{" in path:
            name = {"name": "file", "in": "path", "required": True, "schema": {"type": "string"}}
            made[path]["get"]["parameters"] = [name]
    return made


def _post(
    summary: str, request: tuple[str, str], answer: tuple[str, str], errors: set[int], *, bearer: bool = True
) -> dict[str, Any]:
    content = {request[0]: {"schema": {"$ref": f"#/components/schemas/{request[1]}"}}}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": content},
            "responses": {"200": _answer("Taken in.", *answer)} | _refusals(errors),
            "security": [_BEARER] if bearer else [],
        }
    }


def _refusals(errors: set[int]) -> dict[str, Any]:
    return {str(status): _answer("Refused; see `error`.", _JSON, "Error") for status in sorted(errors)}


def _answer(description: str, kind: str, schema: str) -> dict[str, Any]:
    body = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    return {"description": description, "content": {kind: {"schema": body}}}


def _schema(kind: type[Any], tagged: bool) -> dict[str, Any]:
    """The schema of a type with its parts inside; `tagged`: the tag travels beside the fields, not among them."""
    made = msgspec.json.schema(kind)
    parts = made.pop("$defs")
    top: dict[str, Any] = parts.pop(made["$ref"].rpartition("/")[2])
    if tagged:
        (tag,) = (kind.__struct_config__.tag_field,)
        top["properties"].pop(tag)
        top["required"] = [name for name in top.get("required", ()) if name != tag]
    if parts:
        top["$defs"] = parts
    return top
