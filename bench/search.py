"""Goals 6 and 10: a product by its code, and by two characters, initials or SKU, among a million."""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from bench.rounds import Figure, Row, interleaved, ms, pair, percentile, timed
from edge.db import connect
from edge.demo.shop import check_digit
from edge.demo.wares import CATEGORIES
from edge.desks.catalogue import CatalogueDesk
from edge.desks.status import StatusDesk
from edge.records.books import Books, open_books
from edge.records.catalogue import BY_GTIN
from edge.search_child import Job, run

_ROWS = 1_000_000
_KEY = bytes(range(32))
_LOOKS = 2000
_SEARCHES, _SCANS = 150, 3
_LIKE = "SELECT sku, name_zh FROM product WHERE name_zh LIKE ? LIMIT 20"


@dataclass(frozen=True)
class _Range:
    """A chain's range of a million products, its index, and what was taken on the way."""

    books: Books
    desk: CatalogueDesk
    codes: list[str]
    names_bytes: int
    index_bytes: int
    made_s: float


def rows(rounds: int) -> list[Row]:
    """Look-ups and searches, each beside its floor on the same file."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as folder:
        shop = _stocked(Path(folder))
        try:
            return [*_look_ups(shop, rounds), *_searches(shop, rounds), _size(shop)]
        finally:
            shop.books.close()


def _stocked(folder: Path) -> _Range:
    books = open_books(folder, _KEY, "Asia/Shanghai")
    dice = random.Random(7)  # noqa: S311 - a shop window, no secret
    codes, size = [], 0
    with books.hq.transaction() as tx:
        tx.execute("DROP INDEX product_gtin")
        for some in _products(dice):
            tx.executemany(
                "INSERT INTO product (sku, gtin, gtin14, name_zh, name_en, category, picture, flags)"
                " VALUES (?1, ?2, substr('0' || ?2, -14), ?3, ?4, 'grocery', '', '')",
                some,
            )
            tx.executemany("INSERT INTO price VALUES (?, ?, 'b1')", ((row[0], 990) for row in some))
            size += sum(len(row[2].encode()) + len(row[3].encode()) for row in some)
            codes += [row[1] for row in some[::50]]
        tx.execute("CREATE INDEX product_gtin ON product (gtin14)")
        tx.execute(
            "INSERT INTO cursor (bucket, epoch, seq, consistent_at)"
            " VALUES ('g:catalog:CN', 'e', 1, '2026-11-22T00:00:00.000Z')"
        )
    job = Job(str(books.hq.path), str(books.names.path), _KEY.hex(), whole=True)
    made_s = timed(lambda: run(job))
    dice.shuffle(codes)
    desk = CatalogueDesk(books, StatusDesk(books, lambda _: None, has_hq=False))
    return _Range(books, desk, codes, size, _pages(books.names.path), made_s)


def _products(dice: random.Random) -> Iterator[list[tuple[str, str, str, str]]]:
    """Names as a range has them: a maker of two or three characters, goods, a size."""
    chars = [bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFA)]
    makers = ["".join(dice.choices(chars, k=dice.choice((2, 2, 3)))) for _ in range(4000)]
    goods = [item for kind in CATEGORIES for item in kind.items]
    numbers = dice.sample(range(10**9), _ROWS)
    for start in range(0, _ROWS, 5000):
        some = []
        for n in range(start, start + 5000):
            maker, item = dice.choice(makers), dice.choice(goods)
            size_zh, size_en, _ = dice.choice(item.variants)
            code = f"690{numbers[n]:09d}"
            code += check_digit(code)
            some.append(
                (f"SK{n:07d}", code, f"{maker} {item.zh} {size_zh}", f"No. {n % 4000} {item.en}, {size_en}")
            )
        yield some


def _pages(path: Path) -> int:
    db = connect(path, _KEY)
    whole, free, size = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    db.close()
    return (whole - free) * size


def _look_ups(shop: _Range, rounds: int) -> Iterator[Row]:
    bare = connect(shop.books.hq.path, _KEY)
    bare.execute("PRAGMA cache_size=-2000")  # what an attached file has, such as hq.db beside the ledger
    asked = BY_GTIN.replace("hq.", "")
    codes = cycle(shop.codes)
    read, desk, catalogue = shop.desk.read, shop.desk, shop.books.catalogue
    each: dict[str, Callable[[str], object]] = {
        "bare": lambda code: bare.execute(asked, (code.zfill(14),)).fetchone(),
        "ours": lambda code: catalogue.by_gtin(code.zfill(14)),
        "desk": lambda code: desk.by_code(read(code), judge=False),
    }
    # The same code for each of a turn would find the pages warm: every look-up takes the next one.
    passes = {name: _with_next(codes, work) for name, work in each.items()}
    found = interleaved(passes, rounds=rounds, each=_LOOKS)
    bare.close()
    ratio = found["ours"].p50 / found["bare"].p50
    what = (
        "a product with its price by barcode, 1,000,000 SKUs, SQLCipher, 2 MB cache each; floor: the bare row"
    )
    yield Row(
        "look-up",
        what,
        pair(found["ours"]),
        pair(found["bare"]),
        f"{ratio:.2f}",
        "p50 <= 1.5 x floor",
        ratio <= 1.5,
    )
    beyond = found["desk"].p50 / found["bare"].p50
    what = "a scan as the desk answers it: classified, product, price, stock level with own movements"
    yield Row(
        "look-up-desk", what, pair(found["desk"]), pair(found["bare"]), f"{beyond:.2f}", "none set", None
    )


def _with_next(texts: Iterator[str], work: Callable[[str], object]) -> Callable[[], float]:
    """A pass that takes the next text each time; that is not part of the time."""

    def one() -> float:
        text = next(texts)
        return timed(lambda: work(text))

    return one


def _searches(shop: _Range, rounds: int) -> Iterator[Row]:
    """Samples of every way beside scans that miss, in the same rounds."""
    asked = {
        "two characters": ["龙井", "薯片", "面霜", "苹果", "积木", "饭碗", "墨水", "橙汁"],
        "initials": ["lj", "sp", "zz", "pg", "jmcb", "fw", "hysp", "xzcz"],
        "SKU": ["SK00012", "sk0999", "SK0500000", "SK123"],
        "English word": ["longjing", "crisps", "cream", "appl"],
        "nothing": ["铀矿", "qqzzx", "zzzzzz", "铀"],
    }
    scan = connect(shop.books.hq.path, _KEY)
    floor: list[float] = []
    lows: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    for _ in range(rounds):
        floor += [timed(lambda: scan.execute(_LIKE, ("%铀矿%",)).fetchall()) for _ in range(_SCANS)]
        for name, words in asked.items():
            search = _with_next(cycle(words), lambda word: shop.desk.search(word, 20))
            taken = [search() for _ in range(_SEARCHES)]
            lows[name].append((percentile(taken, 50), percentile(taken, 99)))
    scan.close()
    missed = statistics.median(floor)
    for name, taken_of in lows.items():
        figure = Figure(statistics.median(p50 for p50, _ in taken_of), min(p99 for _, p99 in taken_of))
        ratio = missed / figure.p99
        goal = name != "nothing"
        yield Row(
            f"search-{name.replace(' ', '-')}",
            f"products by {name}, the first 20 with price and stock, 1,000,000 SKUs; floor: the LIKE scan that misses",
            pair(figure),
            ms(missed),
            f"1/{ratio:.0f}",
            "p99 <= 1/20 of the floor" if goal else "none set",
            ratio >= 20 if goal else None,
        )


def _size(shop: _Range) -> Row:
    ratio = shop.index_bytes / shop.names_bytes
    return Row(
        "search-index",
        f"bytes of search.db beside those of the names (both languages), 1,000,000 SKUs; made in {shop.made_s:.0f} s",
        f"{shop.index_bytes / 1e6:.1f} MB",
        f"{shop.names_bytes / 1e6:.1f} MB",
        f"{ratio:.2f}",
        "<= 0.75 x names",
        ratio <= 0.75,
    )
