"""docs/payments.md: its diagram is the table, its script words are the simulator's."""

from __future__ import annotations

import re
from pathlib import Path

from edge.domain.payments import PAYMENT
from paying.scripted import WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "payments.md").read_text("utf-8")


def test_the_documented_diagram_is_the_table() -> None:
    drawn = set(re.findall(r"^ +(\w+) --> (\w+): (\w+)$", PAGE, re.MULTILINE))
    table = {(s.value, after.value, e.value) for s, events in PAYMENT.items() for e, after in events.items()}
    assert drawn == table


def test_the_documented_words_are_those_of_the_simulator() -> None:
    rows = re.findall(r"^\| ([a-z_ N,]+) \| ", PAGE, re.MULTILINE)
    named = {word.split()[0] for row in rows for word in row.split(",")} - {"part", "word"}
    assert named == WORDS
