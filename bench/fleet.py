"""The fleet page at 10,000 stores, through the whole application, on SQLite and PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.rounds import Figure, Row, interleaved, ms, pair, timed
from sync.hub.bulk import insert_rows
from sync.hub.database import open_hub, write
from sync.hub.feed import publish, put
from sync.hub.fleet_schema import store_seen
from sync.hub.people import People
from sync.hub.rows import SHOPS
from sync.hub.schema import bucket, case_file, ingest_event, ingest_stream
from sync.hub.schema import store as store_table
from sync.hub.web import create_hub
from sync.messages import Shop, stamp
from tests import postgres_server

STORES = 10_000
_CASES, _BAD = 300, 200
_EACH = 20
_NAMES = (("淮海路店", "Huaihai Road"), ("南京西路店", "Nanjing West Road"), ("虹桥站店", "Hongqiao Station"))
_PAGES = {
    "first": "/hq/",
    "middle": f"/hq/?after=S{STORES // 2:05d}",
    "number": "/hq/?search=S0912",
    "name": "/hq/?search=hongqiao",
    "quiet": "/hq/?only=quiet",
    "cases": "/hq/?only=cases",
    "quarantine": "/hq/?only=quarantine",
    "one store": "/hq/stores/S05000",
    "case list": "/hq/cases",
}
GOAL_P50_S = 0.1


def rows(rounds: int) -> list[Row]:
    """Each page's time from the request to the last byte, sign-in and totals included."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-fleet-")))
        places = {"SQLite": str(folder / "hub.db")}
        if postgres_server.binaries() is not None:
            places["PostgreSQL"] = stack.enter_context(postgres_server.running())
        passes: dict[str, Callable[[], float]] = {}
        for name, place in places.items():
            get = _signed_in(place)
            passes |= {f"{name}: {page}": _pass(get, path) for page, path in _PAGES.items()}
        figures = interleaved(passes, rounds=rounds, each=_EACH)
    return [_row(name, figure) for name, figure in figures.items()]


def _row(name: str, figure: Figure) -> Row:
    goal = f"p50 <= {ms(GOAL_P50_S)}"
    return Row("fleet", f"{name}, of {STORES} stores", pair(figure), "", "", goal, figure.p50 <= GOAL_P50_S)


def _pass(get: Callable[[str], Any], path: str) -> Callable[[], float]:
    return lambda: timed(lambda: get(path))


def _signed_in(place: str) -> Callable[[str], Any]:
    engine = open_hub(place)
    write(engine, _furnish)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("ANALYZE")
    People(engine).add("bench", "viewer", "a password for the bench")
    client = create_hub(engine).test_client()
    form = {"name": "bench", "password": "a password for the bench"}
    client.post("/hq/sign-in", data=form, headers={"Origin": "http://localhost"})

    def get(path: str) -> Any:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return answer.get_data()

    return get


def _furnish(conn: Any) -> None:
    now = datetime.now(UTC)
    at, stores = stamp(now), [f"S{n:05d}" for n in range(STORES)]
    own = {"waived": 0, "created_at": at}
    insert_rows(conn, store_table, [{"store": s, "token_sha": s, **own} for s in stores])
    publish(conn, [put(SHOPS, Shop(s, *_NAMES[n % 3])) for n, s in enumerate(stores)], at)
    blank = {"floor": 0, "n": 0, "ck": "0" * 16}
    names = [f"s:{s}:{name}" for s in stores for name in ("cmd", "orders", "staff", "stock")]
    conn.execute(insert(bucket), [{"bucket": b, "epoch": "e1", "head": 40, **blank} for b in names])
    start = {"last_sha": "", "durable_seq": 0, "state": "open", "bound_at": at}
    streams = [{"stream": f"j-{s}", "store": s, "last_seq": 9000 + n, **start} for n, s in enumerate(stores)]
    conn.execute(insert(ingest_stream), streams)
    told = {"boot": "b", "boots": 2, "depth": 0, "off_ms": 120}
    conn.execute(insert(store_seen), [_seen(n, s, now) | told for n, s in enumerate(stores)])
    cases = [
        {"code": "HANDED_TWICE", "store": stores[n * 31], "order_no": f"O{n}", "seq": 1}
        for n in range(_CASES)
    ]
    conn.execute(insert(case_file), [{**c, "stream": "j", "opened_at": at, "state": "open"} for c in cases])
    # Every store has facts, and some of them are in quarantine among very many that are not.
    facts = [_fact(s, seq, at) for s in stores for seq in range(1, 11)]
    conn.execute(insert(ingest_event), facts)
    bad = [
        _fact(stores[n * 47], 11, at) | {"verdict": "quarantined", "code": "BAD_FACT"} for n in range(_BAD)
    ]
    conn.execute(insert(ingest_event), bad)


def _seen(n: int, store: str, now: datetime) -> dict[str, Any]:
    cursors = ",".join(
        f'"s:{store}:{name}":{{"e":"e1","seq":{40 - n % 3}}}' for name in ("cmd", "orders", "stock")
    )
    age = timedelta(hours=3) if n % 50 == 0 else timedelta(seconds=n % 20)
    return {"store": store, "seen_at": stamp(now - age), "stream": f"j-{store}", "cursors": f"{{{cursors}}}"}


def _fact(store: str, seq: int, at: str) -> dict[str, Any]:
    row = {"stream": f"j-{store}", "seq": seq, "id": f"{store}-{seq}", "sha": "", "kind": "pickup.collected"}
    return {
        **row,
        "body": "{}",
        "verdict": "applied",
        "code": "",
        "case_id": "",
        "late": 0,
        "received_at": at,
    }
