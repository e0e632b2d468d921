"""store-edge hub streams, hub outbox: journals as HQ's people see them, and those that are brought by hand."""

from __future__ import annotations

from typing import BinaryIO

import click

from edge.hq.doing import JSON, WHO, doing, looking, said, say
from edge.hub_cli import DATABASE

_STATES = click.Choice(["open", "closing", "closed", "frozen"])


@click.group("streams")
def streams() -> None:
    """The journals in which stores send what happened."""


@streams.command("list")
@click.argument("store", default="")
@DATABASE
@click.option("--state", type=_STATES, help="Those in this state only.")
@JSON
def list_streams(store: str, database: str, state: str | None, *, as_json: bool) -> None:
    """List journals, of one STORE or of all: stream, store, state, last_seq, durable_seq, bound_at, boot."""
    from sync.hub.streams import Streams

    with looking(database) as engine:
        say(Streams(engine).listed(store, state or ""), as_json=as_json)


@streams.command("reopen")
@click.argument("stream")
@DATABASE
@WHO
@JSON
def reopen(stream: str, database: str, who: str, *, as_json: bool) -> None:
    """Let frozen STREAM speak again, once only the machine whose facts HQ holds is left."""
    from sync.hub.streams import Streams

    with doing(database, who, "streams reopen", stream) as engine:
        state = Streams(engine).reopen(stream)
    said({"stream": stream, "state": state}, f"stream {stream} is {state}", as_json=as_json)


@streams.command("close")
@click.argument("stream")
@DATABASE
@WHO
@JSON
def close(stream: str, database: str, who: str, *, as_json: bool) -> None:
    """End frozen or closing STREAM: what else it holds comes in by hand only."""
    from sync.hub.streams import Streams

    with doing(database, who, "streams close", stream) as engine:
        Streams(engine).close(stream)
    said({"stream": stream, "state": "closed"}, f"stream {stream} is closed", as_json=as_json)


@click.group("outbox")
def outbox() -> None:
    """Journals brought to HQ by hand."""


@outbox.command("import")
@click.argument("file", type=click.File("rb"))
@DATABASE
@click.option(
    "--passphrase", prompt=True, hide_input=True, help="What the export showed; asked for if left out."
)
@WHO
@JSON
def take_in(file: BinaryIO, database: str, passphrase: str, who: str, *, as_json: bool) -> None:
    """Take in the journal in FILE (store-edge outbox export), also one of a box that was shut out."""
    from sync.hub.streams import Streams
    from sync.outbox_file import OutboxRefused, unseal

    done = None
    try:
        head, lines = unseal(file, passphrase)
        with doing(database, who, "outbox import", head.stream) as engine:
            for done in Streams(engine).bring_in(head, lines):
                if not as_json:
                    click.echo(f"{done.facts} of {head.n}", err=True)
    except OutboxRefused as refused:
        raise click.ClickException(str(refused)) from refused
    if done is None or done.facts != head.n:
        raise click.ClickException("the file holds fewer facts than it says")
    row = {"store": done.store, "stream": head.stream, "facts": done.facts, "new": done.new, "odd": done.odd}
    words = f"{done.store}: {done.facts} facts, {done.new} of them new, {done.odd} not simply applied"
    said(row, words, as_json=as_json)
