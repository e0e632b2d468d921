"""What must hold at HQ: I1 to I4 as far as its own tables go, at any time and in any weather."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec
from sqlalchemy import select

from sync.hub.ingest import BREAKER_CODE
from sync.hub.schema import (
    case_file,
    customer_order,
    ingest_event,
    ingest_stream,
    movement,
    order_line,
    pickup,
    stock_level,
)
from sync.messages import GENESIS
from tests.sim.box import Known
from tests.sim.world import Broken, World

_OF_NO_FACT = frozenset({BREAKER_CODE, "STREAM_FORK", "STREAM_CLONE", "NEGATIVE_STOCK", "OVERSOLD"})
_UNDOES_NOTHING = frozenset(
    {"UNKNOWN_PICKUP", "ANNULLED_TWICE", "LINES_DIFFER", "UNKNOWN_USE", "RELEASED_TWICE"}
)
_NOT_OURS = frozenset({"WRONG_STORE", "UNKNOWN_ORDER"})


def goods_of(kind: str, d: dict[str, Any]) -> list[tuple[int, str, int]]:
    """(position, product, pieces) that a sale or a return moves by itself; what a quota covers has facts of its own."""
    sign = {"sale.completed": -1, "return.accepted": 1}.get(kind, 0)
    lines = enumerate(d["lines"]) if sign else ()
    return [(pos, line["sku"], sign * line["qty"]) for pos, line in lines if not line.get("grant")]


def moved(w: World) -> dict[tuple[str, str], int]:
    """(store, product) -> sum of movements at HQ."""
    sums: Counter[tuple[str, str]] = Counter()
    with w.hq.reading() as conn:
        for row in conn.execute(select(movement)):
            sums[row.store, row.sku] += row.delta
    return sums


class Ledger:
    """HQ's tables, read once for a check."""

    def __init__(self, w: World) -> None:
        with w.hq.reading() as conn:
            self.streams = {row.stream: row for row in conn.execute(select(ingest_stream))}
            self.events: dict[str, list[Any]] = defaultdict(list)
            for row in conn.execute(select(ingest_event).order_by(ingest_event.c.stream, ingest_event.c.seq)):
                self.events[row.stream].append(row)
            moves = conn.execute(select(movement).where(movement.c.reason != "counted"))
            self.moves = Counter({(r.stream, r.seq, r.pos, r.sku): r.delta for r in moves})
            self.cases = list(conn.execute(select(case_file)))
            self.levels = {(r.store, r.sku): r for r in conn.execute(select(stock_level))}
            self.handed = {(r.order_no, r.line): r.handed for r in conn.execute(select(order_line))}
            self.orders = {r.order_no: r for r in conn.execute(select(customer_order))}
            self.pickups = list(conn.execute(select(pickup)))


def acknowledged(w: World) -> None:
    """I1: what HQ said it has, it has, as the box has it."""
    events = Ledger(w).events
    for box in w.boxes:
        if box.state == "gone":
            continue
        rows = events.get(box.known.stream, [])
        acked = box.shop.books.journal.acked()
        for number in range(1, acked + 1):
            mine = {f.sha for f in (*box.known.facts[number - 1 : number], *_own_others(box.known, number))}
            if number > len(rows) or rows[number - 1].sha not in mine:
                raise Broken("I1", f"{box.store}: fact {number} is acknowledged, and HQ does not have it")


def _own_others(known: Known, number: int) -> list[Any]:
    return [known.others[number]] if number in known.others else []


def at_hq(w: World) -> Ledger:
    """I1 to I4 as far as HQ goes: these hold at any time, however bad the weather is."""
    ledger = Ledger(w)
    for stream, rows in ledger.events.items():
        _chain(w.journals.get(stream), stream, rows)
    _effects(w, ledger)
    _cases(ledger)
    sums = moved(w)
    for (store, sku), units in w.adjust.items():
        found = ledger.levels[store, sku].on_hand
        if found != units + sums.get((store, sku), 0):
            raise Broken(
                "I4", f"{store} {sku}: HQ counts {found}, set {units}, moved {sums.get((store, sku), 0)}"
            )
    return ledger


