"""store-edge hub screens: what shoppers' screens say of products, their pictures, and what they counted."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, TextIO

import click

from edge.hq.doing import JSON, WHO, F, doing, looking, said, say
from edge.hub_cli import DATABASE

_STORE = click.option("--store", default="", help="Of this store only.")
_WAYS = {
    "safety": "Pieces that stay at a place.",
    "stores": "How many other stores are named.",
    "collect_min": "Minutes until it is ready at another store.",
    "transfer_h": "Hours until it is here.",
    "ride_m": "Metres within which a rider brings it; 0: none does.",
    "ride_min": "Minutes that a rider takes.",
    "ride_fen": "Fen for a rider.",
    "send_h": "Hours until it is at the door.",
    "send_fen": "Fen for sending.",
}
_KINDS = click.Choice(["review", "ranked", "variant"])


@click.group("screens")
def screens() -> None:
    """Shoppers' screens: reviews, lists and variants, pictures and videos, baskets for phones, counts."""


@screens.command("say")
@click.argument("file", type=click.File("rb"))
@DATABASE
@WHO
@JSON
def say_rows(file: BinaryIO, database: str, who: str, *, as_json: bool) -> None:
    """Publish the rows in FILE, a JSON object a line: `tb` is review, ranked or variant, the rest its fields."""
    import msgspec

    from sync.guiding import GuidingDown
    from sync.hub.guide_desk import ScreenDesk

    rows = []
    for number, line in enumerate(file, start=1):
        try:
            rows.append(msgspec.json.decode(line, type=GuidingDown))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise click.ClickException(f"line {number}: {error}") from None
    with doing(database, who, "screens.say", file.name) as engine:
        changed = ScreenDesk(engine).say(rows)
    said({"read": len(rows), "changed": changed}, f"{changed} of {len(rows)} rows changed", as_json=as_json)


@screens.command("unsay")
@click.argument("kind", type=_KINDS)
@click.argument("names", nargs=-1, required=True)
@DATABASE
@WHO
@JSON
def unsay(kind: str, names: tuple[str, ...], database: str, who: str, *, as_json: bool) -> None:
    """Take rows back by their key: a product's number, or a list's name."""
    from sync.hub.guide_desk import ScreenDesk

    with doing(database, who, "screens.unsay", f"{kind} {' '.join(names)}") as engine:
        gone = ScreenDesk(engine).unsay(kind, names)
    said({"gone": gone}, f"{gone} rows are gone", as_json=as_json)


@screens.command("cart-link")
@click.argument("url")
@DATABASE
@WHO
@JSON
def cart_link(url: str, database: str, who: str, *, as_json: bool) -> None:
    """Make URL (https) the page that phones open with a basket; the basket's token is added to it."""
    from sync.hub.guide_desk import ScreenDesk

    with doing(database, who, "screens.cart-link", url) as engine:
        ScreenDesk(engine).cart_link(url)
    said({"url": url}, f"phones go to {url}", as_json=as_json)


def _figures(command: F) -> F:
    """An option for each figure of the ways."""
    for name in reversed(_WAYS):
        command = click.option(f"--{name.replace('_', '-')}", name, type=int, help=_WAYS[name])(command)
    return command


@screens.command("ways")
@_figures
@DATABASE
@WHO
@JSON
def ways(database: str, who: str, *, as_json: bool, **figures: int | None) -> None:
    """Show by which ways customers get goods, or change the figures that are named."""
    from msgspec import to_builtins

    from sync.hub.ways import change, shown

    named = {name: figure for name, figure in figures.items() if figure is not None}
    if named:
        told = " ".join(f"{name}={figure}" for name, figure in named.items())
        with doing(database, who, "screens.ways", told) as engine:
            now = change(engine, **named)
    else:
        with looking(database) as engine:
            now = shown(engine)
    say([to_builtins(now)], as_json=as_json)


@screens.command("media")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DATABASE
@WHO
@JSON
def media(file: Path, database: str, who: str, *, as_json: bool) -> None:
    """Take a picture or video in; prints what a slide says of it."""
    import msgspec

    from sync.hub.media import Media, media_beside

    with doing(database, who, "screens.media", file.name) as engine:
        folder = media_beside(engine)
        if folder is None:
            raise click.ClickException("this HQ's database is no file: pictures have no folder beside it")
        made = Media(folder).add(file)
    words = f'media = {{ sha256 = "{made.sha256}", bytes = {made.bytes}, kind = "{made.kind}" }}'
    said(msgspec.to_builtins(made), words, as_json=as_json)


@screens.command("counts")
@_STORE
@DATABASE
@JSON
def counts(store: str, database: str, *, as_json: bool) -> None:
    """What screens counted, by campaign: slides shown, touches, scans, products, baskets begun."""
    from sync.hub.guide_desk import ScreenDesk

    with looking(database) as engine:
        say(ScreenDesk(engine).counts(store), as_json=as_json)


@screens.command("credits")
@_STORE
@DATABASE
@JSON
def credit_list(store: str, database: str, *, as_json: bool) -> None:
    """Baskets that went to phones, by who is credited: screen, member of staff, purpose; made and opened."""
    from sync.hub.guide_desk import ScreenDesk

    with looking(database) as engine:
        say(ScreenDesk(engine).credits(store), as_json=as_json)


@screens.command("orders")
@_STORE
@DATABASE
@JSON
def order_list(store: str, database: str, *, as_json: bool) -> None:
    """Orders that were made to be paid at screens: what, how it stands (waiting, paid, lapsed), by which attempt."""
    from sync.hub.ordering_desk import OrderingDesk

    with looking(database) as engine:
        say(OrderingDesk(engine).listed(store), as_json=as_json)


@screens.command("arrived")
@click.argument("order")
@DATABASE
@WHO
@JSON
def arrived(order: str, database: str, who: str, *, as_json: bool) -> None:
    """What was paid at a screen to be collected there has come, packed: the store has ORDER from now on."""
    from sync.hub.ordering_turns import OrderingTurns

    with doing(database, who, "screens.arrived", order) as engine:
        made = OrderingTurns(engine).arrived(order)
    said({"order": made.order, "store": made.store}, f"{made.order} waits at {made.store}", as_json=as_json)


@screens.command("place")
@click.argument("member")
@click.argument("district")
@click.argument("address", type=click.File("r"), default="-")
@DATABASE
@WHO
@JSON
def place(member: str, district: str, address: TextIO, database: str, who: str, *, as_json: bool) -> None:
    """Keep where MEMBER is sent things, from the file ADDRESS (-: standard input); stores are told DISTRICT only."""
    from sync.hub.ordering_desk import OrderingDesk

    with doing(database, who, "screens.place", member) as engine:
        OrderingDesk(engine).place(member, district, address.read().strip())
    said({"member": member, "district": district}, f"{member}: {district or 'no place'}", as_json=as_json)
