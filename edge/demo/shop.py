"""A believable shop out of a seed: 2,000 products with prices and stock, three stores, staff."""

from __future__ import annotations

import base64
import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.demo.wares import CATEGORIES, Brand, Category, Item
from sync.messages import Shop, Staff

if TYPE_CHECKING:
    from sync.hub.desk import HubDesk

STORE = "S00421"
OTHER_STORE = "S00317"
SEED = 20_260_301
PER_CATEGORY = 200
PRICE_BOOK = "demo-1"
_MIN_STOCK = 4

SHOPS: tuple[Shop, ...] = (
    Shop(
        STORE, "禾里集 · 滨江店", "Heli Market Riverside", "滨江路 18 号", "18 Binjiang Road", "021-5550 0421"
    ),
    Shop(
        OTHER_STORE,
        "禾里集 · 老城店",
        "Heli Market Old Town",
        "文庙街 6 号",
        "6 Wenmiao Street",
        "021-5550 0317",
    ),
    Shop(
        "S00508",
        "禾里集 · 大学城店",
        "Heli Market Campus",
        "书院路 102 号",
        "102 Shuyuan Road",
        "021-5550 0508",
    ),
)


@dataclass(frozen=True)
class Ware:
    """A product as the demo knows it: price in fen, units on hand in the demo's store."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    category: str
    fen: int
    on_hand: int
    flags: tuple[str, ...]
    brand: str = ""
    place: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody of the staff, with the PIN and badge that a newcomer may sign in with: demo secrets only."""

    staff: str
    name: str
    name_en: str
    role: str
    pin: str
    badge: str


def check_digit(twelve: str) -> str:
    """The thirteenth digit of an EAN-13 (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return str(-total % 10)


def wares(seed: int = SEED) -> tuple[Ware, ...]:
    """The whole range, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - a shop window, no secret
    gtins = _gtins(dice)
    return tuple(itertools.chain.from_iterable(_department(kind, dice, gtins) for kind in CATEGORIES))


def people(seed: int = SEED) -> tuple[Person, ...]:
    """Two cashiers and a lead."""
    dice = random.Random(seed + 1)  # noqa: S311 - shown on the demo's own page
    told = (
        ("1001", "陈晓雨", "Chen Xiaoyu", "cashier", "2580"),
        ("1002", "李慕白", "Li Mubai", "cashier", "1379"),
        ("2001", "王雅琴", "Wang Yaqin", "lead", "8642"),
    )
    return tuple(Person(*row, "SB1." + base64.b32encode(dice.randbytes(20)).decode()) for row in told)


def publish_shop(desk: HubDesk, range_: tuple[Ware, ...], crew: tuple[Person, ...]) -> None:
    """Opens the chain at HQ: stores, two pickup keys, staff, range, prices, stock of the demo's store."""
    from sync.messages import Price, Product

    for shop in SHOPS:
        desk.add_store(shop)
    for kid in (1, 2):
        desk.new_pickup_key(kid)
    desk.publish_staff(STORE, [_on_the_list(person) for person in crew])
    desk.publish_products(
        Product(
            *(w.sku, w.gtin, w.name_zh, w.name_en, w.category, w.category, (*w.flags, "tier_ok")),
            brand=w.brand,
            tags=(w.category,),
            zone=w.place[:2],
            place=w.place,
            min_stock=_MIN_STOCK if int(w.sku[2:]) % 16 == 1 else 0,
        )
        for w in range_
    )
    desk.publish_prices(Price(w.sku, w.fen, PRICE_BOOK) for w in range_)
    desk.set_stocks(STORE, {w.sku: w.on_hand for w in range_})


def _gtins(dice: random.Random) -> list[str]:
    """Enough article numbers of invented makers, in the range that GS1 China gives out (690-699)."""
    bodies = dice.sample(range(10_000_000), PER_CATEGORY * len(CATEGORIES))
    return [
        twelve + check_digit(twelve) for twelve in (f"69{dice.randrange(10)}01{body:07d}" for body in bodies)
    ]


def _department(kind: Category, dice: random.Random, gtins: list[str]) -> list[Ware]:
    pool = [
        (brand, item, n) for brand in kind.brands for item in kind.items for n in range(len(item.variants))
    ]
    chosen = sorted(dice.sample(range(len(pool)), PER_CATEGORY))
    return [
        _ware(f"{kind.letters}{number:04d}", gtins.pop(), kind, *pool[at], dice)
        for number, at in enumerate(chosen, start=1)
    ]


def _ware(
    sku: str, gtin: str, kind: Category, brand: Brand, item: Item, variant: int, dice: random.Random
) -> Ware:
    size_zh, size_en, factor = item.variants[variant]
    yuan = item.yuan * brand.tier * factor
    return Ware(
        sku=sku,
        gtin=gtin,
        name_zh=f"{brand.zh} {item.zh} {size_zh}",
        name_en=f"{brand.en} {item.en}, {size_en}",
        category=kind.word,
        fen=_shelf_price(yuan),
        on_hand=_on_hand(dice),
        flags=item.flags,
        brand=brand.zh,
        # Eight products a shelf, in the order of their numbers.
        place=f"{kind.letters}-{(int(sku[2:]) + 7) // 8:02d}",
    )


def _shelf_price(yuan: float) -> int:
    """In fen, ending as prices on shelves do: .50 and .90 for small ones, whole yuan for large ones."""
    if yuan >= 40:
        return round(yuan) * 100
    whole = int(yuan)
    return whole * 100 + (50 if yuan - whole < 0.5 else 90)


def _on_hand(dice: random.Random) -> int:
    """One in twenty is sold out, one in eight has few left."""
    luck = dice.random()
    if luck < 0.05:
        return 0
    if luck < 0.175:
        return dice.randint(1, 5)
    return dice.randint(8, 160)


def _on_the_list(person: Person) -> Staff:
    import hashlib

    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    badge_sha = hashlib.sha256(person.badge.encode()).hexdigest()
    return Staff(person.staff, person.name, person.role, hasher.hash(person.pin), badge_sha)
