"""A row of a file of price rules or tiers, and the rule that it says: NDJSON says all, CSV what fits into cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edge.domain.promotion_rules import Rule, TierTerms
from sync.hub.sheet import RowRefused, fen_of

RULE_COLUMNS = tuple(
    "rule version level name_zh name_en do with threshold threshold_on include exclude priority group stack unless "
    "channels stores tiers starts ends windows order_yuan order_times member_times budget_yuan needs_online "
    "ended tier off_percent vs_promo free_delivery points_per_100_yuan".split()
)
_SCOPES = {"sku": "skus", "category": "categories", "brand": "brands", "tag": "tags"}
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d))?%?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_YES = {"": False, "no": False, "0": False, "yes": True, "1": True}


def rule_or_tier(cells: Mapping[str, Any], form: str) -> Rule | TierTerms:
    """What a row says: a rule, or, where it names a `tier` and no `rule`, that tier's terms; raises RowRefused."""
    values = dict(cells) if form == "ndjson" else _values(cells)
    kind: type[Rule | TierTerms] = TierTerms if "tier" in values and "rule" not in values else Rule
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    if strange := sorted(values.keys() - known):
        raise RowRefused(
            f"a {'tier' if kind is TierTerms else 'rule'} does not know {', '.join(strange)[:80]}"
        )
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise RowRefused(str(error)) from None


def _values(cells: Mapping[str, Any]) -> dict[str, Any]:
    """CSV cells as JSON values; a blank cell says nothing."""
    given = {name: text for name, text in cells.items() if text != ""}
    values: dict[str, Any] = {}
    for read, names in _PLAIN.items():
        values |= {name: read(name, given[name]) for name in names if name in given}
    if "off_percent" in given:
        values["off_mille"] = _mille(given["off_percent"])
    if "do" in given:
        values["benefit"] = _benefit(given["do"], given.get("with", ""))
    if "threshold" in given:
        values["threshold"] = _threshold(given["threshold"], given.get("threshold_on", ""))
    if "windows" in given:
        values["windows"] = [_window(text) for text in given["windows"].split(";") if text.strip()]
    caps: dict[str, int] = {}
    for name in ("order_times", "member_times"):
        if name in given:
            caps[name] = _number(name, given[name])
    for name in ("order", "budget"):
        if f"{name}_yuan" in given:
            caps[f"{name}_fen"] = fen_of(given[f"{name}_yuan"])
    return {**values, "caps": caps} if caps else values


def _number(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise RowRefused(f"{name} {text[:20]!r} is not a whole number")
    return int(text)


def _yes(name: str, text: str) -> bool:
    if text.lower() not in _YES:
        raise RowRefused(f"{name} {text[:20]!r} is not yes or no")
    return _YES[text.lower()]


def _mille(text: str) -> int:
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        raise RowRefused(f"{text[:20]!r} is not a percentage off like 10 or 12.5")
    return int(found[1]) * 10 + int(found[2] or 0)


def _scope(text: str) -> dict[str, list[str]]:
    """sku:A1 category:tea brand:x tag:new; what names no kind is a SKU."""
    scope: dict[str, list[str]] = {}
    for word in text.split():
        kind, colon, name = word.partition(":")
        if colon and kind not in _SCOPES:
            raise RowRefused(f"{word[:40]!r}: goods are named by {', '.join(_SCOPES)}")
        scope.setdefault(_SCOPES[kind] if colon else "skus", []).append(name if colon else word)
    return scope


_PLAIN: Mapping[Callable[[str, str], Any], tuple[str, ...]] = {
    lambda _, text: text: (
        "rule",
        "tier",
        "level",
        "name_zh",
        "name_en",
        "group",
        "starts",
        "ends",
        "vs_promo",
    ),
    lambda _, text: text.split(): ("stack", "unless", "channels", "stores", "tiers"),
    lambda _, text: _scope(text): ("include", "exclude"),
    _number: ("version", "priority", "points_per_100_yuan"),
    _yes: ("needs_online", "ended", "free_delivery"),
}


def _threshold(text: str, on: str) -> dict[str, Any]:
    """200 or 199.90 yuan, 2 pcs or 2件."""
    pieces = re.fullmatch(r"(\d{1,6})\s*(?:pcs|件)", text.strip(), re.ASCII)
    if pieces:
        return {"at_least": int(pieces[1]), "of": "qty", "on": on}
    return {"at_least": fen_of(text), "on": on}


def _steps(text: str) -> list[dict[str, int]]:
    """300:40 500:80 is yuan off from so many yuan; 2pcs:10% 3pcs:20% is by pieces."""
    steps = []
    for word in text.split():
        least, colon, off = word.partition(":")
        if not colon:
            raise RowRefused(f"step {word[:40]!r} is not like 300:40 or 2pcs:10%")
        low = _number("step", least.removesuffix("pcs")) if least.endswith("pcs") else fen_of(least)
        gives = {"off_mille": _mille(off)} if off.endswith("%") else {"fen": fen_of(off)}
        steps.append({"at_least": low, **gives})
    return steps


def _pairs(text: str) -> dict[str, str]:
    pairs = dict(word.partition("=")[::2] for word in text.split())
    if strange := sorted(pairs.keys() - {"yuan", "percent", "n", "every", "same_sku"}):
        raise RowRefused(f"with does not know {', '.join(strange)[:60]}")
    return pairs


def _benefit(do: str, text: str) -> dict[str, Any]:
    if do not in _CELLS:
        raise RowRefused(
            f"do {do[:20]!r} does not fit into cells ({', '.join(_CELLS)} do): write it as NDJSON"
        )
    try:
        return {"do": do, **_CELLS[do](text)}
    except KeyError as missing:
        raise RowRefused(f"with of {do} needs {missing.args[0]}=") from None


def _ladder(text: str) -> dict[str, Any]:
    return {"steps": _steps(text), "of": "qty" if "pcs" in text else "fen"}


def _nth(text: str) -> dict[str, Any]:
    pairs = _pairs(text)
    same = _yes("same_sku", pairs.get("same_sku", ""))
    return {"n": _number("n", pairs["n"]), "off_mille": _mille(pairs["percent"]), "same_sku": same}


_CELLS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "percent": lambda text: {"off_mille": _mille(_pairs(text)["percent"])},
    "fixed_price": lambda text: {"fen": fen_of(_pairs(text)["yuan"])},
    "unit_off": lambda text: {"fen": fen_of(_pairs(text)["yuan"])},
    "nth": _nth,
    "count": lambda text: {"steps": _steps(text)},
    "off": lambda text: {
        "fen": fen_of(_pairs(text)["yuan"]),
        "every": _yes("every", _pairs(text).get("every", "")),
    },
    "ladder": _ladder,
}


def _window(text: str) -> dict[str, Any]:
    """1-5 18:00-20:00, 6,7, d8 10:00-22:00: weekdays, days of the month (d), hours."""
    window: dict[str, Any] = {}
    for word in text.split():
        if ":" in word:
            window["start"], _, window["end"] = word.partition("-")
        elif word.startswith("d"):
            window["month_days"] = _days(word[1:])
        else:
            window["days"] = _days(word)
    return window


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        first = _number("day", low)
        days += range(first, (_number("day", high) if dash else first) + 1)
    return days
