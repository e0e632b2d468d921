"""The rotating member code `MB1.<claims>.<signature>`: HQ signs a new one each minute, a store verifies it alone.

Claims, big-endian: key id (1 byte), window (4: Unix time / 60, as the counter of RFC 6238); then texts, 1 byte length
and UTF-8: member (an opaque token), tier. A photograph of it is worth nothing two minutes later. docs/members.md has
vectors.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.domain.pickup_code import CodeInvalid, Sign, Verify
from edge.domain.signed_code import pack_texts, seal, unpack_texts, unseal

PREFIX = "MB1"
WINDOW_S = 60
APART = 1
"""Windows by which the phone's time, HQ's and the store's may differ."""
_HEAD = struct.Struct(">BI")


@dataclass(frozen=True)
class MemberClaims:
    """What a member code says; `window` counts minutes since 1970."""

    kid: int
    member: str
    tier: str
    window: int


def window_of(moment: datetime) -> int:
    """The window of an aware moment."""
    return int(moment.timestamp()) // WINDOW_S


def issue(claims: MemberClaims, sign: Sign) -> str:
    """The QR text; raises ValueError for claims that do not fit the format."""
    return seal(PREFIX, _pack(claims), sign)


def read(text: str, keys: Mapping[int, Verify]) -> MemberClaims:
    """The claims of a genuine code, of whatever minute; raises CodeInvalid for all else."""
    body = unseal(PREFIX, text, keys)
    try:
        kid, window = _HEAD.unpack_from(body)
    except struct.error as error:
        raise CodeInvalid("claims") from error
    member, tier = unpack_texts(body[_HEAD.size :], 2)
    if not member:
        raise CodeInvalid("claims")
    return MemberClaims(kid, member, tier, window)


def fresh(claims: MemberClaims, now: datetime) -> bool:
    """Whether the code is of this minute, give or take the clocks."""
    return abs(window_of(now) - claims.window) <= APART


def keyed_hash(key: bytes, kind: str, digits: str) -> str:
    """HMAC-SHA-256 (hex) under HQ's look-up key: what a store says instead of a phone or card number."""
    return hmac.new(key, f"{kind}\n{digits}".encode(), hashlib.sha256).hexdigest()


def _pack(claims: MemberClaims) -> bytes:
    if not claims.member:
        raise ValueError("a code names its member")
    try:
        head = _HEAD.pack(claims.kid, claims.window)
    except struct.error as error:
        raise ValueError(str(error)) from error
    return head + pack_texts((claims.member, claims.tier))
