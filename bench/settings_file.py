"""A settings file from a mapping: just enough TOML for tables of plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_toml(path: Path, raw: Mapping[str, Any]) -> None:
    """Writes tables, and tables of tables; a JSON string, number or array of strings is TOML as well."""
    lines: list[str] = []
    for name, table in raw.items():
        nested = all(isinstance(value, Mapping) for value in table.values())
        for section, values in table.items() if nested else [("", table)]:
            lines.append(f"[{name}.{section}]" if section else f"[{name}]")
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n")
