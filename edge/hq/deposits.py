"""store-edge hub deposits: what shoppers paid online before, and which sale took it into account."""

from __future__ import annotations

import click

from edge.hq.doing import JSON, WHO, adds_import, doing, looking, said, say
from edge.hub_cli import DATABASE

_STATES = click.Choice(["live", "used", "refunded"])


@click.group("deposits")
def deposits() -> None:
    """Deposits (定金): paid online, counted k times at the store where the goods wait."""


adds_import(
    deposits,
    "deposits.import",
    lambda to: to.deposits(),
    "Take the deposits in FILE in: deposit, store, yuan, order, k_mille or rule, skus (between spaces), units, member, "
    "not_before, not_after.",
)


@deposits.command("list")
@click.option("--store", default="", help="Of this store only.")
@click.option("--state", type=_STATES, help="Only those.")
@DATABASE
@JSON
def list_deposits(store: str, state: str | None, database: str, *, as_json: bool) -> None:
    """List deposits: deposit, store, order, fen, state, until when, and the sale that took it."""
    from sync.hub.deposit_desk import DepositDesk

    with looking(database) as engine:
        say(DepositDesk(engine).listed(store, state or ""), as_json=as_json)


@deposits.command("refund")
@click.argument("deposit")
@click.option("--why", required=True, help="Why the shopper has it back, for HQ's record.")
@DATABASE
@WHO
@JSON
def refund(deposit: str, why: str, database: str, who: str, *, as_json: bool) -> None:
    """Say that the shopper has DEPOSIT back: no store counts it any more. The money itself goes another way."""
    from sync.hub.deposit_desk import DepositDesk

    with doing(database, who, "deposits.refund", deposit, why) as engine:
        DepositDesk(engine).refund(deposit)
    said({"deposit": deposit, "state": "refunded"}, f"deposit {deposit} counts no more", as_json=as_json)
