"""What judging a fact needs to know and tell: where it comes from, what it touched, why it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Unfit(Exception):
    """This fact cannot be taken in as it is; `code` says why. It is kept in quarantine."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Touched:
    """Rows whose published form must follow."""

    orders: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)
    cmds: set[str] = field(default_factory=set)
    coupons: set[str] = field(default_factory=set)
    deposits: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    returned: set[tuple[str, str]] = field(default_factory=set)
    """(store, sale): pieces of it came back at another store."""

    def absorb(self, other: Touched) -> None:
        """Adds what another touched."""
        self.orders |= other.orders
        self.skus |= other.skus
        self.cmds |= other.cmds
        self.coupons |= other.coupons
        self.deposits |= other.deposits
        self.forgotten |= other.forgotten
        self.returned |= other.returned


@dataclass(frozen=True)
class Held:
    """Rows that are locked until the commit, as this transaction has written them: not to be read again.

    `orders` by number, `lines` by number and line, `levels` by product. `handed`: hand-overs that are not written
    yet, by order: (stream, unit, lines).
    """

    orders: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    levels: Mapping[str, Any] = field(default_factory=dict)
    handed: Mapping[str, list[tuple[str, int, list[Any]]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Where a fact comes from. `late`: its stream has been replaced by a newer one."""

    store: str
    stream: str
    seq: int
    late: bool
    at: str
