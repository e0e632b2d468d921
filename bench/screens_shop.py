"""The shop of the screens' bench: kiosks, guide screens, tills with displays, goods with numbered names, a member."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.scans import open_terminal
from bench.shop import STORE, Feed, open_shop, raw_settings
from edge.clock import stamp
from edge.domain import member_code
from edge.domain.member_code import MemberClaims

KIOSKS = tuple(f"K{n}" for n in range(1, 9))
GUIDES = tuple(f"G{n}" for n in range(1, 7))
TILLS = tuple(f"T{n}" for n in range(1, 7))
PIN = "471101"
LEAD = "2001"
PAY_CODE = "13{:016d}"
_MEMBER, _GOODS = "m-bench-1", 400
_DEPARTMENTS = ("tea", "homeware", "snacks", "drinks")


@dataclass(frozen=True)
class Ware:
    """A product and the name that a page shows it by: no other contains it."""

    gtin: str
    name: str


@dataclass
class Place:
    """The daemon as a child, its scanners' lines (for the kiosk K1, the guide screen G1 and the floor), its screens."""

    child: subprocess.Popen[str]
    web: str
    floor: str
    kiosk_line: int
    guide_line: int
    floor_line: int
    tokens: dict[str, tuple[str, str]]
    wares: list[Ware]
    feed: Feed

    def member(self) -> str:
        """A member's rotating code of this minute."""
        claims = MemberClaims(1, _MEMBER, "gold", member_code.window_of(datetime.now(UTC)))
        return member_code.issue(claims, self.feed.sign)


@contextlib.contextmanager
def place(folder: Path) -> Iterator[Place]:
    """A stocked shop whose daemon runs until the end of the `with` block."""
    shop = open_shop(folder)
    feed = Feed(shop)
    wares = _furnish(feed)
    shop.books.close()
    lines = [open_terminal() for _ in range(3)]
    settings = folder / "settings.json"
    settings.write_text(json.dumps(_settings(folder, lines[0][1], lines[1][1])))
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.screens_child", str(settings), lines[2][1]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        web, floor = (f"http://127.0.0.1:{told[name]}" for name in ("web", "floor"))
        near = [line for line, _ in lines]
        yield Place(child, web, floor, near[0], near[1], near[2], told["tokens"], wares, feed)
    finally:
        child.kill()
        child.wait()


def _settings(folder: Path, kiosk_line: str, guide_line: str) -> dict[str, Any]:
    stations = {name: {"kind": "kiosk", "printer": "P1"} for name in KIOSKS}
    stations |= {name: {"kind": "guide"} for name in GUIDES}
    stations |= {name: {"kind": "cashier", "printer": "P1"} for name in TILLS}
    scanners = {
        "S1": {"driver": "serial", "station": "K1", "port": kiosk_line, "suffix": "cr"},
        "S2": {"driver": "serial", "station": "G1", "port": guide_line, "suffix": "cr"},
    }
    payments = {"provider": "scripted", "script": ["success"]}
    return raw_settings(
        folder,
        stations=stations,
        scanners=scanners,
        payments=payments,
        kiosk={"asks_bags": False},
        api_clients={},
    )


def _furnish(feed: Feed) -> list[Ware]:
    """Goods with prices and stock, two people of the shop's, a member with three coupons."""
    from argon2 import PasswordHasher

    wares = [Ware(gtin, f"特级龙井 {n:04d} 号") for n, gtin in enumerate(feed.gtins(_GOODS))]
    at = stamp(datetime.now(UTC))
    products, prices, stock = [], [], []
    for n, ware in enumerate(wares):
        sku = f"B{n:05d}"
        names = {"name_zh": ware.name, "name_en": f"Longjing no. {n:04d}"}
        category = _DEPARTMENTS[n % len(_DEPARTMENTS)]
        products.append((sku, {"sku": sku, "gtin": ware.gtin, "category": category, **names}))
        prices.append((sku, {"sku": sku, "fen": 1990 + n, "book": "std"}))
        stock.append((sku, {"sku": sku, "on_hand": 40, "stream": "", "upto_seq": 0, "at": at}))
    feed.put("g:catalog:CN", "product", products)
    feed.put("g:price:CN", "price", prices)
    feed.put(f"s:{STORE}:stock", "stock", stock)
    pin = PasswordHasher(time_cost=1, memory_cost=8192).hash(PIN)
    lead = {"staff": LEAD, "name": "张", "role": "lead", "pin_hash": pin, "badge_sha": "0" * 64}
    feed.put(f"s:{STORE}:staff", "staff", [(LEAD, lead)])
    feed.put("g:keys:CN", "member_key", [("1", feed.public_key())])
    profile = {"member": _MEMBER, "tier": "gold", "ver": 1, "name_masked": "*", "card_tail": "9173"}
    feed.put(f"s:{STORE}:member", "member", [(_MEMBER, profile)])
    feed.put("g:coupon:CN", "coupon", [_coupon(n, fen) for n, fen in enumerate((1500, 800, 300), 1)])
    return wares


def _coupon(number: int, fen: int) -> tuple[str, dict[str, Any]]:
    name = f"BENCHCOUPON{number}"
    body = {
        "coupon": name,
        "cls": "A",
        "fen": fen,
        "title_zh": f"券 {number}",
        "title_en": f"Voucher {number}",
    }
    return name, {**body, "not_after": "2099-01-01T00:00:00.000Z", "member": _MEMBER}
