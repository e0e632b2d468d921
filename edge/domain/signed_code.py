"""Signed texts of one line that fit a QR code: `<prefix>.<claims>.<signature>`, sealed and opened, nothing else.

Claims begin with the number of the key (1 byte); the signature is 64 bytes of Ed25519 (RFC 8032) over `<prefix>.` and
the claims. Both parts are RFC 4648 base32, upper case, without padding: QR's alphanumeric mode takes them, and they
survive every keyboard layout that keeps letters and digits. One text a meaning: a second spelling is no code.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from edge.domain.pickup_code import SIGNATURE_BYTES, CodeInvalid, Sign, Verify

MAX_TEXT = 560
_SHAPE = re.compile(r"[A-Z]{2}[0-9]\.[A-Z2-7]{2,440}\.[A-Z2-7]{103}")


def seal(prefix: str, claims: bytes, sign: Sign) -> str:
    """The text of these claims; raises ValueError where they are too long for a code."""
    text = f"{prefix}.{_text(claims)}.{_text(sign(prefix.encode() + b'.' + claims))}"
    if not _SHAPE.fullmatch(text):
        raise ValueError("the claims do not fit into a code")
    return text


def unseal(prefix: str, text: str, keys: Mapping[int, Verify]) -> bytes:
    """The claims of a genuine code: signature first, meaning after. Raises CodeInvalid for all else."""
    if len(text) > MAX_TEXT or not _SHAPE.fullmatch(text) or not text.startswith(f"{prefix}."):
        raise CodeInvalid("shape")
    _, body, sealed = text.split(".")
    claims, signature = _blob(body), _blob(sealed)
    verify = keys.get(claims[0])
    if verify is None:
        raise CodeInvalid("key")
    if len(signature) != SIGNATURE_BYTES or not verify(signature, prefix.encode() + b"." + claims):
        raise CodeInvalid("signature")
    if (_text(claims), _text(signature)) != (body, sealed):
        raise CodeInvalid("canonical")
    return claims


def pack_texts(texts: Iterable[str]) -> bytes:
    """Texts one after the other, each 1 byte of length and UTF-8; raises ValueError for one beyond 255 bytes."""
    packed = [text.encode() for text in texts]
    if any(len(text) > 255 for text in packed):
        raise ValueError("a text of a code takes at most 255 bytes")
    return b"".join(bytes([len(text)]) + text for text in packed)


def unpack_texts(data: bytes, count: int) -> tuple[str, ...]:
    """So many texts and nothing behind them; raises CodeInvalid."""
    found = []
    for _ in range(count):
        end = 1 + (data[0] if data else 0)
        if not data or len(data) < end:
            raise CodeInvalid("claims")
        try:
            found.append(data[1:end].decode())
        except UnicodeDecodeError:
            raise CodeInvalid("claims") from None
        data = data[end:]
    if data:
        raise CodeInvalid("claims")
    return tuple(found)


def _text(blob: bytes) -> str:
    return base64.b32encode(blob).decode().rstrip("=")


def _blob(text: str) -> bytes:
    try:
        blob = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise CodeInvalid("base32") from None
    if not blob:
        raise CodeInvalid("length")
    return blob
