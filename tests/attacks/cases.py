"""Codes that attackers show to a scanner: number in the list of attacks, name, text, and the refusal they must hear."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.domain import pickup_code
from edge.domain.pickup_code import Claims
from tests.kiosk_ui.conftest import ORDER, STORE

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
AHEAD = datetime(2096, 1, 1, tzinfo=UTC)
COLLECTED, WITHDRAWN = "WX2026112200018", "WX2026112200019"
WITHDRAWN_NONCE = "aa" * 10


@dataclass(frozen=True)
class Shown:
    """One code that is shown: `code` is what the refusal must be."""

    number: int
    name: str
    text: str
    code: str = "invalid"

    @property
    def id(self) -> str:
        return f"{self.number:02}-{self.name}"


def code(key: Ed25519PrivateKey = KEY, **more: object) -> str:
    """A pickup code of the open order that is good for decades, but for what `more` says."""
    facts: dict[str, object] = {
        "kid": 1,
        "store": STORE,
        "order": ORDER,
        "gen": 1,
        "not_after": AHEAD,
        "nonce": "0102030405060708090a",
    }
    return pickup_code.issue(Claims(**(facts | more)), key.sign)  # type: ignore[arg-type]


def shown() -> Iterator[Shown]:
    """All of them."""
    yield from _shapes()
    yield from _forged()
    yield from _claims()
    yield from _hostile()
    yield from _foreign()
    yield from _joined()


def _shapes() -> Iterator[Shown]:
    yield Shown(1, "empty", "", "bad_request")
    yield Shown(2, "one-space", " ")
    yield Shown(2, "ideographic-space", "\u3000")
    yield Shown(2, "no-break-space", "\u00a0")
    yield Shown(3, "4096-characters", "A" * 4096, "bad_request")
    yield Shown(3, "4096-of-our-prefix", "PK1." + "A" * 4092, "bad_request")
    yield Shown(3, "one-more-than-any-code", "PK1." + "A" * (pickup_code.MAX_TEXT - 3))
    yield Shown(4, "1-MB", "A" * (1 << 20), "too_large")
    yield Shown(5, "json", '{"ticketId":"1"}')
    yield Shown(5, "json-of-ours", f'{{"order":"{ORDER}"}}')
    yield Shown(5, "json-list", "[1]")


def _forged() -> Iterator[Shown]:
    good = code()
    last = "A" if good[-1] != "A" else "B"
    yield Shown(6, "last-character", good[:-1] + last)
    for at in range(4, len(good)):
        swap = "2" if good[at] != "2" else "3"
        yield Shown(6, f"character-{at}", good[:at] + swap + good[at + 1 :])
    yield Shown(7, "lower-case", good.lower())
    for name, old, new in (("O-0", "O", "0"), ("I-1", "I", "1"), ("B-8", "B", "8"), ("L-1", "L", "1")):
        if old in good[4:]:
            yield Shown(7, name, good[:4] + good[4:].replace(old, new, 1))
    for at in range(4, len(good)):
        if good[at].isalpha():
            yield Shown(7, f"lower-{at}", good[:at] + good[at].lower() + good[at + 1 :])
            yield Shown(7, f"wide-{at}", good[:at] + chr(ord(good[at]) + 0xFEE0) + good[at + 1 :])
    for at in (10, len(good) // 2, len(good) - 1):
        for name, sign in (("equals", "="), ("newline", "\n"), ("return", "\r"), ("blank", " ")):
            yield Shown(8, f"{name}-{at}", good[:at] + sign + good[at:])
    for count in (1, 2, 6):
        yield Shown(8, f"{count}-equals-at-the-end", good + "=" * count)


def _claims() -> Iterator[Shown]:
    yield Shown(9, "another-stores-key", code(OTHER))
    yield Shown(9, "another-store-signed-by-us", code(store="S00007"), "wrong_store")
    for kid in (0, 2, 3, 127, 255):
        yield Shown(10, f"kid-{kid}", code(kid=kid))
    for days in (1, 30, 3600):
        yield Shown(
            11, f"over-{days}-days", code(not_after=datetime.now(UTC) - timedelta(days=days)), "expired"
        )
    far = datetime(2106, 1, 1, tzinfo=UTC)  # the format's own end; it can say no year 9999
    yield Shown(12, "last-year-bad-signature", code(OTHER, not_after=far))
    yield Shown(12, "all-ones-not-after", _raw(OTHER, b"\x01" + b"\xff" * 4 + bytes(14) + b"\x01S\x01W"))
    yield Shown(13, "revoked", code(order=WITHDRAWN, nonce=WITHDRAWN_NONCE), "revoked")
    yield Shown(14, "collected", code(order=COLLECTED), "already_collected")
    chance = random.Random(17)  # noqa: S311 - the same garbage each time
    for number in range(40):
        yield Shown(
            17, f"garbage-{number}", _raw(KEY, chance.randbytes(chance.choice((0, 1, 5, 19, 20, 40, 90))))
        )


def _raw(key: Ed25519PrivateKey, body: bytes) -> str:
    blob = body + key.sign(pickup_code.PREFIX.encode() + body)
    return pickup_code.PREFIX + base64.b32encode(blob).decode().rstrip("=")


def _hostile() -> Iterator[Shown]:
    good = code()
    texts = (
        "' OR 1=1--",
        '" OR ""="',
        "1;DROP TABLE pickup",
        "%' OR '1'='1",
        "') UNION SELECT 1--",
        "1 OR 1",
    )
    for number, text in enumerate(texts):
        yield Shown(18, f"sql-{number}", text)
    marks = (
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%s%n",
        "${7*7}",
        "{0.__class__}",
        "<!--#exec-->",
        "$(id)",
    )
    for number, text in enumerate(marks):
        yield Shown(19, f"markup-{number}", text)
    for sign in "\x00\x1b\x1d\x11\x13\x7f\u202e\u200b\ufeff\u2028\ufffe":
        yield Shown(20, f"alone-{ord(sign):04x}", sign)
        yield Shown(20, f"amid-{ord(sign):04x}", good[:20] + sign + good[20:])


def _foreign() -> Iterator[Shown]:
    good = code()
    for name, text in (
        ("wifi", "WIFI:S:net;T:WPA;P:secret;;"),
        ("tel", "tel:+8613800138000"),
        ("javascript", "javascript:alert(1)"),
        ("http", "http://evil.example/?c=" + good),
        ("https", "https://evil.example/"),
        ("data", "data:text/html,<b>"),
        ("file", "file:///etc/passwd"),
        ("mail", "mailto:a@b.example"),
    ):
        yield Shown(24, name, text)
    for number, text in enumerate(
        ("%%SpecCode9A", "$%0100#B30$", "\x16M\r8820VER.", "$+CP0$-", ".A001$", "AAAA%%RST")
    ):
        yield Shown(23, f"programming-{number}", text)


def _joined() -> Iterator[Shown]:
    good = code()
    for name, text in (
        ("fnc1", "\x1d" + good),
        ("aim-twice", "]Q3]Q1" + good),
        ("aim-in-text", good[:8] + "]Q3" + good[8:]),
        ("gs-at-end", good + "\x1d0100000000000000"),
    ):
        yield Shown(22, name, text)
    for between in ("", "\t", ";", "PK", string.whitespace[3]):
        yield Shown(25, f"two-{between.encode().hex() or 'whole'}", good + between + good)
    yield Shown(26, "half", good[: len(good) // 2])
    for cut in (5, 12, 40, 100):
        yield Shown(26, f"first-{cut}", good[:cut])
