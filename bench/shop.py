"""A shop of any size on a temporary disk, for figures and proofs: orders with real codes, products, settings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.schema import Settings, parse
from devices.ports import PrinterState
from devices.slip import Slip
from edge.clock import stamp
from edge.daemon import Shop, build_shop
from edge.domain import pickup_code
from edge.domain.staff import Operator, Role
from edge.records.inbox import Inbox
from sync.messages import Cursor, Head, Op

KEY = bytes(range(32))
STORE = "S00421"
TOKEN = "a token that only this machine's bench and proofs know"  # noqa: S105
CASHIERS = {
    "T1": Operator("1001", "小李", Role.CASHIER, "T1"),
    "T2": Operator("1002", "小陈", Role.CASHIER, "T2"),
}
_PAGE = 2000


class DrawerPrinter:
    """A printer whose paper falls into a drawer: counts slips."""

    def __init__(self) -> None:
        self.slips = 0

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        """Keeps nothing but the count."""
        del slip
        sent()
        self.slips += 1

    def state(self) -> PrinterState:
        """Always ready."""
        return PrinterState.ONLINE


def settings_in(folder: Path, **more: Any) -> Settings:
    """Two tills with one printer and a guide screen, on free ports; `more` replaces or adds tables."""
    return parse(raw_settings(folder, **more))


def raw_settings(folder: Path, **more: Any) -> dict[str, Any]:
    """The same as a mapping, as TOML would give it."""
    import hashlib

    return {
        "store": {"id": STORE, "state_dir": str(folder)},
        "web": {"port": 0, "live_port": 0},
        "stations": {
            "T1": {"kind": "cashier", "label_zh": "1号台", "label_en": "Desk 1", "printer": "P1"},
            "T2": {"kind": "cashier", "label_zh": "2号台", "label_en": "Desk 2", "printer": "P1"},
            "G1": {"kind": "guide"},
        },
        "printers": {"P1": {"host": "127.0.0.1", "port": 9}},
        "api_clients": {
            "proof": {"token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(), "stations": ["T1", "T2"]}
        },
    } | more


def open_shop(folder: Path) -> Shop:
    """The desks over the books in `folder`, with a printer that is always ready."""
    return build_shop(settings_in(folder), KEY, {"P1": DrawerPrinter()})


def order_no(number: int) -> str:
    """The number of the n-th order."""
    return f"WX20261122{number:06d}"


def order_row(number: int) -> dict[str, Any]:
    """The n-th order as HQ publishes it: two lines, ready, held for days."""
    now = datetime.now(UTC)
    line = {"name_zh": "龙井茶", "name_en": "Longjing tea", "unit_fen": 5990}
    return {
        "order": order_no(number),
        "gen": 1,
        "store": STORE,
        "channel": "mini-program",
        "mode": "whole",
        "state": "ready",
        "lines": [line | {"line": 1, "sku": "A1", "qty": 2}, line | {"line": 2, "sku": "B2", "qty": 1}],
        "name_masked": "王*",
        "phone_tail": f"{number % 10_000:04d}",
        "paid_fen": 17970,
        "due_fen": 0,
        "ready_by": stamp(now),
        "hold_until": stamp(now + timedelta(days=3)),
        "numeric_code": f"{number:08d}",
        "shelf": "A-07",
    }


class Feed:
    """Writes hq.db the way the sync worker does, through the real Inbox; signs codes with a key of its own."""

    def __init__(self, shop: Shop) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._shop = shop
        self._seq = 0
        self._key = Ed25519PrivateKey.generate()
        self.put("g:keys:CN", "pickup_key", [("1", self.public_key())])
        self.put(
            "g:shops:CN", "shop", [(STORE, {"store": STORE, "name_zh": "淮海路店", "name_en": "Huaihai"})]
        )

    def public_key(self) -> dict[str, Any]:
        """The row of the key that `sign` signs with."""
        return {"kid": 1, "public": self._key.public_key().public_bytes_raw().hex(), "not_after": ""}

    def sign(self, content: bytes) -> bytes:
        """HQ's signature."""
        return self._key.sign(content)

    def put(self, bucket: str, table: str, rows: list[tuple[str, dict[str, Any]]]) -> None:
        """Applies rows (id, body) in pages, each one transaction."""
        inbox = Inbox(self._shop.books.hq, self._shop.books.clock)
        for start in range(0, len(rows), _PAGE):
            ops = []
            for row_id, body in rows[start : start + _PAGE]:
                self._seq += 1
                ops.append(Op(b=bucket, seq=self._seq, op="put", tb=table, id=row_id, ver=self._seq, d=body))
            refused = inbox.apply(
                ops,
                {bucket: Cursor("e1", self._seq)},
                consistent=[bucket],
                heads={bucket: Head("e1", self._seq, len(ops), "")},
                server_time=stamp(self._shop.books.clock.wall()),
                hq_epoch="h1",
            )
            assert refused == []

    def orders(self, count: int, first: int = 1) -> list[str]:
        """Publishes orders and gives their codes."""
        numbers = range(first, first + count)
        self.put(f"s:{STORE}:orders", "order", [(order_no(n), order_row(n)) for n in numbers])
        return [code_for(n, self._key.sign) for n in numbers]

    def gtins(self, count: int) -> list[str]:
        """So many GTINs, in no order."""
        return [_gtin(n) for n in _shuffled(count)]

    def products(self, count: int) -> list[str]:
        """Publishes products with prices and gives their GTINs, in no order."""
        gtins = self.gtins(count)
        skus = [f"K{n:07d}" for n in range(count)]
        names = {"name_zh": "特级西湖龙井茶 250 克", "name_en": "Longjing tea 250 g", "category": "tea"}
        rows = [(sku, names | {"sku": sku, "gtin": gtin}) for sku, gtin in zip(skus, gtins, strict=True)]
        self.put("g:catalog:CN", "product", rows)
        self.put("g:price:CN", "price", [(sku, {"sku": sku, "fen": 5990, "book": "std"}) for sku in skus])
        return gtins


def code_for(number: int, sign: Callable[[bytes], bytes]) -> str:
    """The pickup code of the n-th order."""
    claims = pickup_code.Claims(
        kid=1,
        store=STORE,
        order=order_no(number),
        gen=1,
        not_after=datetime.now(UTC) + timedelta(days=2),
        nonce=secrets.token_hex(10),
    )
    return pickup_code.issue(claims, sign)


def _gtin(number: int) -> str:
    """A 13-digit GTIN with its check digit."""
    body = f"690{number:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)


def _shuffled(count: int) -> list[int]:
    """0 .. count-1, each once, in an order that no index likes (fixed: figures must be comparable)."""
    stride = 7_368_787  # a prime larger than any count asked for
    return [(n * stride) % count for n in range(count)]
