"""The demo's stage: HQ, the line, the store and its simulated devices, put up in order and struck in reverse."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from devices.simulated_display import SimulatedDisplay
from devices.simulated_printer import SimulatedPrinter
from devices.simulated_scale import SimulatedScale
from devices.simulated_scanner import SimulatedScanner
from edge.demo.children import Child
from edge.demo.customers import Issued, orders, publish_orders
from edge.demo.line import Line
from edge.demo.logo import hang
from edge.demo.offers import Offers
from edge.demo.office import keep_office
from edge.demo.papers import certify, found_trust, invitation
from edge.demo.ports import free_ports, listening
from edge.demo.shop import STORE, people, publish_shop, wares
from edge.demo.shop_settings import SETTINGS
from edge.demo.signage import dress, show_slides
from edge.demo.store_api import StoreApi

if TYPE_CHECKING:
    from sync.hub.desk import HubDesk

MARK = ".store-edge-demo"
"""A folder with this file in it is the demo's own, and may be emptied by it."""
_UP_S = 60.0


class StageFailed(Exception):
    """The demo cannot be put up; the message says why, for a person."""


@dataclass(frozen=True)
class Address:
    """Where the store's pages and its event stream are served, both on 127.0.0.1."""

    web_port: int
    live_port: int

    @property
    def url(self) -> str:
        """The base address of the pages."""
        return f"http://127.0.0.1:{self.web_port}"


