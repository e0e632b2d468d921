"""Files of HQ's people: what spreadsheets make of them, every error with its line, all or nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.hub import exports
from sync.hub.imports import Done, Importer
from sync.hub.row_forms import ORDER_COLUMNS, PRICE_COLUMNS, PRODUCT_COLUMNS
from sync.hub.sheet import RowRefused, Sheet, SheetRefused, fen_of, plain_cell, safe_cell, write_rows, yuan_of
from sync.messages import Staff, canonical

PRODUCTS = "sku,gtin,name_zh,name_en,flags\nA1,6901234567892,茶,Tea,gift\nA2,,酒,Wine,alcohol age\n"


def take(
    hub: Any, what: str, body: str | bytes, *more: str, encoding: str = "utf-8", **how: Any
) -> tuple[Done, list[tuple[int, str]]]:
    told: list[tuple[int, str]] = []
    raw = body.encode(encoding) if isinstance(body, str) else body
    sheet = Sheet(io.BytesIO(raw))
    done = getattr(Importer(hub.engine, sheet, lambda *x: told.append(x), **how), what)(*more)
    sheet.close()
    return done, told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sheet_as_excel_writes_it(hub: Any, encoding: str) -> None:
    done, told = take(hub, "products", PRODUCTS.replace("\n", "\r\n"), encoding=encoding)
    assert (done, told) == (Done(2, 0, 2, written=True), [])
    rows = {row["sku"]: row for row in exports.products(hub.engine)}
    assert (rows["A1"]["name_zh"], rows["A2"]["flags"]) == ("茶", ["alcohol", "age"])
    assert take(hub, "products", PRODUCTS)[0].changed == 0, "nothing changed"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (PRODUCTS.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "workbook"),
        (b"sku,gtin\n\xff\xff\xff,1\n", "neither UTF-8 nor GBK"),
        (b"", "no head line"),
        (b"sku;gtin;name_zh\nA;1;x\n", "semicolons"),
        (b"sku,price\nA,1\n", "does not know price"),
        (b"sku,sku\nA,1\n", "names sku twice"),
        (b"sku,gtin\n" + b"x" * (1 << 21), "a line is longer"),
        (b'{"sku":"' + b"x" * (1 << 21), "longer than"),
    ],
)
def test_a_file_that_is_none_is_refused_with_words(body: bytes, says: str) -> None:
    with pytest.raises(SheetRefused, match=says):
        list(Sheet(io.BytesIO(body)).rows(PRODUCT_COLUMNS))


def test_every_error_has_its_line_and_nothing_is_written(hub: Any) -> None:
    body = (
        "sku,gtin,name_zh,name_en\n"
        "A1,6901234567892,茶,Tea\n"
        "A2,6.90123E+12,茶,Tea\n"
        ",1234567,茶,Tea\n"
        "A1,12345678,茶,Tea\n"
        '"A5","","two\nlines",x\n'
        "A6,,茶,Tea,extra\n"
        "\n"
        "A7,12,茶,Tea\n"
    )
    done, told = take(hub, "products", body)
    assert [line for line, _ in told] == [3, 4, 5, 8, 10]
    words = dict(told)
    assert "rounded" in words[3]
    assert words[5] == "product A1 stands on line 2 already"
    assert (done.written, done.bad) == (False, len(told))
    assert [row["sku"] for row in exports.products(hub.engine)] == ["P1"]
    done, again = take(hub, "products", body, skip_bad=True)
    assert (done.written, again) == (True, told)
    assert "A1" in [row["sku"] for row in exports.products(hub.engine)]
    assert "A7" not in [row["sku"] for row in exports.products(hub.engine)]


def test_json_lines_too(hub: Any) -> None:
    good = {"sku": "A1", "fen": 1250, "book": "b1"}
    lines = [good, {**good, "sku": "A2", "fen": 12.5}, {**good, "sku": "A3", "yuan": "1"}, [1], {"sku": "A4"}]
    body = "\n".join(map(json.dumps, lines)) + "\n{"
    done, told = take(hub, "prices", body)
    assert ([line for line, _ in told], done.written) == ([2, 3, 4, 5, 6], False)
    assert take(hub, "prices", json.dumps(good))[0].changed == 1


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("12", 1200),
        ("12.5", 1250),
        ("12.50", 1250),
        ("¥0.07", 7),
        ("1,234.56", 123456),
        ("￥ 8", 800),
    ],
)
def test_money_is_exact(text: str, fen: int) -> None:
    assert fen_of(text) == fen


@pytest.mark.parametrize(
    "text", ["", "-1", "1.234", "1,23", "12,5", "1e3", "１２", ".5", "5.", "1 000", "99999999999999"]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    with pytest.raises(RowRefused):
        fen_of(text)


@given(st.integers(0, 10**15 - 1))
def test_yuan_and_back(fen: int) -> None:
    assert fen_of(yuan_of(fen)) == fen


@given(st.text())
def test_no_cell_is_a_formula_and_none_is_lost(text: str) -> None:
    cell = safe_cell(text)
    assert plain_cell(cell) == text
    assert not cell.startswith(("=", "+", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert not cell.startswith("-") or cell[1:2].isdigit()


def test_what_goes_out_comes_back(hub: Any) -> None:
    body = 'sku,gtin,name_zh,name_en,category\n=cmd(),,"a ""b"", c",+1,@x\n-3,,茶,\'quoted,\n'
    assert take(hub, "products", body)[0].changed == 2
    before = list(exports.products(hub.engine))
    for form, shaped in (("csv", exports.as_cells), ("ndjson", lambda row: row)):
        out = io.BytesIO()
        write_rows(out, form, PRODUCT_COLUMNS, map(shaped, exports.products(hub.engine)))
        assert b"\n=cmd" not in out.getvalue() or form == "ndjson"
        done, told = take(hub, "products", out.getvalue())
        assert (done.read, done.changed, told) == (3, 0, [])
    assert list(exports.products(hub.engine)) == before
    take(hub, "prices", "sku,yuan,book\nP1,12.5,b1\n")
    out = io.BytesIO()
    write_rows(out, "csv", PRICE_COLUMNS, map(exports.as_cells, exports.prices(hub.engine)))
    assert out.getvalue().decode("utf-8-sig") == "sku,yuan,book\r\nP1,12.50,b1\r\n"


def test_stock_is_set_by_the_thousand(hub: Any) -> None:
    rows = "".join(f"S{n % 2 + 1},K{n},{n - 3}\n" for n in range(2500))
    assert take(hub, "stock", "store,sku,on_hand\n" + rows)[0] == Done(2500, 0, 2500, written=True)
    assert hub.desk.stock("S1") == {"P1": 10} | {f"K{n}": n - 3 for n in range(0, 2500, 2)}
    done, told = take(hub, "stock", "store,sku,on_hand\nS9,K1,1\nS1,K1,1.5\nS1,K1,many\nS1,K2,1\nS1,K2,2\n")
    assert ([line for line, _ in told], done.written) == ([2, 3, 4, 6], False)
    assert told[0][1] == "no store S9"
    assert hub.desk.stock("S1")["K2"] == -1


def test_orders_are_rows_that_stand_together(hub: Any) -> None:
    head = "order,store,channel,mode,state,line,sku,name_zh,name_en,qty,unit_yuan,paid_yuan,due_yuan\n"
    one = "WX1,S1,app,whole,ready,1,P1,牛奶,Milk,2,12.50,25,0\nWX1,S1,app,whole,ready,2,P2,茶,Tea,1,3,25,0\n"
    done, told = take(hub, "orders", head + one)
    assert (done, told) == (Done(1, 0, 1, written=True), [])
    (order,) = hub.desk.orders("S1")
    assert ([(x.line, x.qty, x.unit_fen) for x in order.lines], order.paid_fen) == (
        [(1, 2, 1250), (2, 1, 300)],
        2500,
    )
    bad = (
        head
        + one
        + one.replace("WX1", "WX2").replace("2,P2", "x,P2")
        + one.replace("WX1", "WX3").replace("S1,app", "S1,web", 1)
    )
    done, told = take(hub, "orders", bad)
    assert [line for line, _ in told] == [2, 5, 7]
    assert "published already" in told[0][1]
    assert "channel" in told[2][1]
    assert not done.written
    out = io.BytesIO()
    write_rows(out, "csv", ORDER_COLUMNS, exports.orders(hub.engine, form="csv"))
    text = out.getvalue().decode("utf-8-sig").replace("WX1", "WX9")
    assert order.numeric_code not in text
    assert take(hub, "orders", text) == (Done(1, 0, 1, written=True), [])


def test_orders_as_json_lines_are_one_transaction(
    hub: Any, order_form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.hub.imports.CHUNK", 2)
    forms = [order_form(f"O{n}", numeric_code=f"{n:08d}") for n in range(5)]
    twice = [*forms, order_form("O7", numeric_code="00000003"), order_form("O8", store="S9")]
    done, told = take(hub, "orders", b"\n".join(map(canonical, twice)))
    assert ([line for line, _ in told], done.written) == ([6, 7], False)
    assert "00000003" not in told[0][1], "it opens the order"
    assert hub.desk.orders() == []
    # Another HQ process takes a number between the look and the write.
    real = Importer._finish

    def meanwhile(self: Any, *args: Any) -> Done:
        hub.desk.publish_order(order_form("O4"))
        return real(self, *args)

    monkeypatch.setattr(Importer, "_finish", meanwhile)
    with pytest.raises(Exception, match="O4 is published already"):
        take(hub, "orders", b"\n".join(map(canonical, forms)))
    assert [order.order for order in hub.desk.orders()] == ["O4"]


def test_staff_leave_their_pins_at_the_door(hub: Any, shop: Any) -> None:
    head = "staff,name,role,pin,badge\n"
    done, told = take(hub, "staff", head + "1001,Wang,cashier,471108,SB9\n2001,Li,lead,0007,\n", "S1")
    assert (done.changed, told) == (2, [])
    shop.settle()
    rows = shop.replica.usable("s:S1:staff")
    assert "471108" not in json.dumps(rows)
    first = Staff(**rows["1001"])
    assert first.pin_hash.startswith("$argon2id$")
    assert len(first.badge_sha) == 64
    # A blank one keeps; who is not named may not sign in any more.
    done, told = take(hub, "staff", head + "1001,Wang X,lead,,-\n", "S1")
    shop.settle()
    (now,) = (Staff(**row) for row in shop.replica.usable("s:S1:staff").values())
    assert (now.name, now.pin_hash, now.badge_sha) == ("Wang X", first.pin_hash, "")
    done, told = take(
        hub, "staff", head + "3001,Zhao,lead,,\n3002,Xu,boss,1234,\n3003,Xu,lead,471108x,\n", "S1"
    )
    assert [line for line, _ in told] == [2, 3, 4]
    assert "471108" not in str(told)


def test_a_large_file_is_not_held_in_memory() -> None:
    """In a process of its own: threads and late imports of other tests would be counted too."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.sync.sheet_memory"], check=True, capture_output=True, text=True
    )
    read, bad, peak = map(int, told.stdout.split())
    assert (read, bad) == (15_000, 0)
    assert peak < 1_000_000  # 0.3 MB; the rows as a list are 8 MB
