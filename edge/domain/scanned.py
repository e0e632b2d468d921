"""What was scanned? One ordered classifier; the first row of the table that fits decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from edge.domain.refusals import PayCodeElsewhere
from edge.domain.scanned_goods import NO_FACTS, GoodsFacts, check_digit_ok
from edge.domain.scanned_refusals import ProductInPay
from edge.domain.scanned_variable import Layout, read_label

__all__ = ["check_digit_ok"]


class ScanKind(Enum):
    """What a scanned or typed text is (value stored and shown)."""

    PICKUP = "pickup"
    PICKUP_DIGITS = "pickup_digits"
    COUPON = "coupon"
    MEMBER = "member"
    CARD = "card"
    BADGE = "badge"
    PAY_WECHAT = "pay_wechat"
    PAY_ALIPAY = "pay_alipay"
    PAY_UNIONPAY = "pay_unionpay"
    PAY_OTHER = "pay_other"
    GTIN = "gtin"
    VARIABLE = "variable"
    GS1 = "gs1"
    ORDER = "order"
    URL = "url"
    UNKNOWN = "unknown"


PAY_KINDS = frozenset(
    {ScanKind.PAY_WECHAT, ScanKind.PAY_ALIPAY, ScanKind.PAY_UNIONPAY, ScanKind.PAY_OTHER},
)
"""Bearer tokens for somebody's money: taken only where a payment is open, never stored, never logged."""
GOODS_KINDS = frozenset({ScanKind.GTIN, ScanKind.VARIABLE, ScanKind.GS1})
"""Codes of things that are sold (a URL is one only where its facts name a GTIN)."""
_SHOWABLE = GOODS_KINDS | {ScanKind.ORDER}
"""Kinds whose text is nobody's secret; a mistyped or cut pay code is of kind UNKNOWN."""


class Expecting(Enum):
    """What the place that receives the scan is waiting for; eight digits are a GTIN-8 or a pickup code by it."""

    ANYTHING = "anything"
    PICKUP = "pickup"
    PAYMENT = "payment"


@dataclass(frozen=True)
class Rules:
    """What a chain decides of its own codes: layouts of labels, and how its plastic member cards begin.

    `card_prefix` "": there are no such cards; `card_digits` their whole length.
    """

    layouts: tuple[Layout, ...] = ()
    card_prefix: str = ""
    card_digits: int = 0


PLAIN = Rules()
"""A chain without labels and cards of its own."""


@dataclass(frozen=True, repr=False)
class Scanned:
    """A text and what it is. `value` is what the rest of the house uses: code, GTIN (as 14 digits), element string.

    `facts` of goods: everything else that the code says. Its repr never holds what could be a secret.
    """

    kind: ScanKind
    value: str
    facts: GoodsFacts = NO_FACTS

    @property
    def names_goods(self) -> bool:
        """Whether this is a code of something that is sold."""
        return self.kind in GOODS_KINDS or bool(self.facts.gtin)

    @property
    def trusted(self) -> bool:
        """Whether the code proves who shows it; a plastic card's number can be copied by anybody."""
        return self.kind is not ScanKind.CARD

    def __repr__(self) -> str:
        return f"Scanned({log_form(self)})"


Read = Callable[[str, Rules], Scanned | None]


def log_form(seen: Scanned) -> str:
    """What a log may hold of a scan: `gtin:06901234567892`, `paycode:wechat:len18`, `member:len90`."""
    if seen.kind in PAY_KINDS:
        return f"paycode:{seen.kind.value.removeprefix('pay_')}:len{len(seen.value)}"
    return f"{seen.kind.value}:{seen.value if seen.kind in _SHOWABLE else f'len{len(seen.value)}'}"


def in_place(seen: Scanned, expecting: Expecting) -> Scanned:
    """The same, if it may be shown there; raises PayCodeElsewhere and ProductInPay.

    A payment code counts only where a payment is open, and where one is open the basket does not change.
    """
    if seen.kind in PAY_KINDS and expecting is not Expecting.PAYMENT:
        raise PayCodeElsewhere
    if seen.names_goods and expecting is Expecting.PAYMENT:
        raise ProductInPay
    return seen


def classify(text: str, expecting: Expecting = Expecting.ANYTHING, rules: Rules = PLAIN) -> Scanned:
    """What `text` is; never raises. White space around it is the scanner's or the typist's, and falls away."""
    if len(text) > _LONGEST:
        return Scanned(ScanKind.UNKNOWN, text[:_LONGEST])
    # 0x1D is white space to Python: at the start it is FNC1, which says that a GS1 element string follows.
    told_gs1 = text.startswith("\x1d")
    text = text.strip()
    if text.isdecimal():
        # A Chinese input method types full-width digits; they mean the same. Codes have one spelling only.
        text = unicodedata.normalize("NFKC", text)
    aim = _AIM.match(text)
    if told_gs1 or (aim is not None and aim[0] in _GS1_AIMS):
        body = text[3:] if aim is not None else text
        return _elements(body, rules) or Scanned(ScanKind.UNKNOWN, text)
    if aim is not None:
        # What a composite code says beside the number on its bars stands behind a `|`.
        text = text[3:].partition("|]e0")[0]
    if expecting is Expecting.PICKUP and re.fullmatch(r"[0-9]{8}", text):
        return Scanned(ScanKind.PICKUP_DIGITS, text)
    for read in _TABLE:
        seen = read(text, rules)
        if seen is not None:
            return seen
    if expecting is Expecting.PAYMENT and re.fullmatch(r"[0-9]{16,24}", text):
        # A wallet that is new: the provider knows it or refuses it.
        return Scanned(ScanKind.PAY_OTHER, text)
    return Scanned(ScanKind.UNKNOWN, text)


