"""GS1 element strings and Digital Link URIs: read by biip, believed only after checks that it leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from urllib.parse import parse_qsl, unquote, urlsplit

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

from edge.domain.scanned_goods import GoodsFacts, check_digit_ok

_POUND_G = 453.59237
_RENMINBI = "156"
_LAST_OF_2000S = 76
"""Two digits of a year up to this one are 20xx, others 19xx: GS1's sliding century as it stands until 2027."""
_FAILS = (ParseError, ValueError, IndexError, AssertionError, ArithmeticError, AttributeError, KeyError)
"""What biip raises for texts that are not GS1's; only the first of them on purpose."""
_GTIN_AIS = ("01", "02", "8006")
_QUALIFIERS = frozenset({"10", "21", "22", "235"})
"""Key qualifiers of a GTIN: their place is the path (GS1 Digital Link URI syntax, 4.3)."""
_LINK_KEYS = frozenset({"01", "8006"})
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:\\\(|[^(])+)", re.ASCII)
_WHOLE_BRACKETED = re.compile(rf"(?:{_BRACKETED.pattern})+", re.ASCII)
_CODE = re.compile(r"[0-9]{12,14}", re.ASCII)


def read_elements(text: str) -> GoodsFacts | None:
    """Facts of an element string (FNC1 as 0x1D, without AIM identifier), or of its bracketed form; None: not sound."""
    if not text.strip("\x1d "):
        return None
    try:
        found = _bracketed(text) if text.startswith("(") else GS1Message.parse(text).element_strings
    except _FAILS:
        return None
    return _believed(found)


def _bracketed(text: str) -> list[GS1ElementString]:
    """As printed under a code, or typed: each identifier in brackets, one of the data itself after a backslash."""
    if not _WHOLE_BRACKETED.fullmatch(text):
        raise ValueError(text)
    return [
        GS1ElementString.parse(f"{ai}{data}".replace("\\(", "(")) for ai, data in _BRACKETED.findall(text)
    ]


def read_link(uri: str) -> GoodsFacts | None:
    """Facts of an uncompressed Digital Link of any domain; None where there is none, or it is not sound."""
    scheme, colon, rest = uri.partition(":")
    if scheme not in ("http", "https", "HTTP", "HTTPS"):
        return None
    try:
        link = GS1DigitalLinkURI.parse(f"{scheme.lower()}{colon}{rest}")
        parts = urlsplit(uri)
        asked = [
            (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key.isdecimal()
        ]
    except _FAILS:
        return None
    told = [element.ai.ai for element in link.element_strings]
    keys = [key for key, _ in asked]
    # Said twice, which holds? A batch belongs into the path; a number that is no identifier is a slip of somebody's.
    odd = len(set(keys)) < len(keys) or not set(keys) <= set(told) or not all(value for _, value in asked)
    in_path = told[: len(told) - len(keys)]
    if odd or set(in_path) & set(keys) or set(keys) & _QUALIFIERS:
        return None
    return _believed(link.element_strings)


def read_plain(uri: str) -> GoodsFacts | None:
    """The one GTIN of 12 to 14 digits that stands in a plain address as a path segment or a value; None: none."""
    try:
        parts = urlsplit(uri)
        if not _LINK_KEYS.isdisjoint(parts.path.split("/")):
            # A Digital Link that was not sound: sold by its number alone, its dates would go unread.
            return None
        words = [*map(unquote, parts.path.split("/")), *(value for _, value in parse_qsl(parts.query))]
    except _FAILS:
        return None
    found = {word.zfill(14) for word in words if _CODE.fullmatch(word) and check_digit_ok(word)}
    return GoodsFacts(gtin=found.pop()) if len(found) == 1 else None


def _believed(elements: Iterable[GS1ElementString]) -> GoodsFacts | None:
    """The facts, if every check holds: check digits, no field told twice with another value, dates that exist."""
    told: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for one in elements:
        ai = one.ai.ai
        wrong_digit = one.gtin_error or one.sscc_error or one.gln_error
        if wrong_digit or not one.value or told.get(ai, one.value) != one.value:
            return None
        told[ai] = one.value
        groups[ai] = one.pattern_groups
    gtin = next((groups[ai][0][:14] for ai in _GTIN_AIS if ai in told), "")
    numbers = [gtin, told.get("8003", "")[:14]]
    if not told or not all(check_digit_ok(number) for number in numbers if number):
        return None
    if len(told.get("7007", "")) not in (0, 6, 12):
        return None
    try:
        return GoodsFacts(
            gtin=gtin,
            batch=told.get("10", ""),
            serial=told.get("21", ""),
            expiry=_date(told.get("17") or told.get("7003", "")[:6]),
            best_before=_date(told.get("15", "")),
            sell_by=_date(told.get("16", "")),
            produced=_date(told.get("11", "")),
            grams=_grams(told),
            price_fen=_fen(told),
            count=_count(told),
        )
    except ValueError:
        return None


def _date(text: str) -> date | None:
    """YYMMDD; day 00 is the last of the month (GS1 General Specifications, 3.4.2). Raises ValueError."""
    if not text:
        return None
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:6])
    year += 2000 if year <= _LAST_OF_2000S else 1900
    if day:
        return date(year, month, day)
    following = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _grams(told: dict[str, str]) -> int | None:
    """Net weight: AI 310n in kilograms, 320n in pounds, n places after the point; half a gram is rounded up."""
    for ai, value in told.items():
        if len(ai) == 4 and ai[:3] in ("310", "320"):
            unit = 1000.0 if ai[:3] == "310" else _POUND_G
            return int(int(value) * unit / 10 ** int(ai[3]) + 0.5)
    return None


def _fen(told: dict[str, str]) -> int | None:
    """Amount payable: AI 392n in the local currency, 393n with its ISO number, of which only 156 is taken."""
    for ai, value in told.items():
        if len(ai) != 4 or ai[:3] not in ("392", "393"):
            continue
        if ai[:3] == "393" and not value.startswith(_RENMINBI):
            raise ValueError("another currency")
        amount = value[3:] if ai[:3] == "393" else value
        scale: int = 10 ** int(ai[3])
        return (int(amount) * 200 + scale) // (2 * scale)
    return None


def _count(told: dict[str, str]) -> int | None:
    text = told.get("30") or told.get("37")
    return int(text) if text else None
