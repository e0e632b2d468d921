"""Whatever a line does, in whatever order: in the end HQ has the journal once and the store has HQ's rows."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.messages import SyncFault
from sync.pace import Pace

WORDS = st.sampled_from(["pass", "drop", "lost", "dup", "truncate", "garbage"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), st.lists(WORDS, max_size=2)),
        st.tuples(st.just("collect"), st.integers(1, 3)),
        st.tuples(st.just("order"), st.integers(1, 4)),
        st.tuples(st.just("junk"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: Any, hub_builder: Any) -> Path:
    """A hub's file, ready to be copied: making its tables takes longer than an example."""
    path: Path = tmp_path_factory.mktemp("template") / "hub.db"
    hub = hub_builder(path)
    for number in range(1, 4):
        hub.desk.new_token("S1", "one")
        hub.desk.set_stock("S1", f"P{number}", 50)
    hub.engine.dispose()
    return path


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_any_interleaving_ends_equal(template: Path, memory_store: Any, order_form: Any, steps: Any) -> None:
    from sync.hub.database import open_hub
    from sync.hub.desk import HubDesk
    from sync.hub.web import create_hub
    from sync.transport import LoopTransport

    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(template, Path(folder) / "hub.db")
        engine = open_hub(Path(folder) / "hub.db")
        desk = HubDesk(engine)
        shop = memory_store.Shop("S1", LoopTransport(create_hub(engine), "one"))
        published = 0
        for step, what in steps:
            if step == "turn":
                shop.wire.plan = list(what)
                with contextlib.suppress(SyncFault):
                    shop.turn()
            elif step == "order":
                published += 1
                desk.publish_order(order_form(f"O{published}", qty=what))
            elif step == "collect":
                shop.collect(f"O{what}", what)
            elif step == "junk":
                shop.journal.append_raw("unheard.of", {})
            else:
                shop.restart()
        shop.wire.plan = []
        # More than five unheard-of facts at once are HQ's fault until a person says otherwise.
        desk.waive_breaker("S1")
        shop.settle()
        check_equal(desk, shop, engine)
        engine.dispose()


def check_equal(desk: Any, shop: Any, engine: Any) -> None:
    from sqlalchemy import select

    from sync.hub.schema import bucket, movement

    at_hq = desk.events("S1")
    assert [(row["seq"], row["id"], row["sha"]) for row in at_hq] == [
        (event.seq, event.id, event.sha) for event in shop.journal.events
    ]
    handed = sum(line["qty"] for event in shop.journal.events for line in event.d.get("lines", ()))
    assert desk.stock("S1")["P1"] == 50 - handed
    told = {v.seq: v.verdict for v in shop.journal.verdicts.values()}
    assert told == {row["seq"]: row["verdict"] for row in at_hq if row["verdict"] != "applied"}
    with engine.connect() as conn:
        assert -sum(conn.scalars(select(movement.c.delta))) == handed
        heads = {
            row.bucket: (row.n, row.ck) for row in conn.execute(select(bucket)) if ":S2:" not in row.bucket
        }
    assert {name: shop.replica.checksum(name) for name in heads} == heads
    assert shop.replica.resets == []


def test_the_back_off_doubles_to_five_minutes_and_success_ends_it() -> None:
    pace = Pace(chance=lambda: 0.5)
    pauses = [pace.failed(0.0) for _ in range(12)]
    assert pauses[:3] == [0.75, 1.5, 3.0]
    assert pauses[-1] == 225.0
    assert pace.wait_s(100.0) == 125.0
    assert pace.succeeded(15.0) == 15.0
    assert pace.wait_s(100.0) == 0.0
    assert pace.failed(0.0) == 0.75
    assert pace.failed(0.0, at_least_s=60.0) == 60.0
    assert pace.failed(0.0, at_least_s=9999.0) == 300.0


def test_stores_spread_out() -> None:
    pauses = [Pace(chance=lambda n=n: n / 10).succeeded(10.0) for n in range(10)]  # type: ignore[misc]
    assert pauses == sorted(pauses)
    assert (pauses[0], round(pauses[-1], 1)) == (8.0, 11.6)
