"""What happens in the back room: orders taken on, picked, short, given otherwise, turned down, packed, shelved."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from edge.domain.orders import OrderState
from edge.domain.picking import RejectReason, ShortReason
from edge.domain.refusals import Refusal
from tests.sim.box import Box, operator
from tests.sim.store_steps import any_box, maybe_die
from tests.sim.world import Broken, World

_REASONS = tuple(ShortReason)


def pick(w: World) -> None:
    """Somebody works on an order until its next stop; what was asked is now and then asked twice."""
    box = any_box(w)
    maybe_die(w, box, within=60)
    if w.chance.random() < 0.5:
        box.shop.store.backroom.picking.turn()
    for _ in range(w.chance.randint(1, 8)):
        live = box.shop.books.picks.live()[-6:]
        if not live:
            return
        _, order, state = w.chance.choice(live)
        try:
            _next(w, box, order.order, state)
        except Refusal as refusal:
            w.count(f"pick {refusal.code}")


def back_room(w: World) -> None:
    """The back room's worker: orders that came and went, figures that cannot be true, the night's comparison."""
    box = any_box(w)
    maybe_die(w, box)
    for _ in range(3):
        if not box.shop.store.backroom.turn():
            break


def put_back(w: World) -> None:
    """Goods that nobody collects go back to their places."""
    box = any_box(w)
    waiting = box.shop.store.backroom.board.put_back()
    if not waiting:
        return
    order = w.chance.choice(waiting)[0]
    maybe_die(w, box)
    try:
        box.shop.store.backroom.shorts.put_back(order, operator("T1", lead=True), _nonce())
        w.count("put back")
    except Refusal as refusal:
        w.count(f"put back {refusal.code}")


def _next(w: World, box: Box, order: str, state: OrderState) -> None:
    room, who = box.shop.store.backroom, operator(w.chance.choice(("T1", "T1", "T2")))
    lines = box.shop.books.picks.lines(order)
    open_lines = [line for line in lines if line.left]
    if w.chance.random() < 0.04:
        reason = w.chance.choice(tuple(RejectReason))
        _twice(w, lambda n: room.shorts.reject(order, reason, who, n, line=1))
    elif state is OrderState.SHORT:
        line = next((one.line for one in lines if one.shorted), 0)
        choices = room.shorts.choices(order, line)
        if choices and w.chance.random() < 0.6:
            _twice(w, lambda n: room.shorts.substitute(order, line, choices[0].sku, who, n))
        else:
            _twice(w, lambda n: room.shorts.settle(order, who, n))
    elif state is OrderState.PACKED:
        task = box.shop.books.picks.task(order)
        label = task.label if task is not None else ""
        if label:
            _twice(w, lambda n: room.packing.shelve(label, "A-1", who, n))
        else:  # HQ published it as packed: there is no bag of ours
            box.shop.store.fulfilment.shelve(order, "A-1", operator("T1", lead=True))
    elif state is not OrderState.PICKING:
        _twice(w, lambda n: room.picking.claim(order, who, n))
    elif not open_lines:
        _twice(w, lambda n: room.packing.pack(order, who, n))
    elif w.chance.random() < 0.2:
        line, why = w.chance.choice(open_lines).line, w.chance.choice(_REASONS)
        _twice(w, lambda n: room.shorts.short(order, line, why, who, n))
    else:
        sku = w.chance.choice(open_lines).sku
        _twice(w, lambda n: room.picking.scan(sku, who, n))


def _twice(w: World, verb: Callable[[str], Any]) -> None:
    """Does it, and one time in four asks once more with the same nonce: the answer is the same."""
    nonce = _nonce()
    first = verb(nonce)
    w.count("picked on")
    if w.chance.random() < 0.25:
        try:
            again = verb(nonce)
        except Refusal as refusal:
            raise Broken("I2", f"a picker's wish was done and is now refused: {refusal.code}") from refusal
        if _plain(first) != _plain(again):
            raise Broken("I2", f"one wish of a picker, two answers: {first} {again}")


def _plain(answer: Any) -> Any:
    if not hasattr(answer, "repeat"):
        return answer
    return {name: value for name, value in vars(answer).items() if name != "repeat"}


def _nonce() -> str:
    return str(uuid.uuid4())


STEPS: dict[str, Callable[[World], None]] = {step.__name__: step for step in (pick, back_room, put_back)}
