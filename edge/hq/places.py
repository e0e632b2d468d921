"""store-edge hub nodes: places that hold stock, and what each could sell, as stores hear of it."""

from __future__ import annotations

import click

from edge.hq.doing import JSON, WHO, adds_import, doing, looking, said, say
from edge.hub_cli import DATABASE

_WORDS = (
    "Add or change the places in FILE: node, kind (store, warehouse, forward), name_zh, name_en, lat, lon."
)
_LEVELS = "Say what warehouses could sell from now on, all of it: FILE has node, sku, sellable."


@click.group("nodes")
def nodes() -> None:
    """Places that hold stock, as stores hear of them."""


@nodes.command("list")
@DATABASE
@JSON
def list_nodes(database: str, *, as_json: bool) -> None:
    """Every place with how many products and pieces it could sell, and since when HQ says so."""
    from sync.hub.nodes import NodeDesk

    with looking(database) as engine:
        say(NodeDesk(engine).listed(), as_json=as_json)


adds_import(nodes, "nodes.import", lambda to: to.nodes(), _WORDS)
adds_import(nodes, "nodes.levels", lambda to: to.node_levels(), _LEVELS, "levels")


@nodes.command("refresh")
@DATABASE
@WHO
@JSON
def refresh(database: str, who: str, *, as_json: bool) -> None:
    """Work out now what our stores among the places could sell; hub run does it every quarter of an hour."""
    from sync.hub.nodes import NodeDesk

    with doing(database, who, "nodes.refresh") as engine:
        changed = NodeDesk(engine).snapshot()
    said({"changed": changed}, f"{changed} figures changed", as_json=as_json)


@nodes.command("remove")
@click.argument("node")
@DATABASE
@WHO
@JSON
def remove(node: str, database: str, who: str, *, as_json: bool) -> None:
    """NODE is no place any more; stores forget it and its figures."""
    from sync.hub.nodes import NodeDesk

    with doing(database, who, "nodes.remove", node) as engine:
        gone = NodeDesk(engine).remove(node)
    said({"removed": gone}, f"{node} is gone, with {gone - 1} figures", as_json=as_json)
