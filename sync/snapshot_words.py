"""A door of the sync room: a bucket as one file, named by its content and vouched for by HQ's snapshot key."""

from __future__ import annotations

from typing import Annotated

import msgspec

from sync.signed import Signed

SNAP_PATH = "/sync/v1/snap/"
SUFFIX = ".ndjson.zst"
MAX_BYTES = 4 << 30
"""Neither side makes or takes a larger file."""
MAX_RAW = 32 << 30
PERSONAL = (":orders", ":cmd", ":staff", ":config")
"""Buckets that never become a file: people's data, or words whose moment counts. A page brings them."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Sum = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$", max_length=16)]
Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


class Manifest(msgspec.Struct, frozen=True):
    """What HQ signs of a snapshot: the live rows of `bucket` in this epoch as of number `seq`.

    `rows` and `ck` are the bucket's count and checksum then; `bytes` and `sha256` those of the file as it travels,
    `raw_bytes` and `raw_sha256` of what it unpacks to; `built_at` RFC 3339.
    """

    bucket: str
    epoch: str
    seq: Number
    rows: Number
    ck: Sum
    bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_BYTES)]
    sha256: Sha256
    raw_bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_RAW)]
    raw_sha256: Sha256
    built_at: str


class Snap(msgspec.Struct, frozen=True):
    """An offer in a pull: where the file is, and the signed Manifest (kind `snapshot`) that says what it is."""

    path: str
    word: Signed


def path_of(sha256: str) -> str:
    """Where a snapshot is served."""
    return f"{SNAP_PATH}{sha256}{SUFFIX}"
