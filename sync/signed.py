"""A door of the sync room: words of HQ that are signed, and whom a store believes, from one pinned root key down.

What is signed are the bytes that travel: `body` is a text, verified before anything in it is read, so that no two
programs need to agree on a canonical form. The type is signed with it (as in DSSE): a roster is never a config.

    root keys (offline, pinned at enrolment)
      `-- Roster: which keys may sign config, money, snapshots; versions only grow
            |-- config bundle     one key of role `config`; where it touches money, two keys, one of role `money`
            `-- snapshot manifest one key of role `snapshot`
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Kind = Literal["roster", "config", "snapshot"]
RoleName = Literal["root", "config", "money", "snapshot"]
# The length as well: `$` lets a line end pass after the last digit, and a key would have two spellings.
PublicHex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Version = Annotated[int, msgspec.Meta(ge=1, le=(1 << 63) - 1)]
T = TypeVar("T", bound=msgspec.Struct)

MAX_SIGNATURES = 16
_CONTEXT = b"store-edge/1"


class NotTrusted(Exception):
    """A signed word of HQ that this store does not believe; `code` says why, for HQ's people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Signature(msgspec.Struct, frozen=True):
    """Ed25519 (RFC 8032) over the envelope's bytes; `key` is the id of the public key, `sig` 128 hex digits."""

    key: str
    sig: str


class Signed(msgspec.Struct, frozen=True):
    """An envelope: what kind of word, its JSON text, and who stands behind it."""

    kind: Kind
    body: str
    signatures: Annotated[tuple[Signature, ...], msgspec.Meta(max_length=MAX_SIGNATURES)]


class Role(msgspec.Struct, frozen=True):
    """The keys of a role, and how many different ones must sign."""

    keys: Annotated[tuple[PublicHex, ...], msgspec.Meta(min_length=1, max_length=MAX_SIGNATURES)]
    threshold: Annotated[int, msgspec.Meta(ge=1, le=MAX_SIGNATURES)] = 1


class Roster(msgspec.Struct, frozen=True):
    """Whose keys count for what. A new one is signed by the root it replaces and by the root it names.

    `issued` and `expires`: RFC 3339. Past `expires` the last good one goes on to count and an alarm is raised:
    a shop is not closed because HQ forgot a ceremony.
    """

    version: Version
    issued: str
    expires: str
    roles: dict[RoleName, Role]


def key_id(public: str) -> str:
    """The id of a public key (64 hex digits): the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def fingerprint(root: Role) -> str:
    """What a person compares and a QR code carries: SHA-256 (hex) over a root role's sorted keys and threshold."""
    return hashlib.sha256(msgspec.json.encode([sorted(root.keys), root.threshold])).hexdigest()


def sign(kind: Kind, body: Any, seeds: Iterable[bytes]) -> Signed:
    """Signs a word with every private key given (32-byte seeds)."""
    text = msgspec.json.encode(body, order="sorted").decode()
    signatures = []
    for seed in seeds:
        private = Ed25519PrivateKey.from_private_bytes(seed)
        key = key_id(private.public_key().public_bytes_raw().hex())
        signatures.append(Signature(key=key, sig=private.sign(_said(kind, text)).hex()))
    return Signed(kind=kind, body=text, signatures=tuple(signatures))


def verify(word: Signed, kind: Kind, role: Role, as_type: type[T]) -> T:
    """What the word says, read only after enough different keys of the role were found to have signed it.

    Raises NotTrusted: KIND (another kind of word), SIGNATURE (too few good ones), BODY (signed, and unreadable).
    """
    if word.kind != kind:
        raise NotTrusted("KIND", word.kind)
    good = signers(word, role)
    if len(good) < role.threshold:
        raise NotTrusted("SIGNATURE", f"{len(good)} of {role.threshold}")
    try:
        return msgspec.json.decode(word.body, type=as_type)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotTrusted("BODY", str(error)) from None


def signers(word: Signed, role: Role) -> frozenset[str]:
    """The keys (public, hex) of the role whose signature on the word is good; a key counts once."""
    by_id = {key_id(public): public for public in role.keys}
    try:
        said = _said(word.kind, word.body)
    except UnicodeEncodeError:  # half a surrogate pair: no text that anybody could have signed
        return frozenset()
    good = set()
    for signature in word.signatures:
        public = by_id.get(signature.key)
        if public is not None and _holds(public, signature.sig, said):
            good.add(public)
    return frozenset(good)


def succeed(present: Roster, word: Signed) -> Roster:
    """The roster that follows the present one; raises NotTrusted, with ROLLBACK for one that is not newer.

    Both roots must stand behind it: the old one hands over, the new one shows that it is there.
    """
    following = verify(word, "roster", present.roles["root"], Roster)
    own_root = following.roles.get("root")
    if own_root is None:
        raise NotTrusted("BODY", "no root")
    verify(word, "roster", own_root, Roster)
    if following.version <= present.version:
        raise NotTrusted("ROLLBACK", f"{following.version} after {present.version}")
    return following


def first_roster(word: Signed, pinned: str) -> Roster:
    """The first roster a store takes, at enrolment: its root must have the pinned fingerprint; raises NotTrusted."""
    try:
        root = msgspec.json.decode(word.body, type=Roster).roles.get("root")
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise NotTrusted("BODY", str(error)) from None
    if root is None or fingerprint(root) != pinned:
        raise NotTrusted("ROOT", "not the pinned root")
    return verify(word, "roster", root, Roster)


def _said(kind: str, body: str) -> bytes:
    text = body.encode()
    return b"%s %s %d\n%s" % (_CONTEXT, kind.encode(), len(text), text)


def _holds(public: str, sig: str, said: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(sig), said)
    except (InvalidSignature, ValueError):
        return False
    return True
