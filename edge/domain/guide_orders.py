"""An order of HQ's that a screen takes the money for: states, the one table of what follows, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.domain.orders import Fen
from edge.domain.payment_views import PaymentView


class OrderState(Enum):
    """Where it stands here (value stored)."""

    WISHED = "wished"  # somebody chose a way; HQ may have made the order, its answer is not here
    OFFERED = "offered"  # HQ made it and said its price; nobody is charged
    PAYING = "paying"  # a payment collects for it
    DROPPED = "dropped"  # nothing was taken, or all of it goes back; at HQ it lapses
    PAID = "paid"  # the money is here and HQ is told
    KEPT = "kept"  # HQ said that it is paid
    LAPSED = "lapsed"  # HQ said that it is no longer to be had: the money goes back


class OrderEvent(Enum):
    """What can happen to it."""

    OFFER = "offer"
    PAY = "pay"
    DROP = "drop"
    TAKE = "take"
    KEEP = "keep"
    LAPSE = "lapse"


_S, _E = OrderState, OrderEvent
ORDERING: Mapping[OrderState, Mapping[OrderEvent, OrderState]] = {
    _S.WISHED: {_E.OFFER: _S.OFFERED, _E.DROP: _S.DROPPED},
    _S.OFFERED: {_E.OFFER: _S.OFFERED, _E.PAY: _S.PAYING, _E.DROP: _S.DROPPED},
    _S.PAYING: {_E.TAKE: _S.PAID, _E.DROP: _S.DROPPED},
    _S.PAID: {_E.KEEP: _S.KEPT, _E.LAPSE: _S.LAPSED},
    _S.DROPPED: {},
    _S.KEPT: {},
    _S.LAPSED: {},
}
"""A missing key is the refusal (edge.domain.moves)."""


@dataclass(frozen=True)
class OrderView:
    """What a screen shows of it. `fen` is HQ's price, `shown_fen` what stood on the screen before; `tail` the end of
    the order's number. `help`: open, taken, closed, or "" where nobody was called."""

    way_kind: str
    way_zh: str
    way_en: str
    way_fen: Fen
    shown_fen: Fen
    fen: Fen
    tail: str = ""
    district: str = ""
    payment: PaymentView | None = None
    wallets: bool = False
    failed: bool = False
    said: tuple[str, str, str] = ("", "", "")
    """(code, zh, en) of what stood against a scan."""
    next: tuple[str, str] = ("", "")
    paper: bool = False
    help: str = ""


def basket_of(order: str) -> str:
    """The name under which a payment collects for an order."""
    return f"order:{order}"
