"""Holds every answer of /api/v1 that a test sees to the API's own description."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

from kiosk_ui.api.calls import call_of
from kiosk_ui.api.described import PREFIX, openapi


def hold_to_its_description(app: Flask) -> None:
    """Adds a check after each request; an answer that is not as described fails the test."""
    made: dict[str, Any] = {}

    def check(answer: Response) -> Response:
        if not request.path.startswith(PREFIX):
            return answer
        if not made:
            made.update(openapi(app, "0"))
        if answer.status_code >= 400:
            _valid(made, {"$ref": "#/components/schemas/Problem"}, answer)
            return answer
        view = app.view_functions[request.endpoint or ""]
        found = call_of(view)
        assert found is not None, f"{request.endpoint} is not marked with a call"
        assert answer.status_code == found.status, (request.path, answer.status_code)
        if found.answer == (str,):
            assert answer.mimetype == "text/plain"
        elif found.scope:
            shapes = [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in found.answer]
            _valid(made, {"anyOf": shapes}, answer)
        return answer

    app.after_request(check)


def _valid(made: dict[str, Any], schema: dict[str, Any], answer: Response) -> None:
    whole = {**schema, "components": made["components"]}
    errors = [
        f"{list(one.absolute_path)}: {one.message}"
        for one in Draft202012Validator(whole).iter_errors(answer.json)
    ]
    assert not errors, f"{request.path}: {errors[:3]} in {json.dumps(answer.json)[:300]}"
