"""The store's own day in figures, as HOME shows it; and one person's part of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Today:
    """Since the store's midnight. `ready` orders reached their shelf, `ready_in_time` of them by the promised time;
    `refunds_pending` returns whose money HQ has not yet sent back, of any day; `score` the mean of the day's 0-10
    answers, None before the first."""

    sales: int
    sales_fen: int
    handed: int
    ready: int
    ready_in_time: int
    refunds_pending: int
    short_pieces: int
    score: float | None

    @property
    def in_time_share(self) -> float | None:
        """Share of orders that were ready when promised; None before the first."""
        return self.ready_in_time / self.ready if self.ready else None


@dataclass(frozen=True)
class OwnSale:
    """A sale of which somebody is the guide. `ret_fen`: what came back of it since."""

    receipt: str
    at: str
    units: int
    net_fen: int
    ret_fen: int


@dataclass(frozen=True)
class OwnJoin:
    """A code for joining that somebody showed: `result` joined, declined or "" (nobody knows yet)."""

    at: str
    result: str


@dataclass(frozen=True)
class OwnOrder:
    """An order that somebody handed over; `annulled`: taken back."""

    tail: str
    at: str
    channel: str
    annulled: bool


@dataclass(frozen=True)
class OwnDay:
    """What one person did today. What it earns them HQ works out."""

    sales: tuple[OwnSale, ...]
    joins: tuple[OwnJoin, ...]
    orders: tuple[OwnOrder, ...]

    @property
    def sales_fen(self) -> int:
        """Sold, less what came back."""
        return sum(one.net_fen - one.ret_fen for one in self.sales)

    @property
    def joined(self) -> int:
        """Shoppers who joined."""
        return sum(one.result == "joined" for one in self.joins)
