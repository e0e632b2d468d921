"""The way from a TOML file to Settings, with every problem named and its line where the file cannot be read."""

from __future__ import annotations

import difflib
import hashlib
import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from config.own_lane import apart, unit_problems
from config.schema import Problem, Settings, SettingsRefused, parse

_POSITION = re.compile(
    r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$"
)


@dataclass(frozen=True)
class Origin:
    """One setting as it is in force: dotted path, value in TOML's types, whether a file said so, and which version of
    HQ's did (0: none; HQ's word lies over the file's)."""

    path: str
    value: object
    from_file: bool
    version: int = 0


def load(path: Path) -> Settings:
    """Reads a settings file; raises SettingsRefused with every problem (or the first unreadable line)."""
    return checked(read_toml(path))


def checked(raw: Mapping[str, Any]) -> Settings:
    """Settings that a store can run under, from tables as a file gives them; raises SettingsRefused."""
    settings = parse(raw)
    problems = [*_time_zone(settings.store.timezone), *_address(settings.hq.url)]
    if not settings.stations:
        problems.append(Problem("stations", "is empty", "a shop has at least one, for example [stations.T1]"))
    problems += [
        Problem(f"api_clients.{name}.token_sha256", "is no hash of a secret", "printf '%s' TOKEN | sha256sum")
        for name, client in settings.api_clients.items()
        if client.token_sha256 in _NO_SECRETS
    ]
    problems += [*_lanes(settings), *unit_problems(settings)]
    if problems:
        raise SettingsRefused(problems)
    return apart(settings)


_NO_SECRETS = frozenset(
    {"0" * 64, *(hashlib.sha256(w).hexdigest() for w in (b"", b"password", b"token", b"secret"))}
)


def _lanes(settings: Settings) -> list[Problem]:
    """Lanes that call from outside need a token, and somewhere to call."""
    problems, at = [], settings.lane_port.listen
    kind, _, path = at.partition(":")
    host, _, port = at.rpartition(":")
    if at and not (path if kind == "unix" else host and port.isdecimal() and int(port) <= 65535):
        problems.append(Problem("lane_port.listen", "is no address", "unix:PATH or host:port"))
    for name, lane in settings.lanes.items():
        if lane.where == "outside" and lane.token_sha256 in _NO_SECRETS:
            hint = f"store-edge lane-key {name} makes one"
            problems.append(Problem(f"lanes.{name}.token_sha256", "is no hash of a secret", hint))
        if lane.where == "outside" and not at:
            problems.append(
                Problem("lane_port.listen", f"is needed for lanes.{name}", "unix:PATH or host:port")
            )
    return problems


def _time_zone(name: str) -> list[Problem]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        known = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"did you mean {known[0]}?" if known else "for example Asia/Shanghai"
        return [Problem("store.timezone", "is no IANA time zone", hint)]
    return []


def _address(url: str) -> list[Problem]:
    if not url or _safe_url(url):
        return []
    hint = "plain http only to this machine: the store's token would be readable"
    return [Problem("hq.url", "is no https address", hint)]


def _safe_url(url: str) -> bool:
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        return False
    if parts.scheme == "https" or parts.hostname == "localhost":
        return parts.scheme in ("http", "https")
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def read_toml(path: Path) -> dict[str, Any]:
    """The file's tables; raises SettingsRefused when it is missing, no UTF-8, or no TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SettingsRefused([Problem(str(path), f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsRefused([Problem(f"{path}:{line}", "is not UTF-8", "save it as UTF-8")]) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused([_bad_toml(path, str(error))]) from error


def _bad_toml(path: Path, message: str) -> Problem:
    found = _POSITION.match(message)
    if found is None:
        return Problem(str(path), f"is not TOML: {message}")
    place = f"{path}:{found['line']}:{found['column']}" if found["line"] else f"{path}: at its end"
    return Problem(place, f"is not TOML: {found['what']}", "texts stand in quotes, tables in [brackets]")


def origins(
    settings: Settings, raw: Mapping[str, Any], pushed: Mapping[str, int] | None = None
) -> Iterator[Origin]:
    """Every setting in force, in the schema's order, with where it came from: HQ (`pushed`: dotted path to revision),
    the file `raw`, or the default."""
    for origin in _origins(msgspec.to_builtins(settings), raw, ""):
        rev = (pushed or {}).get(origin.path, 0)
        yield replace(origin, version=rev) if rev else origin


def _origins(values: Mapping[str, Any], raw: Mapping[str, Any], path: str) -> Iterator[Origin]:
    for key, value in values.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            said = raw.get(key, {})
            yield from _origins(value, said if isinstance(said, Mapping) else {}, where)
        else:
            yield Origin(where, value, key in raw)
