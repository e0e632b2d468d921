"""What a code says of goods: number, batch, dates, weight, price; and whether that may be sold today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.domain.scanned_refusals import BatchExpired, BestBeforeOver, LabelTooLight, WeightDiffers

SCALE_SLACK_G = 10
"""What two shop scales of class III may differ by at most, grams (twice 5 g, the step of a 15 kg scale)."""


@dataclass(frozen=True)
class GoodsFacts:
    """Facts that a code carries beside the goods' number; what it does not say is "" or None.

    `gtin` 14 digits; `also` other readings of the same digits as GTIN-14, less likely ones; `plu` the number on the
    shop's own labels without leading zeros; `grams` net weight; `price_fen` the price of all that the label is on;
    `count` pieces. Dates are those printed: `expiry` (AI 17, 7003), `best_before` (AI 15), `sell_by` (AI 16).
    """

    gtin: str = ""
    also: tuple[str, ...] = ()
    plu: str = ""
    batch: str = ""
    serial: str = ""
    expiry: date | None = None
    best_before: date | None = None
    sell_by: date | None = None
    produced: date | None = None
    grams: int | None = None
    price_fen: int | None = None
    count: int | None = None

    def numbers(self) -> tuple[str, ...]:
        """Every GTIN-14 that these goods may have, the likeliest first."""
        return tuple(number for number in (self.gtin, *self.also) if number)


NO_FACTS = GoodsFacts()
"""A code that says nothing of goods."""


def check_digit_ok(digits: str) -> bool:
    """GS1 mod-10 check digit of a GTIN-8/12/13/14 (GS1 General Specifications, 7.9)."""
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return total % 10 == 0


def sellable(facts: GoodsFacts, today: date) -> None:
    """Raises BatchExpired or BestBeforeOver for goods that may not be sold any more; `today` in the store's zone.

    The printed day itself still counts (GS1 General Specifications, 3.4.7; GB 7718: until the end of that day).
    """
    for until in (facts.expiry, facts.sell_by):
        if until is not None and until < today:
            raise BatchExpired(until=f"{until:%Y-%m-%d}", batch=facts.batch or "-")
    if facts.best_before is not None and facts.best_before < today:
        raise BestBeforeOver(until=f"{facts.best_before:%Y-%m-%d}", batch=facts.batch or "-")


def weighed_right(
    facts: GoodsFacts, on_scale_g: int, *, piece_g: int = 0, piece_off_g: int = 0, pieces: int = 1
) -> None:
    """Raises LabelTooLight or WeightDiffers when what lies on the scale is not what the code, or the catalogue, says.

    A label's own weight counts first, then `pieces` times the catalogue's `piece_g`; neither known: nothing is said.
    """
    if facts.grams is not None:
        if on_scale_g > facts.grams + SCALE_SLACK_G:
            raise LabelTooLight(label_g=facts.grams, scale_g=on_scale_g)
        wanted, off = facts.grams, SCALE_SLACK_G
    elif piece_g:
        wanted, off = piece_g * pieces, max(piece_off_g * pieces, SCALE_SLACK_G)
    else:
        return
    if abs(on_scale_g - wanted) > off:
        raise WeightDiffers(wanted_g=wanted, scale_g=on_scale_g)
