"""Forms as a browser without scripts sends them."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

FORM = re.compile(r'<form[^>]*action="/cashier/(?P<to>[a-z-]+)"[^>]*>(?P<inside>.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="(?P<name>[^"]+)"[^>]*value="(?P<value>[^"]*)"')


def submit(client: FlaskClient, page: str, to: str, index: int = 0, **more: str) -> Any:
    """Sends a form of the page the way a browser without scripts does, and follows its 303."""
    forms = [m["inside"] for m in FORM.finditer(page) if m["to"] == to]
    assert len(forms) > index, f"no form {to} on the page"
    fields = {m["name"]: m["value"] for m in FIELD.finditer(forms[index])}
    return client.post(f"/cashier/{to}", data=fields | more, follow_redirects=True)
