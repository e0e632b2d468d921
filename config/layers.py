"""A door: settings in layers. What HQ may say, how its word lies over a box's own file, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.playlists import playlist_problems
from config.problems import Problem

HQS_SECTIONS = frozenset(
    (
        "stations scanners printers drawers scales displays lights lockers pickup selling payments codes labels guide"
        " kiosk screens log"
    ).split()
)
"""Tables of the settings that HQ may write. All others stay the box's own: who it is, where HQ is, its folders, ports
and addresses, and the hashes of tokens that its neighbours show."""
DATA_SECTIONS = frozenset({"playlists"})
"""What HQ says that is no setting: data of screens. It changes without a restart. Goods, prices, promotions
and coupons are none of these: they are rows of the feed."""

Tree = Mapping[str, Any]


def over(wide: Tree, narrow: Tree) -> dict[str, Any]:
    """The narrow word laid over the wide one: tables are joined, anything else is replaced."""
    joined = dict(wide)
    for key, value in narrow.items():
        old = joined.get(key)
        joined[key] = over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return joined


def settings_part(sections: Tree) -> dict[str, Any]:
    """Those of HQ's sections that are settings."""
    return {name: value for name, value in sections.items() if name in HQS_SECTIONS}


def foreign(sections: Tree) -> list[Problem]:
    """Sections that HQ may not write, such that are no tables, and slides that no screen could show."""
    found = []
    for name, value in sections.items():
        if name not in HQS_SECTIONS | DATA_SECTIONS:
            known = ", ".join(sorted(HQS_SECTIONS | DATA_SECTIONS))
            found.append(Problem(name, "is not HQ's to set", f"HQ may set {known}"))
        elif not isinstance(value, Mapping):
            found.append(Problem(name, f"a table is expected, not {type(value).__name__}"))
        elif name == "playlists":
            found += playlist_problems(value)
    return found


def leaves(sections: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of everything that is said; an empty table says itself."""
    for key, value in sections.items():
        where = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and value:
            yield from leaves(value, where)
        else:
            yield where, value


def changes(old: Tree, new: Tree) -> list[tuple[str, Any, Any]]:
    """(dotted path, before, after) of what differs, by path; None where nothing was said."""
    before, after = dict(leaves(old)), dict(leaves(new))
    return [
        (path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


def changed_sections(old: Tree, new: Tree) -> tuple[str, ...]:
    """The sections that differ, sorted."""
    return tuple(name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))
