"""The door's part for selling: what was sold and how it was paid, baskets given up, shifts and cash of a till."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sync.figures import INT_MAX, Count, Fen, Name, Note, Seq, Units

Signed = Annotated[Fen, msgspec.Meta(ge=-INT_MAX, le=INT_MAX)]
"""Fen that may be less than nought: a variance."""
Text = Annotated[str, msgspec.Meta(max_length=200)]
Take = Literal["in", "out", "drop"]


class SoldPart(msgspec.Struct, frozen=True):
    """What a rule (in this version) took off a piece; `kind` line, tier, order, coupon, manual ..."""

    rule: Name
    version: Text
    kind: Name
    fen: Signed


class SoldUnits(msgspec.Struct, frozen=True):
    """`n` pieces of a line that cost the same for the same reasons."""

    n: Units
    net_fen: Count
    parts: tuple[SoldPart, ...] = ()


class SoldLine(msgspec.Struct, frozen=True):
    """A line of a sale, as a stock movement of -qty too; the sum of `units` is the line, piece by piece.

    `book` is the price book's version, `tax` the tax code; weighed goods are one piece of `grams`. A line with a
    `grant` moves no stock by itself: its pieces left by a stock.moved of their own, out of that quota.
    """

    line: Seq
    sku: Name
    qty: Units
    unit_fen: Count
    net_fen: Count
    units: tuple[SoldUnits, ...]
    gtin: Text = ""
    name_zh: Text = ""
    book: Text = ""
    tax: Text = ""
    grams: Count = 0
    grant: Text = ""


class SoldTender(msgspec.Struct, frozen=True):
    """How a part was paid; `number` is ours to the provider, `tail` the last four of the provider's own."""

    kind: Name
    fen: Count
    number: Text = ""
    tail: Annotated[str, msgspec.Meta(max_length=8)] = ""


class SaleCompleted(msgspec.Struct, frozen=True, tag="sale.completed", tag_field="k"):
    """Goods were sold and paid: the sum of the lines is the sum of the tenders. Training is never sent.

    `receipt` is the number on the paper, `basket` what it was before, `rules` what it was priced by, `points` an
    estimate printed for the member, `claim`: the receipt promised a coupon, `exchange` the return it exchanges for.
    """

    sale: Name
    receipt: Name
    basket: Name
    lines: tuple[SoldLine, ...]
    tenders: tuple[SoldTender, ...]
    net_fen: Count
    shift: Text = ""
    channel: Text = "store"
    member: Text = ""
    tier: Text = ""
    guide: Text = ""
    rules: Text = ""
    points: Count = 0
    claim: bool = False
    offline: bool = False
    age_checked: bool = False
    exchange: Text = ""


class BasketVoided(msgspec.Struct, frozen=True, tag="basket.voided", tag_field="k"):
    """A basket with goods in it was given up before it was paid: how much was in it, and why."""

    basket: Name
    fen: Count
    units: Count
    reason: Note


class ShiftOpened(msgspec.Struct, frozen=True, tag="shift.opened", tag_field="k"):
    """A till begins with this much cash."""

    shift: Name
    float_fen: Count


class CashMoved(msgspec.Struct, frozen=True, tag="cash.moved", tag_field="k"):
    """Cash came or went without a sale; `drop` went to the safe."""

    shift: Name
    kind: Take
    fen: Seq
    reason: Note


class CashCounted(msgspec.Struct, frozen=True, tag="cash.counted", tag_field="k"):
    """Somebody counted the drawer without being told what ought to be in it."""

    shift: Name
    counted_fen: Count
    expected_fen: Signed


class TenderSum(msgspec.Struct, frozen=True):
    """What a shift took of one kind of tender."""

    kind: Name
    count: Count
    fen: Signed


class ShiftClosed(msgspec.Struct, frozen=True, tag="shift.closed", tag_field="k"):
    """The Z report of a shift: its number without gaps, what was sold by tender, the journal's head as printed; beside
    it `orders` that were paid here for HQ."""

    shift: Name
    z: Seq
    sales: Count
    net_fen: Count
    tenders: tuple[TenderSum, ...]
    voids: Count
    expected_fen: Signed
    counted_fen: Count | None
    head: Name
    seq: Count
    refund_fen: Count = 0
    orders: Count = 0
    order_fen: Count = 0


Selling = SaleCompleted | BasketVoided | ShiftOpened | CashMoved | CashCounted | ShiftClosed
