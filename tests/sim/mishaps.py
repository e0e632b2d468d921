"""What may go wrong at a store: the line, power, disks, clocks, odd facts, thieves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from edge.records.journal import Author
from sync.enrolling import InvitationRefused, enroll
from sync.messages import (
    Cursor,
    HandedLine,
    OrderAdvanced,
    PickupAnnulled,
    PickupCollected,
    PullRequest,
    SyncFault,
    UpHeader,
    canonical,
    fact_of,
)
from sync.returning import ReturnAccepted
from sync.selling import SaleCompleted, SoldLine, SoldTender, SoldUnits
from tests.sim.box import Box, Killed
from tests.sim.chance import Machine
from tests.sim.store_steps import any_box, take_turn
from tests.sim.world import ODD, Broken, World

YEAR = timedelta(days=365).total_seconds()


def cut(w: World) -> None:
    """A line breaks, or is mended."""
    box = w.chance.choice(w.boxes)
    box.wire.cut = not box.wire.cut


def kill(w: World) -> None:
    """The store's process is killed and starts again."""
    any_box(w).restart()


def power(w: World) -> None:
    """The power fails; after it the box's clock may say anything."""
    box = any_box(w)
    box.stop()
    box.machine.reboot(w.chance.choice((0.0, 3.0, -90.0, None, -YEAR)))
    box.open()


def jump(w: World) -> None:
    """Somebody sets the clock of a box that is running."""
    box = any_box(w)
    box.machine.set(w.chance.choice((0.0, YEAR, -YEAR, 100.0, None)))


def odd_fact(w: World) -> None:
    """A fact that is wrong in itself: HQ keeps it, and nothing else waits for it."""
    box = any_box(w)
    lines = (HandedLine(1, ODD, 1),)
    done = [asked.pickup for asked in box.asked if asked.pickup]
    facts: list[Any] = [
        PickupAnnulled(str(uuid.uuid4()), "?", 1, "ready", lines),
        OrderAdvanced(w.chance.choice(list(w.orders) or ["?"]), 1, "pack", "no such state"),
    ]
    facts += [_odd_sale(), *_twice(w, box)]
    if done:
        facts.append(PickupCollected(w.chance.choice(done), "?", 1, "picked_up", lines))
    with box.shop.books.ledger.transaction() as tx:
        seq = box.shop.books.journal.append(tx, w.chance.choice(facts), Author("T1", "1001"))
        if w.chance.random() < 0.5:
            stray = PickupCollected(str(uuid.uuid4()), f"stray{seq}", 1, "picked_up", lines)
            box.shop.books.journal.append(tx, stray, Author("T1", "1001"))
    box.known.odd.add(seq)


def _odd_sale() -> Any:
    """A sale whose lines and tenders do not come to its sum."""
    line = SoldLine(1, ODD, 1, 100, 100, (SoldUnits(1, 100),))
    name = str(uuid.uuid4())
    return SaleCompleted(name, f"odd-{name[:8]}", name, (line,), (SoldTender("cash", 90),), 100)


def _twice(w: World, box: Box) -> list[Any]:
    """A sale and a return that are in the journal already, once more."""
    mine = [
        f
        for f in box.known.facts
        if f.k in {"sale.completed", "return.accepted"} and f.seq not in box.known.odd
    ]
    return [_of_odd(fact_of(w.chance.choice(mine[-8:])))] if mine else []


def _of_odd(fact: Any) -> Any:
    lines = tuple(msgspec.structs.replace(line, sku=ODD) for line in fact.lines)
    fact = msgspec.structs.replace(fact, lines=lines)
    if isinstance(fact, ReturnAccepted):  # under a name of its own: HQ must know the pieces again
        return msgspec.structs.replace(fact, ret=str(uuid.uuid4()))
    return fact


def twin_id(w: World) -> None:
    """Bad chance: a fact gets an id that another store's fact has already."""
    from edge.records import journal

    box = any_box(w)
    mine = {f.id for f in box.known.facts}
    others = [
        (k, f) for k in w.journals.values() if k.store != box.store for f in k.facts[-20:] if f.id not in mine
    ]
    if not others:
        return
    whose, fact_of_theirs = w.chance.choice(others)
    real, journal._uuid7 = journal._uuid7, lambda: fact_of_theirs.id
    try:
        with box.shop.books.ledger.transaction() as tx:
            fact = PickupCollected(str(uuid.uuid4()), "?", 1, "picked_up", (HandedLine(1, ODD, 1),))
            seq = box.shop.books.journal.append(tx, fact, Author("T1", "1001"))
    finally:
        journal._uuid7 = real
    # Whichever comes second to HQ stays without effect.
    box.known.odd.add(seq)
    whose.unlucky.add(fact_of_theirs.seq)


