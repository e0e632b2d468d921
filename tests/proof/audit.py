"""What must be true after any number of kills: read from the ledger and from HQ's database, as violations by name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from bench.shop import STORE, open_shop
from sync.messages import GENESIS, Event, sha_of

BASE = 1_000_000
"""Units of each product that HQ says the store has at the start."""


def audit(folder: Path, hq_file: Path, acknowledged: dict[str, str]) -> dict[str, Any]:
    """Figures and violations; `acknowledged`: nonce -> pickup id of every hand-over that was answered with yes."""
    shop = open_shop(folder)
    reader = shop.books.ledger.read()
    pickups = reader.execute("SELECT nonce, pickup_id, order_id FROM pickup").fetchall()
    slips = reader.execute("SELECT ref, copy, state FROM print_job ORDER BY id").fetchall()
    rows = reader.execute("SELECT seq, body, sha FROM journal ORDER BY seq").fetchall()
    head = reader.execute("SELECT last_seq, last_sha, acked FROM stream").fetchone()
    moved = dict(reader.execute("SELECT sku, sum(delta) FROM movement GROUP BY sku").fetchall())
    shop.books.close()
    events = [msgspec.json.decode(body.encode(), type=Event) for _, body, _ in rows]
    collected = [event for event in events if event.k == "pickup.collected"]
    wrong: dict[str, int] = {}
    by_nonce = {nonce: pickup for nonce, pickup, _ in pickups}
    wrong["acknowledged and lost"] = sum(by_nonce.get(n) != pickup for n, pickup in acknowledged.items())
    wrong["handed over twice"] = _repeated(order for _, _, order in pickups)
    wrong["one fact a hand-over"] = _differ([e.d["pickup"] for e in collected], [p for _, p, _ in pickups])
    wrong["one slip a hand-over"] = _differ(
        [ref for ref, copy, _ in slips if copy == 0], [p for _, p, _ in pickups]
    )
    # A slip that was under way when the store was killed comes out once more, marked; nothing else does.
    unsure = {ref for ref, copy, state in slips if copy == 0 and state == "uncertain"}
    wrong["copy without need"] = sum(ref not in unsure for ref, copy, _ in slips if copy)
    wrong["copied twice"] = _repeated(ref for ref, copy, _ in slips if copy)
    wrong["seq not dense"] = int([seq for seq, _, _ in rows] != list(range(1, len(rows) + 1)))
    wrong["chain broken"] = _breaks(events) + int(head[:2] != _end(events))
    wrong |= _at_hq(hq_file, events, [e.d["order"] for e in collected], moved)
    return {
        "hand_overs": len(pickups),
        "acknowledged": len(acknowledged),
        "facts": len(events),
        "unsent": head[0] - head[2],
        "violations": {name: count for name, count in wrong.items() if count},
    }


def _at_hq(hq_file: Path, events: list[Event], orders: list[str], moved: dict[str, int]) -> dict[str, int]:
    from sync.hub.database import open_hub
    from sync.hub.desk import HubDesk

    desk = HubDesk(open_hub(hq_file))
    there = desk.events(STORE)
    theirs = Counter(e["d"]["order"] for e in there if e["kind"] == "pickup.collected")
    stock = desk.stock(STORE)
    states = {order.order: order.state for order in desk.orders(STORE)}
    return {
        "not at HQ": len(set(orders) - set(theirs)),
        "twice at HQ": sum(count > 1 for count in theirs.values()),
        "HQ's journal differs": int(
            [(e["seq"], e["sha"]) for e in there] != [(e.seq, e.sha) for e in events]
        ),
        "HQ did not apply": sum(e["verdict"] != "applied" for e in there),
        "cases at HQ": len(desk.cases(STORE)),
        "stock at HQ": sum(stock.get(sku) != BASE + delta for sku, delta in moved.items()),
        "order not closed at HQ": sum(states.get(order) != "picked_up" for order in orders),
    }


def _repeated(names: Any) -> int:
    return sum(count > 1 for count in Counter(names).values())


def _differ(some: list[str], others: list[str]) -> int:
    one, other = Counter(some), Counter(others)
    return ((one - other) + (other - one)).total()


def _breaks(events: list[Event]) -> int:
    before, breaks = GENESIS, 0
    for event in events:
        breaks += int(event.prev != before or event.sha != sha_of(event))
        before = event.sha
    return breaks


def _end(events: list[Event]) -> tuple[int, str]:
    return (events[-1].seq, events[-1].sha) if events else (0, GENESIS)