def _like(kind: ScanKind, pattern: str) -> Read:
    shape = re.compile(pattern, re.ASCII)
    return lambda text, _: Scanned(kind, text) if shape.fullmatch(text) else None


def _card(text: str, rules: Rules) -> Scanned | None:
    if rules.card_prefix and text.startswith(rules.card_prefix) and len(text) == rules.card_digits:
        return Scanned(ScanKind.CARD, text) if re.fullmatch(r"[0-9]+", text) else None
    return None


def _variable(text: str, rules: Rules) -> Scanned | None:
    # GB/T 18283 and GS1: 13 digits that begin with 2 (or 02, which UPC readers give as 12 digits) are the shop's own.
    digits = text.zfill(13)
    if not re.fullmatch(r"[0-9]{12,13}", text) or not check_digit_ok(digits):
        return None
    facts = read_label(digits, rules.layouts)
    if facts is None:
        # Of no layout: an article of the shop's own that is sold by the piece, if the catalogue has it.
        own = len(text) == 13 and text.startswith("2")
        return Scanned(ScanKind.VARIABLE, text, GoodsFacts(gtin=text.zfill(14))) if own else None
    return Scanned(ScanKind.VARIABLE, text, facts) if facts.plu else Scanned(ScanKind.UNKNOWN, text)


def _gtin(text: str, _: Rules) -> Scanned | None:
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", text):
        return None
    longer = _upc_e(text)
    found = [number.zfill(14) for number in (text if check_digit_ok(text) else "", longer) if number]
    if not found:
        return None
    return Scanned(ScanKind.GTIN, found[0], GoodsFacts(gtin=found[0], also=tuple(found[1:])))


def _upc_e(text: str) -> str:
    """The UPC-A of eight digits that may be a UPC-E, which has the check digit of its UPC-A; else ""."""
    if not re.fullmatch(r"[01][0-9]{7}", text):
        return ""
    from biip import ParseError
    from biip.upc import Upc

    try:
        return Upc.parse(text).as_upc_a()
    except ParseError:
        return ""


def _elements(text: str, _: Rules) -> Scanned | None:
    from edge.domain.scanned_gs1 import read_elements

    facts = read_elements(text)
    return None if facts is None else Scanned(ScanKind.GS1, text, facts)


def _bare_elements(text: str, rules: Rules) -> Scanned | None:
    """Without a word of the scanner's: only what begins like goods do, else every number would be one."""
    return _elements(text, rules) if _BARE.match(text) else None


def _address(text: str, _: Rules) -> Scanned | None:
    if not _URL.fullmatch(text):
        return None
    from edge.domain.scanned_gs1 import read_link, read_plain

    facts = read_link(text)
    if facts is not None:
        return Scanned(ScanKind.GS1, text, facts)
    return Scanned(ScanKind.URL, text, read_plain(text) or NO_FACTS)


_LONGEST = 2048
"""More than the largest QR code of the formats in use holds is no code."""
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_AIMS = frozenset({"]C1", "]d2", "]Q3", "]e0", "]J1"})
"""AIM identifiers (ISO/IEC 15424) that promise GS1 element strings."""
_BARE = re.compile(r"(?:0[012][0-9]{14}|00[0-9]{18}|8006[0-9]{18}|\((?:0[012]|8006)\))", re.ASCII)
_URL = re.compile(r"(?i:https?)://[!-~]{1,2000}")
_TABLE: tuple[Read, ...] = (
    _like(ScanKind.PICKUP, r"PK1\..{1,600}"),
    _like(ScanKind.COUPON, r"CP1\..{1,600}"),
    _like(ScanKind.MEMBER, r"MB1\..{1,600}"),
    _like(ScanKind.BADGE, r"SB1\.[A-Z2-7]{16,64}"),
    _like(ScanKind.PAY_WECHAT, r"1[0-5]\d{16}"),
    _like(ScanKind.PAY_ALIPAY, r"(?:2[5-9]|30)\d{14,22}"),
    _like(ScanKind.PAY_UNIONPAY, r"62\d{17}"),
    # EMV consumer-presented mode: base64 of a template that begins with 85 05 "CPV01".
    _like(ScanKind.PAY_OTHER, r"hQVDUFYwM[A-Za-z0-9+/]{8,700}={0,2}"),
    # After them: a card's number that looks like a payment code is treated with a payment code's care.
    _card,
    _variable,
    _gtin,
    _like(ScanKind.ORDER, r"[A-Z]{2}\d{8,20}"),
    _bare_elements,
    _address,
)
