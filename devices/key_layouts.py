"""What each key of a keyboard means, by layout: Linux key codes to characters, plain, with Shift, with AltGr."""

from __future__ import annotations

from typing import Literal

Layout = Literal["us", "fr", "de"]

# Linux input-event-codes.h, row by row: grave 1..= ; q..] ; a..' ; backslash, the extra key of ISO boards ; z../
_PLACES = (41, *range(2, 14), *range(16, 28), *range(30, 41), 43, 86, *range(44, 54))
# A space stands for "dead or nothing": such a key is not understood, and a code with it in it is not taken.
_ROWS: dict[Layout, tuple[str, str]] = {
    "us": (
        "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|>ZXCVBNM<>?',
    ),
    "fr": (
        "²&é\"'(-è_çà)=azertyuiop $qsdfghjklmù*<wxcvbn,;:!",
        " 1234567890°+AZERTYUIOP £QSDFGHJKLM%µ>WXCVBN?./§",
    ),
    "de": (
        " 1234567890ß qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
        "°!\"§$%&/()=? QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
    ),
}
_ALTGR: dict[Layout, dict[int, str]] = {
    "us": {},
    "fr": dict(zip((3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18), "~#{[|`\\^@]}€", strict=True)),
    "de": dict(zip((3, 4, 8, 9, 10, 11, 12, 16, 18, 27, 50, 86), "²³{[]}\\@€~µ|", strict=True)),
}
KEYPAD = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True))
"""Digits of the number block, as with Num Lock; scanners use them for Alt + number."""
NUMBER_BLOCK = {55: "*", 74: "-", 78: "+", 83: ".", 98: "/", **KEYPAD}
"""All of the number block that is a character."""


def characters(layout: Layout) -> tuple[dict[int, str], dict[int, str], dict[int, str]]:
    """(plain, with Shift, with AltGr): key code to character. A key that is in none of them is not a code's."""
    plain, shifted = (
        {place: char for place, char in zip(_PLACES, row, strict=True) if char != " "}
        | {57: " "}
        | NUMBER_BLOCK
        for row in _ROWS[layout]
    )
    return plain, shifted, _ALTGR[layout]
