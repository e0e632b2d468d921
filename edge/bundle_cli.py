"""store-edge bundle: what somebody far away needs to know about a box, and nothing about people."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import platform
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import msgspec

from config.schema import Settings, SettingsRefused
from edge.db import Connection, Database, WrongKey

_SHOP = Path("/etc/store-edge/store.toml")
_PATH = click.Path(path_type=Path, dir_okay=False)
_TOOL_S = 120.0
_MOST_LOG = 4 << 20
_COUNTS = {
    "facts": "SELECT kind, count(*) FROM journal GROUP BY kind",
    "slips": "SELECT state || ' ' || reason, count(*) FROM print_job GROUP BY 1",
    "payments": "SELECT state, count(*) FROM pay_attempt GROUP BY state",
}
"""Kinds and states are words of ours; how many of each."""


@click.command("bundle")
@click.argument("out", type=_PATH)
@click.option(
    "--settings", "path", type=_PATH, default=_SHOP, show_default=True, help="The store's settings."
)
@click.option("--lines", default=2000, show_default=True, help="How many of the last lines of the log.")
@click.option("--log", type=_PATH, help="Take the log from this file instead of systemd's journal.")
def bundle(out: Path, path: Path, lines: int, log: Path | None) -> None:
    """Write a support bundle into OUT (.tar.gz), which must not be there. Run it as root; the store may go on working.

    In it: the check-up, versions, settings without secrets, devices, row counts, the last lines of the log. Not in
    it: rows of any table, keys, tokens, codes, and whatever looks like a person's name or number.
    """
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as made:
        for name, text in parts(path, lines, log):
            held = text.encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"store-edge-bundle/{name}")
            entry.size, entry.mtime, entry.mode = len(held), int(time.time()), 0o600
            made.addfile(entry, io.BytesIO(held))
            click.echo(f"{name}\t{len(held)} bytes", err=True)
    click.echo(f"{out}: look through it, then hand it on")


def parts(path: Path, lines: int, log: Path | None) -> Iterator[tuple[str, str]]:
    """Name and text of every file of the bundle; the last one is made as the owner of the books."""
    from edge.domain.scrub import log_told

    said = _log(lines, log)
    yield "log.jsonl", "".join(f"{log_told(line)}\n" for line in said)
    bad = [line for line in said if '"level": "ERROR"' in line or '"level": "WARNING"' in line]
    yield "troubles.jsonl", "".join(f"{log_told(line)}\n" for line in bad[-200:])
    yield "versions.json", _json(_versions())
    yield "doctor.jsonl", _asked("doctor", "--json", "--settings", str(path))
    yield "devices.jsonl", _asked("devices", "list", "--json", "--settings", str(path))
    yield from _of_settings(path)


def _asked(*words: str) -> str:
    """What another verb of ours answers, in a process of its own: each may have to become somebody else."""
    from edge.domain.scrub import settings_told, without_numbers

    told = []
    for line in _run(sys.executable, "-m", "edge", *words).splitlines():
        try:
            told.append(json.dumps(settings_told(json.loads(line)), ensure_ascii=False))
        except (ValueError, AttributeError):
            told.append(without_numbers(line))
    return "".join(f"{line}\n" for line in told)


def _of_settings(path: Path) -> Iterator[tuple[str, str]]:
    from edge.config_box import ConfigBox
    from edge.domain.scrub import settings_told, without_numbers

    try:
        settings = ConfigBox(path).in_force()
    except SettingsRefused as refused:
        yield "settings.txt", without_numbers("\n".join(map(str, refused.problems)))
        return
    yield "settings.json", _json(settings_told(msgspec.to_builtins(settings)))
    yield "counts.json", _json(_counts(settings))


def _counts(settings: Settings) -> dict[str, object]:
    """How many rows each table has; which kinds and states. No row of any."""
    from sqlcipher3 import dbapi2

    from edge.owner import KeyElsewhere, key_as_owner

    state, told = Path(settings.store.state_dir), dict[str, object]()
    if not (state / "ledger.db").exists():
        return {"error": "no ledger"}
    try:
        key = key_as_owner(settings)
        for name in ("hq", "ledger"):
            with closing(Database(state / f"{name}.db", key, durable=False)) as file:
                read = file.read()
                tables = [
                    row[0]
                    for row in read.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
                ]
                told[name] = {table: _rows(read, table) for table in tables}
                if name == "ledger":
                    told |= {word: dict(read.execute(sql).fetchall()) for word, sql in _COUNTS.items()}
    except (WrongKey, KeyElsewhere, OSError, dbapi2.Error) as error:
        told["error"] = type(error).__name__
    return told


def _rows(read: Connection, table: str) -> int:
    # Named by our own schema; an identifier cannot be a parameter.
    return int(read.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608


def _versions() -> dict[str, object]:
    installed = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    system = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    return {
        "store-edge": installed.get("store-edge", ""),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "system": system.get("PRETTY_NAME", ""),
        "libraries": dict(sorted(installed.items())),
    }


def _log(lines: int, log: Path | None) -> list[str]:
    if log is None:
        units = ("-u", "store-edge", "-u", "store-edge-lane")
        return _run("journalctl", *units, "-o", "cat", "-n", str(lines)).splitlines()
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _MOST_LOG))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError as error:
        raise click.ClickException(f"{log}: {error.strerror}") from error


def _run(*words: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=_TOOL_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}\n"
    return done.stdout.decode("utf-8", "replace")


def _json(what: object) -> str:
    return json.dumps(what, ensure_ascii=False, indent=1, default=str) + "\n"
