"""What happens at a store on any day: customers, staff, the line's worker, time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from edge.clock import moment_of
from edge.domain.refusals import Refusal
from edge.domain.views import RedeemRequest
from edge.records.journal import Author
from sync.messages import DrawerOpened
from tests.sim.box import Ask4Goods, Box, operator
from tests.sim.world import Broken, Slip, World


def any_box(w: World) -> Box:
    """Some box at which goods are handed over."""
    return w.chance.choice(w.active())


def maybe_die(w: World, box: Box, share: float = 0.12, within: int = 14) -> None:
    """Now and then the process will be killed at one of its next `within` statements."""
    if w.chance.random() < share:
        box.fuse = w.chance.randrange(0, within)


def collect(w: World) -> None:
    """A customer comes with a code, mostly to the right store."""
    open_slips = w.slips[-14:]
    if not open_slips:
        return
    slip = w.chance.choice(open_slips)
    if w.chance.random() < 0.6:  # who was told that it is ready
        here = [
            s
            for s in open_slips
            for b in w.active(s.store)
            if b.shop.books.replica.order(s.order) is not None
        ]
        slip = w.chance.choice(here or [slip])
    store = slip.store if w.chance.random() < 0.95 else w.chance.choice(w.stores())
    boxes = w.active(store)
    if not boxes:
        return
    box = w.chance.choice(boxes)
    order = box.shop.books.replica.order(slip.order)
    lines = None
    if order is not None and order.mode.value == "quantity" and w.chance.random() < 0.7:
        line = w.chance.choice(order.lines)
        lines = {line.line: w.chance.randint(1, line.qty)}
    digits = order is not None and bool(order.numeric_code) and w.chance.random() < 0.3
    lead = w.chance.random() < 0.2
    request = RedeemRequest(
        nonce=str(uuid.uuid4()),
        code=order.numeric_code if order is not None and digits else slip.text,
        lines=lines,
        forced=lead and w.chance.random() < 0.5,
    )
    asked = Ask4Goods(request, operator(w.chance.choice(("T1", "T2")), lead=lead), slip.order)
    box.asked.append(asked)
    _judge(w, box, slip, order, asked, digits=digits)


def _judge(w: World, box: Box, slip: Slip, order: Any, asked: Ask4Goods, *, digits: bool) -> None:
    posts, heard = box.wire.posts, w.heard.get(box.known.stream)
    synced, now = box.shop.books.clock.state() != "unsynced", box.shop.books.clock.now()
    maybe_die(w, box)
    code = box.redeem(asked)
    w.count(f"redeem {code or 'done'}")
    if box.wire.posts != posts:
        raise Broken("I9", "a hand-over waited for HQ")
    ends = [order.hold_until] if order is not None and order.hold_until else []
    if not digits:
        ends.append(slip.not_after)
    if not code and heard is not None and any(moment_of(end) + _slack(box) < heard for end in ends):
        raise Broken("I11", f"handed over under what had expired by HQ's own time: {ends} < {heard}")
    if code == "expired" and synced and order is not None:
        far = abs((now - w.time.at).total_seconds())
        lived = box.shop.books.pickups.fulfilment(order).state.value not in {"expired", "restocked"}
        if lived and far < 1 and all(moment_of(end) > w.time.at for end in ends):
            raise Broken("I11", "a valid code was refused as expired")
    _not_far_off(w, box)


def _slack(box: Box) -> timedelta:
    """How far a box may be off: two minutes, in which its own clock is believed, and its quartz since it heard HQ."""
    clock = box.shop.books.clock
    since_ms = clock.mono_ms() - clock._anchor.mono_ms if clock._anchor is not None else 0
    return timedelta(seconds=122 + 0.021 * since_ms / 1000)


def _not_far_off(w: World, box: Box) -> None:
    """I11: a box that heard HQ in this life is off by its quartz and the tolerance at most."""
    clock = box.shop.books.clock
    if clock._anchor is None:
        return
    off = abs(clock.now() - w.time.at)
    if off > _slack(box):
        raise Broken("I11", f"a box that heard HQ is {off.total_seconds():.0f} s off")


def retry(w: World) -> None:
    """Somebody asks the same thing once more: no answer came, or a finger was quick."""
    box = any_box(w)
    if not box.asked:
        return
    asked = w.chance.choice(box.asked[-6:])
    before = asked.pickup
    maybe_die(w, box)
    code = box.redeem(asked)
    if before and code:
        raise Broken("I2", f"the same request was done and is now refused: {code}")
    if before and asked.pickup != before:
        raise Broken("I2", "one request, two hand-overs")
    w.count("retried")


def annul(w: World) -> None:
    """A lead takes a hand-over back."""
    box = any_box(w)
    done = [asked for asked in box.asked if asked.pickup][-5:]
    if not done:
        return
    asked = w.chance.choice(done)
    maybe_die(w, box)
    try:
        box.shop.store.hand_over.annul(
            asked.pickup, str(uuid.uuid4()), operator(asked.operator.station, lead=True)
        )
        w.count("annulled")
    except Refusal:
        w.count("not annulled")


def shelve(w: World) -> None:
    """An order is put on the shelf."""
    box = any_box(w)
    mine = [o for o, s in w.orders.items() if s == box.store][-12:]
    if not mine:
        return
    maybe_die(w, box)
    try:
        box.shop.store.fulfilment.shelve(w.chance.choice(mine), "A-1", operator("T1", lead=True))
    except Refusal:
        w.count("not shelved")


def tend(w: World) -> None:
    """The store answers HQ's wishes and marks what ran out."""
    box = any_box(w)
    maybe_die(w, box)
    box.shop.store.fulfilment.turn()


def take_turn(w: World, box: Box) -> None:
    """One exchange of this box."""
    result = box.turn()
    w.count(f"turn {result.fault.code if result.fault else 'good'}")


def turn(w: World) -> None:
    """The line's worker has its turn, now and then with a kill at either end."""
    boxes = [b for b in w.boxes if b.state in {"active", "old"}]
    box = w.chance.choice(boxes)
    w.time.move(max(0.1, box.next_turn_s - box.mono()) if w.chance.random() < 0.7 else w.chance.uniform(0, 5))
    if w.chance.random() < 0.05:
        box.fuse = w.chance.randrange(0, 60)
    elif w.chance.random() < 0.05:
        w.hq.fuse = w.chance.randrange(1, 50)
    if w.chance.random() < 0.1:
        w.deliver_late()
    take_turn(w, box)


def busy_hour(w: World) -> None:
    """Many facts at once, so that batches are larger than a few."""
    box = any_box(w)
    for _ in range(w.chance.randint(6, 20)):
        fact = DrawerOpened("D1", str(uuid.uuid4()), "change")
        with box.shop.books.ledger.transaction() as tx:
            box.shop.books.journal.append(tx, fact, Author("T1", "1001"))


def wait(w: World) -> None:
    """Time goes by: minutes, sometimes days."""
    w.time.move(w.chance.choice((5, 30, 300, 3600, 20_000)))


STEPS: dict[str, Callable[[World], None]] = {
    step.__name__: step for step in (collect, retry, annul, shelve, tend, turn, busy_hour, wait)
}
