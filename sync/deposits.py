"""The door's part for deposits (定金): what was paid online before, and that a sale took it into account."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sync.figures import Count, Name, Note, Seq

DepositState = Literal["live", "used", "refunded"]
"""Waiting for the balance, counted in a sale, given back to the shopper."""
Factor = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class DepositUsed(msgspec.Struct, frozen=True, tag="deposit.used", tag_field="k"):
    """A sale took a deposit into account: it counted for `fen`, `paid_fen` of which the shopper had paid before.

    `use` names this one use of it.
    """

    use: Name
    deposit: Name
    sale: Name
    fen: Count
    paid_fen: Count


class DepositReleased(msgspec.Struct, frozen=True, tag="deposit.released", tag_field="k"):
    """The whole sale came back: the deposit is as before that use."""

    use: Name
    deposit: Name


class Deposit(msgspec.Struct, frozen=True, tag="deposit", tag_field="tb"):
    """A deposit of `fen` for `units` pieces of these products (none named: of anything) that wait at one store.

    It counts for `k_mille` thousandths of itself (0: as `rule` says, of level deposit). `order` is the online order's
    number, whose pickup code names the deposit too; `member` whose it is ("" the bearer's).
    """

    deposit: Name
    store: Name
    fen: Seq
    order: Note = ""
    k_mille: Factor = 0
    rule: Note = ""
    skus: tuple[Name, ...] = ()
    units: Seq = 1
    member: Note = ""
    state: DepositState = "live"
    not_before: str = ""
    not_after: str = ""


DepositsUp = DepositUsed | DepositReleased
