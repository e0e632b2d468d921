"""HQ takes journals in over HTTP, beside a floor in PostgreSQL that writes the same rows; and gives its feed out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import msgspec

from bench.hub_rig import BATCH, LINES, ORDERS, SKUS, Journal, Line, Process, Rig, process, rig
from bench.rounds import Figure, Row, interleaved, ms, pair, percentile, timed
from sync.hub.database import open_hub, snapshot
from sync.hub.envelope import read_upload, unpack
from sync.hub.ingest import take
from sync.hub.pull import page
from sync.messages import Cursor, Product, PullRequest

_STORES = ("S0", "S1", "S2", "S3")
_EACH = 10
_AT = "2026-01-05T10:00:00.120Z"
_PAGE = 1000
_SKU = f"'P' || ((i * {LINES} + l) % {SKUS})"
_ALL = f"generate_series(0, {BATCH - 1}) i"
_EVERY = f"{_ALL}, generate_series(0, {LINES - 1}) l"
_ORDER = f"store_ || 'O' || ((base + i) % {ORDERS})"
# What a batch of hand-overs is in HQ's tables, made up inside the server: nothing is parsed, judged or sent there.
# Its pickups are of orders of its own, or the hub would find a second journal's in each. Our own words only: S608.
_FLOOR = f"""CREATE FUNCTION floor_batch(store_ text, stream_ text, base bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
 INSERT INTO pickup (pickup, order_no, store, gen, unit, stream, seq, annulled)
  SELECT md5(stream_ || base + i), 'F' || {_ORDER}, store_, 1, 0, stream_, base + i, 0 FROM {_ALL};
 INSERT INTO pickup_line (pickup, pos, line, sku, qty)
  SELECT md5(stream_ || base + i), l, l + 1, {_SKU}, 1 FROM {_EVERY};
 INSERT INTO movement (stream, seq, pos, store, sku, delta)
  SELECT stream_, base + i, l, store_, {_SKU}, -1 FROM {_EVERY};
 INSERT INTO ingest_event (stream, seq, id, sha, kind, body, verdict, code, case_id, late, received_at)
  SELECT stream_, base + i, md5(stream_ || base + i), repeat('0', 64), 'pickup.collected', repeat('x', 900),
   'applied', '', '', 0, '{_AT}' FROM {_ALL};
 UPDATE customer_order SET state = 'partial' FROM {_ALL} WHERE order_no = {_ORDER};
 UPDATE order_line SET handed = handed + 1 FROM {_EVERY} WHERE order_no = {_ORDER} AND line = l + 1;
 UPDATE stock_level SET on_hand = on_hand - 1, upto_seq = base WHERE store = store_;
 UPDATE feed SET seq = seq + 1000, ver = ver + 1, d = d || '', hash = hash || '', at = at || ''
  WHERE bucket = 's:' || store_ || ':stock'
   OR bucket = 's:' || store_ || ':orders' AND tb = 'order' AND id IN (SELECT {_ORDER} FROM {_ALL});
 UPDATE bucket SET head = head + 1000 WHERE bucket IN ('s:' || store_ || ':orders', 's:' || store_ || ':stock');
 UPDATE ingest_stream SET last_seq = base WHERE stream = stream_;
END $$"""  # noqa: S608


def rows(rounds: int) -> list[Row]:
    """Ingest with one store and with four, repeats, and a page of the feed."""
    with rig() as hq:
        for store in _STORES:
            hq.admit(store)
        # Two processes on one database, as docs/scaling.md has it; all rows but one know of the first only.
        with process(hq.url, "run", "--behind") as hub, process(hq.url, "run", "--behind") as other:
            ends = {store: _End(hq, hub, store) for store in _STORES}
            for end in ends.values():
                end.hub()  # the first of a store's makes its stock rows
            hq.analyze()
            _floor(hq)
            alone = interleaved(
                {"floor": ends["S0"].floor, "hub": ends["S0"].hub, "again": ends["S0"].again},
                rounds=rounds,
                each=_EACH,
            )
            together = _together(ends, rounds, other)
        return [*_ingest_rows(alone, together), _feed_row(hq, rounds)]


@dataclass
class _End:
    """One store at the hub, and the same store's rows on the floor."""

    rig: Rig
    process: Process
    store: str
    base: int = 1_000_000
    last: bytes = b""
    made: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = Journal(self.store)
        self.line = Line(self.process.port, self.rig.tokens[self.store])
        self.raw = open_hub(self.rig.url).raw_connection()

    def hub(self, other: Line | None = None) -> float:
        """One batch over HTTP, made beforehand; seconds. `other`: a line to another process."""
        self.last = self.made.pop(0) if self.made else self.journal.batch()
        return timed(lambda: (other or self.line).post("/sync/v1/up", self.last))

    def again(self) -> float:
        """The last batch once more; seconds."""
        return timed(lambda: self.line.post("/sync/v1/up", self.last))

    def floor(self) -> float:
        """The same rows, made up in the server; seconds."""
        self.base += BATCH
        return timed(self._floor)

    def _floor(self) -> None:
        cursor = self.raw.cursor()
        cursor.execute("SELECT floor_batch(%s, %s, %s)", (self.store, f"floor-{self.store}", self.base))
        self.raw.commit()


def _floor(hq: Rig) -> None:
    with open_hub(hq.url).begin() as conn:
        conn.exec_driver_sql(_FLOOR.replace("%", "%%"))
        # A stream of its own: the store's must go on where the hub left it.
        conn.exec_driver_sql(
            "INSERT INTO ingest_stream (stream, store, last_seq, last_sha, durable_seq, state, bound_at)"
            " SELECT 'floor-' || store, store, 0, '', 0, 'closed', '' FROM store"
        )


@dataclass
class _Together:
    """Four stores at once: facts a second, and every batch's time."""

    rate: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def run(self, work: Sequence[Callable[[], float]]) -> None:
        """Each of them `_EACH` times, side by side."""
        with ThreadPoolExecutor(len(work)) as threads:
            began = time.perf_counter()
            done = list(threads.map(lambda one: [one() for _ in range(_EACH)], work))
            took = time.perf_counter() - began
        self.rate.append(len(work) * _EACH * BATCH / took)
        self.times += [seconds for times in done for seconds in times]


def _together(ends: dict[str, _End], rounds: int, other: Process) -> dict[str, _Together]:
    found = {"floor": _Together(), "hub": _Together(), "two": _Together()}
    apart = {name: Line(other.port, end.rig.tokens[name]) for name, end in list(ends.items())[::2]}
    for _ in range(rounds):
        for end in ends.values():
            end.made = [end.journal.batch() for _ in range(2 * _EACH)]
        found["floor"].run([end.floor for end in ends.values()])
        found["hub"].run([end.hub for end in ends.values()])
        found["two"].run([partial(end.hub, apart.get(name)) for name, end in ends.items()])
    return found


def _ingest_rows(alone: dict[str, Figure], together: dict[str, _Together]) -> list[Row]:
    what = f"a batch of {BATCH} hand-overs with {LINES} lines, gzip, HTTP, one hub process, PostgreSQL (fsync on)"
    floor = "the same rows made up inside PostgreSQL"
    one = alone["floor"].p50 / alone["hub"].p50
    again = alone["again"].p50 / alone["hub"].p50
    return [
        Row(
            "hub-ingest",
            f"{what}; floor: {floor}",
            f"{BATCH / alone['hub'].p50:,.0f} facts/s ({pair(alone['hub'])} a batch)",
            f"{BATCH / alone['floor'].p50:,.0f} facts/s ({pair(alone['floor'])})",
            f"{one:.2f}",
            ">= 0.35 x floor",
            one >= 0.35,
        ),
        _side_by_side("hub-ingest-4", f"four stores at once; {what}", together["hub"], together["floor"]),
        _side_by_side(
            "hub-ingest-4-2",
            f"four stores at once; {what.replace('one hub process', 'two hub processes')}",
            together["two"],
            together["floor"],
        ),
        Row(
            "hub-replay",
            f"a batch that HQ has already; {what}; floor: the batch when it was new",
            pair(alone["again"]),
            pair(alone["hub"]),
            f"{again:.2f}",
            "never slower than new",
            again <= 1.0,
        ),
    ]


def _side_by_side(name: str, what: str, hub: _Together, floor: _Together) -> Row:
    rate, bare = statistics.median(hub.rate), statistics.median(floor.rate)
    p99 = percentile(hub.times, 99)
    return Row(
        name,
        f"{what}; floor: the same rows made up inside PostgreSQL, four connections",
        f"{rate:,.0f} facts/s ({ms(percentile(hub.times, 50))} / {ms(p99)} a batch)",
        f"{bare:,.0f} facts/s ({ms(percentile(floor.times, 50))} / {ms(percentile(floor.times, 99))})",
        f"{rate / bare:.2f}",
        ">= 0.35 x floor, p99 of a batch <= 50 ms",
        rate / bare >= 0.35 and p99 <= 0.05,
    )


def _feed_row(hq: Rig, rounds: int) -> Row:
    made = [
        Product(f"F{n:05d}", f"690{n:010d}", f"特级西湖龙井茶 {n} 克", f"Longjing tea {n} g")
        for n in range(5000)
    ]
    hq.desk.publish_products(made)
    engine = open_hub(hq.url)
    with snapshot(engine) as conn:
        heads = conn.exec_driver_sql("SELECT bucket, epoch, head FROM bucket").all()
    behind = {"g:catalog:CN": 4000}
    here = {
        name: Cursor(epoch, head - behind.get(name, 0)) for name, epoch, head in heads if ":S" not in name
    }
    here |= {name: Cursor(epoch, head) for name, epoch, head in heads if name.startswith("s:S0:")}
    after = here["g:catalog:CN"].seq
    asked = PullRequest(1, "x", here, max_rows=_PAGE)
    text = "SELECT seq, op, tb, id, ver, d FROM feed WHERE bucket = %s AND seq > %s ORDER BY seq LIMIT %s"

    def bare() -> None:
        with snapshot(engine) as conn:
            found = conn.exec_driver_sql(text, ("g:catalog:CN", after, _PAGE)).all()
        msgspec.json.encode([tuple(row) for row in found])

    def ours() -> None:
        b"".join(page(engine, "S0", asked, at=_AT, next_s=15))

    found = interleaved({"bare": lambda: timed(bare), "page": lambda: timed(ours)}, rounds=rounds, each=40)
    ratio = found["page"].p50 / found["bare"].p50
    return Row(
        "hub-feed-page",
        f"a page of {_PAGE} products as bytes (heads, checkpoint); floor: those rows fetched and encoded, nothing else",
        pair(found["page"]),
        pair(found["bare"]),
        f"{ratio:.2f}",
        "<= 1.2 x floor",
        ratio <= 1.2,
    )


def in_process(hq: Rig, store: str) -> None:
    """One batch without HTTP, for a profiler."""
    body = unpack(Journal(store).batch(), "gzip", 1 << 24)
    take(open_hub(hq.url), store, read_upload(body), at=_AT, next_s=15)
