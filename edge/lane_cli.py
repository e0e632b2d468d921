"""store-edge lane and lane-key: a kiosk or till PC that runs devices for the store, and its key."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import logging
import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from devices.lane_host import LaneHost

_log = logging.getLogger("store_edge.lane")
_PATH = click.Path(path_type=Path)
_NO_TOKEN = "known-by-its-user"  # noqa: S105 - the opposite of one
"""What the store's own unit shows: its token is nothing but the key of its book."""
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Between two calls to a store that does not answer, or does not want us."""


@click.command()
@click.option("--store", required=True, help="Where the store listens: unix:PATH or host:port.")
@click.option("--name", required=True, help="This lane's name in the store's settings.")
@click.option("--token-file", type=_PATH, required=True, help="Its token, mode 0600, made by lane-key.")
@click.option("--state", type=_PATH, required=True, help="Folder of what must survive a restart.")
@click.option("--fingerprint", default="", help="SHA-256 of the store's certificate; needed for host:port.")
@click.option(
    "--own",
    is_flag=True,
    help="This is the store's own devices unit: it is known by its user, its token stays here.",
)
@click.option("--level", default="info", show_default=True, help="Least level written to the log.")
def lane(
    store: str, name: str, token_file: Path, state: Path, fingerprint: str, level: str, *, own: bool
) -> None:
    """Run the devices that the store's settings give to this lane, until SIGTERM or Ctrl-C."""
    from devices.lane_book import BookUnusable, LaneBook
    from devices.lane_host import LaneHost
    from edge.alone import AlreadyRunning, alone
    from edge.db import WrongKey, load_secret
    from edge.lanes import hire, makers
    from edge.logs import set_up

    if not store.startswith("unix:") and len(fingerprint.replace(":", "").strip()) != 64:
        raise click.UsageError("--fingerprint is needed for host:port; store-edge lane-key prints it")
    set_up(level)
    faulthandler.enable()  # the supervisor ends a hung one with SIGABRT: the log then says where each thread stood
    stopped = threading.Event()
    try:
        token = load_secret(token_file)
        with alone(state), contextlib.closing(LaneBook(state / "lane.db", token)) as book:
            host = LaneHost(name, _NO_TOKEN if own else token, book, makers(), hire)

            def leave(*_: object) -> None:
                stopped.set()
                host.leave()

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, leave)
            try:
                _serve(host, store, fingerprint, stopped)
            finally:
                host.close()
    except (WrongKey, AlreadyRunning, FileNotFoundError, BookUnusable) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(78)


def _serve(host: LaneHost, store: str, fingerprint: str, stopped: threading.Event) -> None:
    from devices.lane_book import BookUnusable
    from devices.lane_wires import WrongFingerprint, dial
    from edge.notify import tell

    # Ready means scanning: the store may come later, or be away for hours.
    tell("READY=1")
    threading.Thread(target=_watch, args=(host, stopped), name="watch", daemon=True).start()
    failed = 0
    while not stopped.is_set():
        try:
            reason = host.talk(dial(store, fingerprint))
        except WrongFingerprint as wrong:
            reason = f"WRONG_FINGERPRINT {wrong}"
        except (OSError, ValueError, BookUnusable) as error:  # a full disk may have room again
            reason = str(error)
        if stopped.is_set():
            break
        failed = 0 if reason in ("HUNG_UP", "CUT", "SILENT_PEER") else failed + 1
        _log.warning("no line to the store", extra={"code": reason, "failures": failed})
        stopped.wait(_PAUSES_S[min(failed, len(_PAUSES_S) - 1)])
    tell("STOPPING=1")


def _watch(host: LaneHost, stopped: threading.Event) -> None:
    """Tells the supervisor that all is well, while it is; asks for the restart when it was not twice in a row."""
    from edge.notify import tell, watchdog_s

    failed = 0
    while not stopped.wait((watchdog_s() or 20.0) / 4):
        troubles = host.troubles()
        failed = failed + 1 if troubles else 0
        if troubles:
            _log.error("devices are stuck", extra={"troubles": troubles})
        if failed != 1:
            tell("WATCHDOG=trigger" if failed else "WATCHDOG=1")


@click.command("lane-key")
@click.argument("name")
@click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
@click.option("--token-file", type=_PATH, required=True, help="Where the lane's new token goes; a new file.")
def lane_key(name: str, path: Path, token_file: Path) -> None:
    """Make a token for lane NAME, and say what goes into the settings and what is run on the lane."""
    from config.loader import read_toml
    from config.schema import SettingsRefused, parse
    from devices.lane_wires import fingerprint
    from edge.owner import become_owner

    try:
        # Not the loader's last look: the settings may name a lane that has no token yet.
        settings = parse(read_toml(path))
        handle = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except SettingsRefused as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {error.filename}") from error
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w") as file:
        file.write(token + "\n")
    become_owner(Path(settings.store.state_dir))  # the certificate is the store's to read
    at = settings.lane_port.listen
    click.echo(f'[lanes.{name}]\ntoken_sha256 = "{hashlib.sha256(token.encode()).hexdigest()}"\n')
    command = f"store-edge lane --name {name} --token-file TOKEN --state /var/lib/store-edge-lane --store "
    if at.startswith("unix:"):
        command += at
    else:
        folder = Path(settings.store.state_dir)
        command += f"{at or 'HOST:PORT'} --fingerprint {fingerprint(folder)}"
    click.echo(f"Copy {token_file} to the lane, delete it here, and run there:\n{command}")
