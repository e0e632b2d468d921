"""What must hold of a world: I1 to I7 and I10 to I12 of the sync contract; some at any time, all after a heal."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec
from sqlalchemy import func, select

from sync.hub.rows import subscription
from sync.hub.schema import bucket, feed
from tests.sim import trade_checks
from tests.sim.box import Box
from tests.sim.hq_checks import Ledger, goods_of
from tests.sim.world import ODD, SKUS, Broken, World

_MASK = (1 << 64) - 1


class Feed:
    """HQ's feed as committed now: what a bucket is at, and its rows."""

    def __init__(self, w: World) -> None:
        with w.hq.reading() as conn:
            self.heads = {row.bucket: row for row in conn.execute(select(bucket))}
            sizes = conn.execute(select(func.count(), func.sum(feed.c.seq))).one()
            self.key = (tuple(map(tuple, self.heads.values())), tuple(sizes))
            before = w.feed
            self.rows: dict[str, dict[tuple[str, str], Any]] = defaultdict(dict)
            if isinstance(before, Feed) and before.key == self.key:
                self.rows = before.rows
                return
            columns = (feed.c.bucket, feed.c.seq, feed.c.tb, feed.c.id, feed.c.ver, feed.c.op)
            for row in conn.execute(select(*columns)):
                self.rows[row.bucket][row.tb, row.id] = row


def during(w: World) -> None:
    """What must hold after every single step."""
    if w.hq.unsorted:
        raise Broken("I7", f"two writers could wait for each other: {w.hq.unsorted[0]}")
    for box in w.boxes:
        if box.state != "gone":
            _books_agree(box)
    now = w.feed = Feed(w)
    for box in w.active():
        # Only what changed, there or here, can have gone wrong.
        version = (now.key, box.shop.books.hq.read().execute("PRAGMA data_version").fetchone(), id(box.shop))
        if version != box.checked_feed:
            _never_ahead(w, box, now)
            box.checked_feed = version
        fair_resets(box)


def _books_agree(box: Box) -> None:
    """I6 at the store: no effect without its fact, no fact without its effect. Only what is new is looked at."""
    read = box.shop.books.ledger.read()
    facts, since = box.known.facts, box.checked
    moves: Counter[tuple[int, str]] = Counter()
    for fact in facts[since:]:
        box.collected += fact.k == "pickup.collected" and not _stray(fact)
        sign = {"pickup.collected": -1, "pickup.annulled": 1}.get(fact.k, 0)
        for line in fact.d.get("lines", ()) if sign else ():
            moves[fact.seq, line["sku"]] += sign * line["qty"]
        if fact.k == "stock.moved":
            moves[fact.seq, fact.d["sku"]] = fact.d["qty"]
        for _, sku, qty in goods_of(fact.k, fact.d):
            moves[fact.seq, sku] += qty
    found = {
        (s, sku): d
        for s, sku, d in read.execute(
            "SELECT seq, sku, delta FROM movement WHERE seq > ? AND reason <> 'counted'", (since,)
        )
    }
    if found != dict(moves):
        raise Broken("I6", f"{box.store}: movements are not those of the facts")
    rows = read.execute("SELECT count(*) FROM pickup").fetchone()[0]
    if rows != box.collected:
        raise Broken("I6", f"{box.store}: {rows} hand-overs, {box.collected} facts of them")
    trade_checks.books_agree(box)
    box.checked = len(facts)


def _stray(fact: Any) -> bool:
    return any(line["sku"] == ODD for line in fact.d["lines"])


def _never_ahead(w: World, box: Box, now: Feed) -> None:
    """I5 and I6 at any time: what the store's cursor says it has, it has."""
    if box.wire.flipped or w.restored:
        return
    read = box.shop.books.hq.read()
    for name, epoch, seq in read.execute(
        "SELECT bucket, epoch, seq FROM cursor WHERE epoch <> ''"
    ).fetchall():
        head = now.heads.get(name)
        if head is None or head.epoch != epoch or seq < head.floor:
            continue
        here = {key: ver for key, (ver, _, fresh) in _counted(read, name).items() if fresh}
        there = now.rows[name]
        for key, row in there.items():
            if row.seq <= seq and row.op == "put" and here.get(key) != row.ver:
                what = f"{box.store} is past {seq} of {name} without {key}"
                # Killed while taking it in, or never given it?
                raise Broken("I6" if box.was_killed else "I5", what)
        for key in here:
            told = there.get(key)
            if told is None or (told.op == "del" and told.seq <= seq):
                raise Broken("I5", f"{box.store} keeps {key} of {name}, which HQ deleted before {seq}")


def _counted(read: Any, name: str) -> dict[tuple[str, str], tuple[int, str, int]]:
    """What a store counts of a bucket: (table, id) -> version, hash (hex), whether it came since the last reset."""
    row = read.execute("SELECT feed FROM cursor WHERE bucket = ?", (name,)).fetchone()
    if row is None or not row[0]:
        return {}
    rows = read.execute(f"SELECT tb, id, ver, hash, fresh FROM feed_{row[0]}").fetchall()  # noqa: S608
    return {(tb, i): (ver, f"{digest & _MASK:016x}", fresh) for tb, i, ver, digest, fresh in rows}


