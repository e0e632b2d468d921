"""What happened in the demo's shop before the newcomer came: one order handed over, one in part."""

from __future__ import annotations

from edge.demo.shop import STORE
from edge.demo.stage import Stage
from sync.messages import Order


def play(stage: Stage) -> None:
    """Hands over 3 of 10 of an order by quantity at desk 1 and all of another at desk 2, as a program does."""
    ready = [order for order in stage.desk.orders(STORE) if order.state == "ready" and not order.due_fen]
    by_quantity = next(order for order in ready if order.mode == "quantity")
    whole = next(order for order in ready if order.mode == "whole" and _plain(order))
    stage.api.redeem(stage.codes[by_quantity.order].texts[0], "T1", "prelude-quantity", {1: 3})
    stage.api.redeem(stage.codes[whole.order].texts[0], "T2", "prelude-whole")
    stage.printer.wait_papers(2, 10)


def _plain(order: Order) -> bool:
    return not order.lease_until and not any(line.flags for line in order.lines)
