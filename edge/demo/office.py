"""Who works at the demo's HQ, and the price list that lies there ready to be pushed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.demo.shop import Ware

if TYPE_CHECKING:
    from sqlalchemy import Engine

NAME, PASSWORD = "demo", "demo-at-hq"
"""Signs in to the fleet page. A demo's secret only: the page listens on loopback."""
PRICES = "prices.csv"
_OFF = 1_000
"""What the price list takes off, fen: enough to be seen, no rule of the demo's shop does it."""


def keep_office(engine: Engine, folder: Path, wares: Sequence[Ware]) -> None:
    """An operator at HQ, and in `folder` a price list (PRICES) that makes the first tea cheaper."""
    from sync.hub.people import People

    People(engine).add(NAME, "operator", PASSWORD)
    ware = reduced(wares)
    with (folder / PRICES).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("sku", "yuan", "book"), (ware.sku, f"{(ware.fen - _OFF) / 100:.2f}", "demo-2")]
        )


def reduced(wares: Sequence[Ware]) -> Ware:
    """The product in the price list: one that the page of simulated devices has a button for."""
    return next(ware for ware in wares if "龙井" in ware.name_zh and 20 <= ware.on_hand <= 200)
