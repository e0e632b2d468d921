"""What was scanned? One ordered classifier; the first row of the table that fits decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class ScanKind(Enum):
    """What a scanned or typed text is (value stored and shown)."""

    PICKUP = "pickup"
    PICKUP_DIGITS = "pickup_digits"
    COUPON = "coupon"
    MEMBER = "member"
    BADGE = "badge"
    PAY_WECHAT = "pay_wechat"
    PAY_ALIPAY = "pay_alipay"
    PAY_UNIONPAY = "pay_unionpay"
    GTIN = "gtin"
    VARIABLE = "variable"
    GS1 = "gs1"
    ORDER = "order"
    URL = "url"
    UNKNOWN = "unknown"


PAY_KINDS = frozenset({ScanKind.PAY_WECHAT, ScanKind.PAY_ALIPAY, ScanKind.PAY_UNIONPAY})
"""Bearer tokens for somebody's money: taken only where a payment is open, never stored, never logged."""


class Expecting(Enum):
    """What the place that receives the scan is waiting for; eight digits are a GTIN-8 or a pickup code by it."""

    ANYTHING = "anything"
    PICKUP = "pickup"


@dataclass(frozen=True)
class Scanned:
    """A text and what it is. `value` is what the rest of the house uses: code, GTIN (as 14 digits) ..."""

    kind: ScanKind
    value: str


def check_digit_ok(digits: str) -> bool:
    """GS1 mod-10 check digit of a GTIN-8/12/13/14 (GS1 General Specifications, 7.9)."""
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return total % 10 == 0


def _gtin(text: str) -> str | None:
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", text) or not check_digit_ok(text):
        return None
    return text.zfill(14)


def _variable(text: str) -> str | None:
    # GB/T 18283: 13 digits that begin with 2 are the shop's own; the layout is the chain's (stage of prices).
    return text if re.fullmatch(r"2[0-9]{12}", text) and check_digit_ok(text) else None


def _like(pattern: str) -> Callable[[str], str | None]:
    shape = re.compile(pattern, re.ASCII)
    return lambda text: text if shape.fullmatch(text) else None


_TABLE: tuple[tuple[ScanKind, Callable[[str], str | None]], ...] = (
    (ScanKind.PICKUP, _like(r"PK1\..{1,600}")),
    (ScanKind.COUPON, _like(r"CP1\..{1,600}")),
    (ScanKind.MEMBER, _like(r"MB1\..{1,600}")),
    (ScanKind.BADGE, _like(r"SB1\.[A-Z2-7]{16,64}")),
    (ScanKind.PAY_WECHAT, _like(r"1[0-5]\d{16}")),
    (ScanKind.PAY_ALIPAY, _like(r"(?:2[5-9]|30)\d{14,22}")),
    (ScanKind.PAY_UNIONPAY, _like(r"62\d{17}")),
    (ScanKind.VARIABLE, _variable),
    (ScanKind.GTIN, _gtin),
    (ScanKind.ORDER, _like(r"[A-Z]{2}\d{8,20}")),
    (ScanKind.GS1, _like(r"(?:\](?:C1|d2|Q3|e0))?(?:01\d{14}|8006\d{18}|00\d{18})[\x1d!-z]*")),
    (ScanKind.URL, _like(r"(?i:https?)://[!-~]{1,1000}")),
)


def classify(text: str, expecting: Expecting = Expecting.ANYTHING) -> Scanned:
    """What `text` is. White space around it is the scanner's or the typist's, and falls away."""
    text = text.strip()
    if text.isdecimal():
        # A Chinese input method types full-width digits; they mean the same. Codes have one spelling only.
        text = unicodedata.normalize("NFKC", text)
    if expecting is Expecting.PICKUP and re.fullmatch(r"[0-9]{8}", text):
        return Scanned(ScanKind.PICKUP_DIGITS, text)
    for kind, match in _TABLE:
        value = match(text)
        if value is not None:
            return Scanned(kind, value)
    return Scanned(ScanKind.UNKNOWN, text)
