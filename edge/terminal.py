"""What devices and codes say, fit for a terminal: nothing in it moves the cursor or runs backwards."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping

_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]*@")


def plain(text: str) -> str:
    """The text with every control and every mark of direction (bidi, separators of lines) replaced; line ends and
    tabs stay."""
    return "".join(char if _harmless(char) else "\N{REPLACEMENT CHARACTER}" for char in text)


def json_line(fields: Mapping[str, object]) -> str:
    """The fields as one line of JSON; what would not be plain is escaped, so nothing is lost."""
    said = json.dumps(fields, ensure_ascii=False)
    return "".join(char if _harmless(char) else json.dumps(char)[1:-1] for char in said)


def nameless(address: str) -> str:
    """An address without the name and the password in it: rtsp://camera:secret@10.0.0.9/ is rtsp://10.0.0.9/."""
    return _IN_ADDRESS.sub("", address)


def _harmless(char: str) -> bool:
    return char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp", "Cs"}


def some(count: int, thing: str) -> str:
    """A number and what is counted, in English that takes an s: 1 printer, 2 printers."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
