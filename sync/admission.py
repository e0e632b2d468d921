"""A door of the sync room: how a box becomes a store's (enrolment), and how it is let in afterwards (bearers)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from sync.signed import PublicHex, Signed

ENROLL_PATH = "/sync/v1/enroll"
TOKEN_PATH = "/sync/v1/token"  # noqa: S105 - a path
BEARER_S = 900
"""How long a bearer is good, seconds; a new one is asked for when a third of that is left."""
INVITATION_S = 86_400
"""How long an invitation is good, seconds."""

_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
Uuid = Annotated[str, msgspec.Meta(pattern=_UUID, max_length=36)]
Word = Annotated[str, msgspec.Meta(max_length=200)]


class Invitation(msgspec.Struct, frozen=True):
    """What HQ's QR code carries to a new box: where HQ is, a token for one use, whom to believe, and for which store
    it is (an older HQ does not say)."""

    v: int
    url: str
    token: str
    root_fpr: str
    store: str = ""


class EnrollRequest(msgspec.Struct, frozen=True):
    """A new box asks to be this store's. `proof` is its key's signature (hex) over `enroll_words`: it has the key."""

    store: Word
    token: Annotated[str, msgspec.Meta(min_length=20, max_length=200)]
    public: PublicHex
    stream: Uuid
    proof: str
    hw: Word = ""
    sw: Word = ""


class EnrollAnswer(msgspec.Struct, frozen=True):
    """HQ took the box: which store and device it is now, and the roster signed under the pinned root."""

    store: str
    device: str
    hq_epoch: str
    server_time: str
    roster: Signed


class TokenRequest(msgspec.Struct, frozen=True):
    """A device asks for a bearer. `sig` (hex) is its key's over `token_words`; `at` RFC 3339, `nonce` of its own."""

    device: str
    at: str
    nonce: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    sig: str


class TokenAnswer(msgspec.Struct, frozen=True):
    """A bearer for `expires_s` seconds; `server_time` tells the device how its clock stands."""

    bearer: str
    expires_s: int
    server_time: str


def enroll_words(token: str, public: str, stream: str) -> bytes:
    """The bytes that a new box signs to show that it has the private key."""
    return f"store-edge/1 enroll\n{token}\n{public}\n{stream}".encode()


def token_words(device: str, at: str, nonce: str) -> bytes:
    """The bytes that a device signs for a bearer."""
    return f"store-edge/1 token\n{device}\n{at}\n{nonce}".encode()
