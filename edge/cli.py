"""store-edge: the command line of the store and of the reference HQ."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Literal

import click

from config.loader import load
from config.schema import Settings, SettingsRefused
from edge.api_client_cli import api_client
from edge.audit_cli import audit
from edge.backup_cli import backup
from edge.bundle_cli import bundle
from edge.config_cli import config
from edge.config_shown import in_force
from edge.conformance_cli import conformance
from edge.devices_cli import devices
from edge.doctor_cli import doctor
from edge.enroll_cli import enroll
from edge.hq import verbs
from edge.hub_cli import hub
from edge.hub_run import run_hints, run_hub
from edge.lane_cli import lane, lane_key
from edge.outbox_cli import outbox
from edge.screens_cli import screens
from edge.snapshot_cli import snapshot
from edge.terminal import json_line, plain, some
from edge.trust_cli import trust
from edge.wipe_cli import wipe

REFUSED = 78
"""Exit code for settings that cannot be used (EX_CONFIG of sysexits.h)."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="store-edge")
def main() -> None:
    """Store Edge: scanners, printers, pickup codes and screens of one shop.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 78 settings refused.
    """
    os.umask(0o077)  # what this program writes is for its own user alone


def _settings(path: Path, *, as_json: bool = False) -> Settings:
    """The settings in `path`, or every problem printed and exit code 78."""
    try:
        return load(path)
    except SettingsRefused as refused:
        for problem in refused.problems:
            if as_json:
                fields = {"path": problem.path, "message": problem.message, "hint": problem.hint}
                click.echo(json.dumps(fields, ensure_ascii=False))
            else:
                click.echo(str(problem), err=True)
        sys.exit(REFUSED)


_PATH = click.Path(path_type=Path)


@main.command()
@click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
def run(path: Path) -> None:
    """Run the store until SIGTERM or Ctrl-C."""
    from edge.alone import AlreadyRunning
    from edge.config_box import ConfigBox
    from edge.config_trial import looking_after
    from edge.daemon import serve
    from edge.db import WrongKey
    from edge.logs import set_up

    set_up(_settings(path).log.level)
    box, stopped, told = ConfigBox(path), threading.Event(), threading.Event()

    def leave(*_: object) -> None:
        told.set()
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        settings = box.start()
        set_up(settings.log.level)
        serve(settings, stopped, looking_after(box, stopped))
    except (WrongKey, AlreadyRunning, FileNotFoundError) as error:
        # No retry mends a wrong key, a missing file or a second daemon: the supervisor is told not to try.
        click.echo(f"Error: {error}", err=True)
        sys.exit(REFUSED)
    except OSError as error:
        # A port in use, a missing key or token file: the operating system's words and the name are enough.
        raise click.ClickException(str(error)) from error
    if box.again and not told.is_set():
        box.renew()


@main.command()
@click.argument("path", type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a problem, or the settings in force.")
@click.option(
    "--why", help="Whose word a setting or a table is (all: every one): HQ's, this file's, the default."
)
def check(path: Path, *, as_json: bool, why: str | None) -> None:
    """Check the settings in PATH and print all problems at once."""
    settings = _settings(path, as_json=as_json)
    if why:
        for line in in_force(path, "" if why == "all" else why):
            click.echo(line)
        return
    if as_json:
        click.echo(json.dumps({"ok": True, "store": settings.store.id}))
        return
    there = (settings.stations, "station"), (settings.scanners, "scanner"), (settings.printers, "printer")
    counted = ", ".join(some(len(those), one) for those, one in there)
    click.echo(f"{path}: store {settings.store.id}, {counted}")
    for room in ("config", "devices", "edge", "kiosk_ui", "sync"):
        click.echo(f"  {room} from {Path(str(__import__(room).__file__)).parent}")


@main.command("scan-image")
@click.argument("files", type=_PATH, nargs=-1, required=True)
@click.option(
    "--json", "as_json", is_flag=True, help="Accepted for symmetry: the output is always JSON lines."
)
@click.option(
    "--context",
    type=click.Choice(["any", "pickup", "pos"]),
    default="any",
    help="What to look for: pickup codes, goods and payment codes, or everything (default).",
)
def scan_image(files: tuple[Path, ...], *, as_json: bool, context: Literal["any", "pickup", "pos"]) -> None:
    """Read the codes in pictures; one JSON line a code: file, symbology, AIM identifier, text, kind.

    Exit code 1 if a file could not be read; a picture without a code is no failure.
    """
    del as_json
    from devices.decoding import decode, load_image
    from devices.ports import DeviceFault
    from edge.domain.scanned import classify

    failed = False
    for file in files:
        try:
            codes = decode(load_image(file), context=context)
        except DeviceFault as fault:
            failed = True
            click.echo(json.dumps({"file": str(file), "error": fault.code, "detail": str(fault)}), err=True)
            continue
        for code in codes:
            reading = code.reading
            line = {
                "file": str(file),
                "symbology": reading.symbology.value,
                "aim": reading.aim,
                "text": reading.text,
                "kind": classify(reading.text).kind.value,
            }
            click.echo(json_line(line))
    sys.exit(1 if failed else 0)


@main.command("print-test")
@click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
@click.argument("printer")
def print_test(path: Path, printer: str) -> None:
    """Print a test page on PRINTER and say what the printer says of itself.

    The store must not be running, or the printer must be set to hold = false: it talks to one host at a time.
    """
    from edge.print_test import report

    settings = _settings(path)
    if printer not in settings.printers:
        known = ", ".join(sorted(settings.printers)) or "none"
        raise click.ClickException(f"no printer {printer!r} in the settings; defined: {known}")
    good = True
    for word, said in report(printer, settings.printers[printer]):
        good = good and word != "failed"
        click.echo(f"{word}: {plain(said)}")
    sys.exit(0 if good else 1)


@main.command()
@click.option("--journey", is_flag=True, help="Run the whole pickup journey once, print each hop, and end.")
@click.option("--folder", type=_PATH, default=None, help="Where the demo keeps its files.")
@click.option("--port", default=8770, show_default=True, help="First of the three ports that it serves on.")
@click.option("--json", "as_json", is_flag=True, help="With --journey: one JSON line a hop.")
@click.option(
    "--tour", "pictures", type=_PATH, default=None, help="Take pictures of every screen into here, and end."
)
def demo(*, journey: bool, folder: Path | None, port: int, as_json: bool, pictures: Path | None) -> None:
    """Open a shop on this machine: HQ, store and simulated devices."""
    from edge.demo.run import demo as show

    sys.exit(show(journey=journey, folder=folder, port=port, as_json=as_json, pictures=pictures))


for verb in (run_hub, run_hints, *verbs.VERBS):
    hub.add_command(verb)
main.add_command(hub)
main.add_command(outbox)
main.add_command(audit)
main.add_command(backup)
main.add_command(screens)
hub.add_command(config)
hub.add_command(trust)
hub.add_command(snapshot)
main.add_command(enroll)
main.add_command(conformance)
main.add_command(lane)
main.add_command(api_client)
main.add_command(lane_key)
main.add_command(devices)
main.add_command(doctor)
main.add_command(bundle)
main.add_command(wipe)
