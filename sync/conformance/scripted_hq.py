"""An HQ that keeps to the protocol until it is told to play a trick, and remembers everything that a store said."""

from __future__ import annotations

import gzip
import hashlib
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from sync.messages import GENESIS, canonical, row_hash, stamp

UP, PULL, TOKEN = "/sync/v1/up", "/sync/v1/pull", "/sync/v1/token"
NDJSON, JSON = "application/x-ndjson", "application/json"
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Said:
    """What goes back: status, type, body, further headers."""

    status: int
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Heard:
    """A request as it came, its body unpacked: header and facts of an upload, the object of a pull."""

    path: str
    bearer: str
    raw: bytes
    rows: tuple[dict[str, Any], ...]


@dataclass
class Bucket:
    """One bucket: the latest state of every row, numbered."""

    epoch: str
    head: int = 0
    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def ck(self) -> tuple[int, str]:
        """Live rows and their checksum."""
        live = [op for op in self.rows.values() if op["op"] == "put"]
        total = sum(row_hash(op["tb"], op["id"], op["ver"], op["d"]) for op in live)
        return len(live), f"{total & _MASK:016x}"


Trick = Callable[["ScriptedHq", Heard, Callable[[], Said]], Said | None]
"""Answers in HQ's place, once; None: not meant for this request, it stays for the next."""


class ScriptedHq:
    """HQ for one store, in memory. Safe to ask from several threads."""

    def __init__(self, store: str) -> None:
        self.store = store
        self.heard: list[Heard] = []
        self.tricks: list[Trick] = []
        self.facts: dict[str, list[dict[str, Any]]] = {}
        self.buckets: dict[str, Bucket] = {}
        self.epoch = str(uuid.uuid4())
        self._lock = threading.Lock()

    def put(
        self, bucket: str, tb: str, row_id: str, d: Mapping[str, Any] | None, then: Trick | None = None
    ) -> None:
        """A row is so from now on (None: it is gone), and the first answer with it is `then`."""
        with self._lock:
            self.tricks += [then] if then else []
            kept = self.buckets.setdefault(bucket, Bucket("e" + uuid.uuid4().hex[:8]))
            before = kept.rows.get((tb, row_id))
            kept.head += 1
            op = {"t": "op", "b": bucket, "seq": kept.head, "tb": tb, "id": row_id}
            op |= {"op": "del" if d is None else "put", "ver": before["ver"] + 1 if before else 1}
            kept.rows[tb, row_id] = op | ({} if d is None else {"d": dict(d)})

    def answer(self, path: str, body: bytes, headers: Mapping[str, str]) -> Said:
        """What HQ says to a request; a trick that waits comes first."""
        with self._lock:
            packed = headers.get("Content-Encoding", "").lower() == "gzip"
            raw = gzip.decompress(body) if packed else body
            rows = tuple(msgspec.json.decode(row) for row in raw.splitlines() if row.strip())
            bearer = headers.get("Authorization", "").removeprefix("Bearer ")
            heard = Heard(path, bearer, raw, rows)
            self.heard.append(heard)
            for trick in list(self.tricks):
                said = trick(self, heard, lambda: self._honest(heard))
                if said is not None:
                    self.tricks.remove(trick)
                    return said
            return self._honest(heard)

    def uploads(self) -> list[Heard]:
        """The uploads so far."""
        return [heard for heard in self.heard if heard.path == UP]

    def pulls(self) -> list[Heard]:
        """The pulls so far."""
        return [heard for heard in self.heard if heard.path == PULL]

    def _honest(self, heard: Heard) -> Said:
        if heard.path == UP:
            return self._up(heard)
        return self._pull(heard) if heard.path == PULL else error(404, "not_found")

    def _up(self, heard: Heard) -> Said:
        header, facts = heard.rows[0], heard.rows[1:]
        kept = self.facts.setdefault(header["stream"], [])
        results = []
        for fact in facts:
            seq = fact["seq"]
            if seq <= len(kept):
                if kept[seq - 1]["sha"] != fact["sha"]:
                    return error(409, "fork")
                continue
            if seq != len(kept) + 1 or fact["prev"] != (kept[-1]["sha"] if kept else GENESIS):
                return error(409, "gap", expected=len(kept) + 1)
            kept.append(fact)
            if fact["k"] == "opaque":
                results.append({"seq": seq, "verdict": "quarantined", "code": "OPAQUE"})
        return _json(
            acked=len(kept), durable=0, hq_epoch=self.epoch, server_time=now(), results=results, next_s=0.5
        )

    def _pull(self, heard: Heard) -> Said:
        asked = heard.rows[0]
        heads, ops, resets = {}, [], []
        for name, kept in sorted(self.buckets.items()):
            n, ck = kept.ck()
            heads[name] = {"e": kept.epoch, "seq": kept.head, "n": n, "ck": ck}
            cursor = asked.get("buckets", {}).get(name)
            start = cursor["seq"] if cursor and cursor["e"] == kept.epoch else 0
            if cursor and cursor["e"] != kept.epoch:
                resets.append({"t": "reset", "b": name, "why": "epoch"})
            ops += sorted(
                (op for op in kept.rows.values() if op["seq"] > start), key=lambda op: int(op["seq"])
            )
        acked = len(self.facts.get(asked["stream"], []))
        cp = f"c-{uuid.uuid4().hex[:8]}"
        first = {"t": "checkpoint", "cp": cp, "up_acked": acked, "subscribe": sorted(heads), "heads": heads}
        last = {"t": "complete", "cp": cp, "more": False, "next_s": 0.5}
        return page([first | {"server_time": now(), "hq_epoch": self.epoch}, *resets, *ops, last])


def now() -> str:
    """The time, as it stands on the wire."""
    return stamp(datetime.now(UTC))


def page(lines: list[dict[str, Any]]) -> Said:
    """A page of these lines."""
    return Said(200, NDJSON, b"".join(canonical(line) + b"\n" for line in lines))


def lines_of(said: Said) -> list[dict[str, Any]]:
    """The lines of a page."""
    return [msgspec.json.decode(row) for row in said.body.splitlines()]


def error(status: int, word: str, retry_s: int = 0, **more: Any) -> Said:
    """A refusal."""
    headers = (("Retry-After", str(retry_s)),) if retry_s else ()
    return Said(status, JSON, canonical({"error": word, **more}), headers)


def proven(fact: Mapping[str, Any]) -> bool:
    """Whether a fact's `sha` is that of its canonical bytes."""
    body = {key: value for key, value in fact.items() if key != "sha"}
    return bool(hashlib.sha256(canonical(body)).hexdigest() == fact["sha"])


def _json(**fields: Any) -> Said:
    return Said(200, JSON, canonical(fields))
