"""What may happen at HQ: people at their desks, slow writers, kills, backups, a restore, a bad release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from edge.clock import stamp
from edge.hub_cli import encode_code
from sync.hub.database import write
from sync.hub.feed import prune, publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import CATALOG, PRICE
from sync.hub.schema import store as store_table
from sync.messages import Order, OrderLine, Price, Product
from tests.sim.network import FAULTS
from tests.sim.world import SKUS, Slip, World

SILENCE = timedelta(days=45)


def _die(w: World, share: float = 0.05) -> None:
    if w.chance.random() < share:
        w.hq.fuse = w.chance.randrange(1, 20)


def order(w: World) -> None:
    """A new order is leased to a store, and its customer gets a code."""
    store, number = w.chance.choice(w.stores()), f"WX{next(w.numbers):013d}"
    hold = w.time.at + timedelta(hours=w.chance.choice((2, 72, 500, 2000)))
    lines = tuple(
        OrderLine(n, sku, sku, sku, w.chance.randint(1, 3), 100)
        for n, sku in enumerate(w.chance.sample(SKUS, w.chance.randint(1, 2)), start=1)
    )
    made = Order(
        order=number,
        gen=1,
        store=store,
        channel="app",
        mode=w.chance.choice(("whole", "whole", "quantity")),
        state=w.chance.choice(("ready", "ready", "ready", "ready", "allocated", "allocated", "packed")),
        lines=lines,
        name_masked="",
        phone_tail="0000",
        paid_fen=100,
        due_fen=0,
        ready_by=stamp(w.time.at),
        hold_until=stamp(hold),
        lease_until=stamp(hold + timedelta(hours=1)) if w.chance.random() < 0.3 else "",
    )
    _die(w)
    w.orders[number] = store
    if len(w.active(store)) > 1:  # a clone
        w.parted.add(number)
    w.hq.desk.publish_order(made)
    _issue(w, number)


def _issue(w: World, number: str) -> None:
    ends = w.time.at + timedelta(hours=w.chance.choice((2, 300, 2000)))
    text = w.hq.desk.issue_code(number, encode_code, not_after=ends)
    known = next(o for o in w.hq.desk.orders() if o.order == number)
    w.slips.append(Slip(number, known.gen, known.store, text, stamp(ends)))


def _some(w: World) -> str:
    return w.chance.choice(list(w.orders)[-40:]) if w.orders else ""


def code(w: World) -> None:
    """A customer asks for the code again."""
    if number := _some(w):
        _issue(w, number)


def cancel(w: World) -> None:
    """HQ asks for an order back."""
    _die(w)
    w.hq.desk.request_cancel(_some(w))


def force(w: World) -> None:
    """HQ takes an order back from a store that cannot be asked."""
    _die(w)
    number = _some(w)
    w.parted.add(number)
    w.hq.desk.force_cancel(number)


def reissue(w: World) -> None:
    """A new generation with new codes."""
    _die(w)
    number = _some(w)
    w.hq.desk.reissue(number)
    _issue(w, number)


def reassign(w: World) -> None:
    """Another store gets the order; several are tried, for it is seldom possible."""
    _die(w)
    for number in list(w.orders)[-40:]:
        store = w.chance.choice(w.stores())
        try:
            w.hq.desk.reassign(number, store)
        except NotPossible:
            continue
        w.orders[number] = store
        w.parted.add(number)
        _issue(w, number)
        w.count("reassigned")
        return


def stock(w: World) -> None:
    """Somebody counted."""
    from tests.sim.hq_checks import moved

    store, sku, units = w.chance.choice(w.stores()), w.chance.choice(SKUS), w.chance.randint(0, 200)
    w.hq.desk.set_stock(store, sku, units)
    w.adjust[store, sku] = units - moved(w).get((store, sku), 0)


def catalogue(w: World) -> None:
    """Products and prices change."""
    _die(w)
    rows: list[Any] = [
        Product(sku=f"N{w.chance.randint(1, 30)}", gtin="6901234567892", name_zh="新", name_en=str(w.time.at))
    ]
    w.hq.desk.publish_products(rows)
    w.hq.desk.publish_prices([Price(sku="A1", fen=w.chance.randint(1, 99), book="b")])


def withdraw(w: World) -> None:
    """A product goes: its row is a tombstone from now on."""
    from sync.hub.feed import Change

    gone = Change(CATALOG, "product", f"N{w.chance.randint(1, 30)}", None)
    write(w.hq.engine, lambda conn: publish(conn, [gone], stamp(w.time.at)))


def slow_writer(w: World) -> None:
    """Somebody changes products, and is slow to commit; others go on meanwhile."""
    if w.hq.held:
        w.hq.commit_slow()
        return
    rows = [
        put(
            CATALOG,
            Product(
                sku=f"N{w.chance.randint(1, 30)}", gtin="6901234567892", name_zh="慢", name_en=str(w.time.at)
            ),
        )
    ]
    rows.append(put(PRICE, Price(sku=f"N{w.chance.randint(1, 30)}", fen=5, book=str(w.time.at))))
    w.hq.hold(lambda conn: publish(conn, rows, stamp(w.time.at)))


def key(w: World) -> None:
    """Pickup keys roll over."""
    kid = next(w.numbers) % 256
    for old in range(256):
        if w.chance.random() < 0.5:
            break
        try:
            w.hq.desk.retire_pickup_key(old)
        except NotPossible:
            continue
        break
    w.hq.desk.new_pickup_key(kid)


def hq_kill(w: World) -> None:
    """HQ's process is killed."""
    w.hq.restart()


