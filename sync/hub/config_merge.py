"""What HQ says to one store, out of the revisions of all scopes: the narrower and the newer word wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from config.layers import foreign, leaves, over, settings_part
from config.problems import Problem
from config.schema import typed
from sync.configured import Scope

Sections = Mapping[str, Any]
_OF_A_STATION = frozenset("stations scanners printers drawers scales displays lights lockers".split())


@dataclass(frozen=True)
class Revision:
    """What somebody at HQ once said for a scope."""

    rev: int
    scope: Scope
    sections: Sections
    by: str
    at: str
    why: str


def problems(scope: Scope, sections: Sections) -> list[Problem]:
    """Everything that is wrong with a revision before any store sees it; what only a box's own file can tell (a printer
    without an address, a name that points at nothing) its store checks."""
    found = foreign(sections)
    found += typed(settings_part(sections)) if not found else []
    if scope.station:
        for name, table in sections.items():
            if name not in _OF_A_STATION:
                found.append(Problem(name, "is a store's, not one station's"))
            elif name == "stations":
                found += [
                    Problem(f"stations.{other}", f"is not {scope.station}, whose word this is")
                    for other in table
                    if other != scope.station
                ]
    return found


def applies(scope: Scope, store: str, region: str) -> bool:
    """Whether a word for this scope concerns the store."""
    if scope.store:
        return scope.store == store
    return not scope.region or scope.region == region


def level(scope: Scope) -> int:
    """How narrow a scope is: 0 all, 1 region, 2 store, 3 station."""
    return 3 if scope.station else 2 if scope.store else 1 if scope.region else 0


def in_force(revisions: Iterable[Revision], store: str, region: str) -> list[tuple[str, Revision]]:
    """(section, revision) that count for a store, the widest first; of one scope, each section's newest word."""
    newest: dict[tuple[int, Scope, str], Revision] = {}
    for revision in sorted(revisions, key=lambda r: r.rev):
        if applies(revision.scope, store, region):
            for name in revision.sections:
                newest[level(revision.scope), revision.scope, name] = revision
    keys = sorted(newest, key=lambda key: (key[0], key[1].station, key[2]))
    return [(key[2], newest[key]) for key in keys]


def merged(revisions: Iterable[Revision], store: str, region: str) -> tuple[dict[str, Any], dict[str, int]]:
    """A store's sections, whole, and which revision each setting (dotted path) is of."""
    sections: dict[str, Any] = {}
    origins: dict[str, int] = {}
    for name, revision in in_force(revisions, store, region):
        said = {name: revision.sections[name]}
        sections = over(sections, said)
        origins.update((path, revision.rev) for path, _ in leaves(said))
    standing = dict(leaves(sections))
    kept = {name: value for name, value in sections.items() if value}
    return kept, {
        path: rev for path, rev in origins.items() if path in standing and path.split(".")[0] in kept
    }
