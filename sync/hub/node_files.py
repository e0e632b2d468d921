"""Files about places that hold stock, taken in by the rules of every file; and whose turn it is to work them out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, text

from sync.goods import Node
from sync.hub.database import write
from sync.hub.imports import Done, Importer, Job
from sync.hub.nodes import NodeDesk
from sync.hub.row_forms import named, read_row
from sync.hub.sheet import RowRefused
from sync.messages import stamp

NODE_COLUMNS = ("node", "kind", "name_zh", "name_en", "lat", "lon")
LEVEL_COLUMNS = ("node", "sku", "sellable")
LOOK_S = 60.0
"""How often a process of HQ's looks whether the stores' figures are due."""
_CLAIM = text(
    "INSERT INTO hub_meta (key, value) VALUES ('nodes_at', :at)"
    " ON CONFLICT (key) DO UPDATE SET value = :at WHERE hub_meta.value <= :before"
)


class PlaceRow(msgspec.Struct, frozen=True):
    """A place as HQ's people write it: where it is in degrees (WGS 84), blank where nobody knows."""

    node: str
    kind: Literal["store", "warehouse", "forward"]
    name_zh: str
    name_en: str
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] = 0.0
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 0.0


class LevelRow(msgspec.Struct, frozen=True):
    """Pieces of a product that a place could sell."""

    node: str
    sku: str
    sellable: int


def node_of(cells: Mapping[str, Any], form: str) -> Node:
    """A place; raises RowRefused."""
    row = named(read_row(cells, form, PlaceRow), "node")
    if ":" in row.node or ";" in row.node:
        raise RowRefused("node holds : or ;")
    if (row.lat == 0) != (row.lon == 0):
        raise RowRefused("of lat and lon one is missing")
    return Node(row.node, row.kind, row.name_zh, row.name_en, round(row.lat * 1e5), round(row.lon * 1e5))


def level_of(cells: Mapping[str, Any], form: str) -> LevelRow:
    """What a place could sell; raises RowRefused."""
    row = named(named(read_row(cells, form, LevelRow), "node"), "sku")
    if not 0 <= row.sellable <= 1_000_000_000:
        raise RowRefused("sellable is no number of pieces")
    return row


class NodeImporter(Importer):
    """The importer of goods and orders, and of places."""

    def nodes(self) -> Done:
        """Adds or changes places, a thousand a transaction."""
        desk, items = NodeDesk(self._engine, self._now), self._simple(NODE_COLUMNS, node_of)

        def take(chunks: Iterable[list[Node]]) -> int:
            return sum(map(desk.set_nodes, chunks))

        return self._run(Job(items, lambda one: {one.node: f"place {one.node}"}, lambda _: "", take))

    def node_levels(self) -> Done:
        """What each warehouse of the file could sell from now on: of products that it does not name, nothing."""
        desk, items = NodeDesk(self._engine, self._now), self._simple(LEVEL_COLUMNS, level_of)
        known = desk.warehouses()

        def check(row: LevelRow) -> str:
            there = row.node in known
            return "" if there else f"no place {row.node[:40]} beside our stores, whose figures HQ works out"

        def keys(row: LevelRow) -> dict[str, str]:
            return {f"{row.node}\0{row.sku}": f"{row.sku} of {row.node}"}

        def take(chunks: Iterable[list[LevelRow]]) -> int:
            figures: dict[str, dict[str, int]] = {}
            for row in itertools.chain.from_iterable(chunks):
                figures.setdefault(row.node, {})[row.sku] = row.sellable
            return sum(desk.set_levels(node, figures[node]) for node in sorted(figures))

        return self._run(Job(items, keys, check, take))


class NodeRounds:
    """Every so often one of HQ's processes, whichever comes first, works out what the stores could sell."""

    def __init__(
        self, engine: Engine, every: timedelta, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._every = every
        self._now = now

    def turn(self) -> float:
        """Does it if it is due; seconds until the next look."""
        at = self._now()
        claim = {"at": stamp(at), "before": stamp(at - self._every)}

        def due(conn: Connection) -> bool:
            return conn.execute(_CLAIM, claim).rowcount == 1

        if write(self._engine, due):
            NodeDesk(self._engine, self._now).snapshot()
        return min(LOOK_S, self._every.total_seconds())