def back_up(w: World) -> None:
    """A backup is made; stores may rely on it."""
    w.hq.back_up()
    w.saved = (dict(w.adjust), {})


def restore(w: World) -> None:
    """HQ goes on from its last backup; what its people did since is lost, and they know it."""
    if w.saved is None or w.chance.random() < 0.7:
        return
    w.hq.restore()
    w.adjust = dict(w.saved[0])
    w.restored = True
    with w.hq.reading() as conn:
        w.waived = set(conn.scalars(select(store_table.c.store).where(store_table.c.waived == 1)))
    w.parted |= set(w.orders)
    now = {o.order: o.store for o in w.hq.desk.orders()}
    w.orders = {number: now.get(number, store) for number, store in w.orders.items()}
    for device in w.revoked:  # HQ forgot whom it had shut out; its people did not
        try:
            w.hq.desk.revoke_device(w.devices[device])
        except NotPossible:
            w.count("revoked device unknown")
    w.count("restored")


def bad_release(w: World) -> None:
    """A release of HQ that rejects everything, or the end of it."""
    w.hq.rejecting = not w.hq.rejecting


def revoke(w: World) -> None:
    """A box is stolen: HQ shuts it out, and the store gets another one."""
    from tests.sim.mishaps import replace_box

    if w.chance.random() < 0.8:
        return
    box = w.chance.choice(w.active())
    device = w.devices.get(box.known.stream)
    if device is None:
        return
    w.hq.desk.revoke_device(device)
    w.revoked.add(box.known.stream)
    box.revoked = box.known.lost = True
    replace_box(w, box, dead=False)


def silence(w: World) -> None:
    """A month and a half goes by, and HQ forgets what it deleted before that."""
    if w.chance.random() < 0.7:
        return
    w.time.move(SILENCE.total_seconds() + 60)
    write(w.hq.engine, lambda conn: prune(conn, stamp(w.time.at - SILENCE)))


def weather(w: World) -> None:
    """The network gets better or worse."""
    w.weather.share = w.chance.choice((0.0, 0.02, 0.1, 0.3, 0.7))
    some = w.chance.sample(list(FAULTS), w.chance.randint(1, len(FAULTS)))
    w.weather.kinds = {name: FAULTS[name] for name in some}


STEPS: dict[str, Callable[[World], None]] = {
    step.__name__: step
    for step in (
        order, code, cancel, force, reissue, reassign, stock, catalogue, withdraw, slow_writer, key, hq_kill, back_up,
        restore, bad_release, revoke, silence, weather,
    )
}  # fmt: skip
