"""The lane: runs the devices that the store's settings give it, and serves them to the store over a line."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from devices.lane_book import BookUnusable, Kept, LaneBook, Outcome
from devices.lane_deeds import answer_to, outcome_of
from devices.lane_line import Line, LineLost, give, take
from devices.lane_messages import (
    FRAME_LIMIT,
    VERSION,
    Answer,
    Ask,
    Devices,
    Do,
    FateOf,
    Given,
    Health,
    Heard,
    Hello,
    Message,
    NotUnderstood,
    Parting,
    Pulse,
    Scanned,
    Sent,
    Told,
    TooLarge,
    Unlock,
    Welcome,
    from_store,
)
from devices.lane_work import Hire, Hired, ScannerWork, Todo
from devices.ports import DrawerSocket, Fate, TellsState

_log = logging.getLogger("store_edge.lane")
GREETING_S = 10.0
_WINDOW = 64
"""Readings under way to the store at a time."""
_FRESH_S = 5.0
"""Whoever scanned longer ago is told nothing any more: the next code may already be under the scanner."""

_LATE_S = 5.0
"""A drawer or a box that waited so long behind a slip stays shut: nobody may stand before it any more."""

Makers = Mapping[str, Mapping[str, Callable[[str, Any], Any]]]
"""For each table of the settings: driver name -> class, as in the registry."""


@dataclass
class _Running:
    """A device with its threads."""

    device: Any
    settings: object
    deeds: Todo = field(default_factory=Todo)
    questions: Todo = field(default_factory=Todo)
    scanner: ScannerWork | None = None
    threads: list[Hired] = field(default_factory=list)
    gone: bool = False
    introduce: Callable[[], None] = lambda: None


class LaneHost:
    """Serves one store over one line at a time; the devices go on working between two lines.

    Deeds that had not begun when their line ended are never begun: nobody waits for them any more.
    """

    def __init__(self, name: str, token: str, book: LaneBook, makers: Makers, hire: Hire) -> None:
        self._name = name
        self._token = token
        self._book = book
        self._makers = makers
        self._hire = hire
        self._lock = threading.RLock()
        self._line: Line | None = None
        self._life = 0
        self._leaving = False
        self._running: dict[str, _Running] = {}
        self._last = 0
        self._away: dict[tuple[str, str, int], float] = {}
        self._under_way: dict[str, list[str]] = {}
        with contextlib.suppress(msgspec.DecodeError):
            self._arrange(msgspec.msgpack.decode(book.devices(), type=Devices))

    def talk(self, connection: socket.socket) -> str:
        """Greets the store on a fresh connection and serves it until the line ends; gives the reason, a code."""
        try:
            give(connection, Hello(VERSION, self._name, self._token), GREETING_S)
            told = from_store(take(connection, FRAME_LIMIT, GREETING_S))
        except (OSError, TooLarge, NotUnderstood) as error:
            connection.close()
            return "CUT" if isinstance(error, OSError) else "NOT_UNDERSTOOD"
        if not isinstance(told, Welcome):
            connection.close()
            return f"TOLD_{told.code}" if isinstance(told, Parting) else "NOT_UNDERSTOOD"
        with contextlib.suppress(
            BookUnusable
        ):  # the next line tells it again; a full disk must not end this one
            self._book.put_devices(msgspec.msgpack.encode(told.devices))
        self._arrange(told.devices)
        line = Line(connection, from_store, self._heard)
        with self._lock:
            self._line, self._last = line, 0
            self._away.clear()
            for one in self._running.values():
                one.introduce()
            self._deliver()
            if self._leaving:
                line.end("ENDED")
        try:
            return line.run()
        finally:
            with self._lock:
                self._line = None
                self._life += 1

    def troubles(self) -> list[str]:
        """Devices whose threads are stuck or gone."""
        with self._lock:
            running = list(self._running.items())
        return [place for place, one in running if any(thread.trouble() for thread in one.threads)]

    def leave(self) -> None:
        """Ends the line, if there is one; there will be no other."""
        with self._lock:
            self._leaving = True
            if self._line:
                self._line.end("ENDED")

    def close(self) -> None:
        """Stops every device; for good."""
        self.leave()
        for place in list(self._running):
            self._dismiss(place)

    # ---- devices ---------------------------------------------------------------------------------

    def _arrange(self, devices: Devices) -> None:
        """Starts what is new or changed, stops what is not wanted any more, leaves the others alone."""
        wanted = {
            f"{table}.{name}": (table, name, one)
            for table in self._makers
            for name, one in getattr(devices, table).items()
        }
        for place in list(self._running):
            if place not in wanted or wanted[place][2] != self._running[place].settings:
                self._dismiss(place)
        for place, (table, name, one) in wanted.items():
            maker = self._makers[table].get(one.driver)
            if place not in self._running and maker is not None:
                self._employ(place, maker(name, one), one)

    def _employ(self, place: str, device: Any, settings: object) -> None:
        running = _Running(device, settings)
        if place.startswith("scanners."):
            work = ScannerWork(place, device, self._book, self._deliver, self._say)
            running.scanner = work
            running.introduce = lambda: self._say(work.health)
            running.threads.append(self._hire(place, work.turn))
        else:
            for todo, what in ((running.deeds, "deeds"), (running.questions, "questions")):
                thread = self._hire(f"{place} {what}", todo.turn, deed=True)
                todo.wake = thread.wake
                running.threads.append(thread)
            if place.startswith("printers."):
                hello = lambda: self._say(Told(place, state=device.state()))  # noqa: E731
                running.introduce = lambda: running.questions.put(hello)
            if isinstance(device, TellsState):
                device.listen(lambda state: self._say(Told(place, state=state)))
            if isinstance(device, DrawerSocket):
                device.listen_level(lambda level: self._say(Told(place, level=level)))
        with self._lock:
            self._running[place] = running

    def _dismiss(self, place: str) -> None:
        with self._lock:
            running = self._running.pop(place)
        running.gone = True
        for thread in running.threads:
            thread.stop()
        for todo in (running.deeds, running.questions):
            todo.finish()
        close = getattr(running.device, "close", None)
        # One that hangs in a piece of work would hang its close() too.
        if close and not any(thread.alive() for thread in running.threads):
            close()

    # ---- the line --------------------------------------------------------------------------------

    def _heard(self, message: Message) -> None:
        match message:
            case Heard():
                self._dealt_with(message)
            case Ask() | Do():
                self._put(message)
            case FateOf():
                self._fate(message)
            case _:
                raise NotUnderstood

    def _say(self, message: Health | Told | Scanned | Answer | Sent) -> None:
        with self._lock, contextlib.suppress(LineLost):
            if self._line:
                self._line.send(message)

    def _deliver(self) -> None:
        """Sends what the book holds, oldest first, as far as the window goes."""
        with self._lock:
            while self._line and self._line.up and len(self._away) < _WINDOW:
                kept = self._book.after(self._last, _WINDOW - len(self._away))
                for one in kept:
                    self._last = one.id
                    self._away[one.device, one.stream, one.seq] = time.monotonic() - one.age_s
                    self._say(_scanned(one))
                if not kept:
                    return

    def _dealt_with(self, heard: Heard) -> None:
        forgotten = self._book.forget(heard.device, heard.stream, heard.seq)
        with self._lock:
            read_at = self._away.pop((heard.device, heard.stream, heard.seq), 0.0)
            running = self._running.get(heard.device)
        fresh = time.monotonic() - read_at < _FRESH_S
        if forgotten and fresh and running and running.scanner:
            running.scanner.answer(good=heard.good)
        self._deliver()

    # ---- questions and deeds -----------------------------------------------------------------------

    def _put(self, message: Ask | Do) -> None:
        with self._lock:
            running, life = self._running.get(message.device), self._life
            if running is None or running.scanner:
                self._say(Answer(message.key, Given(fate=Fate.NEVER), "DEVICE_ABSENT", "not on this lane"))
            elif isinstance(message, Ask):
                running.questions.put(lambda: self._ask(message, running, life))
            elif message.key in self._under_way:
                self._under_way[message.key].append(message.key)
            else:
                self._under_way[message.key] = [message.key]
                asked_at = time.monotonic()
                running.deeds.put(lambda: self._do(message, running, life, asked_at))

    def _ask(self, ask: Ask, running: _Running, life: int) -> None:
        if life == self._life and not running.gone:
            given, code, detail = answer_to(ask, running.device)
            self._say(Answer(ask.key, given, code, detail))

    def _do(self, do: Do, running: _Running, life: int, asked_at: float) -> None:
        outcome = Outcome(Fate.NEVER, "LANE_ABSENT", "the lane cannot write its book")
        try:
            with self._lock:
                current = life == self._life and not running.gone
            known: Outcome | None = Outcome(Fate.NEVER)
            if isinstance(do.deed, Pulse | Unlock) and time.monotonic() - asked_at > _LATE_S:
                known = Outcome(Fate.NEVER, "DEVICE_OFFLINE", "busy with a slip")
            elif current:
                known = self._book.begin(do.key)
            if known is None:
                outcome = Outcome(Fate.UNKNOWN, "UNCONFIRMED", "the lane failed")
                try:
                    outcome = outcome_of(do, running.device, lambda: self._say(Sent(do.key)))
                finally:
                    self._book.ended(do.key, outcome)
            else:
                outcome = known
        finally:
            with self._lock:
                for key in self._under_way.pop(do.key):
                    self._say(Answer(key, Given(fate=outcome.fate), outcome.code, outcome.detail))

    def _fate(self, asked: FateOf) -> None:
        with self._lock:
            if asked.deed in self._under_way:
                self._under_way[asked.deed].append(asked.key)
                return
        outcome = self._book.fate(asked.deed)
        self._say(Answer(asked.key, Given(fate=outcome.fate), outcome.code, outcome.detail))


def _scanned(kept: Kept) -> Scanned:
    return Scanned(kept.device, kept.stream, kept.seq, int(kept.age_s * 1000), kept.reading)
