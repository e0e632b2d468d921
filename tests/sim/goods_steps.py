"""What happens with goods, coupons and points: moved, counted, taken, earned, spent out of grants, given back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from edge.clock import stamp
from edge.domain.refusals import Refusal
from sync.benefits import Coupon, Member
from sync.hub.benefits import BenefitDesk
from sync.hub.grants import GrantDesk
from tests.sim.box import operator
from tests.sim.store_steps import any_box, maybe_die
from tests.sim.world import SKUS, World

MEMBERS = ("M1", "M2")
LEAD = operator("T1", lead=True)
_SOON = timedelta(days=20)


def tried(w: World, what: str, verb: Callable[[], object]) -> None:
    """Does it, and counts how it went."""
    try:
        verb()
    except Refusal as refusal:
        w.count(f"{what} {refusal.code}")
    else:
        w.count(f"{what} done")


def move(w: World) -> None:
    """Goods come, break, are sold; some of them only out of what HQ lets the store sell unasked."""
    box, sku = any_box(w), w.chance.choice(SKUS)
    escrow = w.chance.random() < 0.5
    qty = -w.chance.randint(1, 6) if escrow else w.chance.choice((-3, -1, 2, 10))
    goods, nonce = box.shop.store.goods, str(uuid.uuid4())
    maybe_die(w, box)
    tried(
        w, "move", lambda: goods.move(sku, qty, "sale" if qty < 0 else "receipt", LEAD, nonce, escrow=escrow)
    )


def count(w: World) -> None:
    """Somebody counts a shelf, and enters it some facts later."""
    box, sku = any_box(w), w.chance.choice(SKUS)
    goods, nonce = box.shop.store.goods, str(uuid.uuid4())
    began = max(0, goods.begin() - w.chance.choice((0, 0, 1, 4)))
    maybe_die(w, box)
    tried(w, "count", lambda: goods.count(sku, w.chance.randint(0, 150), LEAD, nonce, began))


def take_coupon(w: World) -> None:
    """A customer shows a coupon, perhaps where it was shown before."""
    if not w.coupons:
        return
    box, name = any_box(w), w.chance.choice(w.coupons[-6:])
    desk, nonce = box.shop.store.benefits, str(uuid.uuid4())
    maybe_die(w, box)
    tried(w, "coupon", lambda: w.uses.append((box.known.stream, desk.redeem(name, 100, LEAD, nonce))))


def release_coupon(w: World) -> None:
    """That sale came to nothing."""
    box = any_box(w)
    mine = [use for stream, use in w.uses[-8:] if stream == box.known.stream]
    if mine:
        desk = box.shop.store.benefits
        tried(w, "release", lambda: desk.release(w.chance.choice(mine), LEAD, str(uuid.uuid4())))


def points(w: World) -> None:
    """A member earns points, or spends what this store may let go."""
    box, member, units = any_box(w), w.chance.choice(MEMBERS), w.chance.randint(1, 30)
    desk, nonce = box.shop.store.benefits, str(uuid.uuid4())
    maybe_die(w, box)
    if w.chance.random() < 0.4:
        tried(w, "earn", lambda: desk.earn(member, units, LEAD, nonce))
    else:
        tried(w, "spend", lambda: desk.spend(member, units, LEAD, nonce))


def give_back(w: World) -> None:
    """The store gives back what HQ asked for and what ran out of time."""
    box = any_box(w)
    maybe_die(w, box)
    box.shop.store.benefits.turn()


def grant(w: World) -> None:
    """HQ lets a store sell or spend something without asking, or wants some of it back."""
    desk = GrantDesk(w.hq.engine, w.time.now)
    store, units = w.chance.choice(w.stores()), w.chance.randint(5, 40)
    word = w.chance.random()
    if word < 0.4:
        desk.grant_quota(store, w.chance.choice(SKUS), units)
    elif word < 0.8:
        desk.grant_points(store, w.chance.choice(MEMBERS), units, stamp(w.time.at + _SOON))
    elif listed := desk.grants(store):
        desk.recall(w.chance.choice(listed)["grant_id"], w.chance.randint(1, 10))


def coupon(w: World) -> None:
    """HQ issues a coupon good for one use anywhere, or at one store; or withdraws one."""
    desk = BenefitDesk(w.hq.engine, w.time.now)
    if w.coupons and w.chance.random() < 0.2:
        desk.revoke(w.chance.choice(w.coupons))
        return
    name, store = f"C{next(w.numbers)}", w.chance.choice(w.stores())
    single = w.chance.random() < 0.7
    made = Coupon(name, "C" if single else "B", 500, "券", "Coupon", store="" if single else store)
    if single:
        made = Coupon(name, "C", 500, "券", "Coupon", offline_fen=500, offline_per_hour=50)
    desk.issue([made])
    w.coupons.append(name)


def furnish(w: World) -> None:
    """Members with some points, known everywhere."""
    desk = BenefitDesk(w.hq.engine, w.time.now)
    for name in MEMBERS:
        desk.put_member(Member(name, "gold", 1), w.hq.desk.stores(), points=200)


STEPS: dict[str, Callable[[World], None]] = {
    step.__name__: step
    for step in (move, count, take_coupon, release_coupon, points, give_back, grant, coupon)
}
