"""store-edge hub stores, shops, devices, staff: the stores of the chain, their boxes and who works there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from edge.hq.doing import JSON, WHO, doing, for_files, looking, said, say, secret_file, take_file
from edge.hub_cli import DATABASE

_NEW_FILE = click.Path(path_type=Path, dir_okay=False)
_STORE = click.option("--store", default="", help="Of this store only.")


@click.group("stores")
def stores() -> None:
    """The stores that HQ knows."""


@stores.command("add")
@click.argument("number")
@DATABASE
@click.option("--name-zh", required=True, help="The store's name, Chinese.")
@click.option("--name-en", required=True, help="The store's name, English.")
@click.option("--address-zh", default="", help="Its address, Chinese.")
@click.option("--address-en", default="", help="Its address, English.")
@click.option("--phone", default="", help="Its telephone, for slips.")
@click.option("--token-file", type=_NEW_FILE, help="For a store by hand: its bearer token goes here (0600).")
@WHO
@JSON
def add_store(
    number: str, database: str, token_file: Path | None, who: str, *, as_json: bool, **facts: str
) -> None:
    """Admit store NUMBER. Its box comes in by `stores invite`; or by hand with the token of --token-file."""
    from sync.hub.desk import HubDesk
    from sync.messages import Shop

    shop, words = Shop(store=number, **facts), f"store {number} added"
    with doing(database, who, "stores.add", number) as engine:
        if token_file is None:
            HubDesk(engine).add_store(shop)
        else:
            # Before the store is added: its token can be had only once, and a file there may hold another's.
            with secret_file(token_file) as file:
                file.write(HubDesk(engine).add_store(shop) + "\n")
            words += f"; copy {token_file} to its box (hq.token_file) and delete it here"
    said({"store": number}, words, as_json=as_json)


@stores.command("list")
@DATABASE
@click.option("--search", default="", help="Numbers that begin so, or names that hold this.")
@JSON
def list_stores(database: str, search: str, *, as_json: bool) -> None:
    """List stores: number, names, when last heard of, facts waiting there, open cases, facts in quarantine."""
    from sync.hub.fleet.rows import Fleet, Wanted

    with looking(database) as engine:
        names = ("store", "name_zh", "name_en", "seen_at", "waiting", "cases", "quarantined")
        found = Fleet(engine).each(Wanted(search=search))
        say(({name: getattr(row, name) for name in names} for row in found), as_json=as_json)


@stores.command("invite")
@click.argument("store")
@DATABASE
@click.option("--url", required=True, help="Where the box finds HQ: https://hq.example")
@click.option("--png", type=_NEW_FILE, help="Draw the QR code into this new file (0600).")
@WHO
@JSON
def invite(store: str, database: str, url: str, png: Path | None, who: str, *, as_json: bool) -> None:
    """Invite a new box of STORE: a QR code good for a day and one use, on the terminal or in --png."""
    import msgspec
    import segno

    from sync.hub.desk import HubDesk
    from sync.transport import checked_url

    try:
        url = checked_url(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with doing(database, who, "stores.invite", store) as engine:
        text = msgspec.json.encode(HubDesk(engine).invite(store, url)).decode()
        qr = segno.make(text, error="m", micro=False)
        if png:
            with secret_file(png):
                qr.save(str(png), kind="png", scale=8, border=4)
    if png:
        said({"store": store, "png": str(png)}, f"invitation for a box of {store} in {png}", as_json=as_json)
        return
    if sys.stdout.isatty() and not as_json:
        qr.terminal(compact=True)
    # What the QR holds is for the box alone: it leaves on standard output only.
    click.echo(text)


@stores.command("token")
@click.argument("store")
@DATABASE
@click.option("--token-file", type=_NEW_FILE, required=True, help="The new token goes here (0600).")
@WHO
@JSON
def new_token(store: str, database: str, token_file: Path, who: str, *, as_json: bool) -> None:
    """Give STORE a new bearer token, for a store by hand; the former stops at once."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "stores.token", store) as engine, secret_file(token_file) as file:
        file.write(HubDesk(engine).new_token(store) + "\n")
    said({"store": store}, f"store {store} has a new token, in {token_file}", as_json=as_json)


@click.group("shops")
def shops() -> None:
    """The stores as customers know them: names, addresses, telephones."""


@shops.command("update")
@click.argument("store")
@DATABASE
@click.option("--name-zh", help="The store's name, Chinese.")
@click.option("--name-en", help="The store's name, English.")
@click.option("--address-zh", help="Its address, Chinese.")
@click.option("--address-en", help="Its address, English.")
@click.option("--phone", help="Its telephone.")
@WHO
@JSON
def update_shop(store: str, database: str, who: str, *, as_json: bool, **facts: str | None) -> None:
    """Change what the chain tells of STORE; what is not named stays."""
    from sync.hub.shop_facts import update_shop as change

    given = {name: text for name, text in facts.items() if text is not None}
    if not given:
        raise click.UsageError("nothing to change is named")
    with doing(database, who, "shops.update", store) as engine:
        change(engine, store, given)
    said({"store": store, **given}, f"store {store} updated", as_json=as_json)


@click.group("devices")
def boxes() -> None:
    """The boxes that were admitted by invitation."""


@boxes.command("list")
@DATABASE
@_STORE
@JSON
def list_boxes(database: str, store: str, *, as_json: bool) -> None:
    """List boxes: device, store, stream, state (active, replaced, revoked), enrolled_at, hw, sw."""
    from sync.hub.desk import HubDesk

    with looking(database) as engine:
        say(HubDesk(engine).devices(store), as_json=as_json)


@boxes.command("revoke")
@click.argument("device")
@DATABASE
@WHO
@JSON
def revoke_box(device: str, database: str, who: str, *, as_json: bool) -> None:
    """Shut a lost or stolen box out at once; it deletes what it knows of customers when it hears of it."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "devices.revoke", device) as engine:
        HubDesk(engine).revoke_device(device)
    said({"device": device, "state": "revoked"}, f"device {device} is shut out", as_json=as_json)


@click.group("staff")
def staff() -> None:
    """Who may sign in at a store."""


@staff.command("import")
@click.argument("store")
@for_files
@DATABASE
@WHO
@JSON
def import_staff(
    store: str,
    file: BinaryIO,
    form: str | None,
    encoding: str | None,
    database: str,
    who: str,
    *,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Make the people in FILE (staff, name, role, pin, badge) the only ones who may sign in at STORE.

    PINs and badges leave as hashes. A blank pin or badge keeps what the person has; badge "-" takes it away.
    """
    with doing(database, who, "staff.import", store) as engine:
        how = {"form": form, "encoding": encoding}
        take_file(engine, lambda to: to.staff(store), file, **how, skip_bad=skip_bad, as_json=as_json)


@staff.command("list")
@click.argument("store")
@DATABASE
@JSON
def list_staff(store: str, database: str, *, as_json: bool) -> None:
    """List who may sign in at STORE: staff, name, role, whether there is a badge."""
    from sync.hub.database import snapshot
    from sync.hub.staffing import staff_there

    with looking(database) as engine, snapshot(engine) as conn:
        there = staff_there(conn, store).values()
        say(
            ({"staff": p.staff, "name": p.name, "role": p.role, "badge": bool(p.badge_sha)} for p in there),
            as_json=as_json,
        )
