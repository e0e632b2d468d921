"""What a line of a log or a setting may say outside the shop: nothing that looks like a person, a code or a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_SECRET_NAMES = re.compile(
    r"token|secret|password|passphrase|pin\b|private|_key|sha256|serial|seed|account", re.IGNORECASE
)
_SECRET_TABLES = frozenset({"wechat", "alipay"})
"""A merchant's own account: nobody outside needs any word of it."""
REMOVED = "[removed]"
_DIGITS = 100_000
"""A number of six digits or more in the log may be somebody's."""
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=://)[^/@\s]*@"), ""),
    (re.compile(r"\b(?:PK|SB|MB|CP)\d?\.[A-Za-z0-9_-]+"), "[code]"),
    (re.compile(r"\$argon2\S*"), "[hash]"),
    (re.compile(r"\bbearer\s+\S+", re.IGNORECASE), "bearer [removed]"),
    (re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[A-Za-z]{2,}"), "[mail]"),
    # Longer than any word of ours: keys, tokens, hashes, whatever they are written in.
    (re.compile(r"(?<![A-Za-z0-9_/.-])[A-Za-z0-9_+/=-]{32,}"), "[long]"),
    # A phone, a pickup number, a receipt, a PIN, a barcode. Years, ports and milliseconds are shorter.
    (re.compile(r"\d(?:[ -]?\d){5,}"), "[digits]"),
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u00b7*]{2,}|[\u3400-\u9fff\uf900-\ufaff]")


def scrubbed(text: str) -> str:
    """The text without names in Chinese, mail addresses, codes, hashes, keys, and digits in a row of six or more;
    moments of time stay."""
    return _CHINESE.sub("[zh]", without_numbers(text))


def without_numbers(text: str) -> str:
    """The same, for a text of ours: its Chinese stays."""
    kept: list[str] = []
    at = 0
    for stamp in _STAMP.finditer(text):
        kept += [_ruled(text[at : stamp.start()]), stamp.group()]
        at = stamp.end()
    return "".join((*kept, _ruled(text[at:])))


def _ruled(text: str) -> str:
    for shape, word in _RULES:
        text = shape.sub(word, text)
    return text


def settings_told(settings: Mapping[str, Any], say: Callable[[str], str] = without_numbers) -> dict[str, Any]:
    """Settings, or a program's answer, for somebody outside: whatever is named like a secret is taken out, every text
    goes through `say`; figures stay."""
    told: dict[str, Any] = {}
    for name, value in settings.items():
        if name in _SECRET_TABLES or (_SECRET_NAMES.search(name) and value not in ("", None, False, True)):
            told[name] = REMOVED
        else:
            told[name] = _value(value, say)
    return told


def _value(value: Any, say: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return say(value)
    if isinstance(value, Mapping):
        return settings_told(value, say)
    if isinstance(value, list | tuple):
        return [_value(one, say) for one in value]
    return value


def log_told(line: str) -> str:
    """A line of the log for somebody outside; one that is a JSON object stays one."""
    try:
        fact = json.loads(line)
    except ValueError:
        return scrubbed(line)
    if not isinstance(fact, dict):
        return scrubbed(line)
    told = settings_told(fact, scrubbed)
    whole = {name: scrubbed(str(one)) if _big(one) else one for name, one in told.items()}
    return json.dumps(whole, ensure_ascii=False)


def _big(value: Any) -> bool:
    return isinstance(value, int) and abs(value) >= _DIGITS