def fair_resets(box: Box) -> None:
    """I5: a bucket is read again for its checksum only where a byte was flipped."""
    why = {reason for _, reason in box.resets}
    if "checksum" in why and not box.wire.flipped:
        raise Broken("I5", f"{box.store}: a checksum differed though no byte was flipped")
    box.resets.clear()


def at_stores(w: World, ledger: Ledger) -> None:
    """I3 of the goods: nothing goes twice, unless two boxes came to hold it for a reason; then HQ has a case."""
    by_order: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    whole: Counter[tuple[str, str, int]] = Counter()
    for stream, known in w.journals.items():
        gone = {f.d["pickup"] for f in known.facts if f.k == "pickup.annulled"}
        for fact in known.facts:
            if (
                fact.k != "pickup.collected"
                or fact.seq in known.odd
                or fact.d["pickup"] in gone
                or _stray(fact)
            ):
                continue
            whole[stream, fact.d["order"], fact.d["gen"]] += not fact.d["lines"]
            for line in fact.d["lines"]:
                by_order[fact.d["order"]][stream][line["line"]] += line["qty"]
    if any(n > 1 for n in whole.values()):
        raise Broken("I3", "one order was handed over whole twice at one box")
    ordered = {number: _ordered(row) for number, row in ledger.orders.items()}
    for number, boxes in by_order.items():
        if number not in ordered:
            continue
        total: Counter[int] = Counter()
        for stream, lines in boxes.items():
            total += lines
            if any(lines[n] > ordered[number].get(n, 0) for n in lines):
                raise Broken("I3", f"{number}: more handed over at {w.journals[stream].store} than ordered")
        if any(total[n] > ordered[number].get(n, 0) for n in total) and number not in w.parted:
            raise Broken("I3", f"{number}: more handed over than ordered, by {len(boxes)} boxes")


def _ordered(row: Any) -> dict[int, int]:
    return {line["line"]: line["qty"] for line in msgspec.json.decode(row.body)["lines"]}


def level_with_hq(w: World, box: Box, ledger: Ledger) -> None:
    """I1, I4 and I5 after a heal: everything is up, everything is down."""
    books, facts = box.shop.books, box.known.facts
    if len(ledger.events.get(box.known.stream, [])) != len(facts) or books.journal.acked() != len(facts):
        up = len(ledger.events.get(box.known.stream, []))
        raise Broken(
            "I1", f"{box.store}: {len(facts)} facts, {up} at HQ, {books.journal.acked()} acknowledged"
        )
    read = books.hq.read()
    with w.hq.reading() as conn:
        for name in subscription(box.store):
            head = conn.execute(select(bucket).where(bucket.c.bucket == name)).one_or_none()
            if head is None:
                continue
            mine = read.execute(
                "SELECT epoch, seq, n, ck, trouble FROM cursor WHERE bucket = ?", (name,)
            ).fetchone()
            if mine != (head.epoch, head.head, head.n, head.ck, ""):
                raise Broken("I5", f"{box.store} {name}: {mine} here, {tuple(head)} at HQ")
            there = {
                (r.tb, r.id): r
                for r in conn.execute(select(feed).where(feed.c.bucket == name, feed.c.op == "put"))
            }
            here = {key: (ver, digest) for key, (ver, digest, _) in _counted(read, name).items()}
            if here != {key: (r.ver, r.hash) for key, r in there.items()}:
                raise Broken("I5", f"{box.store} {name}: other rows than HQ's")
            docs = {i: r.d for (tb, i), r in there.items() if tb == "order"}
            if (
                name.endswith(":orders")
                and dict(read.execute("SELECT order_id, doc FROM click_order")) != docs
            ):
                raise Broken("I5", f"{box.store}: orders are not HQ's")
    _same_stock(box, ledger)


def _same_stock(box: Box, ledger: Ledger) -> None:
    dead: set[str] = set()
    for row in ledger.events[box.known.stream]:
        if row.verdict == "quarantined":
            d = box.known.facts[row.seq - 1].d
            dead |= {line["sku"] for line in d.get("lines", ())} | {d.get("sku", "")}
    for sku in SKUS:
        here = box.shop.store.goods.on_hand(sku)
        there = ledger.levels[box.store, sku].on_hand
        if here != there and sku not in dead:
            raise Broken("I4", f"{box.store} {sku}: {here} here, {there} at HQ")


def exportable(box: Box) -> None:
    """I12: a box that HQ shut out has its facts still, and nobody's orders."""
    read = box.shop.books.ledger.read()
    if read.execute("SELECT count(*) FROM journal").fetchone()[0] != len(box.known.facts):
        raise Broken("I12", f"{box.store}: a shut-out box lost facts")
    left = box.shop.books.hq.read().execute("SELECT count(*) FROM click_order").fetchone()[0]
    if left:
        raise Broken("I12", f"{box.store}: a shut-out box keeps {left} orders")
