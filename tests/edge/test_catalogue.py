"""Products by every one of their numbers and by what people type; the index of names, kept by a child."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.desks.catalogue import CatalogueDesk
from edge.desks.status import StatusDesk
from edge.domain.catalogue import Goods
from edge.domain.finding import asked, clues, tokens
from edge.domain.orders import Fen
from edge.domain.scanned import Rules, check_digit_ok
from edge.domain.scanned_goods import GoodsFacts
from edge.domain.scanned_refusals import BatchExpired, GoodsUnknown
from edge.domain.scanned_variable import Layout
from edge.naming import NameKeeper
from edge.records.books import Books, open_books
from edge.records.inbox import Inbox
from edge.search_child import Job, first_letters, run
from sync.messages import Cursor, Head, Op

KEY = bytes(range(32))
CATALOG = "g:catalog:CN"
RULES = Rules((Layout("20", 5, "weight", 5, 3), Layout("21", 5, "price", 5, 2)))


def put(books: Books, *rows: tuple[str, dict[str, object]], bucket: str = CATALOG, deleted: str = "") -> None:
    cursors = Inbox(books.hq, books.clock).cursors()
    seq = cursors[bucket].seq if bucket in cursors else 0
    keys = {"product": "sku", "barcode": "gtin", "price": "sku"}
    ops = [
        Op(b=bucket, seq=seq + n, op="put", tb=tb, id=str(d[keys[tb]]), ver=seq + n, d=d)
        for n, (tb, d) in enumerate(rows, 1)
    ]
    if deleted:
        ops.append(Op(b=bucket, seq=seq + 1, op="del", tb="product", id=deleted, ver=seq + 1))
    last = ops[-1].seq
    Inbox(books.hq, books.clock).apply(
        ops,
        {bucket: Cursor("e1", last)},
        consistent=[bucket],
        heads={bucket: Head("e1", last, 1, "")},
        server_time="2026-11-22T10:00:00.000Z",
        hq_epoch="h1",
    )


def product(sku: str, gtin: str, zh: str, en: str = "", **more: object) -> tuple[str, dict[str, object]]:
    return ("product", {"sku": sku, "gtin": gtin, "name_zh": zh, "name_en": en, **more})


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path, KEY, "Asia/Shanghai")
    yield opened
    opened.close()


@pytest.fixture
def desk(books: Books) -> CatalogueDesk:
    return CatalogueDesk(books, StatusDesk(books, lambda _: None, has_hq=False), RULES)


def index(books: Books, *, whole: bool = True) -> None:
    run(Job(str(books.hq.path), str(books.names.path), KEY.hex(), whole))


def label(twelve: str) -> str:
    return next(f"{twelve}{digit}" for digit in range(10) if check_digit_ok(f"{twelve}{digit}"))


def skus(desk: CatalogueDesk, text: str) -> list[str]:
    return [goods.sku for goods in desk.search(text)]


def test_a_product_is_found_by_each_of_its_numbers(books: Books, desk: CatalogueDesk) -> None:
    put(
        books,
        product("A1", "6901234567892", "龙井", brand="云岫", tags=["tea"], flags=["alcohol"], place="A-07"),
        product("P1", "", "苹果", plu="1234", unit="kg", grams=180, grams_off=40),
        ("barcode", {"gtin": "16901234567899", "sku": "A1", "units": 12}),
    )
    price = {"sku": "P1", "fen": 1280, "book": "b7"}
    put(books, ("price", price), bucket="g:price:CN")
    one = desk.by_code(desk.read("6901234567892"))
    assert (one.sku, one.pieces, one.brand, set(one.tags), set(one.flags), one.place) == (
        *("A1", 1, "云岫", {"tea"}, {"alcohol"}, "A-07"),
    )
    assert one.for_adults
    assert desk.by_code(desk.read("16901234567899")).pieces == 12
    weighed = desk.by_code(desk.read(label("200123401250")))
    assert (weighed.sku, weighed.facts.grams, weighed.book, weighed.scanned_fen()) == ("P1", 1250, "b7", 1600)
    assert desk.by_code(desk.read(label("210123401250"))).scanned_fen() == 1250
    assert desk.by_code(desk.read("]d2010690123456789217301231")).facts.expiry is not None
    with pytest.raises(BatchExpired):
        desk.by_code(desk.read("]d2010690123456789217200101"))
    for unknown in ("6901234567908", label("200999901250"), "nothing", "https://x.example/"):
        with pytest.raises(GoodsUnknown):
            desk.by_code(desk.read(unknown))


def test_half_a_fen_is_rounded_up_and_pieces_cost_their_price() -> None:
    kilo = Goods("P", "", "", "", unit="千克", fen=Fen(999), facts=GoodsFacts(grams=500))
    assert kilo.scanned_fen() == 500
    assert Goods("P", "", "", "", unit="斤", fen=Fen(999), facts=GoodsFacts(grams=500)).scanned_fen() == 999
    assert Goods("P", "", "", "", unit="kg", fen=Fen(999)).scanned_fen() is None
    assert Goods("P", "", "", "", unit="瓶", fen=Fen(999)).scanned_fen() == 999


def test_names_are_cut_into_pairs_and_words() -> None:
    assert tokens("脆脆村 海盐薯片 ６８克", "Crisps, T-shirt") == set(
        "脆脆 脆村 海盐 盐薯 薯片 68 克 crisps t shirt".split()
    )
    assert {"~乐", "kl", "ky"} <= set(clues("可乐", first_letters("可乐")))
    assert clues("可乐", {"可": "k", "乐": "ly"}) == ["~乐", "kl", "ky"]
    assert [part.question({"kl": ["可乐"]}) for part in asked("KL")] == ['("kl"* OR (("可乐")))']
    assert asked(" ,% ") == ()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("可乐", ["C1", "C2"]),
        ("kl", ["C1", "C2"]),
        ("ky", ["C1", "C2"]),
        ("可乐 500", ["C1"]),
        ("可口乐", []),
        ("口可", ["C2"]),
        ("乐", ["C1", "C2"]),
        ("kk", ["C2"]),
        ("cola zero", ["C2"]),
        ("col", ["C1", "C2"]),
        ("ola", []),
        ("c", ["C1", "C2"]),
        ("c2", ["C2"]),
        ("690123", ["C1", "C2"]),
        ("T恤", ["T1"]),
        ('"', []),
        ("可乐'; DROP", []),
        ("* OR", []),
    ],
)
def test_what_people_type(books: Books, desk: CatalogueDesk, typed: str, found: list[str]) -> None:
    put(
        books,
        product("C1", "6901234567892", "百事 可乐 500毫升", "Cola 500 ml"),
        product("C2", "6901234567908", "可口可乐 零度", "Cola Zero"),
        product("T1", "", "纯棉T恤", "Shirt"),
    )
    index(books)
    assert sorted(skus(desk, typed)) == found


def test_before_there_is_an_index_names_are_looked_through(books: Books, desk: CatalogueDesk) -> None:
    put(books, product("C1", "", "百事可乐"), product("C2", "", "50%_茶"), product("C3", "", "50aa茶"))
    assert skus(desk, "可乐") == ["C1"]
    assert skus(desk, "%_") == []
    assert skus(desk, "50%_茶") == ["C2"]
    assert skus(desk, "a") == [], "letters are a word's beginning here too"


def test_a_renamed_product_is_found_by_its_new_name_alone(books: Books, desk: CatalogueDesk) -> None:
    put(books, product("C1", "", "百事可乐"), product("C2", "", "绿茶"))
    index(books)
    put(books, product("C1", "", "百事汽水"), product("C3", "", "雪碧汽水"))
    assert (skus(desk, "可乐"), skus(desk, "汽水")) == ([], [])
    index(books, whole=False)
    assert (skus(desk, "可乐"), sorted(skus(desk, "汽水")), skus(desk, "qs")) == (
        [],
        ["C1", "C3"],
        ["C1", "C3"],
    )
    put(books, deleted="C3")
    assert skus(desk, "汽水") == ["C1"]
    put(books, product("C1", "", "百事汽水", category="drinks"))
    assert books.hq.read().execute("SELECT count(*) FROM renamed").fetchone()[0] == 0


def test_a_cut_making_leaves_what_served_and_is_done_again(books: Books, desk: CatalogueDesk) -> None:
    put(books, *(product(f"C{n:04}", "", f"可乐{n}") for n in range(2100)))
    index(books)

    class Cut(Exception):
        pass

    calls = iter(range(9))

    def heard() -> None:
        if next(calls) == 1:
            raise Cut

    put(books, product("D1", "", "雪碧"))
    with pytest.raises(Cut):
        run(Job(str(books.hq.path), str(books.names.path), KEY.hex(), whole=True), heard)
    assert len(desk.search("可乐", 50)) == 50
    index(books)
    assert skus(desk, "雪碧") == ["D1"]
    read = books.names._db.read()
    tables = {name for (name,) in read.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert len({name for name in tables if name.startswith("block_")}) == 1


def test_the_keeper_has_made_what_is_missing_and_no_more(books: Books, desk: CatalogueDesk) -> None:
    keeper = NameKeeper(books)
    assert not keeper.turn(), "no catalogue yet"
    put(books, product("C1", "", "百事可乐"))
    for name in ("可乐", "汽水"):
        assert keeper.turn()
        until = time.monotonic() + 30
        while keeper.turn():
            assert time.monotonic() < until
            time.sleep(0.02)
        assert skus(desk, name) == ["C1"]
        assert not keeper.turn(), "nothing is missing"
        put(books, product("C1", "", "百事汽水"))
    books.hq.read()
    with books.hq.transaction() as tx:
        tx.execute("UPDATE cursor SET loading = 'x' WHERE bucket = ?", (CATALOG,))
        tx.execute("UPDATE cursor SET feed = feed + 7 WHERE bucket = ?", (CATALOG,))
    assert not keeper.turn(), "a snapshot is on its way"
    keeper.stop()


def test_what_nobody_knows_is_told_to_hq_once_a_day(books: Books, desk: CatalogueDesk) -> None:
    put(books, product("A1", "6901234567892", "龙井"))
    unknown = ("6901234567908", label("200999901250"), "6901234567908", "]d20106901234567908")
    for text in unknown:
        assert desk.noted(desk.read(text), "T1")
    for text in ("6901234567892", "134567890123456789", "PK1.abc", "nothing", "https://x.example/"):
        assert not desk.noted(desk.read(text), "T1")
    assert [(row.code, row.kind, row.times) for row in desk.unrecognised()] == [
        ("06901234567908", "gtin", 3),
        ("plu:9999", "variable", 1),
    ]
    facts = [line for (line,) in books.ledger.read().execute("SELECT body FROM journal")]
    assert len([line for line in facts if "item.unrecognised" in line]) == 2
