"""Indexes for what a till asks of its books day by day, most of it under the write lock."""

from __future__ import annotations

INDEXES = (
    # Baskets of years are sold; those being paid, put aside or given up today are few.
    "CREATE INDEX basket_state ON basket (state, changed_at)",
    "CREATE INDEX basket_line_gone ON basket_line (gone_at) WHERE gone_at <> ''",
    "CREATE INDEX sale_station ON sale (station, at)",
    "CREATE INDEX pay_refund_station ON pay_refund (station, at)",
    "CREATE INDEX goods_return_station ON goods_return (station)",
    "CREATE INDEX drawer_opening_station ON drawer_opening (station, at)",
)

DISPUTES = (
    # Of all the facts of years a handful of uses was not taken for good.
    "CREATE INDEX journal_disputed ON journal (seq) WHERE kind = 'coupon.redeemed' AND verdict <> ''",
)

PAID_BASKETS = ("CREATE INDEX payment_of_basket ON payment (basket, at)",)
