"""The door of the settings: one frozen tree, read from a mapping with *all* problems at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from config.api_schema import ApiClientSettings
from config.backup_schema import BackupSettings
from config.code_schema import CodeSettings, LabelSettings, code_problems
from config.device_schema import (
    USB_NAME,
    DisplaySettings,
    DrawerSettings,
    LanePortSettings,
    LaneSettings,
    LightSettings,
    LockerSettings,
    Name,
    Port,
    Positive,
    PrinterSettings,
    ScaleSettings,
    ScannerSettings,
)
from config.guide_schema import GuideSettings
from config.kiosk_schema import KioskSettings
from config.payment_schema import PaymentSettings
from config.problems import Problem, SettingsRefused, dangling, place, twice
from config.scanner_checks import scanner_problems
from config.screen_schema import ScreensSettings, logo_problems
from config.selling_schema import SellingSettings

__all__ = ["Problem", "Settings", "SettingsRefused", "parse"]


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
    idle_minutes: Annotated[int, msgspec.Meta(ge=1, le=720)] = 5
    """A signed-in cashier page is signed out after this long without a touch."""


class HqSettings(msgspec.Struct, frozen=True):
    """The line to HQ."""

    url: str = ""
    """Base address of HQ; empty: this store works alone."""
    token_file: str = ""
    """File with a long-lived bearer token, mode 0600 (or a systemd credential's path), for an HQ that knows no
    enrolment; an enrolled box needs none."""
    ca_file: str = ""
    """File (PEM) with who signs HQ's certificate, if it is none of the system's authorities."""
    interval_s: Positive = 15.0
    """Longest pause between two exchanges."""
    timeout_s: Positive = 10.0
    """How long one answer may take."""
    probation_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 600
    """How long settings that HQ pushed must work before they are kept; else the box goes back by itself, seconds."""


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
    screen: Literal["paired", "local"] = "paired"
    """Its shopper's screen: bound by a code, or this machine's own browser (loopback), which needs none."""


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
    selling: SellingSettings = SellingSettings()
    screens: ScreensSettings = ScreensSettings()
    guide: GuideSettings = GuideSettings()
    kiosk: KioskSettings = KioskSettings()
    payments: PaymentSettings = PaymentSettings()
    log: LogSettings = LogSettings()
    backup: BackupSettings = BackupSettings()
    codes: CodeSettings = CodeSettings()
    labels: dict[Name, LabelSettings] = {}
    stations: dict[Name, StationSettings] = {}
    scanners: dict[Name, ScannerSettings] = {}
    printers: dict[Name, PrinterSettings] = {}
    drawers: dict[Name, DrawerSettings] = {}
    scales: dict[Name, ScaleSettings] = {}
    displays: dict[Name, DisplaySettings] = {}
    lights: dict[Name, LightSettings] = {}
    lockers: dict[Name, LockerSettings] = {}
    lane_port: LanePortSettings = LanePortSettings()
    lanes: dict[Name, LaneSettings] = {}
    api_clients: dict[Name, ApiClientSettings] = {}


def parse(raw: Mapping[str, Any]) -> Settings:
    """Reads a settings mapping (as TOML gives it); raises SettingsRefused with every problem found."""
    problems: list[Problem] = []
    settings: Settings = _struct(Settings, raw, "", problems)
    if not problems:
        problems += _crossed(settings)
    if problems:
        raise SettingsRefused(problems)
    return settings


def typed(raw: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with single settings, whatever else stands beside them: for a part that is laid over another."""
    problems: list[Problem] = []
    _struct(Settings, raw, "", problems)
    return problems


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
    stations, printers = settings.stations, settings.printers
    problems = scanner_problems(settings.scanners, stations, settings.lights)
    own: dict[str, str] = {}
    for name, station in settings.stations.items():
        if station.screen == "local" and own.setdefault(station.kind, name) != name:
            problems.append(Problem(f"stations.{name}.screen", f"is that of stations.{own[station.kind]}"))
        if station.printer and station.printer not in printers:
            problems.append(dangling(f"stations.{name}.printer", station.printer, printers))
    problems += _printers(printers)
    for name, client in settings.api_clients.items():
        problems += [
            dangling(f"api_clients.{name}.stations", station, stations)
            for station in client.stations
            if station not in stations
        ]
    problems += _beside_the_till(settings)
    problems += code_problems(settings.codes, settings.labels)
    for group, members in settings.guide.groups.items():
        where = f"guide.groups.{group}"
        problems += [dangling(where, one, stations) for one in members if one not in stations]
    if settings.kiosk.locker and settings.kiosk.locker not in settings.lockers:
        problems.append(dangling("kiosk.locker", settings.kiosk.locker, settings.lockers))
    problems += logo_problems(settings.screens.logo)
    problems += _payments(settings.payments)
    if settings.web.port and settings.web.port == settings.web.live_port:
        problems.append(Problem("web.live_port", "is the same as web.port", "the event stream needs its own"))
    return problems


def _payments(payments: PaymentSettings) -> list[Problem]:
    """A merchant's own account is whole or not there."""
    problems = []
    for name in ("wechat", "alipay") if payments.provider == "direct" else ():
        account = msgspec.to_builtins(getattr(payments, name))
        wanted = {*payments.codes, *payments.qr}
        if name in wanted:
            where = f"payments.{name}."
            problems += [Problem(where + key, "is needed") for key, value in account.items() if not value]
    return problems


def _printers(printers: Mapping[str, PrinterSettings]) -> list[Problem]:
    """A printer needs an address of its own: it talks to one host at a time."""
    problems, taken = [], dict[str, str]()
    for name, printer in printers.items():
        key = "host" if printer.driver == "escpos-tcp" else "device"
        where = printer.host and f"{printer.host}:{printer.port}" if key == "host" else printer.device
        if not where:
            problems.append(Problem(f"printers.{name}.{key}", "is needed"))
        elif (other := taken.setdefault(place(printer.lane, where), name)) != name:
            hint = "give both stations the one printer"
            problems.append(Problem(f"printers.{name}.{key}", f"is that of printers.{other}", hint))
        if printer.driver == "escpos-libusb" and where and not USB_NAME.fullmatch(where):
            problems.append(Problem(f"printers.{name}.device", "is no USB device", "04b8:0e28, see lsusb"))
        if printer.driver == "escpos-file" and printer.confirm != "none":
            problems.append(Problem(f"printers.{name}.confirm", "a file cannot answer", "say none"))
        if printer.stand_in == name or (printer.stand_in and printer.stand_in not in printers):
            others = {other: None for other in printers if other != name}
            problems.append(dangling(f"printers.{name}.stand_in", printer.stand_in, others))
    return problems


def _beside_the_till(settings: Settings) -> list[Problem]:
    """Drawers, scales, displays, lamps and lockers: each at a station, each at a place of its own."""
    problems, places = [], dict[str, str]()
    for table in ("scales", "displays", "lights", "lockers"):
        for name, one in getattr(settings, table).items():
            if not one.device:
                problems.append(Problem(f"{table}.{name}.device", "is needed"))
            places[f"{table}.{name}"] = place(one.lane, one.device)
    problems += twice("", places)
    for table in ("drawers", "scales", "displays", "lights", "lockers"):
        problems += [
            dangling(f"{table}.{name}.station", one.station, settings.stations)
            for name, one in getattr(settings, table).items()
            if one.station not in settings.stations
        ]
    for name, drawer in settings.drawers.items():
        if drawer.printer not in settings.printers:
            problems.append(dangling(f"drawers.{name}.printer", drawer.printer, settings.printers))
    for table in ("scanners", "printers", "scales", "displays", "lights", "lockers"):
        problems += [
            dangling(f"{table}.{name}.lane", one.lane, settings.lanes)
            for name, one in getattr(settings, table).items()
            if one.lane and one.lane not in settings.lanes
        ]
    return problems
