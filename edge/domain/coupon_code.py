"""The coupon QR code `CP1.<claims>.<signature>` that HQ signs, and the claim code `CC1` that a store signs.

Claims of CP1, big-endian: key id (1 byte), not-after (4, Unix seconds), class (1, ASCII), kind (1), options (1, bit 0:
only with HQ's yes), face (4, fen), nonce (10); then texts, 1 byte length and UTF-8: coupon, store ("" any), terms, sku.
Claims of CC1: key id 0 (the device's key), issued and not-after (4 each), nonce (10); then texts: device, store, sale.
docs/coupons.md has vectors.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from edge.domain.pickup_code import CodeInvalid, Sign, Verify
from edge.domain.signed_code import pack_texts, seal, unpack_texts, unseal

CouponClass = Literal["A", "B", "C"]
"""How often and where: A any number of uses, B one use at its store, C one use at any store (as on the wire)."""
CouponKind = Literal["cash", "gift", "sample", "repurchase", "voucher"]
"""What it gives: money off, a gift or a sample for nothing, money off the next sale, a third party's group buy."""
PREFIX = "CP1"
CLAIM_PREFIX = "CC1"
NONCE_BYTES = 10
KINDS: tuple[CouponKind, ...] = get_args(CouponKind)
"""In the order of their numbers in a code: only ever appended to."""
_CLASSES: tuple[CouponClass, ...] = get_args(CouponClass)
_HEAD = struct.Struct(f">BIcBBI{NONCE_BYTES}s")
_CLAIM_HEAD = struct.Struct(f">BII{NONCE_BYTES}s")


@dataclass(frozen=True)
class CouponClaims:
    """What a coupon code says. `fen` at most comes off; `not_after` UTC; `nonce` hex; `store` "" is any store.

    `online`: taken only with HQ's yes. `terms` names the rule by which it counts ("" the face value, no threshold),
    `sku` what a gift or sample voucher gives.
    """

    kid: int
    coupon: str
    cls: CouponClass
    fen: int
    not_after: datetime
    nonce: str
    store: str = ""
    terms: str = ""
    kind: CouponKind = "cash"
    sku: str = ""
    online: bool = False


@dataclass(frozen=True)
class ClaimClaims:
    """What a claim code says: a sale at a store earned a coupon while HQ could not be asked. Times UTC, `nonce` hex."""

    device: str
    store: str
    sale: str
    issued: datetime
    not_after: datetime
    nonce: str


def issue(claims: CouponClaims, sign: Sign) -> str:
    """The QR text of a coupon; raises ValueError for claims that do not fit the format."""
    return seal(PREFIX, _pack(claims), sign)


def read(text: str, keys: Mapping[int, Verify]) -> CouponClaims:
    """The claims of a genuine coupon code; raises CodeInvalid for all else."""
    body = unseal(PREFIX, text, keys)
    try:
        kid, ends, cls, kind, options, fen, nonce = _HEAD.unpack_from(body)
        coupon, store, terms, sku = unpack_texts(body[_HEAD.size :], 4)
        claims = CouponClaims(
            kid,
            coupon,
            _CLASSES[_CLASSES.index(cls.decode())],
            fen,
            datetime.fromtimestamp(ends, UTC),
            nonce.hex(),
            store,
            terms,
            KINDS[kind],
            sku,
            online=bool(options & 1),
        )
    except (struct.error, IndexError, ValueError) as error:
        raise CodeInvalid("claims") from error
    if not coupon or _pack(claims) != body:
        raise CodeInvalid("canonical")
    return claims


def issue_claim(claims: ClaimClaims, sign: Sign) -> str:
    """The QR text of a claim under the store's device key; raises ValueError for claims that do not fit."""
    return seal(CLAIM_PREFIX, _pack_claim(claims), sign)


def peek_claim(text: str) -> ClaimClaims:
    """What a claim code says, unverified: for finding the device whose key it must be; raises CodeInvalid."""
    return read_claim(text, lambda _signature, _message: True)


def read_claim(text: str, verify: Verify) -> ClaimClaims:
    """The claims of a claim code that this device signed; raises CodeInvalid for all else."""
    body = unseal(CLAIM_PREFIX, text, {0: verify})
    try:
        _, issued, ends, nonce = _CLAIM_HEAD.unpack_from(body)
    except struct.error as error:
        raise CodeInvalid("claims") from error
    device, store, sale = unpack_texts(body[_CLAIM_HEAD.size :], 3)
    if not (device and store and sale):
        raise CodeInvalid("claims")
    times = (datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(ends, UTC))
    return ClaimClaims(device, store, sale, *times, nonce.hex())


def _pack(claims: CouponClaims) -> bytes:
    if len(claims.nonce) != NONCE_BYTES * 2 or not claims.coupon:
        raise ValueError(f"a code names its coupon and has a nonce of {NONCE_BYTES} bytes")
    try:
        head = _HEAD.pack(
            claims.kid,
            int(claims.not_after.timestamp()),
            claims.cls.encode(),
            KINDS.index(claims.kind),
            int(claims.online),
            claims.fen,
            bytes.fromhex(claims.nonce),
        )
    except struct.error as error:
        raise ValueError(str(error)) from error
    return head + pack_texts((claims.coupon, claims.store, claims.terms, claims.sku))


def _pack_claim(claims: ClaimClaims) -> bytes:
    if len(claims.nonce) != NONCE_BYTES * 2:
        raise ValueError(f"a nonce takes {NONCE_BYTES} bytes")
    try:
        times = (int(claims.issued.timestamp()), int(claims.not_after.timestamp()))
        head = _CLAIM_HEAD.pack(0, *times, bytes.fromhex(claims.nonce))
    except struct.error as error:
        raise ValueError(str(error)) from error
    return head + pack_texts((claims.device, claims.store, claims.sale))
