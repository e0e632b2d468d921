"""A click-and-collect order and its fulfilment: the states, the table, and what may still be handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

Fen = NewType("Fen", int)
"""Money in integer minor units (1/100 yuan)."""


class OrderState(Enum):
    """Where an order stands in this store (value stored and sent)."""

    ALLOCATED = "allocated"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PICKING = "picking"
    SHORT = "short"
    PACKED = "packed"
    READY = "ready"
    HANDING = "handing"
    PARTIAL = "partial"
    PICKED_UP = "picked_up"
    EXPIRED = "expired"
    RESTOCKED = "restocked"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"


class OrderEvent(Enum):
    """What can happen to an order in this store (value sent in order.advanced)."""

    ACCEPT = "accept"
    REJECT = "reject"
    START_PICK = "start_pick"
    REPORT_SHORT = "report_short"
    SETTLE_SHORT = "settle_short"
    PACK = "pack"
    SHELVE = "shelve"
    CLAIM = "claim"
    RELEASE = "release"
    RELEASE_PARTIAL = "release_partial"
    HAND_OVER_ALL = "hand_over_all"
    HAND_OVER_SOME = "hand_over_some"
    ANNUL_TO_READY = "annul_to_ready"
    ANNUL_TO_PARTIAL = "annul_to_partial"
    EXPIRE = "expire"
    RESTOCK = "restock"
    REQUEST_CANCEL = "request_cancel"
    ACKNOWLEDGE_CANCEL = "acknowledge_cancel"


_S, _E = OrderState, OrderEvent

FULFILMENT: Mapping[OrderState, Mapping[OrderEvent, OrderState]] = {
    _S.ALLOCATED: {_E.ACCEPT: _S.ACCEPTED, _E.REJECT: _S.REJECTED, _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED},
    _S.ACCEPTED: {
        _E.START_PICK: _S.PICKING,
        _E.REJECT: _S.REJECTED,
        _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED,
    },
    _S.REJECTED: {},
    _S.PICKING: {
        _E.REPORT_SHORT: _S.SHORT,
        _E.PACK: _S.PACKED,
        _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED,
    },
    _S.SHORT: {
        _E.SETTLE_SHORT: _S.PICKING,
        _E.REJECT: _S.REJECTED,
        _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED,
    },
    _S.PACKED: {_E.SHELVE: _S.READY, _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED},
    _S.READY: {
        _E.CLAIM: _S.HANDING,
        _E.EXPIRE: _S.EXPIRED,
        _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED,
    },
    # No cancel here: the goods are on the counter. HQ's wish waits until the desk lets go or hands over.
    _S.HANDING: {
        _E.CLAIM: _S.HANDING,
        _E.RELEASE: _S.READY,
        _E.RELEASE_PARTIAL: _S.PARTIAL,
        _E.HAND_OVER_ALL: _S.PICKED_UP,
        _E.HAND_OVER_SOME: _S.PARTIAL,
    },
    _S.PARTIAL: {
        _E.CLAIM: _S.HANDING,
        _E.ANNUL_TO_READY: _S.READY,
        _E.ANNUL_TO_PARTIAL: _S.PARTIAL,
        _E.EXPIRE: _S.EXPIRED,
        _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED,
    },
    _S.PICKED_UP: {_E.ANNUL_TO_READY: _S.READY, _E.ANNUL_TO_PARTIAL: _S.PARTIAL},
    _S.EXPIRED: {_E.RESTOCK: _S.RESTOCKED, _E.REQUEST_CANCEL: _S.CANCEL_REQUESTED},
    _S.RESTOCKED: {},
    _S.CANCEL_REQUESTED: {_E.ACKNOWLEDGE_CANCEL: _S.CANCELLED},
    _S.CANCELLED: {},
}

PREPARING = frozenset({_S.ALLOCATED, _S.ACCEPTED, _S.PICKING, _S.SHORT, _S.PACKED})
"""Promised but not yet on the shelf."""

WAITING = frozenset({_S.READY, _S.HANDING, _S.PARTIAL})
"""On the shelf, for a customer to come."""


class RedeemMode(Enum):
    """How an order is redeemed: whole once, by quantity over several visits, or one code a unit."""

    WHOLE = "whole"
    QUANTITY = "quantity"
    UNIT = "unit"


@dataclass(frozen=True)
class OrderLine:
    """One line of an order; `unit_fen` is the price of one unit."""

    line: int
    sku: str
    name_zh: str
    name_en: str
    qty: int
    unit_fen: Fen
    picture: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandedBy:
    """`qty` of a line that the journal `stream` handed over; `unit` > 0 where a code of one unit was redeemed."""

    stream: str
    line: int
    qty: int
    unit: int = 0


@dataclass(frozen=True)
class Order:
    """An order as HQ published it to this store; times are RFC 3339 UTC text, names come masked.

    `promised`: when it is promised to the customer, `ring` the class of the address, `substitutes`: the customer takes
    another product where one is short, `card` what the QR on the card in the parcel says.
    """

    order: str
    gen: int
    store: str
    channel: str
    mode: RedeemMode
    state: OrderState
    lines: tuple[OrderLine, ...]
    name_masked: str
    phone_tail: str
    paid_fen: Fen
    due_fen: Fen
    ready_by: str
    hold_until: str
    numeric_code: str = ""
    shelf: str = ""
    lease_until: str = ""
    placed_at: str = ""
    store_name_zh: str = ""
    store_name_en: str = ""
    handed: tuple[HandedBy, ...] = ()
    service: str = "pickup"
    carrier: str = ""
    waybill: str = ""
    promised: str = ""
    ring: str = ""
    substitutes: bool = False
    card: str = ""

    @property
    def delivered(self) -> bool:
        """Whether a rider comes for it, the shop's own or a carrier's, and not the customer."""
        return self.service == "delivery"

    @property
    def tail(self) -> str:
        """The last four characters of the order number: what staff call out and print large."""
        return self.order[-4:]

    @property
    def units(self) -> int:
        """All units of all lines."""
        return sum(line.qty for line in self.lines)

    def line_of_unit(self, unit: int) -> OrderLine:
        """The line that unit number `unit` (1-based, counted through the lines in order) belongs to;
        raises LookupError beyond the last.
        """
        left = unit
        for line in self.lines:
            if 1 <= left <= line.qty:
                return line
            left -= line.qty
        raise LookupError(unit)


@dataclass(frozen=True)
class Fulfilment:
    """What this store has done with an order so far; `handed` maps line number to units given out, `short` to units
    that were not there to be picked and are in no bag."""

    order: str
    gen: int
    state: OrderState
    shelf: str
    handed: Mapping[int, int]
    units_handed: frozenset[int] = frozenset()
    claimed_by: str = ""
    claimed_until: str = ""
    short: Mapping[int, int] = field(default_factory=dict)

    def remaining(self, order: Order) -> dict[int, int]:
        """Units still to be handed over, by line number; lines that are complete are left out."""
        gone = {
            line.line: self.handed.get(line.line, 0) + self.short.get(line.line, 0) for line in order.lines
        }
        left = {line.line: line.qty - gone[line.line] for line in order.lines}
        return {line: qty for line, qty in left.items() if qty > 0}


def unstarted(order: Order) -> Fulfilment:
    """The fulfilment of an order that this store has not touched yet."""
    return Fulfilment(order=order.order, gen=order.gen, state=order.state, shelf=order.shelf, handed={})
