"""What people write in their own words (why, a note): kept for long, so nobody's card number may be in it."""

from __future__ import annotations

import re

_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)", re.ASCII)
NAMES = frozenset({"reason", "why", "note", "comment"})
"""Fields that hold such words, in forms and in bodies."""


def card_in(text: str) -> str:
    """The end of a card number that stands in a text (its last four digits), "" where there is none.

    13 to 19 digits, blanks and dashes between them, whose check digit is right (ISO/IEC 7812-1, Luhn).
    """
    for found in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", found[0])
        if _luhn(digits):
            return digits[-4:]
    return ""


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(one, 10)) for one in doubled) % 10 == 0
