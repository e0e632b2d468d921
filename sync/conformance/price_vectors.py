"""Golden vectors of prices: baskets with the price that must come out, tried on this engine or on a program of HQ's.

A vector is a JSON object: `name`, `says` (for a person), `rules`, `tiers`, `asked` (what the price depends on, as in
edge.domain.baskets.PriceAsked) and `expected`. Another engine is a program that reads the first five on standard input
and writes a price as JSON with the fields that `expected` has.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge.domain.baskets import PriceAsked
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_rules import Rule, TierTerms
from edge.domain.promotions import price
from sync.conformance.report import Finding

PATIENCE_S = 30.0


class LineExpected(msgspec.Struct, frozen=True):
    """A line: what is due for each of its pieces, fen."""

    line: int
    units: tuple[int, ...]


class GiftExpected(msgspec.Struct, frozen=True):
    """A line that a rule added: pieces, and what is due for them together, fen."""

    rule: str
    sku: str
    qty: int
    net_fen: int


class WhyNotExpected(msgspec.Struct, frozen=True):
    """Why a rule did not act; `missing` fen or pieces."""

    rule: str
    code: str
    missing: int = 0


class Expected(msgspec.Struct, frozen=True, omit_defaults=True):
    """A price, as far as a vector looks at it. `parts`: fen by rule; `whynots` must be among those given; the fields
    that are null are not looked at."""

    total_fen: int
    lines: tuple[LineExpected, ...]
    parts: dict[str, int]
    gifts: tuple[GiftExpected, ...] = ()
    whynots: tuple[WhyNotExpected, ...] = ()
    invoice_fen: int | None = None
    points_used: int | None = None
    free_delivery: bool | None = None


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One basket and its price."""

    name: str
    says: str
    rules: tuple[Rule, ...]
    tiers: tuple[TierTerms, ...]
    asked: PriceAsked
    expected: Expected


Engine = Callable[[Vector], Expected]


def ours(vector: Vector) -> Expected:
    """The price by this engine."""
    said = price(vector.asked, RuleBook.as_of(vector.rules, vector.tiers, vector.asked.local))
    parts: dict[str, int] = {}
    for part in said.parts:
        parts[part.rule] = parts.get(part.rule, 0) + part.fen
    return Expected(
        total_fen=said.total_fen,
        lines=tuple(
            LineExpected(line.line, tuple(unit.net_fen for unit in line.units)) for line in said.lines
        ),
        parts=parts,
        gifts=tuple(GiftExpected(g.rule, g.priced.sku, g.priced.qty, g.priced.net_fen) for g in said.gifts),
        whynots=tuple(WhyNotExpected(one.rule, one.code, one.missing) for one in said.whynots),
        invoice_fen=said.invoice_fen,
        points_used=said.points_used,
        free_delivery=said.free_delivery,
    )


def by_program(command: Sequence[str]) -> Engine:
    """The price by another program."""

    def ask(vector: Vector) -> Expected:
        body: dict[str, Any] = msgspec.to_builtins(vector)
        del body["expected"]
        text = msgspec.json.encode(body)
        done = subprocess.run(list(command), input=text, capture_output=True, timeout=PATIENCE_S, check=True)
        return msgspec.json.decode(done.stdout, type=Expected)

    return ask


def read(folder: Path) -> list[Vector]:
    """Every vector of a folder, by file name; raises ValueError that names a file which is none."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(msgspec.json.decode(file.read_bytes(), type=Vector))
        except msgspec.DecodeError as error:
            raise ValueError(f"{file}: {error}") from error
    return found


def tried(vectors: Sequence[Vector], engine: Engine = ours) -> Iterator[Finding]:
    """Tries every vector, whatever becomes of the others."""
    for vector in vectors:
        try:
            wrong = differences(vector.expected, engine(vector))
        except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
            wrong = [f"no price: {error}"]
        yield Finding(vector.name, vector.says, "fail" if wrong else "pass", "; ".join(wrong))


def differences(wanted: Expected, got: Expected) -> list[str]:
    """What a price has otherwise than it must, in words."""
    found = []
    for name in ("total_fen", "lines", "parts", "gifts", "invoice_fen", "points_used", "free_delivery"):
        one, other = getattr(wanted, name), getattr(got, name)
        if one is not None and one != other:
            found.append(f"{name} is {_json(other)}, must be {_json(one)}")
    found += [f"does not say {_json(one)}" for one in wanted.whynots if one not in got.whynots]
    return found


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
