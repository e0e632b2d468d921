"""A backup's file: a header that anybody may read, the data key wrapped, and the ledger encrypted under that key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from edge.durable import settled

MAGIC = b"store-edge backup 1\n"
_MAX_HEAD = 1 << 16
_CHUNK = 1 << 20
_OWN, _CHAIN = b"store-edge backup 1 own", b"store-edge backup 1 recovery"


class BackupRefused(Exception):
    """This backup cannot be made, read or laid in; the message says why, for a person."""


class NewerLedger(BackupRefused):
    """The ledger is a newer release's: nothing is known to be wrong with it."""


class BackupHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself. `last`, `head`: its newest fact and that fact's hash; `acked`: what HQ had
    acknowledged; `schema`: the ledger's last step; `at`: ISO, UTC; `size` in bytes and `sha256` of what follows.
    """

    store: str
    stream: str
    last: int
    head: str
    acked: int
    schema: str
    release: str
    at: str
    size: int
    sha256: str
    recovery: str = ""


class _Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    head: BackupHead
    own: str
    chain: str = ""


def write(target: Path, body: Path, head: BackupHead, data_key: bytes, own: bytes, own_key: bytes) -> None:
    """Writes header and body to `target`, whole or not at all, and waits for the disk. Raises OSError.

    `own`: what the box alone gets back, wrapped together with the data key under `own_key`.
    """
    said = msgspec.json.encode(head, order="deterministic")
    chain = _to_chain(head.recovery, data_key, said).hex() if head.recovery else ""
    # The chain's part is bound in: the box that reads a backup back has proved that part undamaged, too.
    wrapped = _Wrapped(
        head, _locked(_derived(own_key, _OWN), data_key + own, said + chain.encode()).hex(), chain
    )
    line = msgspec.json.encode(wrapped)
    with body.open("rb") as source:

        def pour(file: BinaryIO) -> None:
            file.write(MAGIC + len(line).to_bytes(4, "big") + line)
            file.writelines(_pieces(source))

        whole(target, pour)


def whole(target: Path, pour: Callable[[BinaryIO], None]) -> None:
    """A file with what `pour` writes, under its name only when the disk has all of it. Raises OSError."""
    aside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            pour(file)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    settled(target.parent)


def head_of(file: Path) -> BackupHead:
    """The header alone, unproved: it is authentic only once `opened` has opened it. Raises BackupRefused, OSError."""
    with file.open("rb") as source:
        return _read(source).head


def opened(
    file: Path, body: Path, *, own_key: bytes = b"", private: bytes = b""
) -> tuple[BackupHead, bytes, bytes]:
    """Writes the encrypted ledger to `body`; gives header, data key, and what the box alone gets back (or b"").

    `own_key`: the box's; `private`: the recovery key (32 bytes), tried where the box's does not fit. Raises
    BackupRefused for a wrong key, a changed header, or a body that is not whole; OSError.
    """
    with file.open("rb") as source:
        wrapped = _read(source)
        said = msgspec.json.encode(wrapped.head, order="deterministic")
        bound = said + wrapped.chain.encode()
        secret = _unlocked(_derived(own_key, _OWN), wrapped.own, bound) if own_key else None
        if secret is None and private and wrapped.chain:
            secret = _from_chain(wrapped, private, said)
        if secret is None or len(secret) < 32:
            raise BackupRefused("no key that was given opens this backup, or its header was changed")
        with os.fdopen(os.open(body, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            _compared(source, wrapped.head, made.write)
            made.flush()
            os.fsync(made.fileno())
    return wrapped.head, secret[:32], secret[32:]


def digest(file: Path) -> str:
    """SHA-256 of a file, hex."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def new_recovery_key() -> tuple[str, str]:
    """A private key and its public one (X25519, RFC 7748), hex."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    private = X25519PrivateKey.generate()
    return private.private_bytes_raw().hex(), private.public_key().public_bytes_raw().hex()


def _read(source: BinaryIO) -> _Wrapped:
    if source.read(len(MAGIC)) != MAGIC:
        raise BackupRefused("this is no backup of a store")
    size = int.from_bytes(source.read(4), "big")
    try:
        return msgspec.json.decode(source.read(size) if size <= _MAX_HEAD else b"", type=_Wrapped)
    except (msgspec.DecodeError, UnicodeError):
        raise BackupRefused("the backup's header is damaged") from None


def _compared(source: BinaryIO, head: BackupHead, take: Callable[[bytes], object]) -> None:
    found, size = hashlib.sha256(), 0
    for piece in _pieces(source):
        found.update(piece)
        size += len(piece)
        take(piece)
    if (size, found.hexdigest()) != (head.size, head.sha256):
        raise BackupRefused(f"the backup is damaged or cut short: {size} of {head.size} bytes, or other ones")


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_CHUNK):
        yield piece


def _derived(secret: bytes, purpose: bytes, salt: bytes = b"") -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt or None, purpose).derive(secret)


def _locked(key: bytes, secret: bytes, said: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce = os.urandom(12)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, secret, MAGIC + said)


def _unlocked(key: bytes, sealed: str, said: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        raw = bytes.fromhex(sealed)
        return ChaCha20Poly1305(key).decrypt(raw[:12], raw[12:], MAGIC + said)
    except (InvalidTag, ValueError):
        return None


def _to_chain(public_hex: str, secret: bytes, said: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    public, once = bytes.fromhex(public_hex), X25519PrivateKey.generate()
    mine = once.public_key().public_bytes_raw()
    try:
        shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise BackupRefused("backup.recovery_key is no public key") from error
    return mine + _locked(_derived(shared, _CHAIN, mine + public), secret, said)


def _from_chain(wrapped: _Wrapped, private: bytes, said: bytes) -> bytes | None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    try:
        owner, sealed = X25519PrivateKey.from_private_bytes(private), bytes.fromhex(wrapped.chain)
        shared = owner.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    except ValueError:
        return None
    salt = sealed[:32] + owner.public_key().public_bytes_raw()
    return _unlocked(_derived(shared, _CHAIN, salt), sealed[32:].hex(), said)
