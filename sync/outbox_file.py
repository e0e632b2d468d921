"""A journal in a file, sealed under a passphrase: carried by hand from a store that is shut out, or cut off."""

from __future__ import annotations

import hashlib
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAGIC = b"store-edge outbox 1\n"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 letters that cannot be taken for each other
_GROUPS, _GROUP = 5, 5
_CHUNK = 1 << 20
_MAX_SEALED = 2 * _CHUNK + 64
_SALT = 16


class OutboxRefused(Exception):
    """This file cannot be read; the message says why, for a person."""


class JournalHead(msgspec.Struct, frozen=True):
    """The first line: whose journal, which of its facts, and when they were put into the file."""

    store: str
    stream: str
    first: int
    n: int
    at: str


def new_words() -> str:
    """A passphrase of 125 bits, in five groups that can be read out over a telephone."""
    letters = ["".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS)]
    return "-".join(letters)


def seal(file: BinaryIO, head: JournalHead, lines: Iterable[bytes], words: str) -> None:
    """Writes head and lines (without line ends). Sealed piece by piece: neither side holds all of it at once."""
    salt = os.urandom(_SALT)
    cipher = ChaCha20Poly1305(_key(words, salt))
    file.write(MAGIC + salt)
    number, waiting = 0, bytearray(msgspec.json.encode(head) + b"\n")
    for line in lines:
        waiting += line + b"\n"
        if len(waiting) >= _CHUNK:
            _piece(file, cipher, number, bytes(waiting), last=False)
            number, waiting = number + 1, bytearray()
    _piece(file, cipher, number, bytes(waiting), last=True)


def unseal(file: BinaryIO, words: str) -> tuple[JournalHead, Iterator[bytes]]:
    """The head, and the lines as they are read; both raise OutboxRefused, the lines also for a file cut short."""
    if file.read(len(MAGIC)) != MAGIC:
        raise OutboxRefused("this is no sealed journal")
    lines = _lines(file, ChaCha20Poly1305(_key(words, file.read(_SALT))))
    try:
        return msgspec.json.decode(next(lines), type=JournalHead), lines
    except (StopIteration, msgspec.DecodeError):
        raise OutboxRefused("the file's first line is not what it should be") from None


def _lines(file: BinaryIO, cipher: ChaCha20Poly1305) -> Iterator[bytes]:
    number, last, rest = 0, False, b""
    while not last:
        size = int.from_bytes(file.read(4), "big")
        sealed = file.read(size) if 0 < size <= _MAX_SEALED else b""
        plain, last = _opened(cipher, number, sealed)
        *whole, rest = (rest + plain).split(b"\n")
        yield from whole
        number += 1
    if rest or file.read(1):
        raise OutboxRefused("the file goes on after its end")


def _opened(cipher: ChaCha20Poly1305, number: int, sealed: bytes) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return zlib.decompress(cipher.decrypt(_nonce(number, last=last), sealed, MAGIC)), last
        except InvalidTag:
            continue
    why = "the passphrase does not fit this file" if number == 0 else "the file is damaged or cut short"
    raise OutboxRefused(why)


def _piece(file: BinaryIO, cipher: ChaCha20Poly1305, number: int, plain: bytes, *, last: bool) -> None:
    sealed = cipher.encrypt(_nonce(number, last=last), zlib.compress(plain), MAGIC)
    file.write(len(sealed).to_bytes(4, "big") + sealed)


def _nonce(number: int, *, last: bool) -> bytes:
    # The place and whether more follows are part of it: pieces cannot be swapped, left out or cut off.
    return number.to_bytes(11, "big") + bytes([last])


def _key(words: str, salt: bytes) -> bytes:
    said = "".join(letter for letter in words.upper() if letter.isalnum())
    return hashlib.scrypt(said.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32)
