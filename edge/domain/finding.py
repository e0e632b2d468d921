"""Finding products by what a person types: pairs of Chinese characters, initials of pinyin, words; without a score.

A name is cut into runs. A run of Chinese characters gives its pairs (可乐, or one character where it stands alone), a
run of Latin letters or digits gives itself as a word. What was typed is cut the same way; each part must be in the
name. Letters are a word's beginning or first letters of readings (`kl` 可乐): those are looked up as the pairs that
exist in the catalogue and can be read so, thus the index holds no initials of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+")
_LETTERS = re.compile(r"[a-z]{2,12}")
MAX_TYPED = 40
"""Characters of a question that are read."""
Readings = Mapping[str, str]
"""Character -> the first letters that its readings can have, such as {"乐": "ly"}."""


def folded(text: str) -> str:
    """One spelling for full-width forms, cases and compatibility characters."""
    return unicodedata.normalize("NFKC", text).casefold()


def runs(text: str) -> list[str]:
    """The runs of a folded text, in their order."""
    return _RUNS.findall(text)


def is_han(run: str) -> bool:
    """Whether a run is one of Chinese characters."""
    return not run[0].isascii()


def pairs(run: str) -> list[str]:
    """The pairs of a run of Chinese characters; a character alone is itself."""
    return [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]


def tokens(name_zh: str, name_en: str) -> set[str]:
    """What the index holds of a product's names."""
    found: set[str] = set()
    for run in _RUNS.findall(folded(f"{name_zh} {name_en}")):
        if run[0].isascii():
            found.add(run)
        else:
            found.update(pairs(run))
    return found


def clues(pair: str, readings: Readings) -> list[str]:
    """By what else a pair is found: first letters of its readings, and its second character (as `~乐`)."""
    if len(pair) == 1:
        return []
    first, second = readings.get(pair[0], ""), readings.get(pair[1], "")
    return [f"~{pair[1]}", *(f"{a}{b}" for a in sorted(set(first)) for b in sorted(set(second)))]


@dataclass(frozen=True)
class Part:
    """One run of what was typed: `han` characters, or a `word` that may be initials too."""

    han: str = ""
    word: str = ""

    @property
    def initials(self) -> str:
        """The letters, if they could be first letters of readings; else ""."""
        return self.word if _LETTERS.fullmatch(self.word) else ""

    def needs(self) -> tuple[str, ...]:
        """Clues whose pairs must be known before the question can be put."""
        if len(self.han) == 1:
            return (f"~{self.han}",)
        return tuple(pairs(self.initials)) if self.initials else ()

    def question(self, known: Mapping[str, list[str]]) -> str:
        """This part in FTS5's words; `known` holds the pairs of each clue it needs."""
        if len(self.han) == 1:
            return _any([f'"{self.han}"*', *map(_quoted, known.get(f"~{self.han}", []))])
        if self.han:
            return " AND ".join(map(_quoted, pairs(self.han)))
        ways = [f'"{self.word}"*']
        if self.initials:
            sets = [known.get(clue, []) for clue in self.needs()]
            if all(sets):
                ways.append("(" + " AND ".join(_any(map(_quoted, some)) for some in sets) + ")")
        return _any(ways)

    def within(self, name: str, readings: Readings) -> bool:
        """Whether a folded name really holds this part: pairs of it could stand apart from each other."""
        if self.han:
            return self.han in name
        if any(not is_han(run) and run.startswith(self.word) for run in runs(name)):
            return True
        return bool(self.initials) and any(
            _read_so(run, self.initials, readings) for run in runs(name) if is_han(run)
        )


def asked(text: str) -> tuple[Part, ...]:
    """What was typed, cut into parts; nothing for a text that holds neither characters nor words."""
    found = runs(folded(text[:MAX_TYPED]))
    return tuple(Part(han=run) if is_han(run) else Part(word=run) for run in found)


def _read_so(run: str, letters: str, readings: Readings) -> bool:
    return any(
        all(letter in readings.get(run[at + n], "") for n, letter in enumerate(letters))
        for at in range(len(run) - len(letters) + 1)
    )


def _quoted(token: str) -> str:
    return f'"{token}"'


def _any(ways: Iterable[str]) -> str:
    return "(" + " OR ".join(ways) + ")"
