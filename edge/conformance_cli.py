"""store-edge conformance: tries an HQ or a store of anybody's against the protocol, clause by clause."""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sync.conformance.hq_kit import HqKit
    from sync.conformance.report import Finding

_PATH = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a clause.")
_COLOURS = {"pass": "green", "fail": "red", "skip": "yellow"}


@click.group()
def conformance() -> None:
    """Try an HQ or a store against the protocol, and write the protocol down for programs."""


@conformance.command("hub")
@click.argument("url", required=False)
@click.option("--self", "own", is_flag=True, help="Try the reference HQ, on a database of its own.")
@click.option("--store", default="", help="Number of a store at that HQ that is there for this only.")
@click.option("--token-file", type=_PATH, help="Its token.")
@click.option("--second", default="", help="Number of a second store, to see that the two are kept apart.")
@click.option("--second-token-file", type=_PATH, help="The second store's token.")
@click.option("--invited", default="", help="Number of a third store, for the clauses about boxes.")
@click.option(
    "--invitation",
    "invitations",
    type=_PATH,
    multiple=True,
    help="A file with an invitation's text of that store; twice.",
)
@click.option(
    "--ca-file", default="", help="Who signs HQ's certificate (PEM), if no authority of the system."
)
@_JSON
def hub(
    url: str | None,
    store: str,
    token_file: Path | None,
    second: str,
    second_token_file: Path | None,
    invited: str,
    invitations: tuple[Path, ...],
    ca_file: str,
    *,
    own: bool,
    as_json: bool,
) -> None:
    """Try the HQ at URL; exit code 1 if it breaks a clause.

    The kit binds journals of its own to the stores, sends facts that touch nobody's goods, and some that HQ must turn
    away: HQ will have open cases of these stores afterwards. With two invitations of a third store it brings in two
    boxes of its own there, the second in the first's place.
    """
    from sync.conformance import ask_clauses, box_clauses, pull_clauses, up_clauses
    from sync.conformance.askers import OverHttp
    from sync.conformance.hq_kit import HqKit, StoreAt
    from sync.conformance.report import tried
    from sync.enrolling import InvitationRefused, read_invitation

    parts = (up_clauses, pull_clauses, ask_clauses, box_clauses)
    listed = [one for part in parts for one in part.clause.listed]
    if own:
        with _reference() as kit:
            sys.exit(_told(tried(listed, kit), as_json=as_json))
    if not url or not store or token_file is None:
        raise click.UsageError("give a URL with --store and --token-file, or --self")
    try:
        asker = OverHttp(url, ca_file)
        one = StoreAt(store, _word(token_file), asker)
        two = StoreAt(second, _word(second_token_file), asker) if second and second_token_file else None
        words = tuple(read_invitation(file.read_bytes()) for file in invitations)
    except (OSError, ValueError, InvitationRefused) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(_told(tried(listed, HqKit(one, two, invited, words)), as_json=as_json))


def _word(file: Path) -> str:
    return file.read_text("utf-8").strip()


@conformance.command("store")
@click.option("--self", "own", is_flag=True, help="Try this release's store, on books of its own.")
@click.option("--store", default="KIT1", show_default=True, help="The number that the store thinks it has.")
@click.option("--port", default=8790, show_default=True, help="Where the kit is HQ, on this machine.")
@click.option("--patience", default=60.0, show_default=True, help="How long to wait for the store, seconds.")
@_JSON
def store(store: str, port: int, patience: float, *, own: bool, as_json: bool) -> None:
    """Try a store against an HQ that plays tricks; exit code 1 if it breaks a clause.

    Point a store that holds nothing of value at the address that is printed. The kit says when something is to be
    done there, an opened drawer or a hand-over; the last clause stops the store's upload until it is started again.
    """
    from edge.conformance_store import own_store, store_over_http
    from sync.conformance.report import tried
    from sync.conformance.store_clauses import clause

    if own:
        with tempfile.TemporaryDirectory() as folder, own_store(Path(folder)) as kit:
            sys.exit(_told(tried(clause.listed, kit), as_json=as_json))
    token = secrets.token_urlsafe(16)

    def ask(facts: int) -> None:
        click.echo(
            f"do {facts} things at the store that HQ hears of: open a drawer, hand an order over", err=True
        )

    try:
        with store_over_http(store, token, port, patience, ask) as kit:
            click.echo(f"HQ for store {store} is http://127.0.0.1:{port}, its token {token}", err=True)
            sys.exit(_told(tried(clause.listed, kit), as_json=as_json))
    except OSError as error:
        raise click.ClickException(str(error)) from error


