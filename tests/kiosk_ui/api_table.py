"""The table of calls in docs/api.md, made from the OpenAPI file: python -m tests.kiosk_ui.api_table writes it anew."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- calls -->\n", "<!-- end of calls -->\n"


def table(described: dict[str, Any]) -> str:
    """A row a call: method and path below /api/v1, scope, what goes in, what it does."""
    rows = ["| call | scope | what goes in, and what it does |", "| --- | --- | --- |"]
    for path, verbs in sorted(described["paths"].items()):
        for verb, said in sorted(verbs.items()):
            scope = re.search(r"Scope `([a-z]+)`", said.get("description", ""))
            words = re.sub(rf"^{verb}:? ?", "", said["summary"], flags=re.IGNORECASE).replace("|", "\\|")
            name = path.removeprefix("/api/v1")
            rows.append(f"| `{verb.upper()} {name}` | {scope[1] if scope else 'anybody'} | {words} |")
    return "\n".join(rows) + "\n"


def written(page: str, described: dict[str, Any]) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table(described) + END + rest.partition(END)[2]


if __name__ == "__main__":
    _page = DOCS / "api.md"
    _described = json.loads((DOCS / "api/openapi.json").read_text("utf-8"))
    _page.write_text(written(_page.read_text("utf-8"), _described), "utf-8")
