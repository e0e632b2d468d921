"""The door of the settings: one frozen tree, read from a mapping with *all* problems at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class StoreSettings(msgspec.Struct, frozen=True):
    """Who this box is."""

    id: Name = "S00001"
    """The store's number at HQ; codes of other stores are refused by it."""
    timezone: str = "Asia/Shanghai"
    """IANA time zone for everything printed or shown; storage is always UTC."""
    state_dir: str = "var"
    """Folder of hq.db, ledger.db and, in development, the key file."""


class WebSettings(msgspec.Struct, frozen=True):
    """The pages and the API."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8770
    """Port of pages and API; 0 takes a free one."""
    live_port: Port = 8771
    """Port of the event stream (its own, so that open streams never starve pages); 0 takes a free one."""
    threads: Annotated[int, msgspec.Meta(ge=2, le=64)] = 8
    """Worker threads for pages."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    """Host names under which the pages may be asked for; others get 421."""
    idle_minutes: Annotated[int, msgspec.Meta(ge=1, le=720)] = 30
    """A signed-in cashier page is signed out after this long without a touch."""


class HqSettings(msgspec.Struct, frozen=True):
    """The line to HQ."""

    url: str = ""
    """Base address of HQ; empty: this store works alone."""
    token_file: str = ""
    """File with this store's bearer token, mode 0600 (or a systemd credential's path)."""
    interval_s: Positive = 15.0
    """Longest pause between two exchanges."""
    timeout_s: Positive = 10.0
    """How long one answer may take."""


class StationSettings(msgspec.Struct, frozen=True):
    """A place in the shop where somebody stands."""

    kind: Literal["cashier", "kiosk", "guide"] = "cashier"
    """Who stands here: staff, a shopper paying, a shopper asking."""
    label_zh: str = ""
    """Its name on screens and slips, Chinese."""
    label_en: str = ""
    """Its name on screens and slips, English."""
    printer: str = ""
    """Name of the printer that serves this station; empty: no slips here."""


class ScannerSettings(msgspec.Struct, frozen=True):
    """A scanner and the station that it belongs to."""

    driver: Literal["serial", "camera"] = "serial"
    """serial: RS-232 or USB-CDC; camera: a video device, a video file or a folder of pictures."""
    station: Name = "T1"
    """The station that gets its scans."""
    port: str = ""
    """Serial port (a stable /dev/serial/by-id/ link), camera device, file or folder."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600
    """Serial speed, bit/s."""
    suffix: Literal["cr", "lf", "crlf", "tab", "none"] = "cr"
    """What ends a code; none: a code ends after `idle_gap_ms` of silence."""
    idle_gap_ms: Annotated[int, msgspec.Meta(ge=5, le=1000)] = 30
    """Silence that ends a code where there is no suffix."""
    charset: Literal["auto", "utf-8", "gb18030"] = "auto"
    """How payload bytes become text; auto: UTF-8 if valid, else GB18030."""


class PrinterSettings(msgspec.Struct, frozen=True):
    """A receipt printer."""

    driver: Literal["escpos-tcp"] = "escpos-tcp"
    """escpos-tcp: ESC/POS on raw TCP (port 9100)."""
    host: str = ""
    """Its address."""
    port: Port = 9100
    """Its TCP port."""
    columns: Literal[32, 42, 48] = 48
    """Half-width characters on a line: 32 on 58 mm paper, 48 (some 42) on 80 mm."""
    charset: Literal["gb18030", "gbk", "gb2312"] = "gb18030"
    """The character set of its ROM."""
    timeout_s: Positive = 5.0
    """How long it may stay silent before a job counts as unconfirmed."""


class ApiClientSettings(msgspec.Struct, frozen=True):
    """Another program in the shop that may call /api/v1."""

    token_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")] = "0" * 64
    """SHA-256 (hex) of its bearer token; the token itself is never stored."""
    stations: tuple[Name, ...] = ()
    """The stations in whose name it may act."""
    role: Literal["cashier", "lead"] = "cashier"
    """What it may do."""