@conformance.command("promotions")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--with", "program", default="", help="Another engine: a program and its arguments.")
@_JSON
def promotions(folder: Path, program: str, *, as_json: bool) -> None:
    """Try the golden vectors of prices in FOLDER on this engine, or on another; exit code 1 if one comes out wrong.

    The program reads a vector without its `expected` on standard input and writes the price in that form.
    """
    import shlex

    from sync.conformance.price_vectors import by_program, ours, read, tried

    try:
        vectors = read(folder)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not vectors:
        raise click.ClickException(f"no vector (*.json) in {folder}")
    engine = by_program(shlex.split(program)) if program else ours
    sys.exit(_told(tried(vectors, engine), as_json=as_json))


@conformance.command("schemas")
@click.argument("folder", type=_PATH)
def schemas(folder: Path) -> None:
    """Write a JSON Schema of every message and an OpenAPI description into FOLDER."""
    from sync.wire_schemas import openapi
    from sync.wire_schemas import schemas as made

    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in {**made(), "openapi": openapi()}.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", "utf-8")
    click.echo(f"{len(made()) + 1} files in {folder}")


@conformance.command("api")
@click.argument("file", type=_PATH)
def api(file: Path) -> None:
    """Write what the shop's own programs may ask (/api/v1) as an OpenAPI description into FILE."""
    from importlib.metadata import version

    from config.schema import parse
    from edge.daemon import build_shop
    from kiosk_ui.api.described import openapi
    from kiosk_ui.web import create_app

    with tempfile.TemporaryDirectory() as folder:
        settings = parse({"store": {"id": "S1", "state_dir": folder}})
        shop = build_shop(settings, secrets.token_bytes(32), {})
        made = openapi(create_app(shop.store, settings, 0), version("store-edge"))
        shop.books.close()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    click.echo(f"{len(made['paths'])} paths in {file}")


def _told(findings: Iterable[Finding], *, as_json: bool) -> int:
    """Prints findings as they come; gives the exit code."""
    from sync.conformance.report import as_row

    counts = {"pass": 0, "fail": 0, "skip": 0}
    for finding in findings:
        counts[finding.verdict] += 1
        if as_json:
            click.echo(json.dumps(as_row(finding), ensure_ascii=False))
            continue
        word = click.style(finding.verdict, fg=_COLOURS[finding.verdict])
        click.echo(f"{word}  {finding.clause:18} {finding.text}")
        if finding.detail:
            click.echo(f"      {finding.detail}")
    click.echo(f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped", err=as_json)
    return 1 if counts["fail"] else 0


@contextmanager
def _reference() -> Iterator[HqKit]:
    """The reference HQ with three stores, in a folder that goes afterwards."""
    from sync.conformance.askers import InProcess
    from sync.conformance.hq_kit import HqKit, StoreAt
    from sync.hub.database import open_hub
    from sync.hub.desk import HubDesk
    from sync.hub.web import create_hub
    from sync.messages import Product, Shop

    with tempfile.TemporaryDirectory() as folder:
        engine = open_hub(Path(folder) / "hub.db")
        desk, asker = HubDesk(engine), InProcess(create_hub(engine))
        rows = (Product(f"P{n}", f"69012345678{n:02}", f"样品{n}", f"Sample {n}") for n in range(20))
        desk.publish_products(rows)
        one, two = (
            StoreAt(name, desk.add_store(Shop(store=name, name_zh=name, name_en=name)), asker)
            for name in ("KIT1", "KIT2")
        )
        desk.add_store(Shop(store="KIT3", name_zh="KIT3", name_en="KIT3"))
        desk.found_trust([secrets.token_bytes(32)], {})
        invitations = tuple(desk.invite("KIT3", "https://hq.example") for _ in range(2))
        yield HqKit(one, two, "KIT3", invitations)
        engine.dispose()
