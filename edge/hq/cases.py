"""store-edge hub cases, quarantine, people, audit: what waits for a person, and who did what."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from edge.hq.doing import JSON, WHO, adds_import, doing, give_file, looking, said, say
from edge.hub_cli import DATABASE

_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most."
)
_STORE = click.option("--store", default="", help="Of this store only.")


@click.group("cases")
def cases() -> None:
    """Contradictions that HQ took in anyhow and that wait for a person."""


@cases.command("list")
@DATABASE
@_STORE
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@click.option("--after", default="", help="Older than this case.")
@_LIMIT
@JSON
def list_cases(database: str, store: str, state: str, after: str, limit: int, *, as_json: bool) -> None:
    """List cases, newest first: case, code, store, order, stream, seq, opened_at, state."""
    from sync.hub.cases import Cases

    with looking(database) as engine:
        wanted = "" if state == "all" else state
        say(Cases(engine).listed(state=wanted, store=store, after=after, limit=limit), as_json=as_json)


@cases.command("show")
@click.argument("case")
@DATABASE
@JSON
def show_case(case: str, database: str, *, as_json: bool) -> None:
    """Show CASE: the fact, the order as it is now, and who closed it and why."""
    from sync.hub.cases import Cases

    with looking(database) as engine:
        _show(Cases(engine).shown(case), as_json=as_json)


@cases.command("close")
@click.argument("case")
@click.option("--why", required=True, help="What was found and done, for whoever asks later.")
@DATABASE
@WHO
@JSON
def close_case(case: str, why: str, database: str, who: str, *, as_json: bool) -> None:
    """Close CASE."""
    from sync.hub.cases import Cases

    with doing(database, who, "cases.close", case, why) as engine:
        Cases(engine).close(case, why)
    said({"case": case, "state": "closed"}, f"case {case} is closed", as_json=as_json)


adds_import(
    cases,
    "cases.settle",
    lambda to: to.cases(),
    "Close the cases in FILE: case (c-17), why. All of them, or with --skip-bad those that can be.",
    verb="settle",
)


@cases.command("export")
@click.argument("out", metavar="OUT")
@click.option("--format", "form", type=click.Choice(["csv", "ndjson"]), help="Else what OUT's ending says.")
@_STORE
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@DATABASE
def export_cases(out: str, form: str | None, store: str, state: str, database: str) -> None:
    """Write cases, oldest first, with who closed them and why, to OUT (`-` is standard output)."""
    from sync.hub import exports

    wanted = "" if state == "all" else state
    with looking(database) as engine:
        give_file(out, form, exports.CASE_COLUMNS, lambda _: exports.cases(engine, store, wanted))


@click.group("quarantine")
def quarantine() -> None:
    """Facts that HQ kept but could not take in."""


@quarantine.command("list")
@DATABASE
@_STORE
@_LIMIT
@JSON
def list_quarantine(database: str, store: str, limit: int, *, as_json: bool) -> None:
    """List facts in quarantine: store, stream, seq, kind, code, received_at. Their contents stay out."""
    from sync.hub.quarantine import Quarantine

    with looking(database) as engine:
        say(Quarantine(engine).listed(store=store, limit=limit), as_json=as_json)


@quarantine.command("show")
@click.argument("stream")
@click.argument("seq", type=click.IntRange(min=1))
@DATABASE
@JSON
def show_quarantine(stream: str, seq: int, database: str, *, as_json: bool) -> None:
    """Show fact SEQ of journal STREAM as received, HQ's verdict and those before it."""
    from sync.hub.quarantine import Place, Quarantine

    with looking(database) as engine:
        _show(Quarantine(engine).shown(Place(stream, seq)), as_json=as_json)


@quarantine.command("replay")
@click.argument("stream")
@click.argument("seq", type=click.IntRange(min=1))
@DATABASE
@WHO
@JSON
def replay(stream: str, seq: int, database: str, who: str, *, as_json: bool) -> None:
    """Judge fact SEQ of journal STREAM again, after HQ was mended. Exit status 1 while it is still unfit."""
    from sync.hub.quarantine import QUARANTINED, Place, Quarantine

    with doing(database, who, "quarantine.replay", f"{stream} {seq}") as engine:
        judged = Quarantine(engine).replay(Place(stream, seq))
    row = {"stream": stream, "seq": seq, "verdict": judged.verdict, "code": judged.code, "case": judged.case}
    words = " ".join(text for text in (f"fact {seq} is {judged.verdict}", judged.code, judged.case) if text)
    said(row, words, as_json=as_json)
    sys.exit(judged.verdict == QUARANTINED)


@quarantine.command("waive")
@click.argument("store")
@DATABASE
@WHO
@JSON
def waive(store: str, database: str, who: str, *, as_json: bool) -> None:
    """Let STORE's next batch pass although most of it goes to quarantine: it was looked at, and HQ is right."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "quarantine.waive", store) as engine:
        HubDesk(engine).waive_breaker(store)
    said({"store": store, "waived": True}, f"the next batch of {store} is taken as it is", as_json=as_json)


@click.group("people")
def people() -> None:
    """HQ's people: viewers see, operators act, signers sign what stores are set up with."""


@people.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "operator", "signer"]), required=True)
@click.option(
    "--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Else asked for."
)
@DATABASE
@WHO
@JSON
def add_person(
    name: str, role: str, password_file: Path | None, database: str, who: str, *, as_json: bool
) -> None:
    """Add NAME, or give NAME another role and password. The password is asked for, or read from a file."""
    from sync.hub.people import People

    if password_file:
        password = password_file.read_text("utf-8").rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with doing(database, who, "people.add", f"{name} as {role}") as engine:
        People(engine).add(name, role, password)
    said({"name": name, "role": role}, f"{name} is {role}", as_json=as_json)


@people.command("list")
@DATABASE
@JSON
def list_people(database: str, *, as_json: bool) -> None:
    """List HQ's people: name, role, since when."""
    from sync.hub.people import People

    with looking(database) as engine:
        say(People(engine).listed(), as_json=as_json)


@people.command("remove")
@click.argument("name")
@DATABASE
@WHO
@JSON
def remove_person(name: str, database: str, who: str, *, as_json: bool) -> None:
    """Shut NAME out at once; what they did stays on record."""
    from sync.hub.people import People

    with doing(database, who, "people.remove", name) as engine:
        People(engine).remove(name)
    said({"name": name}, f"{name} is removed", as_json=as_json)


@click.group("audit")
def audit() -> None:
    """Who did what at HQ, and when."""


@audit.command("list")
@DATABASE
@click.option("--by", default="", help="Only this person's acts.")
@click.option("--act", default="", help="Only acts that begin so: config, orders.cancel.")
@click.option("--before", type=click.IntRange(min=0), default=0, help="Those before this number.")
@_LIMIT
@JSON
def list_audit(database: str, by: str, act: str, before: int, limit: int, *, as_json: bool) -> None:
    """List acts, newest first: number, when, who, what, to what, why."""
    from sync.hub.people import People

    with looking(database) as engine:
        say(People(engine).acts(who=by, act=act, before=before, limit=limit), as_json=as_json)


def _show(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say([row], as_json=True)
        return
    for name, value in row.items():
        words = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
        click.echo(f"{name}\t{words}")
