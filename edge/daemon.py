"""The composition root: everything is put together here, started in order and stopped in reverse."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.schema import Settings
from devices.ports import POSPrinter
from edge.alone import alone
from edge.back_crew import backroom_of
from edge.call_crew import front_of, hire_calls
from edge.crypto import verifier
from edge.customer_desks import customer_desks
from edge.desks.benefits import BenefitDesk
from edge.desks.catalogue import CatalogueDesk
from edge.desks.events import EventDesk
from edge.desks.figures import figures_desk
from edge.desks.fulfilment import FulfilmentDesk
from edge.desks.gate import Gate
from edge.desks.goods import StockDesk
from edge.desks.hand_over import HandOverDesk
from edge.desks.own_codes import own_codes
from edge.desks.pickup import PickupDesk
from edge.desks.plugged import PlugDesk
from edge.desks.printing import PrintDesk
from edge.desks.reading import CodeReader
from edge.desks.scans import ScanDesk
from edge.desks.screens import ScreenDesk
from edge.desks.staff import StaffDesk
from edge.desks.status import StatusDesk
from edge.desks.tries import Tries
from edge.drawn_slips import upkeep_desk
from edge.file_key import key_of
from edge.guide_crew import guide_desk, scans_at_guides
from edge.hq_line import ear_at_hq, line_to_hq
from edge.intake import Intake
from edge.kiosk_crew import hire_kiosks, kiosk_desk, scans_of
from edge.lanes import Lanes
from edge.media_line import hire_media
from edge.notify import tell, watchdog_s
from edge.plugging import WAKES, hire_plugs
from edge.print_turns import print_turn
from edge.records.books import Books, open_books
from edge.return_crew import return_desk, return_work, takes_of
from edge.selfcheck import answers, takes_writes, troubles
from edge.selling_crew import sale_room
from edge.starts import noted
from edge.store import Store
from edge.tender_crew import hire_payers, tender_desk
from edge.threads import ready_for_threads
from edge.till_crew import hire_till, let_go, till_of
from edge.wakes import Wakes
from edge.workers import Worker
from kiosk_ui.live import LiveServer

_log = logging.getLogger("store_edge.daemon")
# A line or a printer that hangs is no reason to take the tills down with it; a name server can take half a minute.
_FAR_PATIENCE_S = 120.0
_LAST_TURNS_S = 6.0


# What lives as long as the daemon that it is given.
Beside = Callable[[Any], contextlib.AbstractContextManager[Any]]


@dataclass(frozen=True)
class Shop:
    """The desks over the books, without threads, sockets or devices of their own."""

    books: Books
    store: Store
    wakes: Wakes
    lanes: Lanes


def build_shop(settings: Settings, key: bytes, printers: dict[str, POSPrinter] | None = None) -> Shop:
    """Opens the books and puts the desks on them; `printers` defaults to those of the settings."""
    books = open_books(Path(settings.store.state_dir), key, settings.store.timezone)
    poke = (wakes := Wakes()).poke
    status, staff = StatusDesk(books, poke, has_hq=bool(settings.hq.url)), StaffDesk(books, settings)
    reader = CodeReader(books, status, settings, _tries(books, settings), verifier)
    gate, lanes = Gate(books, staff, status, settings.pickup.hand_over_lock_s), Lanes(settings)
    pickup = PickupDesk(books, settings, reader, gate, status, poke)
    own = lanes.printers() if printers is None else printers
    printing = PrintDesk(books, status, own, poke, settings.printers)
    till = till_of(settings, books, staff, printing, own, lanes, poke)
    store = Store(
        catalogue=(catalogue := CatalogueDesk(books, status, own_codes(settings))),
        scans=ScanDesk(books, poke, pickup, catalogue.rules, catalogue.noted),
        pickup=pickup,
        hand_over=(hand_over := HandOverDesk(books, settings, reader, gate, staff, status, poke)),
        fulfilment=FulfilmentDesk(books, gate, status, poke),
        goods=(goods := StockDesk(books, status, poke, settings.store.id)),
        backroom=backroom_of(books, status, staff, goods, poke),
        benefits=(benefits := BenefitDesk(books, settings.store.id, status, poke)),
        customers=(customers := customer_desks(settings, books, status, poke)),
        staff=staff,
        printing=printing,
        plugs=(plugs := PlugDesk(books, status, poke)),
        till=till,
        tender=(tender := tender_desk(settings, books, status, till.drawers, poke)),
        sales=(sales := sale_room(settings, till, tender, customers, benefits)),
        returns=(returns := return_desk(settings, till, tender, customers, sales)),
        return_work=return_work(returns, sales),
        front=(front := front_of(books, status, staff, till, poke)),
        guide=guide_desk(settings, catalogue, front, sales, tender, poke),
        lane=kiosk_desk(settings, sales, front, pickup, hand_over, lanes),
        upkeep=upkeep_desk(status, printing, plugs, settings.printers),
        events=EventDesk(books, staff),
        status=status,
        figures=figures_desk(settings, books, status),
        screens=ScreenDesk(books, settings, poke),
    )
    store.scans.give_to(scans_at_guides(store, scans_of(store, takes_of(store))))
    return Shop(books, store, wakes, lanes)


def _tries(books: Books, settings: Settings) -> Tries:
    return Tries(books, settings.pickup.wrong_tries, (settings.pickup.lock_s,))


class Daemon:
    """The running store: books, desks, workers, pages. `web_port` and `live_port` are known after start()."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._settings = settings
        self.shop = build_shop(settings, key)
        self.store = self.shop.store
        self._workers: list[Worker] = []
        self._intakes: list[Intake] = []
        web, feed = settings.web, self.store.events
        self._live = LiveServer(web.host, web.live_port, self._own_origin, feed)
        self._web: Any = None  # a waitress server, whose types do not know its trigger
        self._web_sockets: dict[int, Any] = {}
        self._web_thread: threading.Thread | None = None
        self.web_port = 0
        self.live_port = 0

    def start(self) -> None:
        """Starts everything; after it the first page is served."""
        self.store.printing.recover()
        # First of all: pages that come back before the rest is up are known by this port, and wait for their turn.
        listener = socket.create_server((self._settings.web.host, self._settings.web.port))
        self.web_port = int(listener.getsockname()[1])
        self.live_port = self._live.start()
        self.shop.wakes.listen(self._live.poke)
        self._hire()
        self._start_web(listener)
        self.shop.lanes.start()
        for worker in self._workers:
            worker.start()
        _log.info("ready", extra={"web_port": self.web_port, "live_port": self.live_port})

    def stop(self) -> None:
        """Stops in reverse; what was not finished stands in the rows."""
        for worker in self._workers:
            worker.dismiss()
        deadline = time.monotonic() + _LAST_TURNS_S
        for worker in reversed(self._workers):
            worker.stop(max(0.0, deadline - time.monotonic()))
        for intake in self._intakes:
            intake.close()
        self.shop.lanes.stop()
        let_go(self.store.till)
        self._stop_web()
        self._live.stop()
        stuck = [worker.name for worker in self._workers if worker.alive()]
        if not stuck:
            # Under a thread that still uses them the files stay open: nothing is lost, the journal is on the disk.
            self.shop.books.close()
        _log.info("stopped", extra={"stuck": stuck})

    def healthy(self) -> bool:
        """A real self-check: the pages and the stream answer, the ledger gives transactions, no worker is stuck."""
        web, ledger = self._settings.web, self.shop.books.ledger
        named = next(iter(web.allowed_hosts), web.host)
        # The picture of no product: goes through a page's thread to the books, and is not worth a line in the log.
        found = troubles(
            self._workers,
            {
                "pages": lambda: answers(web.host, self.web_port, "/picture/-.svg", named),
                "stream": lambda: answers(web.host, self.live_port, "/", named),
                "ledger": lambda: takes_writes(ledger),
            },
        )
        if found:
            _log.error("self-check failed", extra={"troubles": found})
        return not found

    def hire(self, worker: Worker, *topics: str) -> None:
        """Takes a worker on; a poke of any of the topics wakes it. start() starts it."""
        self._workers.append(worker)
        for topic in topics:
            self.shop.wakes.wakes(topic, worker)

    def _own_origin(self, origin: str) -> bool:
        """Whether a page of ours asks for the event stream."""
        ports = (self.web_port, self.live_port)
        named = {f"{host}:{port}" for host in self._settings.web.allowed_hosts for port in ports}
        scheme, _, rest = origin.partition("://")
        return scheme in ("http", "https") and rest in named

    def _start_web(self, listener: socket.socket) -> None:
        from waitress.server import create_server

        from kiosk_ui.front_door import LIMITS, watched
        from kiosk_ui.web import create_app

        web = self._settings.web
        app = create_app(self.store, self._settings, self.live_port)
        ready_for_threads()
        where: dict[str, Any] = {"map": self._web_sockets, "sockets": [listener], "threads": web.threads}
        self._web = create_server(app, **where, **LIMITS)
        self._web_thread = threading.Thread(target=watched(self._web, app).run, name="web", daemon=True)
        self._web_thread.start()

    def _stop_web(self) -> None:
        from waitress import wasyncore

        if self._web_thread is None:
            return
        self._web.task_dispatcher.shutdown()
        # Closed by its own thread: a descriptor closed under a select() may be somebody else's when it wakes.
        self._web.trigger.pull_trigger(lambda: wasyncore.close_all(self._web_sockets))
        self._web_thread.join(2.0)
        self._web_thread = None

    def _hire(self) -> None:
        """Makes the workers: one a scanner, one a printer, fulfilment, and the line to HQ."""
        for name, scanner in self.shop.lanes.scanners().items():
            station, desks = self._settings.scanners[name].station, self.store
            intake = Intake(name, station, scanner, desks.scans, desks.status, self.shop.books.clock)
            self._intakes.append(intake)
            desks.upkeep.knows(name, scanner)
            self.hire(Worker(f"scanner {name}", intake.turn), WAKES)
        for name in self._settings.printers:
            turn = print_turn(self.store.printing, name, self._settings.printers[name])
            work = Worker(f"printer {name}", turn, _FAR_PATIENCE_S)
            self.hire(work, f"slips:{name}", WAKES)
        self.hire(Worker("fulfilment", self._tend), "inbox")
        hire_calls(self.store.front.tickets, self.hire)
        hire_kiosks(self.store.lane, self.hire)
        hire_till(self._settings, self.store.till, self.hire)
        hire_payers(self._settings, self.store.tender, self.store.staff, self.hire)
        hire_plugs(self._settings, self.store, self.shop.wakes.poke, self.hire)
        hire_media(self._settings, self.shop.books, self.store, self.shop.wakes.poke, self.hire)
        hq, shop = self._settings.hq, self.shop
        if hq.url:
            line = line_to_hq(hq, self._settings.store.id, shop.books, self.store.status, shop.wakes.poke)
            self.hire(asks := Worker("sync", line.turn, _FAR_PATIENCE_S), "outbox")
            ear = ear_at_hq(hq, shop.books, asks.wake)
            self.hire(Worker("hints", ear.turn, _FAR_PATIENCE_S, ear.leave))

    def _tend(self) -> float:
        """What the shop owes by itself: HQ's commands and recalls, holds that run out, scans nobody wants."""
        desks = self.store
        owing = (desks.fulfilment, desks.benefits, desks.backroom, desks.customers, desks.sales.checkout)
        worked = [desk.turn() for desk in (*owing, desks.returns)]
        desks.scans.tidy()
        return 0.0 if any(worked) else 5.0


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Daemon]:
    """The daemon for the time of a `with` block; raises AlreadyRunning."""
    with alone(folder := Path(settings.store.state_dir)), noted(folder):
        daemon = Daemon(settings, key_of(settings))
        try:
            daemon.start()
            yield daemon
        finally:
            daemon.stop()


def serve(settings: Settings, stopped: threading.Event, beside: Beside = contextlib.nullcontext) -> None:
    """Runs until `stopped`; tells the supervisor that it is ready and, while the self-check passes, alive.

    Two failed self-checks in a row ask the supervisor for the restart at once; a hung one just falls silent.
    """
    # The supervisor ends a hung daemon with SIGABRT: the log then says where each thread stood.
    faulthandler.enable()
    pause_s, failed = (watchdog_s() or 20.0) / 4, 0
    with running(settings) as daemon, beside(daemon):
        tell("READY=1")
        while not stopped.wait(pause_s):
            failed = 0 if daemon.healthy() else failed + 1
            if failed != 1:
                tell("WATCHDOG=trigger" if failed else "WATCHDOG=1")
        tell("STOPPING=1")
