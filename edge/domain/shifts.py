"""A till's shift: its float, cash that moves without a sale, blind counts, and what an X or Z report says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

NOTES = (10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1)
"""Notes and coins that are counted, fen: fen coins too, or a drawer that took or gave odd fen could never be right."""


class Taking(Enum):
    """Cash that moved without a sale (value stored)."""

    IN = "in"
    OUT = "out"
    DROP = "drop"  # to the safe


@dataclass(frozen=True)
class Shift:
    """A till's time between float and Z report; `z` 0 while it is open."""

    shift: str
    station: str
    staff: str
    float_fen: int
    opened_at: str
    closed_at: str
    closed_by: str
    z: int


@dataclass(frozen=True)
class CashCount:
    """Somebody counted without being told what ought to be there; `pieces` is fen of a note or coin -> how many."""

    counted_fen: int
    expected_fen: int
    staff: str
    at: str
    pieces: Mapping[int, int]

    @property
    def variance_fen(self) -> int:
        """More (positive) or less than expected."""
        return self.counted_fen - self.expected_fen


@dataclass(frozen=True)
class Report:
    """An X report (z 0) or Z report of a shift. Sums in fen; training is in none of them but its own count.

    `rules` and `taxes` are (name, fen) and (code, gross of what was sold under it, net); `openings` are the drawer's:
    (time, reason, staff, outcome). `head` is the journal's newest hash, `seq` its number: what was there then.
    `unclear` baskets were set aside while nobody knew whether they were paid: they are in no other sum.
    `backs` times cash of a payment that was given up went back, `back_fen` of it; `held_fen` is in the drawer for
    baskets that are not sold here in this shift. `orders` are (wallet, how many, fen) of HQ's orders that were
    paid here: money for HQ, no sale, in no other sum; `order_backs` of such went back since, as HQ had them no more.
    """

    store: str
    station: str
    shift: str
    z: int
    opened_at: str
    at: str
    staff: str
    float_fen: int
    sales: int
    units: int
    gross_fen: int
    net_fen: int
    tenders: tuple[tuple[str, int, int], ...]
    rules: tuple[tuple[str, int], ...]
    taxes: tuple[tuple[str, int], ...]
    cash_in_fen: int
    cash_out_fen: int
    drop_fen: int
    refunds: int
    refund_fen: int
    cash_refund_fen: int
    voids: int
    void_fen: int
    lines_gone: int
    trainings: int
    first_receipt: str
    last_receipt: str
    openings: tuple[tuple[str, str, str, str], ...]
    head: str
    seq: int
    count: CashCount | None = None
    unclear: int = 0
    unclear_fen: int = 0
    backs: int = 0
    back_fen: int = 0
    held_fen: int = 0
    orders: tuple[tuple[str, int, int], ...] = ()
    order_backs: int = 0
    order_back_fen: int = 0

    @property
    def expected_fen(self) -> int:
        """Cash that ought to be in the drawer."""
        cash = sum(fen for kind, _, fen in self.tenders if kind == "cash")
        return (
            self.float_fen
            + cash
            + self.cash_in_fen
            - self.cash_out_fen
            - self.drop_fen
            - self.cash_refund_fen
            + self.held_fen
        )
