"""The good days of a world: faults end, people clear up what only people can, and everything must come level."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Table, select

from sync.hub.ingest import BREAKER_CODE
from sync.hub.schema import case_file, ingest_event, ingest_stream, movement, order_line, pickup, stock_level
from sync.messages import DeviceReplaced, DeviceRevoked, NotAdmitted, SyncFault
from sync.uploading import UP_PATH
from tests.sim import hq_checks, invariants, till_steps
from tests.sim.benefit_checks import benefits
from tests.sim.box import Box
from tests.sim.mishaps import replace_box
from tests.sim.trade_checks import same_unfit, trade
from tests.sim.world import Broken, World

PATIENCE_S = 900.0
"""Longest pause after a fault (300 s), a batch that HQ turned back once (60 s), and room."""
_REPLAYS = 4
_EFFECTS = (ingest_event, ingest_stream, movement, stock_level, order_line, pickup, case_file)


def heal(w: World) -> None:
    """Ends all faults, lets time go by, and checks what must hold then."""
    if not w.restored:
        hq_checks.acknowledged(w)
    w.weather.share = 0.0
    w.weather.late.clear()
    w.hq.fuse, w.hq.rejecting = None, False
    w.hq.commit_slow()
    for box in list(w.boxes):
        box.wire.cut = False
        if box.state == "active" and w.devices.get(box.known.stream) is None:
            w.admit(box)
    for store in w.stores():
        for box in w.active(store):
            if box.known.lost and box.state == "active":
                replace_box(w, box, dead=True)
    till_steps.settle(w)
    _calm(w)
    for box in w.boxes:
        if box.revoked and box.state != "gone":
            invariants.exportable(box)
            box.stop()
            box.state = "gone"
    w.restored = False
    ledger = hq_checks.at_hq(w)
    benefits(w, ledger)
    trade(w, ledger)
    invariants.at_stores(w, ledger)
    for box in w.active():
        invariants.level_with_hq(w, box, ledger)
        same_unfit(box, w, ledger)
        invariants.fair_resets(box)
        box.wire.flipped = False
    _replay(w)
    w.count("healed")


def _calm(w: World) -> None:
    """Time goes by until nobody has anything left to do; a person looks in now and then."""
    start = w.time.at
    quiet: set[int] = set()
    for box in w.boxes:
        box.last = None
    while (w.time.at - start).total_seconds() < PATIENCE_S:
        for box in [b for b in w.boxes if b.state != "gone"]:
            if box.mono() < box.next_turn_s:
                continue
            box.turn()
            w.note(box)
            # What one sends another may have to hear: all must be quiet after whoever spoke last.
            if not _level(box):
                quiet.clear()
            quiet.add(id(box)) if _level(box) else None
            _look_after(w, box)
        _waive(w)
        if quiet >= {id(b) for b in w.boxes if b.state != "gone"}:
            return
        w.time.move(1.0)
    late = [
        f"{b.store} {b.state} {b.last and b.last.fault} {b.last and b.last.alarm}"
        for b in w.boxes
        if b.state != "gone" and not _level(b)
    ]
    raise Broken("I7", f"not level after {PATIENCE_S:.0f} s of good weather: {late}")


def _level(box: Box) -> bool:
    last = box.last
    if box.revoked:
        return last is not None and isinstance(last.fault, DeviceRevoked)
    if box.state == "old" and last is not None and isinstance(last.fault, DeviceReplaced):
        # It hears nothing more, and has brought everything.
        return not (last.alarm or last.more or last.sent or box.shop.books.journal.depth())
    if last is None or last.fault is not None or last.alarm or box.shop.books.journal.depth():
        return False
    return not (last.more or last.sent or last.received)


def _look_after(w: World, box: Box) -> None:
    """What a person does about a box that says it cannot go on by itself."""
    last = box.last
    if last is None or box.revoked:
        return
    if last.alarm:
        known = w.journals[box.known.stream]
        if not (known.lost or known.others or known.twins):
            raise Broken("I7", f"{box.store} stopped with {last.alarm} though nobody touched its journal")
        if box.state == "active":
            replace_box(w, box, dead=True)
        else:
            _put_away(w, box)
    elif isinstance(last.fault, NotAdmitted) and not isinstance(last.fault, DeviceRevoked):
        # HQ was restored and does not know it: a new invitation. A replaced box's rest is brought in by hand.
        if box.state == "active":
            w.admit(box)
        else:
            _put_away(w, box)


def _put_away(w: World, box: Box) -> None:
    """A replaced box that can say nothing more to HQ: what it still holds is brought in by hand, or not."""
    w.journals[box.known.stream].lost = box.known.lost = True
    box.state = "gone"
    box.stop()


def _waive(w: World) -> None:
    with w.hq.reading() as conn:
        same = (case_file.c.code == BREAKER_CODE) & (case_file.c.state == "open")
        stores = sorted(set(conn.scalars(select(case_file.c.store).where(same))))
    for store in stores:
        w.hq.desk.waive_breaker(store)
        w.waived.add(store)


def _replay(w: World) -> None:
    """I2: requests that HQ took once change nothing when they come again."""
    alive = {b.known.stream: b for b in w.active()}
    some = [
        r for r in w.requests if r[0] in alive and not w.journals[r[0]].others and not w.journals[r[0]].twins
    ]
    if not some:
        return
    before = _digest(w)
    for stream, body in w.chance.sample(some, min(_REPLAYS, len(some))):
        try:
            alive[stream].wire.post(UP_PATH, body)
        except SyncFault as fault:
            raise Broken("I2", f"a request that came again is answered {fault.code}") from fault
    if _digest(w) != before:
        raise Broken("I2", "a request that came again changed something")


def _digest(w: World) -> str:
    said = hashlib.sha256()
    with w.hq.reading() as conn:
        for table in _EFFECTS:
            for row in conn.execute(select(table).order_by(*table.primary_key.columns)):
                said.update(repr(_plain(table, row)).encode())
    return said.hexdigest()


def _plain(table: Table, row: Any) -> tuple[Any, ...]:
    # Which boot was heard last is no effect of a fact.
    return tuple(v for c, v in zip(table.columns, row, strict=True) if not c.name.startswith("boot"))
