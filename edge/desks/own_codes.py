"""The chain's own codes, as its settings have them, in the classifier's terms."""

from __future__ import annotations

from config.schema import Settings
from edge.domain.scanned import Rules
from edge.domain.scanned_variable import Layout


def own_codes(settings: Settings) -> Rules:
    """Layouts of labels and the shape of plastic cards."""
    layouts = tuple(
        Layout(
            one.prefix,
            one.plu_digits,
            one.measure,
            one.measure_digits,
            one.decimals,
            inner_check=one.inner_check,
        )
        for one in settings.labels.values()
    )
    return Rules(layouts, settings.codes.card_prefix, settings.codes.card_digits)
