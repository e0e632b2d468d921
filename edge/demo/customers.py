"""Forty click-and-collect orders in every state that HQ can publish, and the codes that open them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edge.demo.shop import OTHER_STORE, SEED, SHOPS, STORE, Ware
from edge.domain import pickup_code
from sync.messages import Order, OrderLine, stamp

if TYPE_CHECKING:
    from sync.hub.desk import HubDesk
    from sync.hub.keys import CodeClaims


@dataclass(frozen=True)
class Recipe:
    """What an order of the demo shows. Hours are counted from now; `flagged` asks for an alcohol line;
    `cancel`: HQ asks for it back right after publishing; `lease_h`: hours until HQ's reservation ends.
    """

    state: str
    mode: str = "whole"
    lines: int = 0
    due: bool = False
    flagged: bool = False
    cancel: bool = False
    held_h: float = 48
    lease_h: float = 0
    store: str = STORE


_R = Recipe
RECIPES: tuple[Recipe, ...] = (
    *(_R("ready") for _ in range(6)),
    _R("ready", flagged=True),
    _R("ready", flagged=True, due=True),
    _R("ready", due=True),
    _R("ready", lines=12),
    _R("ready", held_h=1.5),
    _R("ready", lease_h=-2),
    *(_R("ready", mode="quantity", lines=1) for _ in range(3)),
    *(_R("ready", mode="unit", lines=1) for _ in range(2)),
    *(_R("allocated") for _ in range(4)),
    _R("accepted"),
    *(_R("picking") for _ in range(4)),
    _R("short"),
    *(_R("packed") for _ in range(3)),
    _R("ready", held_h=-3),
    _R("expired", held_h=-30),
    _R("restocked", held_h=-80),
    *(_R("ready", cancel=True) for _ in range(2)),
    _R("cancel_requested"),
    _R("rejected"),
    *(_R("picked_up", held_h=20) for _ in range(2)),
    _R("ready", store=OTHER_STORE),
)
"""Forty orders. `partial` is left to the store itself: it comes about by handing over some."""

_CHANNELS = ("小程序 Mini program", "App", "官网 Web", "电话 Phone")
_SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢郭洪邱曾廖赖徐周叶苏庄江吕何罗高潘"
_UNCODED = frozenset({"picked_up", "rejected", "restocked"})
"""HQ issues no signed code for these any more; their digits still say what became of them."""


@dataclass(frozen=True)
class Issued:
    """The signed codes of an order: the one for all of it first, then one a unit where it goes by unit."""

    order: str
    texts: tuple[str, ...]


def encode(claims: CodeClaims, sign: pickup_code.Sign) -> str:
    """HQ's codes in the store's format."""
    return pickup_code.issue(
        pickup_code.Claims(
            claims.kid, claims.store, claims.order, claims.gen, claims.not_after, claims.nonce, claims.unit
        ),
        sign,
    )


def orders(range_: Sequence[Ware], now: datetime, seed: int = SEED) -> list[tuple[Recipe, Order]]:
    """The orders as HQ would publish them at `now` (aware); the same for the same seed and time."""
    dice = random.Random(seed + 2)  # noqa: S311 - a shop window, no secret
    stocked = [ware for ware in range_ if ware.on_hand >= 24]
    plain = [ware for ware in stocked if not ware.flags]
    flagged = [ware for ware in stocked if ware.flags]
    tails = dice.sample(range(1000, 10_000), len(RECIPES))
    written = []
    for number, (recipe, tail) in enumerate(zip(RECIPES, tails, strict=True), start=1):
        lines = _lines(recipe, dice, plain, flagged)
        written.append((recipe, _order(recipe, f"HL{now:%y%m%d}{number:03d}{tail}", lines, now, dice)))
    return written


def fresh_order(range_: Sequence[Ware], number: int, now: datetime) -> Order:
    """One more order, ready on the shelf, as HQ would publish it at `now`."""
    dice = random.Random(number)  # noqa: S311 - a shop window, no secret
    plain = [ware for ware in range_ if ware.on_hand >= 24 and not ware.flags]
    recipe = Recipe("ready")
    name = f"HL{now:%y%m%d}{number:03d}{dice.randrange(1000, 10_000)}"
    return _order(recipe, name, _lines(recipe, dice, plain, ()), now, dice)


def publish_orders(
    desk: HubDesk, written: Sequence[tuple[Recipe, Order]], now: datetime
) -> Mapping[str, Issued]:
    """Publishes them, issues codes under both keys in turn; returns the codes by order number."""
    codes = {}
    for number, (recipe, order) in enumerate(written):
        published = desk.publish_order(order)
        if recipe.state not in _UNCODED:
            codes[order.order] = issue(desk, published, now, kid=1 + number % 2)
        if recipe.cancel:
            desk.request_cancel(order.order)
    return codes


def issue(desk: HubDesk, order: Order, now: datetime, kid: int | None = None) -> Issued:
    """Issues the code for the whole order and, where it goes by unit, one for each unit; good for a week."""
    units = sum(line.qty for line in order.lines) if order.mode == "unit" else 0
    until = now + timedelta(days=7)
    texts = [desk.issue_code(order.order, encode, not_after=until, unit=n, kid=kid) for n in range(units + 1)]
    return Issued(order.order, tuple(texts))


def _lines(
    recipe: Recipe, dice: random.Random, plain: Sequence[Ware], flagged: Sequence[Ware]
) -> tuple[OrderLine, ...]:
    count = recipe.lines or dice.choice((1, 2, 2, 3, 3, 4))
    chosen = dice.sample(plain, count)
    if recipe.flagged:
        chosen[0] = dice.choice(flagged)
    often = {"quantity": 10, "unit": 4}
    return tuple(
        OrderLine(
            line=number,
            sku=ware.sku,
            name_zh=ware.name_zh,
            name_en=ware.name_en,
            qty=often.get(recipe.mode) or dice.choice((1, 1, 1, 2, 2, 3)),
            unit_fen=ware.fen,
            picture=ware.category,
            flags=ware.flags,
        )
        for number, ware in enumerate(chosen, start=1)
    )


def _order(
    recipe: Recipe, number: str, lines: tuple[OrderLine, ...], now: datetime, dice: random.Random
) -> Order:
    total = sum(line.qty * line.unit_fen for line in lines)
    due = total * 7 // 10 if recipe.due else 0
    held = now + timedelta(hours=recipe.held_h)
    waiting = recipe.state not in {"allocated", "accepted", "picking", "short", "packed"}
    ready_by = now + timedelta(minutes=-dice.randrange(30, 600) if waiting else dice.randrange(-10, 120))
    shop = next(shop for shop in SHOPS if shop.store == recipe.store)
    return Order(
        order=number,
        gen=1,
        store=recipe.store,
        channel=dice.choice(_CHANNELS),
        mode=recipe.mode,
        state=recipe.state,
        lines=lines,
        name_masked=dice.choice(_SURNAMES) + "*" * dice.choice((1, 2)),
        phone_tail=f"{dice.randrange(10_000):04d}",
        paid_fen=total - due,
        due_fen=due,
        ready_by=stamp(min(ready_by, held - timedelta(hours=1))),
        hold_until=stamp(held),
        shelf=f"{dice.choice('ABCDE')}-{dice.randrange(1, 25):02d}" if waiting else "",
        lease_until=stamp(now + timedelta(hours=recipe.lease_h)) if recipe.lease_h else "",
        placed_at=stamp(ready_by - timedelta(hours=dice.randrange(1, 9))),
        store_name_zh=shop.name_zh,
        store_name_en=shop.name_en,
    )
