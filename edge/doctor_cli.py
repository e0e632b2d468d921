"""store-edge doctor: a look at the whole box, a line a check, with what to do now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from config.schema import Settings, SettingsRefused
from edge.domain.checkup import Verdict, worst
from edge.terminal import json_line, plain

_SHOP = Path("/etc/store-edge/store.toml")
_PATH = click.Path(path_type=Path, dir_okay=False)


@click.command("doctor")
@click.option(
    "--settings", "path", type=_PATH, default=_SHOP, show_default=True, help="The store's settings."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in both languages.")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Default: that of LANG, else English.")
def doctor(path: Path, language: str | None, *, as_json: bool) -> None:
    """Check the box: settings, key, disk, clock, books, HQ, devices, screens, systemd. Run it as root.

    Changes nothing, prints nothing on paper, and takes no device from a store that runs.
    Exit codes: 0 all is well, 1 there are warnings, 2 something fails (or the command line is wrong).
    """
    spoken = language or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    found = []
    for verdict in checked_up(path):
        found.append(verdict)
        click.echo(json_line(verdict.told()) if as_json else plain(verdict.line(spoken)))
    raise SystemExit(int(worst(found)))


def checked_up(path: Path) -> Iterator[Verdict]:
    """Every line of the check-up, as it is found; the last ones are looked for as the owner of the books."""
    from edge.config_box import ConfigBox
    from edge.doctor_books import looked_into
    from edge.doctor_box import is_running, machine, programs
    from edge.doctor_devices import each
    from edge.doctor_line import probed
    from edge.domain import checkup_box
    from edge.domain.checkup_line import way

    try:
        settings: Settings = ConfigBox(path).in_force()
    except SettingsRefused as refused:
        yield checkup_box.settings(str(path), tuple(map(str, refused.problems)), "")
        yield programs()
        return
    yield checkup_box.settings(str(path), (), settings.store.id)
    running, line = is_running(Path(settings.store.state_dir)), probed(settings.hq)
    yield from machine(settings, line.drift_s if line else None, running=running)
    yield from way(line)
    yield from each(settings, running=running)
    yield from looked_into(settings, None)
