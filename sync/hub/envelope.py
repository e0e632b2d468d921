"""An upload as it arrives: bytes -> header and journal lines, or the refusal a store must get for it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.messages import MAX_BYTES, MAX_EVENTS, PROTOCOL, Event, Opaque, UpHeader, canonical

HEADER_ROOM = 1 << 16
NAME_LIMIT = 200
"""Characters of an id, a kind, a stream: they stand in indexes, whose rows have a limit."""
_MAPPING = msgspec.json.Decoder(dict[str, Any])


class Refused(Exception):
    """HQ's answer to this request is not 200: `status`, a JSON `body`, seconds after which to try again."""

    def __init__(self, status: int, error: str, *, retry_s: int = 0, **more: Any) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.body = {"error": error, **more}
        self.retry_s = retry_s


@dataclass(frozen=True)
class Line:
    """One journal line: its place in the chain, its raw text, and the event unless HQ is not to read it."""

    seq: int
    id: str
    kind: str
    prev: str
    sha: str
    raw: str
    event: Event | None


@dataclass(frozen=True)
class Upload:
    """A whole, well-formed upload."""

    header: UpHeader
    lines: tuple[Line, ...]


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """The plain body of a request; raises Refused for unknown encodings, broken and over-large ones."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        plain = body
    elif encoding == "gzip":
        plain = _gunzipped(body, limit)
    elif encoding == "zstd":
        plain = _unzstd(body, limit)
    else:
        raise Refused(415, "encoding", speaks=["gzip", "zstd", "identity"])
    if len(plain) > limit:
        raise Refused(413, "too_large", limit=limit)
    return plain


def _gunzipped(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        # The limit is on what comes out: a few kilobytes of zeros may claim gigabytes.
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Refused(400, "envelope", why="gzip") from None
    if len(plain) <= limit and (not inflater.eof or inflater.unused_data):
        raise Refused(400, "envelope", why="gzip")
    return plain


def _unzstd(body: bytes, limit: int) -> bytes:
    import zstandard

    # A window beyond the limit only serves to take memory: what is larger is refused anyhow.
    inflater = zstandard.ZstdDecompressor(max_window_size=1 << 23)
    try:
        with inflater.stream_reader(body) as reader:
            plain = bytes(reader.read(limit + 1))
        if len(plain) > limit:
            return plain
        # Only this one says whether the frame was whole; by now it is known to hold no more than the limit.
        frame = inflater.decompressobj()
        plain = frame.decompress(body)
    except zstandard.ZstdError:
        raise Refused(400, "envelope", why="zstd") from None
    if not frame.eof or frame.unused_data:
        raise Refused(400, "envelope", why="zstd")
    return plain


def read_upload(body: bytes) -> Upload:
    """Parses the lines of an upload; raises Refused (400 envelope, 413, 422 version)."""
    rows = [row for row in body.split(b"\n") if row.strip()]
    if not rows:
        raise Refused(400, "envelope", line=1, why="empty")
    header = _header(rows[0])
    if len(rows) - 1 > MAX_EVENTS or sum(map(len, rows[1:])) + len(rows) - 1 > MAX_BYTES:
        raise Refused(413, "too_large", limit=MAX_BYTES, events=MAX_EVENTS)
    if header.n != len(rows) - 1 or header.n == 0:
        raise Refused(400, "envelope", line=1, why="count")
    lines = tuple(_line(row, number) for number, row in enumerate(rows[1:], start=2))
    for number, line in enumerate(lines, start=2):
        if line.seq != header.from_ + number - 2:
            raise Refused(400, "envelope", line=number, why="sequence")
        # PostgreSQL keeps, or has in an index, no such text: refused here it is the sender's mistake, no fault of ours.
        names = (line.id, line.kind, line.sha, line.prev)
        if "\x00" in "".join(names) or max(map(len, names)) > NAME_LIMIT:
            raise Refused(400, "envelope", line=number, why="event")
    return Upload(header, lines)


def _header(row: bytes) -> UpHeader:
    # The version first and alone: a header of another version may have another shape.
    try:
        proto = _MAPPING.decode(row).get("proto")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "envelope", line=1, why="header") from None
    check_version(proto)
    try:
        header = msgspec.json.decode(row, type=UpHeader)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, "envelope", line=1, why="header") from None
    names = (header.store, header.stream, header.boot)
    if "\x00" in "".join(names) or max(map(len, names)) > NAME_LIMIT:
        raise Refused(400, "envelope", line=1, why="header")
    return header


def check_version(proto: object) -> None:
    """Raises Refused 422 unless this is our protocol version, 400 unless it is a version at all."""
    if not isinstance(proto, int) or isinstance(proto, bool):
        raise Refused(400, "envelope", line=1, why="proto")
    if proto != PROTOCOL:
        raise Refused(422, "version", speaks=[PROTOCOL])


def _line(row: bytes, number: int) -> Line:
    try:
        loose = _MAPPING.decode(row)
        if loose.get("k") == "opaque":
            sealed = msgspec.convert(loose, Opaque)
            return Line(sealed.seq, sealed.id, "opaque", sealed.prev, sealed.sha, row.decode(), None)
        event = msgspec.convert(loose, Event)
        raw = row.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "envelope", line=number, why="event") from None
    # Over what was received, not over what we understood of it: fields of newer stores count too.
    del loose["sha"]
    if hashlib.sha256(canonical(loose)).hexdigest() != event.sha:
        raise Refused(400, "envelope", line=number, why="sha")
    return Line(event.seq, event.id, event.k, event.prev, event.sha, raw, event)
