"""What a store shows HQ: a token it was given, or bearers that it gets for its device key."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.admission import TOKEN_PATH, TokenAnswer, TokenRequest, token_words
from sync.ends import Clock
from sync.messages import BearerOver, ClocksApart, LineDown, NotAdmitted, NotEnrolled, stamp

_EARLY = 2 / 3
"""A bearer is renewed after this part of its life: what is sent under it must arrive under it."""


class Ask(Protocol):
    """One request to HQ; see sync.transport."""

    def __call__(self, path: str, body: bytes, bearer: str = "") -> bytes:
        """The body of HQ's 200 answer; raises SyncFault."""


class Credential(Protocol):
    """Gives the bearer for the next request."""

    def bearer(self, ask: Ask) -> str:
        """The bearer to show now, got from HQ if need be; raises SyncFault."""

    def refused(self) -> bool:
        """HQ did not accept the last bearer; whether another try may help."""


class Given:
    """A long-lived token that somebody put into a file."""

    def __init__(self, token: str) -> None:
        self._token = token

    def bearer(self, ask: Ask) -> str:
        """The token."""
        del ask
        return self._token

    def refused(self) -> bool:
        """Nothing else can be shown."""
        return False


class Nothing:
    """A box that was never enrolled: it asks for nothing, and says so."""

    def bearer(self, ask: Ask) -> str:
        """Raises NotEnrolled."""
        del ask
        raise NotEnrolled

    def refused(self) -> bool:
        """Nothing else can be shown."""
        return False


class DeviceKey:
    """An enrolled box: bearers of a quarter of an hour for its key, which never leaves it."""

    def __init__(
        self, device: str, seed: bytes, clock: Clock, mono: Callable[[], float] = time.monotonic
    ) -> None:
        self._device = device
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._clock = clock
        self._mono = mono
        self._bearer = ""
        self._renew_at = 0.0

    def bearer(self, ask: Ask) -> str:
        """See Credential. A clock that HQ finds wrong is no reason to stay outside: HQ's own time is signed then."""
        if self._bearer and self._mono() < self._renew_at:
            return self._bearer
        try:
            answer = self._asked(ask, stamp(self._clock.now()))
        except ClocksApart as apart:
            answer = self._asked(ask, apart.server_time)
        self._clock.saw_server_time(answer.server_time)
        self._bearer = answer.bearer
        self._renew_at = self._mono() + answer.expires_s * _EARLY
        return self._bearer

    def refused(self) -> bool:
        """A new bearer may do better, if this was not the first request under it."""
        was, self._bearer = self._bearer, ""
        return bool(was)

    def _asked(self, ask: Ask, at: str) -> TokenAnswer:
        nonce = secrets.token_hex(16)
        sig = self._private.sign(token_words(self._device, at, nonce)).hex()
        body = msgspec.json.encode(TokenRequest(self._device, at, nonce, sig))
        try:
            return msgspec.json.decode(ask(TOKEN_PATH, body), type=TokenAnswer)
        except msgspec.DecodeError:
            raise LineDown("what answers is not HQ") from None


def credential_of(given: Credential | str) -> Credential:
    """A credential; a text is a long-lived token."""
    return Given(given) if isinstance(given, str) else given


def admitted(credential: Credential, ask: Ask, path: str, body: bytes) -> bytes:
    """One request under the credential; a bearer that HQ does not take is renewed once."""
    try:
        return ask(path, body, credential.bearer(ask))
    except NotAdmitted as fault:
        if type(fault) not in {NotAdmitted, BearerOver} or not credential.refused():
            raise
        return ask(path, body, credential.bearer(ask))
