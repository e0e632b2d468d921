"""The fleet page's words and colours: complete in both languages, and those of the stores' screens."""

from __future__ import annotations

import re
from pathlib import Path

from sync.hub.fleet import words
from sync.hub.rows import subscription

ROOT = Path(words.__file__).parent


def used_words() -> set[str]:
    texts = [file.read_text("utf-8") for file in [*ROOT.rglob("*.html"), *ROOT.glob("*.py")]]
    texts = [text.partition("\nCODES = ")[2] or text for text in texts]  # not the table itself
    quoted = re.findall(r"""["']([^"'\n]*[\u4e00-\u9fff][^"'\n]*)["']""", "\n".join(texts))
    return {text for text in quoted if "中文" not in text}


def test_every_word_has_both_languages_and_is_used() -> None:
    assert used_words() == set(words.EN)
    assert not [text for text in words.EN.values() if re.search(r"[\u4e00-\u9fff]", text)]
    for chinese, english in words.EN.items():
        assert re.findall(r"%.", chinese) == re.findall(r"%.", english)


def test_the_pages_colours_are_those_of_the_stores() -> None:
    house = (ROOT.parents[2] / "kiosk_ui/static/tokens.css").read_text("utf-8")
    ours = (ROOT / "static/fleet.css").read_text("utf-8")

    def tokens(css: str) -> dict[str, str]:
        return {name: " ".join(value.split()) for name, value in re.findall(r"(--[a-z0-9-]+): ([^;]+);", css)}

    assert tokens(ours) == tokens(house)


def test_every_class_of_rows_has_a_word() -> None:
    classes = {name.split(":")[2 if name.startswith("s:") else 1] for name in subscription("S1")}
    assert classes <= set(words.CODES)
