"""The chain of the journal checked from end to end, and against what stands beside it in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from edge.db import Connection, Database
from sync.messages import Event, canonical, sha_of

AT_HQ = (
    # What HQ said it holds is noted beside the chain: one that was made anew has another hash there.
    "ALTER TABLE stream ADD COLUMN acked_sha TEXT NOT NULL DEFAULT ''",
)
_MOST = 50
"""So many faults are named; a chain cut in two says the rest again and again."""
_PAIRS = {
    "a sale without its fact": """SELECT sale FROM sale WHERE seq >= :from AND NOT EXISTS (
        SELECT 1 FROM journal j WHERE j.seq = sale.seq AND j.kind = 'sale.completed'
        AND j.body ->> '$.d.sale' = sale.sale AND j.body ->> '$.d.receipt' = sale.receipt
        AND j.body ->> '$.d.net_fen' = sale.net_fen)""",
    "a fact of a sale that the ledger does not have": """SELECT 'fact ' || seq FROM journal j
        WHERE kind = 'sale.completed' AND NOT EXISTS (SELECT 1 FROM sale WHERE sale.seq = j.seq)""",
    "a return without its fact": """SELECT ret FROM goods_return g WHERE seq >= :from AND NOT EXISTS (
        SELECT 1 FROM journal j WHERE j.seq = g.seq AND j.kind = 'return.accepted'
        AND j.body ->> '$.d.ret' = g.ret AND j.body ->> '$.d.refund_fen' = g.refund_fen)""",
    "a fact of a return that the ledger does not have": """SELECT 'fact ' || seq FROM journal j
        WHERE kind = 'return.accepted' AND NOT EXISTS (SELECT 1 FROM goods_return g WHERE g.seq = j.seq)""",
    "a fact of a hand-over that the ledger does not have": """SELECT 'fact ' || seq FROM journal j
        WHERE kind = 'pickup.collected' AND NOT EXISTS (SELECT 1 FROM pickup p
        WHERE p.pickup_id = j.body ->> '$.d.pickup' AND p.order_id = j.body ->> '$.d.order')""",
    # Facts that went with age took the oldest rows' proof along; rows since the oldest that has its fact have one.
    "a hand-over without its fact": """WITH told AS (
        SELECT coalesce(body ->> '$.d.pickup', '') AS id FROM journal WHERE kind = 'pickup.collected')
        SELECT pickup_id FROM pickup p WHERE pickup_id NOT IN (SELECT id FROM told) AND (:from = 1 OR p.rowid >
        (SELECT min(q.rowid) FROM pickup q WHERE q.pickup_id IN (SELECT id FROM told)))""",
    "a hand-over taken back without its fact": """WITH kept AS (
        SELECT coalesce(body ->> '$.d.pickup', '') AS id, kind FROM journal
        WHERE kind IN ('pickup.collected', 'pickup.annulled'))
        SELECT pickup_id FROM pickup p WHERE annulled_at <> ''
        AND pickup_id IN (SELECT id FROM kept WHERE kind = 'pickup.collected')
        AND pickup_id NOT IN (SELECT id FROM kept WHERE kind = 'pickup.annulled')""",
    "a drawer's opening without its fact": """WITH told AS (
        SELECT coalesce(body ->> '$.d.opening', '') AS id FROM journal WHERE kind = 'drawer.opened')
        SELECT opening FROM drawer_opening o WHERE opening NOT IN (SELECT id FROM told) AND (:from = 1 OR o.id >
        (SELECT min(q.id) FROM drawer_opening q WHERE q.opening IN (SELECT id FROM told)))""",
    "a fact of a drawer's opening that the ledger does not have": """SELECT 'fact ' || seq FROM journal j
        WHERE kind = 'drawer.opened' AND NOT EXISTS (SELECT 1 FROM drawer_opening o
        WHERE o.opening = j.body ->> '$.d.opening')""",
    "stock that moved without a fact": """SELECT sku || ' at ' || seq FROM movement m
        WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq = m.seq)""",
}


@dataclass
class Checked:
    """What was found: `faults` in words, empty when all holds; numbers of facts, hashes in hex."""

    stream: str
    first: int
    last: int
    head: str
    acked: int
    acked_sha: str = ""
    facts: int = 0
    unreadable: int = 0
    closings: int = 0
    pairs: int = 0
    paper: int | None = None
    faults: list[str] = field(default_factory=list)

    def fault(self, words: str) -> None:
        """Notes a fault; the first ones are enough."""
        if len(self.faults) < _MOST:
            self.faults.append(words)


def checked(ledger: Database, paper: str = "") -> Checked:
    """The whole kept chain, read as it stood at one moment; the store may go on working.

    `paper`: the first characters (hex) of a hash that a close-of-day slip or HQ shows, which has to be in the chain.
    """
    read = ledger.read()
    read.execute("BEGIN")
    try:
        return _checked(read, paper.lower())
    finally:
        read.execute("ROLLBACK")


def _checked(read: Connection, paper: str) -> Checked:
    stream, last, head, acked, acked_sha, first, anchor = read.execute(
        "SELECT stream_id, last_seq, last_sha, acked, acked_sha, kept_from, anchor FROM stream"
    ).fetchone()
    found = Checked(stream, first, last, head, acked, acked_sha)
    hashes = {first - 1: anchor}
    for event in _followed(read, found, anchor):
        hashes[event.seq] = event.sha
        if event.k == "shift.closed":
            found.closings += 1
            _closing(found, hashes, event)
    end = max(hashes)
    if (end, hashes[end]) != (last, head):
        found.fault(f"the chain ends at fact {end} ({hashes[end][:8]}), the stream says {last} ({head[:8]})")
    if acked > last or (acked_sha and hashes.get(acked) != acked_sha):
        found.fault(
            f"HQ acknowledged fact {acked} as {acked_sha[:8]}, here it is {hashes.get(acked, 'gone')[:8]}"
        )
    if paper:
        found.paper = next((seq for seq, sha in hashes.items() if seq and sha.startswith(paper)), None)
        if found.paper is None:
            found.fault(f"no fact from {first} to {last} has the hash {paper} of the paper")
    # SQL cannot look into a fact that is no JSON; the chain is known not to hold by then.
    for words, sql in _PAIRS.items() if not found.unreadable else ():
        found.pairs += 1
        for (what,) in read.execute(sql, {"from": first}):
            found.fault(f"{words}: {what}")
    return found


def _followed(read: Connection, found: Checked, prev: str) -> Iterator[Event]:
    """The facts that can be read, each held against the one before it; `prev` is the anchor."""
    seq = found.first - 1
    # As bytes: what is no text any more has to be told, too.
    columns = ", ".join(f"CAST({name} AS BLOB)" for name in ("id", "kind", "at", "body", "sha"))
    for at, *raw in read.execute(f"SELECT seq, {columns} FROM journal ORDER BY seq"):
        number, kind, when, body, sha = (one.decode(errors="replace") for one in raw)
        if at != seq + 1:
            found.fault(
                f"fact {seq + 1} is missing" if at > seq + 1 else f"fact {at} should have gone with age"
            )
        seq, before, prev = at, prev, sha
        found.facts += 1
        try:
            event = msgspec.json.decode(body.encode(), type=Event)
        except (msgspec.DecodeError, UnicodeError):
            found.unreadable += 1
            found.fault(f"fact {at} cannot be read")
            continue
        # Also what decoding would pass over: an added field, another order.
        if sha_of(event) != sha or canonical(event).decode() != body:
            found.fault(f"fact {at} is not what its hash was made of")
        if event.prev != before:
            found.fault(f"fact {at} does not follow the one before it")
        if (event.seq, event.id, event.k, event.at, event.sha) != (at, number, kind, when, sha):
            found.fault(f"fact {at}: number, name, kind, time or hash beside it differ from its own")
        yield msgspec.structs.replace(event, seq=at, sha=sha)


def _closing(found: Checked, hashes: dict[int, str], event: Event) -> None:
    """A Z report wrote down the head of its moment, which was printed."""
    seq, head = event.d.get("seq"), str(event.d.get("head"))
    known = hashes.get(seq) if isinstance(seq, int) else None
    if known is not None and known != head:
        found.fault(
            f"fact {event.seq} closes a till at fact {seq} with hash {head[:8]}, here it is {known[:8]}"
        )
