"""The chain's own codes in the settings: what cannot be is told at once, what can becomes the classifier's rules."""

from __future__ import annotations

import pytest

from config.schema import SettingsRefused, parse
from edge.desks.own_codes import own_codes
from edge.domain.scanned_variable import Layout


def test_labels_and_cards_become_rules() -> None:
    settings = parse(
        {
            "labels": {"scales": {"prefix": "21", "measure": "weight", "decimals": 3}},
            "codes": {"card_prefix": "8800"},
        }
    )
    rules = own_codes(settings)
    assert rules.layouts == (Layout("21", 5, "weight", 5, 3),)
    assert (rules.card_prefix, rules.card_digits) == ("8800", 16)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"labels": {"a": {"plu_digits": 6}}}, "labels.a"),
        (
            {"labels": {"a": {"plu_digits": 3, "measure_digits": 6, "inner_check": True}}},
            "labels.a.inner_check",
        ),
        ({"labels": {"a": {}, "b": {"measure": "count"}}}, "labels.b.prefix"),
        ({"labels": {"a": {"prefix": "69"}}}, "labels.a.prefix"),
        ({"codes": {"card_prefix": "1380", "card_digits": 18}}, "codes.card_prefix"),
    ],
)
def test_what_cannot_be_is_told(raw: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        parse(raw)
    assert told in {problem.path for problem in refused.value.problems}
