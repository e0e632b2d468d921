"""The settings of codes that are the chain's own: labels of its scales, its plastic member cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from config.problems import Problem

_Digits = Annotated[int, msgspec.Meta(ge=1, le=10)]
_PAY_STARTS = ("10", "11", "12", "13", "14", "15", "25", "26", "27", "28", "29", "30", "62")


class CodeSettings(msgspec.Struct, frozen=True):
    """Codes that only this chain gives out."""

    card_prefix: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{2,12})?\Z")] = ""
    """How the numbers of its plastic member cards begin; empty: there are none. Such a number proves nothing."""
    card_digits: Annotated[int, msgspec.Meta(ge=6, le=30)] = 16
    """How many digits a plastic card's number has."""


class LabelSettings(msgspec.Struct, frozen=True):
    """How the 13 digits of a scale's label are cut: prefix, number, [inner check digit], measure, check digit."""

    prefix: Annotated[str, msgspec.Meta(pattern=r"^(2[0-9]{0,4}|02)\Z")] = "20"
    """First digits of such labels; of two layouts the longer prefix counts."""
    plu_digits: _Digits = 5
    """Digits of the product's number (its `plu` in the catalogue)."""
    measure: Literal["price", "weight", "count"] = "price"
    """What the label says: the price of it all, its net weight, or how many pieces."""
    measure_digits: _Digits = 5
    """Digits of that."""
    decimals: Annotated[int, msgspec.Meta(ge=0, le=5)] = 2
    """Places after the point, of yuan or of kilograms."""
    inner_check: bool = False
    """Whether a check digit over the measure stands before it (of 4 or 5 digits)."""


def code_problems(codes: CodeSettings, labels: Mapping[str, LabelSettings]) -> list[Problem]:
    """Layouts that are no twelve digits, two for one prefix, and cards that would be taken for wallets."""
    problems, taken = [], dict[str, str]()
    for name, one in labels.items():
        where = f"labels.{name}"
        digits = len(one.prefix) + one.plu_digits + one.inner_check + one.measure_digits
        if digits != 12:
            problems.append(
                Problem(where, f"is {digits} digits long", "12, the check digit comes after them")
            )
        if one.inner_check and one.measure_digits not in (4, 5):
            problems.append(Problem(f"{where}.inner_check", "is defined for 4 and 5 digits of measure"))
        if (other := taken.setdefault(one.prefix, name)) != name:
            problems.append(Problem(f"{where}.prefix", f"is that of labels.{other}"))
    if codes.card_prefix.startswith(_PAY_STARTS) and 16 <= codes.card_digits <= 24:
        hint = "such cards can only be found by the member's phone"
        problems.append(Problem("codes.card_prefix", "is how payment codes of wallets begin", hint))
    return problems