class Stage:
    """The whole demo but its pages; a context. `tell` is given a line a step while it goes up;
    every `pace_s` seconds the store asks HQ for news."""

    def __init__(
        self,
        folder: Path,
        address: Address,
        tell: Callable[[str], None] = lambda _: None,
        pace_s: float = 2.0,
    ) -> None:
        self.folder = folder.resolve()
        self.address = address
        self._tell = tell
        self._pace_s = pace_s
        self._struck = contextlib.ExitStack()
        self._children: list[Child] = []
        self.wares = wares()
        self.people = people()
        self.codes: dict[str, Issued] = {}
        self.camera = self.folder / "camera"
        self._api_token = secrets.token_urlsafe(32)
        self.api = StoreApi(address.url, self._api_token)

    def __enter__(self) -> Self:
        try:
            self._put_up()
        except BaseException:
            self._struck.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._struck.close()

    def ended(self) -> Child | None:
        """A child that ended by itself, if one did."""
        return next((child for child in self._children if not child.running), None)

    def wait(self, ready: Callable[[], bool], what: str, wait_s: float = _UP_S) -> None:
        """Polls until `ready`; raises StageFailed when a child ends or the time is over."""
        until = time.monotonic() + wait_s
        while not ready():
            child = self.ended()
            if child is not None:
                raise StageFailed(f"{child.name} ended by itself ({child.log}):\n{child.last_words()}")
            if time.monotonic() > until:
                raise StageFailed(f"{what}: not within {wait_s:.0f} s; logs are in {self.folder / 'logs'}")
            time.sleep(0.02)

    def _put_up(self) -> None:
        _clear(self.folder)
        self.camera.mkdir()
        (self.folder / "logs").mkdir()
        self._tell("HQ: 3 stores, 2,000 products, 40 orders, TLS · 总部：门店、商品、订单，TLS 加密")
        self.desk = self._open_hub()
        self.papers = certify(self.folder / "keys")
        port = free_ports(1)[0]
        self.fleet_page = f"https://127.0.0.1:{port}/hq/"
        self._start("hub", self._hub_arguments(port))
        self._publish()  # while the other process starts
        self.wait(lambda: listening(port), "HQ answers")
        self.line = self._struck.enter_context(Line(port))
        self._tell(
            "Devices: scanners, camera, printer, drawer, scale, display · 设备：扫码枪、摄像头、打印机、钱箱、秤、客显"
        )
        self.printer = self._struck.enter_context(SimulatedPrinter())
        self.scanner = self._struck.enter_context(SimulatedScanner())
        self.guide_scanner = self._struck.enter_context(SimulatedScanner())
        self.kiosk_scanner = self._struck.enter_context(SimulatedScanner())
        self.scale = self._struck.enter_context(SimulatedScale())
        self.pole = self._struck.enter_context(SimulatedDisplay(chinese=True))
        settings = str(self._write_settings())
        self._tell("Store: enrolled at HQ with an invitation · 门店：凭邀请码登记")
        self._enroll(settings)
        show_slides(self.engine, self.wares, self.papers.authority.parent, self.folder / "slides")
        self._tell("Store: daemon and pages · 门店：服务与页面")
        self._start("store", ["run", "--settings", settings])
        self.wait(self.api.answers, "the store answers")
        self.wait(self.api.has_heard, "HQ's data arrives at the store")

    def _open_hub(self) -> HubDesk:
        from sync.hub.database import open_hub
        from sync.hub.desk import HubDesk

        self.engine = open_hub(self.folder / "hq.db")
        self._struck.callback(self.engine.dispose)
        return HubDesk(self.engine)

    def _hub_arguments(self, port: int) -> list[str]:
        database, papers = str(self.folder / "hq.db"), self.papers
        tls = ["--cert", str(papers.certificate), "--key", str(papers.key)]
        return [
            "hub",
            "run",
            "--database",
            database,
            "--port",
            str(port),
            "--next-s",
            str(self._pace_s),
            "--pay",
            "success",
            *tls,
        ]

    def _publish(self) -> None:
        found_trust(self.desk, self.papers.authority.parent)
        publish_shop(self.desk, self.wares, self.people)
        keep_office(self.engine, self.folder, self.wares)
        self.offers = Offers(self.engine, self.wares)
        self.offers.publish()
        dress(self.engine, self.desk, self.wares)
        now = datetime.now(UTC)
        self.codes.update(publish_orders(self.desk, orders(self.wares, now), now))

    def _start(self, name: str, arguments: list[str]) -> None:
        child = Child(name, arguments, self.folder / "logs" / f"{name}.log")
        self._children.append(self._struck.enter_context(child))

    def _enroll(self, settings: str) -> None:
        """As store IT does it: the text of HQ's QR code, one command, before the daemon runs."""
        asked = invitation(self.desk, self.hq_url, self.folder / "invitation.json")
        log = self.folder / "logs" / "enroll.log"
        with Child("enroll", ["enroll", str(asked), "--settings", settings], log) as child:
            self.wait(lambda: not child.running, "the store is enrolled")
            if child.failed:
                raise StageFailed(f"the store was not enrolled ({log}):\n{child.last_words()}")
        asked.unlink()  # it is used up

    @property
    def hq_url(self) -> str:
        """HQ as the store reaches it: over the line, by TLS."""
        return f"https://127.0.0.1:{self.line.port}"

    def _write_settings(self) -> Path:
        settings = self.folder / "store.toml"
        values = {
            "store": STORE,
            "state": str(self.folder / "state"),
            "web_port": self.address.web_port,
            "live_port": self.address.live_port,
            "hq": self.hq_url,
            "ca_file": str(self.papers.authority),
            "pace": self._pace_s,
            "scanner": self.scanner.port,
            "camera": str(self.camera),
            "guide_scanner": self.guide_scanner.port,
            "kiosk_scanner": self.kiosk_scanner.port,
            "printer_port": self.printer.port,
            "scale": self.scale.port,
            "pole": self.pole.port,
            "api_sha": hashlib.sha256(self._api_token.encode()).hexdigest(),
        }
        # A JSON text is a TOML text too.
        quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
        quoted["logo"] = hang(self.engine, self.folder / "slides")
        settings.write_text(SETTINGS.format_map(quoted), "utf-8")
        return settings


def _clear(folder: Path) -> None:
    """An empty folder with our mark in it; raises StageFailed rather than empty a folder of somebody else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise StageFailed(f"{folder} holds files that are not the demo's; choose an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    for entry in folder.iterdir():
        if entry.name == MARK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
