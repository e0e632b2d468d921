"""store-edge hub run, hub hints: HQ's processes."""

from __future__ import annotations

import asyncio
import gc
import re
import resource
import signal
import ssl
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.domain.payment_port import PaymentProvider
from edge.hub_cli import DATABASE, plainly
from edge.threads import build_decoders

if TYPE_CHECKING:
    from sync.hub.vouchers import Partner

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_CERT = click.option(
    "--cert", type=_FILE, help="Speak TLS: the certificate with its chain (PEM); needs --key."
)
_GARBAGE = 50_000
_ISSUER = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
_KEY = click.option("--key", type=_FILE, help="The certificate's private key (PEM).")


@click.command("run")
@DATABASE
@_HOST
@click.option("--port", default=8780, show_default=True, help="Port to listen on.")
@click.option("--next-s", default=15.0, show_default=True, help="How soon stores come back, seconds.")
@_CERT
@_KEY
@click.option(
    "--behind", is_flag=True, help="Only what a proxy hands on: no TLS, no hints (hub hints serves those)."
)
@click.option(
    "--pay",
    "script",
    multiple=True,
    help="A word of the payment simulator's script, in turn (docs/payments.md); without one charges are refused.",
)
@click.option(
    "--voucher",
    "vouchers",
    multiple=True,
    metavar="ISSUER:CODE=YUAN",
    help="A voucher of a third party that answers by script, for trials; without one HQ knows no third party.",
)
@click.option(
    "--nodes-min",
    type=click.IntRange(min=0),
    default=15,
    show_default=True,
    help="How often HQ works out what stores that are places (hub nodes) could sell, minutes; 0: not here.",
)
@click.option(
    "--snapshots", "files", type=_FOLDER, help="Where snapshots stand; beside a database file if not given."
)
def run_hub(
    database: str,
    host: str,
    port: int,
    next_s: float,
    cert: Path | None,
    key: Path | None,
    files: Path | None,
    script: tuple[str, ...],
    vouchers: tuple[str, ...],
    nodes_min: int,
    *,
    behind: bool,
) -> None:
    """Serve the sync protocol and its hints until SIGTERM or Ctrl-C."""
    from edge.logs import set_up
    from sync.hub.database import open_hub
    from sync.hub.snapshots import Snapshots
    from sync.hub.web import create_hub

    tls = _tls(cert, key)
    if behind and tls:
        raise click.UsageError("behind a proxy it is the proxy that speaks TLS")
    set_up("info")
    _leave_on_signals()
    with plainly():
        engine = open_hub(database)
        snapshots = Snapshots(engine, files) if files else None
        app = create_hub(
            engine, next_s=next_s, snapshots=snapshots, pays=_pays(script), partners=_partners(vouchers)
        )
        _collect_seldom()
        _look_at_nodes(engine, nodes_min)
        app.config["FLEET_SECURE"] = behind or tls is not None  # the page's people: passwords over TLS alone
        if behind:
            server = _server(app, host=host, port=port)
            click.echo(f"HQ listens on http://{host}:{port}", err=True)
            server.run()
            return
        _serve_with_hints(app, engine, (host, port), tls)


def _look_at_nodes(engine: Any, minutes: int) -> None:
    from datetime import timedelta

    from edge.workers import Worker
    from sync.hub.node_files import NodeRounds

    if minutes:
        Worker("nodes", NodeRounds(engine, timedelta(minutes=minutes)).turn).start()


def _pays(script: tuple[str, ...]) -> PaymentProvider | None:
    from paying.scripted import ScriptedProvider

    try:
        return ScriptedProvider(script, lambda: time.monotonic_ns() // 1_000_000) if script else None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _partners(vouchers: tuple[str, ...]) -> dict[str, Partner]:
    """Third parties by issuer that have these vouchers and forget them when HQ ends."""
    from sync.hub.sheet import RowRefused, fen_of
    from sync.hub.vouchers import Prepared, ScriptedPartner

    found: dict[str, dict[str, Prepared]] = {}
    for text in vouchers:
        names, _, yuan = text.partition("=")
        issuer, _, code = names.partition(":")
        try:
            fen = fen_of(yuan)
        except RowRefused as refused:
            raise click.UsageError(f"--voucher {text}: {refused}") from None
        if not _ISSUER.fullmatch(issuer) or not code or len(code) > 64 or not fen:
            raise click.UsageError(f"--voucher {text}: is not like groupbuy:880001=99")
        found.setdefault(issuer, {})[code] = Prepared("", fen, "团购券", "Group-buy voucher")
    return {issuer: ScriptedPartner(codes) for issuer, codes in found.items()}


def _serve_with_hints(app: Any, engine: Any, address: tuple[str, int], tls: ssl.SSLContext | None) -> None:
    from sync.hub.front import Front

    with tempfile.TemporaryDirectory(prefix="store-edge-hub-") as folder:
        socket = f"{folder}/hub"
        server = _server(app, unix_socket=socket, unix_socket_perms="600")
        front = Front(engine, socket, address, tls)
        _raise_limits()
        front.start()
        try:
            click.echo(f"HQ listens on {'https' if tls else 'http'}://{address[0]}:{front.port}", err=True)
            server.run()
        finally:
            front.stop()


@click.command("hints")
@DATABASE
@_HOST
@click.option("--port", default=8781, show_default=True, help="Port to listen on.")
@_CERT
@_KEY
def run_hints(database: str, host: str, port: int, cert: Path | None, key: Path | None) -> None:
    """Serve only /sync/v1/hint, where stores wait, in a process of its own (thousands of them)."""
    from edge.logs import set_up
    from sync.hub.database import open_hub
    from sync.hub.hints import Hints

    tls = _tls(cert, key)
    set_up("info")
    with plainly():
        served = Hints(open_hub(database))
        _raise_limits()

        async def serve() -> None:
            over = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, over.set)
            server = await served.listen((host, port), tls)
            shown = server.sockets[0].getsockname()[1]
            click.echo(f"hints on {'https' if tls else 'http'}://{host}:{shown}", err=True)
            await over.wait()
            server.close()
            await served.close()

        asyncio.run(serve())


def _server(app: Any, **where: Any) -> Any:
    from waitress.server import create_server

    from sync.hub.web import UP_LIMIT

    build_decoders()
    # Bodies are read before anybody is asked who sends them: none is larger than a store's largest.
    limits: dict[str, Any] = {
        "max_request_body_size": UP_LIMIT,
        "connection_limit": 1000,
        "channel_timeout": 30,
        # select() takes no file beyond number 1023 and ends the process there: 400 connections or waiting stores did.
        "asyncore_use_poll": True,
    }
    return create_server(app, threads=8, ident="", **limits, **where)


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    from sync.hub.front import tls_context

    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise click.UsageError("--cert and --key belong together")
    try:
        return tls_context(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise click.ClickException(f"the certificate or its key cannot be used: {error.strerror}") from error


def _collect_seldom() -> None:
    """What was loaded at the start stays; a batch of facts makes thousands of rows that hold no circles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)


def _raise_limits() -> None:
    """As many waiting stores as the machine lets this process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _leave_on_signals() -> None:
    def leave(*_: object) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