def _chain(known: Known | None, stream: str, rows: list[Any]) -> None:
    """I1: dense, chained, and just what the store committed."""
    if known is None:
        raise Broken("I12", f"HQ has a stream nobody made: {stream}")
    prev = GENESIS
    for number, row in enumerate(rows, start=1):
        said = msgspec.json.decode(row.body)
        if row.seq != number:
            raise Broken("I1", f"{known.store}: fact {number} is missing at HQ")
        if said["prev"] != prev:
            raise Broken("I1", f"{known.store}: the chain is broken at {number}")
        prev = row.sha
        mine = {f.sha for f in (*known.facts[number - 1 : number], *_other(known, number))}
        if row.sha not in mine:
            raise Broken("I1", f"{known.store}: fact {number} at HQ is none of the store's")


def _other(known: Known, number: int) -> list[Any]:
    found = _own_others(known, number)
    for twin in known.twins:
        found += [*twin.facts[number - 1 : number], *_other(twin, number)]
    return found


def _effects(w: World, ledger: Ledger) -> None:
    """I2: each fact that HQ took has its effect once, and well-formed facts have one."""
    expected: Counter[tuple[str, int, int, str]] = Counter()
    handed: Counter[tuple[str, int]] = Counter()
    ids: set[str] = set()
    applied: dict[str, str] = {}
    void: set[str] = set()
    for stream, rows in ledger.events.items():
        known = w.journals[stream]
        for row in rows:
            body = msgspec.json.decode(row.body)
            d = body.get("d", {})
            if row.verdict == "quarantined":
                _excused(w, known, row, d or known.facts[row.seq - 1].d, void)
                continue
            if body["id"] in ids:
                raise Broken("I2", f"one id, two effects: {known.store} {row.seq}")
            ids.add(body["id"])
            if row.kind == "stock.moved":
                expected[stream, row.seq, 0, d["sku"]] = d["qty"]
            for pos, sku, qty in goods_of(row.kind, d):
                expected[stream, row.seq, pos, sku] = qty
            if row.kind not in {"pickup.collected", "pickup.annulled"}:
                continue
            sign = -1 if row.kind == "pickup.collected" else 1
            if sign < 0:
                applied[d["pickup"]] = row.code
            for pos, line in enumerate(d["lines"]):
                expected[stream, row.seq, pos, line["sku"]] = sign * line["qty"]
                if applied.get(d["pickup"]) not in _NOT_OURS:
                    handed[d["order"], line["line"]] -= sign * line["qty"]
    if expected != ledger.moves:
        raise Broken(
            "I2",
            f"movements at HQ are not those of its facts: {(expected - ledger.moves) or (ledger.moves - expected)}",
        )
    wrong = {k: (v, handed[k]) for k, v in ledger.handed.items() if v != handed[k]}
    if wrong:
        raise Broken("I2", f"handed quantities at HQ: {wrong}")


def _excused(w: World, known: Known, row: Any, d: dict[str, Any], void: set[str]) -> None:
    """A fact without effect: made odd on purpose, or turned back by a bad release while it was live."""
    if row.code == "EFFECT_FAILED" and "bad_release" not in w.counts:
        raise Broken("I2", f"{known.store}: HQ failed over fact {row.seq}, a {row.kind}")
    every = (known, *known.twins)
    on_purpose = any(row.seq in k.odd or row.seq in k.rotten for k in every)
    unlucky = row.code == "DUPLICATE_ID" and any(row.seq in k.unlucky for k in every)
    named = {str(d.get("pickup", "")), str(d.get("use", ""))} - {""}
    if row.code == "EFFECT_FAILED" or on_purpose or unlucky:
        void |= named
    elif not (row.code in _UNDOES_NOTHING and named & void):
        raise Broken("I2", f"{known.store}: fact {row.seq} is without effect: {row.code}")


def _cases(ledger: Ledger) -> None:
    """I3: a contradiction has one case, and a case is about a contradiction."""
    told = Counter((c.stream, c.seq) for c in ledger.cases if c.code not in _OF_NO_FACT)
    real = Counter((s, r.seq) for s, rows in ledger.events.items() for r in rows if r.verdict == "conflict")
    if told != real:
        raise Broken("I3", f"cases and contradictions differ: {(told - real) or (real - told)}")
