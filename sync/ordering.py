"""The door's part for orders that screens take money for: asked of HQ, told as paid, and what became of them."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec

from sync.figures import Count, Name, Note, Seq
from sync.paying_words import OutTradeNo, Wallet

ORDER_PATH = "/sync/v1/ask/order"
Short = Annotated[str, msgspec.Meta(max_length=64)]
OrderWhy = Literal["", "gone", "unknown", "member", "used", "address", "nonce"]
"""Why HQ makes no order: `gone` that way is no longer there, `member` this is no code that a member's phone shows now,
`used` an order was made by this very code before, `address` HQ has none on file to send it to, `nonce` another wish
had it."""
OrderEnd = Literal["paid", "lapsed"]


class OrderAsk(msgspec.Struct, frozen=True):
    """Make an order of one product, to be paid at the screen that asks. The same `nonce` gets the same order.

    `code` is the rotating code (MB1) that a member's phone shows; `option` as in Option; no price: HQ says it.
    """

    nonce: Name
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    sku: Name
    option: Name
    screen: Short
    qty: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    guide: Short = ""
    campaign: Short = ""

    def __repr__(self) -> str:
        """Without the code: a repr ends in logs."""
        return f"OrderAsk({self.sku}, {self.option})"


class OrderSaid(msgspec.Struct, frozen=True):
    """The order: `fen` to pay (`way_fen` of it for the way), before `pay_until`. `district`: roughly where it is sent,
    never the address. `url` (with a token) is where the member's phone finds the order and, once paid, its pickup
    code."""

    why: OrderWhy = ""
    order: Short = ""
    fen: Count = 0
    way_fen: Count = 0
    pay_until: str = ""
    district: Short = ""
    url: Annotated[str, msgspec.Meta(max_length=600)] = ""


class OrderPaid(msgspec.Struct, frozen=True, tag="order.paid", tag_field="k"):
    """An order of HQ's was paid at a screen, by the attempt `number`. No sale and no stock of this store's.

    HQ answers with a ScreenOrder: `paid`, or `lapsed` where the order is no longer to be had; then the store gives the
    money back.
    """

    order: Name
    fen: Seq
    number: OutTradeNo
    channel: Wallet
    payment: Name
    screen: Name
    shift: Note = ""


class ScreenOrder(msgspec.Struct, frozen=True, tag="screen_order", tag_field="tb"):
    """What became of an order that was paid at a screen, or waited for that: once said it stays so."""

    order: Name
    state: OrderEnd
    at: str


class OrdersAtHq(Protocol):
    """HQ as a screen asks it. Waits at most `ASK_S` and raises SyncFault when there is no answer."""

    def order(self, asked: OrderAsk) -> OrderSaid:
        """An order to be paid here."""
        ...
