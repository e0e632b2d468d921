"""store-edge hub returns: money that HQ owes for goods that came back, and its word for returns elsewhere."""

from __future__ import annotations

import click

from edge.hq.doing import JSON, WHO, doing, looking, said, say
from edge.hub_cli import DATABASE

_STATES = click.Choice(["to_refund", "refunded", "refused", "done"])


@click.group("returns")
def returns() -> None:
    """Goods that came back in stores, and money that HQ owes for them."""


@returns.command("list")
@DATABASE
@click.option("--store", default="", help="Taken back at this store only.")
@click.option("--state", type=_STATES, default="to_refund", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most.")
@JSON
def list_returns(database: str, store: str, state: str, limit: int, *, as_json: bool) -> None:
    """List returns, oldest first: ret, store, source, ref, shop, refund_fen, estimate, state, back_fen, note."""
    from sync.hub.return_desk import ReturnDesk

    with looking(database) as engine:
        say(ReturnDesk(engine).owed(store, state, limit), as_json=as_json)


@returns.command("refund")
@click.argument("ret")
@click.option("--fen", type=click.IntRange(0, 10**12), help="How much went back; else what the store said.")
@DATABASE
@WHO
@JSON
def refund(ret: str, fen: int | None, database: str, who: str, *, as_json: bool) -> None:
    """Say that the money of RET went back to the customer; the store hears of it."""
    from sync.hub.return_desk import ReturnDesk

    about = ret if fen is None else f"{ret} {fen} fen"
    with doing(database, who, "returns.refund", about) as engine:
        word = ReturnDesk(engine).settle(ret, fen)
    row = {"ret": ret, "state": word.state, "fen": word.fen}
    said(row, f"{word.fen} fen of return {ret} went back", as_json=as_json)


@returns.command("refuse")
@click.argument("ret")
@click.option("--why", required=True, help="What the customer is told.")
@DATABASE
@WHO
@JSON
def refuse(ret: str, why: str, database: str, who: str, *, as_json: bool) -> None:
    """Say that the money of RET will not go back, and why; the store hears of it."""
    from sync.hub.publishing import NotPossible
    from sync.hub.return_desk import ReturnDesk

    with doing(database, who, "returns.refuse", ret, why) as engine:
        if not why.strip():
            raise NotPossible("--why is empty")
        word = ReturnDesk(engine).settle(ret, refused=why.strip())
    row = {"ret": ret, "state": word.state, "why": word.note}
    said(row, f"return {ret} is not refunded: {word.note}", as_json=as_json)


@returns.command("withdraw")
@click.argument("rma")
@click.option("--why", required=True, help="For whoever asks later.")
@DATABASE
@WHO
@JSON
def withdraw(rma: str, why: str, database: str, who: str, *, as_json: bool) -> None:
    """Take back the word RMA for a return that never came: the pieces may come back anywhere again."""
    from sync.hub.return_desk import ReturnDesk

    with doing(database, who, "returns.withdraw", rma, why) as engine:
        row = ReturnDesk(engine).withdraw(rma)
    said(row, f"{rma} of store {row['store']} is withdrawn", as_json=as_json)
