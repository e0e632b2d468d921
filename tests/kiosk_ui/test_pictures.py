"""The pictures of goods that nobody photographed: drawn by rule, the same each time, and harmless."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from flask.testing import FlaskClient

from kiosk_ui.pictures import draw


@pytest.mark.parametrize(
    "hint", ["茶", "milk", "水果", "", "数码", "no such thing", "酒", "衣", "book", "家居"]
)
def test_a_picture_is_an_svg_and_always_the_same(hint: str) -> None:
    drawn = draw("SKU-1", hint)
    assert drawn == draw("SKU-1", hint)
    assert drawn != draw("SKU-2", hint)
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own text


def test_a_picture_can_run_nothing_and_quotes_nobody(client: FlaskClient) -> None:
    answer = client.get("/picture/%22%3E%3Cscript%3E.svg?c=%3Cscript%3E")
    assert answer.status_code == 200
    assert answer.content_type.startswith("image/svg+xml")
    assert "script" not in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "max-age" in answer.headers["Cache-Control"]
