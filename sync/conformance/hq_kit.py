"""What drives an HQ from outside: requests as a store sends them, well-formed and otherwise."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from sync.admission import Invitation
from sync.conformance.report import Broken, Skipped, expect
from sync.messages import GENESIS, PROTOCOL, DrawerOpened, Head, body_of, canonical, kind_of, row_hash

UP, PULL = "/sync/v1/up", "/sync/v1/pull"
_AT = "2026-01-05T09:58:11.004Z"
_MASK = (1 << 64) - 1
_PAGES = 10_000


@dataclass(frozen=True)
class Reply:
    """An answer of HQ as it came."""

    status: int
    kind: str
    retry_after: str
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object; raises Broken."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Broken(f"status {self.status} with a body that is no JSON object") from None

    def lines(self) -> list[dict[str, Any]]:
        """The body as NDJSON; raises Broken."""
        try:
            return [msgspec.json.decode(row, type=dict[str, Any]) for row in self.body.splitlines()]
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Broken("a page that is no NDJSON") from None


class Asker(Protocol):
    """Sends a request to HQ; see sync.conformance.askers."""

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer, whatever it is."""


@dataclass
class StoreAt:
    """One of the kit's stores at HQ: its number and its token."""

    number: str
    token: str
    asker: Asker

    def ask(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST"
    ) -> Reply:
        """A request of this store."""
        shown = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/x-ndjson"}
        return self.asker.ask(method, path, body, shown | dict(headers or {}))

    def pull(self, buckets: Mapping[str, Any] | None = None, stream: str = "", **more: Any) -> Reply:
        """A pull of this store; by default of everything, from the start."""
        asked = {"proto": PROTOCOL, "stream": stream or str(uuid.uuid4()), "buckets": dict(buckets or {})}
        return self.ask(PULL, canonical(asked | more))


@dataclass
class Journal:
    """A store's facts, chained as the protocol wants them. Opened drawers: they touch nobody's goods."""

    store: StoreAt
    stream: str = field(default_factory=lambda: str(uuid.uuid4()))
    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, n: int = 1, **changes: Any) -> None:
        """Appends facts; `changes` of the last one's fields are hashed with it, so that the chain holds."""
        for number in range(n):
            seq = len(self.events) + 1
            fact = DrawerOpened(opening=str(uuid.uuid4()), drawer="kit", reason="change")
            row: dict[str, Any] = {
                "seq": seq,
                "id": str(uuid.uuid4()),
                "k": kind_of(fact),
                "v": 1,
                "at": _AT,
                "clk": {"s": "ok", "off_ms": 0, "boot": "kit", "mono_ms": seq},
                "biz": "2026-01-05#1",
                "actor": {"station": "kit", "op": "kit"},
                "d": body_of(fact),
                "prev": self.events[-1]["sha"] if self.events else GENESIS,
            }
            row |= changes if number == n - 1 else {}
            wrong = row.pop("sha", "")
            self.events.append(row | {"sha": wrong or hashlib.sha256(canonical(row)).hexdigest()})

    def body(self, first: int = 1, last: int = 0, **header: Any) -> bytes:
        """An upload of these seqs (1-based, inclusive)."""
        chosen = self.events[first - 1 : last or len(self.events)]
        head = {
            "t": "hdr",
            "proto": PROTOCOL,
            "store": self.store.number,
            "stream": self.stream,
            "hq_epoch": None,
            "from": first,
            "n": len(chosen),
            "boot": "kit",
            "clock": {"wall": _AT, "mono_ms": 1},
        }
        return b"\n".join(canonical(row) for row in (head | header, *chosen)) + b"\n"

    def send(self, first: int = 1, last: int = 0) -> Reply:
        """Uploads these seqs."""
        return self.store.ask(UP, self.body(first, last))

    def sent(self, first: int = 1, last: int = 0) -> dict[str, Any]:
        """Uploads these seqs, which must be taken in; HQ's answer."""
        reply = self.send(first, last)
        expect(
            reply.status == 200,
            f"{reply.status} for facts {first} to {last or len(self.events)}: {said(reply)}",
        )
        answer = reply.json()
        expect(answer.get("acked") == (last or len(self.events)), f"acked is {answer.get('acked')!r}")
        return answer


@dataclass
class HqKit:
    """Two stores at the HQ under test; the second only to be kept apart from the first. And two invitations of a third
    one, whose first box the second replaces."""

    one: StoreAt
    two: StoreAt | None = None
    invited: str = ""
    invitations: tuple[Invitation, ...] = ()
    former: Journal | None = None
    """The replaced box's journal, once there is one."""

    def other(self) -> StoreAt:
        """The second store; raises Skipped where none was given."""
        if self.two is None:
            raise Skipped("needs a second store's token")
        return self.two

    def journal(self) -> Journal:
        """A new journal of the first store."""
        return Journal(self.one)


def said(reply: Reply) -> str:
    """What an error's body says, short."""
    return reply.body[:120].decode("utf-8", "replace")


def refused(reply: Reply, status: int, error: str = "") -> dict[str, Any]:
    """The body of an answer that must be this refusal; raises Broken."""
    expect(reply.status == status, f"{reply.status} instead of {status}: {said(reply)}")
    expect(reply.kind == "application/json", f"an error of type {reply.kind!r}")
    body = reply.json()
    expect(isinstance(body.get("error"), str), "an error without `error`")
    expect(not error or body["error"] == error, f"error {body['error']!r} instead of {error!r}")
    return body


def walked(
    store: StoreAt, **limits: Any
) -> tuple[dict[str, dict[tuple[str, str], Any]], dict[str, Head], int]:
    """Every bucket read to its head: rows by bucket and (tb, id), the heads, and how many pages it took."""
    rows: dict[str, dict[tuple[str, str], Any]] = {}
    cursors: dict[str, Any] = {}
    for number in range(1, _PAGES):
        reply = store.pull(cursors, **limits)
        expect(reply.status == 200, f"{reply.status} for a pull: {said(reply)}")
        lines = reply.lines()
        heads = {name: msgspec.convert(head, Head) for name, head in lines[0]["heads"].items()}
        ops = [line for line in lines if line["t"] == "op"]
        expect(bool(ops) or not lines[-1]["more"], "`more` on a page without a row: nobody gets on")
        for op in ops:
            bucket = rows.setdefault(op["b"], {})
            bucket.pop((op["tb"], op["id"]), None)
            if op["op"] == "put":
                bucket[op["tb"], op["id"]] = (op["ver"], op["d"])
            cursors[op["b"]] = {"e": heads[op["b"]].e, "seq": op["seq"]}
        if not lines[-1]["more"]:
            return rows, heads, number
    raise Broken("a walk that never ends: `more` stays true")


def checksum(rows: Mapping[tuple[str, str], Any]) -> str:
    """The checksum of live rows, as the protocol defines it."""
    total = sum(row_hash(tb, row_id, ver, d) for (tb, row_id), (ver, d) in rows.items())
    return f"{total & _MASK:016x}"
