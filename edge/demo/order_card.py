"""An order as the page of simulated devices shows it: what it is, where it stands, what is special about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.demo.customers import Issued
from edge.demo.shop import STORE
from edge.domain.orders import PREPARING, WAITING, OrderState
from sync.messages import Order, stamp

Both = tuple[str, str]

STATES: Mapping[OrderState, Both] = {
    OrderState.ALLOCATED: ("待接单", "allocated"),
    OrderState.ACCEPTED: ("已接单", "accepted"),
    OrderState.REJECTED: ("已拒单", "rejected"),
    OrderState.PICKING: ("拣货中", "picking"),
    OrderState.SHORT: ("缺货待处理", "short"),
    OrderState.PACKED: ("已打包", "packed"),
    OrderState.READY: ("待取货", "ready"),
    OrderState.HANDING: ("交付中", "at the desk"),
    OrderState.PARTIAL: ("部分已取", "partly collected"),
    OrderState.PICKED_UP: ("已取货", "collected"),
    OrderState.EXPIRED: ("已过期", "expired"),
    OrderState.RESTOCKED: ("已退回货架", "restocked"),
    OrderState.CANCEL_REQUESTED: ("取消处理中", "cancel requested"),
    OrderState.CANCELLED: ("已取消", "cancelled"),
}
_MODES: Mapping[str, Both] = {"quantity": ("可分次取", "by quantity"), "unit": ("一件一码", "a code a unit")}


@dataclass(frozen=True)
class Card:
    """An order for the eye; `tone` ok|wait|end, `tags` what is special, `units` all pieces, `coded`: has a QR."""

    order: str
    tail: str
    title: Both
    more: int
    units: int
    digits: str
    shelf: str
    state: Both
    tone: str
    tags: tuple[Both, ...]
    coded: bool


@dataclass(frozen=True)
class Section:
    """Orders of one fate."""

    name: str
    title: Both
    hint: Both
    cards: tuple[Card, ...]


def card(order: Order, issued: Issued | None) -> Card:
    """The card of an order."""
    state = OrderState(order.state)
    first = order.lines[0]
    return Card(
        order=order.order,
        tail=order.order[-4:],
        title=(first.name_zh, first.name_en),
        more=len(order.lines) - 1,
        units=sum(line.qty for line in order.lines),
        digits=order.numeric_code,
        shelf=order.shelf,
        state=STATES[state],
        tone="ok" if state in WAITING else "wait" if state in PREPARING else "end",
        tags=tuple(_tags(order, state)),
        coded=issued is not None,
    )


def sections(orders: Sequence[Order], codes: Mapping[str, Issued]) -> tuple[Section, ...]:
    """All orders, by what becomes of whoever comes for them now."""
    groups: dict[str, list[Card]] = {"ok": [], "wait": [], "end": []}
    for order in orders:
        shown = card(order, codes.get(order.order))
        groups[shown.tone if order.store == STORE else "end"].append(shown)
    # The long and the odd ones would hide below: what is special comes first.
    groups["ok"].sort(key=lambda shown: shown.order[8:11] >= "900", reverse=True)
    return (
        Section(
            "ok",
            ("待取货", "Waiting on the shelf"),
            ("扫一扫就能交付", "Scan one and hand it over"),
            tuple(groups["ok"]),
        ),
        Section(
            "wait",
            ("备货中", "Being prepared"),
            ("扫了会说何时可取", "The desk says when they are ready"),
            tuple(groups["wait"]),
        ),
        Section(
            "end", ("已结束", "Over"), ("扫了会说为什么不能取", "The desk says why not"), tuple(groups["end"])
        ),
    )


def _tags(order: Order, state: OrderState) -> list[Both]:
    now = datetime.now(UTC)
    tags = []
    if order.store != STORE:
        tags.append(("其他门店", "another store"))
    if order.mode in _MODES:
        tags.append(_MODES[order.mode])
    if order.due_fen:
        due = f"¥{order.due_fen / 100:.2f}"
        tags.append((f"尾款 {due}", f"{due} due"))
    if any("alcohol" in line.flags for line in order.lines):
        tags.append(("酒类", "alcohol"))
    if order.lease_until and order.lease_until < stamp(now):
        tags.append(("须店长", "lead only"))
    if state in WAITING and order.hold_until < stamp(now + timedelta(hours=3)):
        tags.append(("即将过期", "hold ends soon"))
    return tags
