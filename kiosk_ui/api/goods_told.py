"""What a program may ask about goods and is told: one frozen type each, unknown fields refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiosk_ui.api.answered import Ok, Words
from kiosk_ui.api.asked import CodeText

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ReadAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/goods/read; `judge` false: also what may not be sold any more (its batch expired)."""

    text: CodeText
    judge: bool = True


class FindAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/goods/find."""

    text: Word
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20


class CodeSaid(msgspec.Struct, frozen=True):
    """What the code stands for: pieces, what they cost in all, their weight, batch and last day (YYYY-MM-DD)."""

    pieces: int
    fen: int | None
    grams: int | None
    batch: str
    expires: str


class GoodsBrief(msgspec.Struct, frozen=True):
    """A product. `fen` of one piece, or of one `unit` of what is weighed, null where HQ sent none; `on_hand` null:
    nobody knows. `flags` want somebody to look (alcohol, age, tobacco)."""

    sku: str
    gtin: str
    name: Words
    brand: str
    category: str
    unit: str
    weighed: bool
    flags: list[str]
    tags: list[str]
    zone: str
    place: str
    fen: int | None
    book: str
    on_hand: int | None
    scanned: CodeSaid


class GoodsTold(GoodsBrief, frozen=True):
    """One product."""

    result: Ok


class FoundTold(msgspec.Struct, frozen=True):
    """Products, the nearest first."""

    result: Ok
    goods: list[GoodsBrief]
