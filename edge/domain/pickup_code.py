"""The pickup QR code: `PK1.` + base32 of claims and their Ed25519 signature; reading, issuing, nothing else.

Claims, big-endian: key id (1 byte), not-after (4, Unix seconds), gen (2), unit (2, 0 = whole order),
nonce (10), store and order (1 byte length + UTF-8 each). Then 64 bytes of Ed25519 over `PK1.` + claims.
The text is RFC 4648 base32, upper case, without padding: it fits QR's alphanumeric mode and survives
every keyboard layout that keeps letters and digits. docs/pickup-code.md has vectors.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

PREFIX = "PK1."
NONCE_BYTES = 10
SIGNATURE_BYTES = 64
MAX_TEXT = 320
_HEAD = struct.Struct(f">BIHH{NONCE_BYTES}s")
_SHAPE = re.compile(r"PK1\.[A-Z2-7]+")

Sign = Callable[[bytes], bytes]
"""Signs bytes with the private key of the claims' key id; gives 64 bytes."""
Verify = Callable[[bytes, bytes], bool]
"""Whether (signature, message) fit one public key."""


class CodeInvalid(Exception):
    """This text is not a pickup code that we, or anybody with our keys, made."""


@dataclass(frozen=True)
class Claims:
    """What a pickup code says. `not_after` is UTC; `unit` 0 means the whole order; `nonce` is hex."""

    kid: int
    store: str
    order: str
    gen: int
    not_after: datetime
    nonce: str
    unit: int = 0


def issue(claims: Claims, sign: Sign) -> str:
    """The QR text of these claims; raises ValueError for claims that do not fit the format."""
    body = _pack(claims)
    return _text(body + sign(PREFIX.encode() + body))


def read(text: str, keys: Mapping[int, Verify]) -> Claims:
    """The claims of a genuine code. Signature first, meaning after; raises CodeInvalid for all else."""
    if len(text) > MAX_TEXT or not _SHAPE.fullmatch(text):
        raise CodeInvalid("shape")
    blob = _blob(text)
    body, signature = blob[:-SIGNATURE_BYTES], blob[-SIGNATURE_BYTES:]
    verify = keys.get(body[0]) if body else None
    if verify is None:
        raise CodeInvalid("key")
    if not verify(signature, PREFIX.encode() + body):
        raise CodeInvalid("signature")
    claims = _unpack(body)
    # One text per meaning: a second spelling of a code would slip past everything that compares texts.
    if _pack(claims) != body or _text(blob) != text:
        raise CodeInvalid("canonical")
    return claims


def _pack(claims: Claims) -> bytes:
    store, order = claims.store.encode(), claims.order.encode()
    if not (0 < len(store) < 256 and 0 < len(order) < 256):
        raise ValueError("store and order take 1 to 255 bytes each")
    try:
        head = _HEAD.pack(
            claims.kid,
            int(claims.not_after.timestamp()),
            claims.gen,
            claims.unit,
            bytes.fromhex(claims.nonce),
        )
    except struct.error as error:
        raise ValueError(str(error)) from error
    if len(claims.nonce) != NONCE_BYTES * 2:
        raise ValueError(f"a nonce takes {NONCE_BYTES} bytes")
    return head + bytes([len(store)]) + store + bytes([len(order)]) + order


def _unpack(body: bytes) -> Claims:
    try:
        kid, not_after, gen, unit, nonce = _HEAD.unpack_from(body)
        store, rest = _field(body[_HEAD.size :])
        order, rest = _field(rest)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise CodeInvalid("claims") from error
    if rest or not store or not order:
        raise CodeInvalid("claims")
    return Claims(kid, store, order, gen, datetime.fromtimestamp(not_after, UTC), nonce.hex(), unit)


def _field(data: bytes) -> tuple[str, bytes]:
    end = 1 + data[0]
    if len(data) < end:
        raise IndexError(end)
    return data[1:end].decode(), data[end:]


def _text(blob: bytes) -> str:
    return PREFIX + base64.b32encode(blob).decode().rstrip("=")


def _blob(text: str) -> bytes:
    payload = text[len(PREFIX) :]
    try:
        blob = base64.b32decode(payload + "=" * (-len(payload) % 8))
    except binascii.Error as error:
        raise CodeInvalid("base32") from error
    if len(blob) <= SIGNATURE_BYTES:
        raise CodeInvalid("length")
    return blob
