"""How much may be handed over, and where the order stands afterwards: pure rules of the three redeem modes."""

from __future__ import annotations

from collections.abc import Mapping

from edge.domain.moves import advance
from edge.domain.orders import FULFILMENT, Fulfilment, Order, OrderEvent, OrderState, RedeemMode
from edge.domain.refusals import LinesRefused

RESTRICTED = frozenset({"alcohol", "age"})
"""Line flags that need a person's eyes on the customer before the goods go."""


def allot(order: Order, fulfilment: Fulfilment, unit: int, asked: Mapping[int, int] | None) -> dict[int, int]:
    """Units a line to hand over now; raises LinesRefused.

    Whole orders go whole. By quantity: what is `asked`, else all that is left. By unit: just the unit
    that the code names (a code for the whole order takes all units left).
    """
    left = fulfilment.remaining(order)
    if unit:
        try:
            line = order.line_of_unit(unit)
        except LookupError:
            raise LinesRefused from None
        wanted = {line.line: 1}
        if asked is not None and dict(asked) != wanted:
            raise LinesRefused
    elif asked is None:
        wanted = left
    else:
        wanted = {line: qty for line, qty in asked.items() if qty != 0}
    if not wanted or any(qty < 1 or qty > left.get(line, 0) for line, qty in wanted.items()):
        raise LinesRefused
    if order.mode is RedeemMode.WHOLE and wanted != left:
        raise LinesRefused
    return dict(wanted)


def after_hand_over(order: Order, fulfilment: Fulfilment, wanted: Mapping[int, int]) -> OrderState:
    """The state after handing over `wanted`, through the fulfilment table; raises IllegalMove."""
    state = fulfilment.state
    if state is not OrderState.HANDING:
        state = advance(FULFILMENT, state, OrderEvent.CLAIM)
    left = fulfilment.remaining(order)
    done = all(wanted.get(line, 0) == qty for line, qty in left.items())
    return advance(FULFILMENT, state, OrderEvent.HAND_OVER_ALL if done else OrderEvent.HAND_OVER_SOME)


def after_annul(fulfilment: Fulfilment, returned: Mapping[int, int]) -> OrderState:
    """The state after taking a hand-over of `returned` back; raises IllegalMove."""
    kept = sum(fulfilment.handed.values()) - sum(returned.values())
    event = OrderEvent.ANNUL_TO_PARTIAL if kept else OrderEvent.ANNUL_TO_READY
    return advance(FULFILMENT, fulfilment.state, event)


def released(fulfilment: Fulfilment) -> OrderState:
    """The state after a desk let go of its reservation; raises IllegalMove."""
    event = OrderEvent.RELEASE_PARTIAL if any(fulfilment.handed.values()) else OrderEvent.RELEASE
    return advance(FULFILMENT, fulfilment.state, event)
