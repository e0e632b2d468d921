"""A check-up of a store's box: what a check found, how bad that is, and what to do now."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec

Fact = str | int | float | bool | None
"""What a program may read of a finding; never a secret, never somebody's name."""


class Level(IntEnum):
    """How bad it is; the value is the exit status of a check-up that found nothing worse."""

    OK = 0
    WARNING = 1
    FAIL = 2


class Verdict(msgspec.Struct, frozen=True):
    """One line of the check-up. `do_*` is what to do now, "" where nothing is."""

    check: str
    level: Level
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""
    facts: dict[str, Fact] = {}

    def line(self, language: str) -> str:
        """As a person reads it: level, check, finding; below it what to do."""
        found, do = (self.zh, self.do_zh) if language == "zh" else (self.en, self.do_en)
        head = f"{_MARK[self.level]:<8}{self.check:<16}{found}"
        return f"{head}\n{'':<24}-> {do}" if do else head

    def told(self) -> dict[str, object]:
        """As a program reads it."""
        return {
            "check": self.check,
            "level": self.level.name.lower(),
            "zh": self.zh,
            "en": self.en,
            "do_zh": self.do_zh,
            "do_en": self.do_en,
            "facts": self.facts,
        }


_MARK = {Level.OK: "ok", Level.WARNING: "warning", Level.FAIL: "FAIL"}


def good(check: str, zh: str, en: str, /, **facts: Any) -> Verdict:
    """All is well."""
    return Verdict(check, Level.OK, zh, en, facts=facts)


def warning(check: str, words: tuple[str, str], do: tuple[str, str], /, **facts: Any) -> Verdict:
    """It works, and somebody should look at it; `words` and `do` are Chinese and English."""
    return Verdict(check, Level.WARNING, *words, *do, facts=facts)


def fail(check: str, words: tuple[str, str], do: tuple[str, str], /, **facts: Any) -> Verdict:
    """It does not work, or soon will not; `words` and `do` are Chinese and English."""
    return Verdict(check, Level.FAIL, *words, *do, facts=facts)


def worst(verdicts: Iterable[Verdict]) -> Level:
    """The worst of them; OK of none."""
    return max((one.level for one in verdicts), default=Level.OK)


def ago(seconds: float) -> tuple[str, str]:
    """A stretch of time for people, Chinese and English, rounded down."""
    for size, zh, en in ((86_400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {zh}", f"{int(seconds // size)} {en}"
    return f"{max(0, int(seconds))} 秒", f"{max(0, int(seconds))} s"
