"""In-store labels of variable measure: 13 digits whose layout is the chain's own, so it is configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.domain.scanned_goods import GoodsFacts

Measure = Literal["price", "weight", "count"]


@dataclass(frozen=True)
class Layout:
    """Where the fields stand: prefix, `plu` digits, [one inner check digit], `digits` of the measure, check digit.

    `decimals`: places after the point of yuan or kilograms (pieces have none). `inner_check`: a digit over the
    measure before it (GS1 General Specifications, 7.9.2 to 7.9.4, for 4 and 5 digits).
    """

    prefix: str
    plu: int
    measure: Measure
    digits: int
    decimals: int = 2
    inner_check: bool = False

    def fits(self) -> bool:
        """Whether the fields are twelve digits together, and an inner check digit has a rule."""
        whole = len(self.prefix) + self.plu + self.digits + self.inner_check == 12
        return whole and (not self.inner_check or self.digits in (4, 5))


def read_label(digits: str, layouts: tuple[Layout, ...]) -> GoodsFacts | None:
    """What a label of 13 digits says by the first layout with its prefix (the longest prefix first).

    None: no layout has the prefix. A label that breaks its layout (inner check digit, measure of nought) says
    nothing: empty facts.
    """
    fitting = [layout for layout in layouts if digits.startswith(layout.prefix)]
    if not fitting:
        return None
    layout = max(fitting, key=lambda one: len(one.prefix))
    at = len(layout.prefix) + layout.plu
    plu, rest = digits[len(layout.prefix) : at].lstrip("0"), digits[at:12]
    measure = rest[1:] if layout.inner_check else rest
    if layout.inner_check and _inner_check(measure) != int(rest[0]):
        return GoodsFacts()
    value = int(measure)
    if not value or not plu:
        return GoodsFacts()
    if layout.measure == "count":
        return GoodsFacts(plu=plu, count=value)
    # Half a fen, or half a gram, is rounded up.
    unit = 100 if layout.measure == "price" else 1000
    scaled = (value * unit * 2 + 10**layout.decimals) // (2 * 10**layout.decimals)
    if layout.measure == "price":
        return GoodsFacts(plu=plu, price_fen=scaled)
    return GoodsFacts(plu=plu, grams=scaled)


def _inner_check(measure: str) -> int:
    # Late: biip reads its tables when it is imported, and few chains have such labels.
    from biip.checksums import gs1_price_weight_check_digit

    return gs1_price_weight_check_digit(measure)
