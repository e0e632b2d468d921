"""The settings of selling: what a chain may tune of sales, receipts and shifts."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

_Fen = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
_Days = Annotated[int, msgspec.Meta(ge=0, le=365)]
_Words = Annotated[str, msgspec.Meta(max_length=400)]


class SellingSettings(msgspec.Struct, frozen=True):
    """Selling at a staffed desk."""

    void_limit_fen: _Fen = 20_000
    """A basket worth more than this is given up by a lead only, fen."""
    cut_limit_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    """The most that a lead may take off a line or a basket by hand, percent."""
    most_lines: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200
    """Lines of a basket at most."""
    held_to_scale: Literal["none", "labels", "goods"] = "labels"
    """Whose weight is compared with what lies on the station's scale while it is scanned: nobody's, that of labels
    which say one, or also that of goods whose weight the catalogue has. An empty pan, or no scale, stops nothing; at a
    kiosk nothing is stopped, a person looks before it is paid."""
    invoice_url: Annotated[str, msgspec.Meta(pattern=r"^(https://[!-~]{1,200})?$")] = ""
    """HQ's page for e-invoices, asked for by a QR on the receipt; empty: no such QR."""
    coupon_offline_fen: _Fen = 2_000
    """Face value up to which a signed coupon for any store is taken without asking, unless HQ says otherwise, fen."""
    coupon_offline_per_hour: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 10
    """How many of those this store takes in an hour, unless HQ says otherwise."""
    no_reason_days: _Days = 7
    """Days after receipt within which goods come back without a reason."""
    fault_days: _Days = 15
    """Days after receipt within which faulty goods come back."""
    broken_rules: Literal["keep", "recompute"] = "keep"
    """When what stays out no longer meets a price rule: keep gives back what each piece had cost, recompute what was
    paid less what the rest would have cost by itself."""
    refund_days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 3
    """Working days that a slip names for a refund which head office carries out."""
    return_terms_zh: _Words = "商品完好凭小票 7 日内可退换；食品等法定除外商品不适用"
    """What a receipt says of returns, Chinese."""
    return_terms_en: _Words = "Goods in good condition can be returned within 7 days with this receipt"
    """What a receipt says of returns, English."""
    complaint_phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """Where complaints are heard, on every receipt; empty: the shop's own number."""
    receipt_language: Literal["zh", "en"] = "zh"
    """The language of receipts."""
    cash_step_fen: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """The smallest coin taken; less than it is never asked for where cash is paid, fen (10: whole jiao)."""
    blind_count: bool = True
    """Whether a shift is closed only after its cash was counted."""
