"""Places that hold stock, by HQ's verbs: files in, figures worked out on time by one process, everything on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from edge.cli import main
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.node_files import NodeRounds
from sync.hub.trust import public_of
from sync.messages import Product, Shop
from sync.signed import Role

PLACES = "node,kind,name_zh,name_en,lat,lon\nW1,warehouse,华东仓,East,31.3831,121.2655\nS1,store,一店,One,,\n"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_EDGE_HUB_DATABASE", str(tmp_path / "hub.db"))
    monkeypatch.setenv("STORE_EDGE_WHO", "li.na")
    engine = open_hub(tmp_path / "hub.db")
    for store in ("S1", "S2"):
        HubDesk(engine).add_store(Shop(store, "店", "Shop"))
        HubDesk(engine).set_stocks(store, {"P1": 5, "P2": 0})
    yield engine
    engine.dispose()


def hub(*words: str, file: str = "") -> Result:
    """`file`: what stands in the file FILE."""
    Path("FILE").write_text(file, "utf-8")
    return CliRunner().invoke(main, ["hub", *words])


def listed() -> dict[str, tuple[int, int]]:
    rows = map(json.loads, hub("nodes", "list", "--json").output.splitlines())
    return {row["node"]: (row["products"], row["pieces"]) for row in rows}


@pytest.mark.usefixtures("engine")
def test_places_and_what_they_could_sell_come_from_files_and_from_hq() -> None:
    assert hub("nodes", "import", "FILE", file=PLACES).exit_code == 0
    assert listed() == {"S1": (0, 0), "W1": (0, 0)}
    assert "one is missing" in hub("nodes", "import", "FILE", file=PLACES.replace("31.3831", "")).output
    levels = "node,sku,sellable\nW1,P1,40\nW1,P2,3\n"
    assert hub("nodes", "levels", "FILE", file=levels).exit_code == 0
    assert hub("nodes", "levels", "FILE", file="node,sku,sellable\nW1,P1,41\n").exit_code == 0
    assert listed()["W1"] == (1, 41), "what the file does not name is gone"
    assert "2 figures changed" in hub("nodes", "refresh").output
    assert listed() == {"S1": (2, 5), "W1": (1, 41)}, "S2 is no place: nobody hears of its stock"
    assert "W1 is gone, with 1 figures" in hub("nodes", "remove", "W1").output
    assert listed() == {"S1": (2, 5)}
    assert hub("nodes", "remove", "W1").exit_code == 1
    acts = [
        json.loads(line)["act"]
        for line in hub("audit", "list", "--json", "--act", "nodes").output.splitlines()
    ]
    assert acts == ["nodes.remove", "nodes.refresh", "nodes.levels", "nodes.levels", "nodes.import"]


@pytest.mark.usefixtures("engine")
def test_wrong_rows_are_named_and_nothing_is_written() -> None:
    hub("nodes", "import", "FILE", file=PLACES)
    bad = "node,sku,sellable\nS1,P1,4\nW9,P1,4\nW1,P1,-1\nW1,P2,1\nW1,P2,2\n"
    said = hub("nodes", "levels", "FILE", file=bad)
    assert said.exit_code == 1
    told = [line for line in said.output.splitlines() if line.startswith("line ")]
    assert [line.split(":")[0] for line in told] == ["line 2", "line 3", "line 4", "line 6"]
    assert "whose figures HQ works out" in told[0]
    assert listed()["W1"] == (0, 0)
    kinds = hub("nodes", "import", "FILE", file="node,kind,name_zh,name_en\nA:1,store,一,1\nB,castle,二,2\n")
    assert (kinds.exit_code, "holds :" in kinds.output, "castle" in kinds.output) == (1, True, True)


def test_of_several_processes_one_works_the_figures_out_when_they_are_due(engine: Engine) -> None:
    hub("nodes", "import", "FILE", file=PLACES)
    at = [datetime(2026, 1, 5, 10, 0, tzinfo=UTC)]
    one, two = (NodeRounds(engine, timedelta(minutes=15), lambda: at[0]) for _ in range(2))
    assert (one.turn(), listed()["S1"]) == (60.0, (2, 5))

    def after(minutes: int, rounds: NodeRounds, pieces: int) -> tuple[int, int]:
        HubDesk(engine).set_stocks("S1", {"P1": pieces})
        at[0] += timedelta(minutes=minutes)
        rounds.turn()
        return listed()["S1"]

    assert after(14, two, 6) == (2, 5), "not due yet"
    assert after(1, two, 7) == (2, 7)
    assert after(0, one, 8) == (2, 7), "the other one did it"


def test_a_snapshot_that_was_built_is_on_record(engine: Engine) -> None:
    desk: Any = HubDesk(engine)
    desk.found_trust([bytes(32)], {"config": Role((public_of(bytes([2]) * 32),))})
    desk.publish_products([Product("P1", "69012345", "牛奶", "Milk")])
    assert hub("snapshot", "build", "--bucket", "g:catalog:CN").exit_code == 0
    row = json.loads(hub("audit", "list", "--json", "--act", "snapshot").output)
    assert (row["who"], row["act"], row["about"]) == ("li.na", "snapshot.build", "g:catalog:CN")
    assert hub("snapshot", "build", "--bucket", "g:none:CN").exit_code == 1
    assert len(hub("audit", "list", "--json", "--act", "snapshot").output.splitlines()) == 1