class PickupSettings(msgspec.Struct, frozen=True):
    """Rules of hand-over that a chain may tune."""

    hand_over_lock_s: Annotated[int, msgspec.Meta(ge=10, le=900)] = 120
    """How long an opened order stays reserved for the desk that opened it."""
    annul_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 15
    """How long a hand-over can be taken back at the same station."""
    wrong_tries: Annotated[int, msgspec.Meta(ge=3, le=20)] = 5
    """Wrong numeric codes at one terminal before it pauses."""
    lock_s: Annotated[int, msgspec.Meta(ge=10, le=3600)] = 60
    """How long that pause is."""


class LogSettings(msgspec.Struct, frozen=True):
    """What is written about the daemon's doings (one JSON object a line, on standard error)."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level written."""


class Settings(msgspec.Struct, frozen=True):
    """Everything that can be set. Tables of named things are keyed by their name."""

    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    hq: HqSettings = HqSettings()
    pickup: PickupSettings = PickupSettings()
    log: LogSettings = LogSettings()
    stations: dict[Name, StationSettings] = {}
    scanners: dict[Name, ScannerSettings] = {}
    printers: dict[Name, PrinterSettings] = {}
    api_clients: dict[Name, ApiClientSettings] = {}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the settings: where, what, and the likely remedy ("" if none is known)."""

    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class SettingsRefused(Exception):
    """The settings cannot be used; `problems` lists everything that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(p) for p in problems))
        self.problems = problems


def parse(raw: Mapping[str, Any]) -> Settings:
    """Reads a settings mapping (as TOML gives it); raises SettingsRefused with every problem found."""
    problems: list[Problem] = []
    settings: Settings = _struct(Settings, raw, "", problems)
    if not problems:
        problems += _crossed(settings)
    if problems:
        raise SettingsRefused(problems)
    return settings


def _struct(kind: type[Any], raw: object, path: str, problems: list[Problem]) -> Any:
    if not isinstance(raw, Mapping):
        problems.append(Problem(path or "settings", f"a table is expected, not {type(raw).__name__}"))
        return kind()
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in raw.items():
        where = f"{path}.{key}" if path else str(key)
        if key not in fields:
            near = difflib.get_close_matches(str(key), fields, n=1)
            problems.append(Problem(where, "unknown setting", f"did you mean {near[0]}?" if near else ""))
            continue
        values[key] = _value(fields[key], value, where, problems)
    return kind(**{key: value for key, value in values.items() if value is not None})


def _value(kind: Any, value: object, path: str, problems: list[Problem]) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, value, path, problems)
    if get_origin(kind) is dict:
        return _named(get_args(kind), value, path, problems)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problems.append(Problem(path, str(error)))
        return None


def _named(kinds: tuple[Any, Any], raw: object, path: str, problems: list[Problem]) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        problems.append(Problem(path, f"a table is expected, not {type(raw).__name__}"))
        return {}
    named: dict[str, Any] = {}
    for key, value in raw.items():
        _value(kinds[0], key, f"{path}.{key}", problems)
        named[key] = _value(kinds[1], value, f"{path}.{key}", problems)
    return named


def _crossed(settings: Settings) -> list[Problem]:
    """Names that point at nothing."""
    problems = []
    stations, printers = settings.stations, settings.printers
    for name, scanner in settings.scanners.items():
        if scanner.station not in stations:
            problems.append(_dangling(f"scanners.{name}.station", scanner.station, stations))
        if not scanner.port:
            problems.append(Problem(f"scanners.{name}.port", "is needed"))
    for name, station in settings.stations.items():
        if station.printer and station.printer not in printers:
            problems.append(_dangling(f"stations.{name}.printer", station.printer, printers))
    for name, printer in settings.printers.items():
        if not printer.host:
            problems.append(Problem(f"printers.{name}.host", "is needed"))
    for name, client in settings.api_clients.items():
        problems += [
            _dangling(f"api_clients.{name}.stations", station, stations)
            for station in client.stations
            if station not in stations
        ]
    if settings.hq.url and not settings.hq.token_file:
        problems.append(Problem("hq.token_file", "is needed when hq.url is set"))
    return problems


def _dangling(path: str, name: str, known: Mapping[str, object]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(sorted(known)) or "none"
    return Problem(
        path, f"{name!r} is not defined", f"did you mean {near[0]}?" if near else f"defined: {listed}"
    )