def rot(w: World) -> None:
    """A disk loses bits of a fact that waits: its hash does not fit any more."""
    box = any_box(w)
    acked = box.shop.books.journal.acked()
    if acked < len(box.known.facts) and box.known.stream not in w.revoked:
        seq = w.chance.randint(acked + 1, len(box.known.facts))
        box.rewrite(seq, honest_sha=False)
        box.known.rotten.add(seq)


def forge(w: World) -> None:
    """Somebody rewrites a fact that waits, hash and all; the chain after it does not fit any more."""
    if w.chance.random() < 0.9:
        return
    box = any_box(w)
    acked = box.shop.books.journal.acked()
    if acked < len(box.known.facts):
        box.rewrite(w.chance.randint(acked + 1, len(box.known.facts)), honest_sha=True)


def clone(w: World) -> None:
    """A disk is copied into another machine; both run."""
    if w.chance.random() < 0.85:
        return
    box = any_box(w)
    if box.known.lost or not box.known.facts:
        return
    twin = box.clone(w.folder / f"clone{next(w.numbers)}", Machine(w.time, w.chance))
    w.boxes.append(twin)
    w.journals[box.known.stream].twins.append(twin.known)
    w.journals[box.known.stream].lost = box.known.lost = twin.known.lost = True
    _part(w, box)


def _part(w: World, box: Box) -> None:
    w.parted |= {o for o, s in w.orders.items() if s == box.store}
    w.parted |= {str(f.d.get("order")) for f in box.known.facts}


def reimage(w: World) -> None:
    """The disk is lost, or the box is replaced while the old one still has something to say."""
    if w.chance.random() < 0.6:
        return
    box = any_box(w)
    replace_box(w, box, dead=w.chance.random() < 0.5)


def replace_box(w: World, box: Box, *, dead: bool) -> None:
    """A new box takes over from this one."""
    _part(w, box)
    for twin in w.active(box.store):
        if twin is not box and twin.known.stream == box.known.stream:
            twin.stop()
            twin.state = "gone"
    if dead:
        w.journals[box.known.stream].lost = box.known.lost = True
        box.stop()
        box.state = "gone"
    else:
        box.state = "old"
    w.new_box(box.store)


def snoop(w: World) -> None:
    """A box asks for what is not its own."""
    box, others = any_box(w), list(w.journals.values())
    other = w.chance.choice(others)
    if other.store == box.store or box.wire.cut:
        return
    header = UpHeader(1, other.store, other.stream, None, 1, 1, "b", {})
    bodies = (
        (
            "/sync/v1/pull",
            canonical(PullRequest(1, box.known.stream, {f"s:{other.store}:orders": Cursor("e", 0)})),
        ),
        ("/sync/v1/pull", canonical(PullRequest(1, other.stream, {}))),
        (
            "/sync/v1/up",
            canonical(header) + b"\n" + canonical(other.facts[0]) + b"\n" if other.facts else b"",
        ),
    )
    path, body = w.chance.choice(bodies)
    if not body:
        return
    share, w.weather.share = w.weather.share, 0.0  # a flipped byte might make it an honest question
    try:
        box.wire.post(path, body)
    except SyncFault:
        w.count("snooped in vain")
        return
    finally:
        w.weather.share = share
    bound = any(row["stream"] == other.stream for row in w.hq.desk.streams(other.store))
    if b'"buckets":{}' not in body or bound:
        raise Broken("I12", f"{box.store} got at {other.store}")


def second_use(w: World) -> None:
    """An invitation is shown to HQ a second time."""
    box = any_box(w)
    if not w.used_invitations:
        return
    old: Any = w.chance.choice(w.used_invitations)
    try:
        enroll(box.wire.ask, old, box.store, str(uuid.uuid4()), w.chance.randbytes(32))
    except (InvitationRefused, SyncFault):
        return
    raise Broken("I12", "an invitation was good twice")


def reopen_amid(w: World) -> None:
    """Killed between any two statements of taking HQ's page in."""
    box = any_box(w)
    box.fuse = w.chance.randrange(0, 40)
    try:
        take_turn(w, box)
    except Killed:
        box.restart()
        w.count("store killed in a turn")


STEPS: dict[str, Callable[[World], None]] = {
    step.__name__: step
    for step in (
        cut, kill, power, jump, odd_fact, twin_id, rot, forge, clone, reimage, snoop, second_use, reopen_amid,
    )
}  # fmt: skip
