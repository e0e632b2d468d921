"""What a conformance run found: one finding a clause of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Generic, Literal, TypeVar

Verdict = Literal["pass", "fail", "skip"]
K = TypeVar("K")


class Broken(Exception):
    """The other side does not keep to the clause; the message says what it did instead."""


class Skipped(Exception):
    """The clause cannot be looked at here; the message says why."""


@dataclass(frozen=True)
class Finding:
    """One clause and what became of it."""

    clause: str
    text: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True)
class Clause(Generic[K]):
    """A sentence of the protocol and the act that tries it; the act raises Broken or Skipped."""

    name: str
    text: str
    act: Callable[[K], None]


class Clauses(Generic[K]):
    """A list of clauses that grows by decoration, in the order of the text."""

    def __init__(self) -> None:
        self.listed: list[Clause[K]] = []

    def __call__(self, name: str) -> Callable[[Callable[[K], None]], Callable[[K], None]]:
        """Registers the decorated act under this name; its docstring is the sentence that it tries."""

        def keep(act: Callable[[K], None]) -> Callable[[K], None]:
            self.listed.append(Clause(name, (act.__doc__ or "").strip(), act))
            return act

        return keep


def tried(clauses: Iterable[Clause[K]], kit: K) -> Iterator[Finding]:
    """Tries every clause, whatever becomes of the others."""
    for clause in clauses:
        try:
            clause.act(kit)
        except Broken as broken:
            yield Finding(clause.name, clause.text, "fail", str(broken))
        except Skipped as skipped:
            yield Finding(clause.name, clause.text, "skip", str(skipped))
        else:
            yield Finding(clause.name, clause.text, "pass")


def expect(holds: bool, said: str) -> None:
    """Raises Broken with these words unless it holds."""
    if not holds:
        raise Broken(said)


def as_row(finding: Finding) -> dict[str, Any]:
    """The finding for a program."""
    return asdict(finding)
