"""Products as HQ's people write them, all the way to a scan at the counter; and what was unknown, on its way back."""

from __future__ import annotations

import io
from typing import Any

import pytest

from edge.desks.catalogue import CatalogueDesk
from sync.hub import exports
from sync.hub.imports import Importer
from sync.hub.sheet import Sheet
from sync.messages import Product
from tests.sync.shop_floor import Stores

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PRODUCTS = (
    "sku,gtin,name_zh,name_en,category,flags,brand,tags,tax_code,unit,plu,grams,grams_off,zone,place,min_stock\n"
    "W1,6901234567892,黄酒,Rice wine,drinks,alcohol,一江,tea gift,1030,瓶,,520,15,酒水,C-02,6\n"
    "F1,6901234567908,苹果,Apples,fresh,,,,,kg,1234,,,,,\n"
)
BARCODES = "gtin,sku,units\n16901234567899,W1,12\n96385074,F1,\n"


def take(hub: Any, what: str, body: str) -> tuple[int, list[str]]:
    told: list[str] = []
    sheet = Sheet(io.BytesIO(body.encode()))
    done = getattr(Importer(hub.engine, sheet, lambda _, why: told.append(why)), what)()
    sheet.close()
    return done.changed, told


@on_sqlite
def test_a_sheet_becomes_goods_at_the_counter(hub: Any, floor: Stores) -> None:
    assert take(hub, "products", PRODUCTS) == (2, [])
    assert take(hub, "barcodes", BARCODES) == (2, [])
    assert take(hub, "products", PRODUCTS) == (0, []), "nothing changed"
    shop = floor("S1")
    shop.settle()
    desk = CatalogueDesk(shop.books, shop.status)
    wine = desk.by_code(desk.read("16901234567899"))
    assert (wine.sku, wine.pieces, wine.brand, set(wine.tags), set(wine.flags)) == (
        *("W1", 12, "一江", {"tea", "gift"}, {"alcohol"}),
    )
    assert (wine.tax_code, wine.unit, wine.grams, wine.grams_off) == ("1030", "瓶", 520, 15)
    assert (wine.zone, wine.place, wine.min_stock) == ("酒水", "C-02", 6)
    assert desk.by_code(desk.read("96385074")).plu == "1234"
    cells = [exports.as_cells(row) for row in exports.products(hub.engine) if row["sku"] == "W1"]
    assert [(row["tags"], row["place"], row["min_stock"]) for row in cells] == [("tea gift", "C-02", 6)]
    assert [row["units"] for row in exports.barcodes(hub.engine)] == [1, 12]


@on_sqlite
def test_what_a_sheet_cannot_say_is_told(hub: Any) -> None:
    for what, line, why in (
        ("products", "W1,,黄酒,,,,,,,,0123,,,,,", "plu '0123'"),
        ("products", "W1,,黄酒,,,,,,,,,-1,,,,", "grams"),
        ("barcodes", "1690123456789,W1,", ""),
        ("barcodes", "69012,W1,1", "gtin '69012'"),
        ("barcodes", "16901234567899,W1,0", "units"),
    ):
        head = (PRODUCTS if what == "products" else BARCODES).partition("\n")[0]
        changed, told = take(hub, what, f"{head}\n{line}\n")
        assert (changed, [why in text for text in told]) == ((0, [True]) if why else (1, [])), told


@on_sqlite
def test_what_nobody_knows_reaches_hq_as_a_fact(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    desk = CatalogueDesk(shop.books, shop.status)
    desk.noted(desk.read("6901234567892999"), "T1")
    hub.desk.publish_products([Product("P9", "6901234567908", "茶", "Tea")])
    shop.settle()
    assert not desk.noted(desk.read("6901234567908"), "T1")
    assert desk.noted(desk.read("4006381333931"), "T1")
    shop.settle()
    facts = [row for row in exports.events(hub.engine) if row["kind"] == "item.unrecognised"]
    assert [(row["d"], row["verdict"]) for row in facts] == [
        ({"code": "04006381333931", "kind": "gtin"}, "applied")
    ]
