"""The store's end of a lane: whether it is there, what it is asked, and what it is told to do at most once."""

from __future__ import annotations

import contextlib
import logging
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from devices.lane_faults import fault_of
from devices.lane_line import Line, LineLost
from devices.lane_messages import (
    Answer,
    Ask,
    Deed,
    Devices,
    Do,
    FateOf,
    Given,
    Health,
    Heard,
    Message,
    NotUnderstood,
    Question,
    Scanned,
    Sent,
    Told,
    TooLarge,
    Welcome,
    from_lane,
)
from devices.ports import DeviceFault, Fate, LaneAbsent, SentOnly, Unconfirmed

_log = logging.getLogger("store_edge.lane")
RELEARN_S = 15.0
"""How long a deed waits for its lane to come back and say what became of it, before its fate is unknown."""
_DEED_S = 100.0
"""How long a deed may take while the lane is there: a long slip on a slow line."""
_ASK_S = 3.0
_MOST_SAID = 8
"""What waits of a lane's words on one question: there are two to say, and a lane that never stops gets no room."""


class Listener(Protocol):
    """A device's end here that hears what its lane says unasked."""

    def told(self, message: Scanned | Health | Told) -> None:
        """Called in the line's thread, must not wait."""

    def changed(self, *, up: bool) -> None:
        """The line came up (what was told before counts no more), or went down."""


class Lane:
    """One lane of the settings, with a line or without; calls from any thread.

    A new line takes the place of the old one: a lane that was cut off calls again before we notice.
    """

    def __init__(self, name: str, devices: Devices, relearn_s: float = RELEARN_S) -> None:
        self.name = name
        self._devices = devices
        self._relearn_s = relearn_s
        self._lock = threading.Condition()
        self._line: Line | None = None
        self._lines = 0
        self._waiters: dict[str, queue.SimpleQueue[Answer | Sent | None]] = {}
        self._listeners: dict[str, Listener] = {}

    @property
    def up(self) -> bool:
        """Whether the lane is there."""
        return self._line is not None

    @property
    def lines(self) -> int:
        """How many lines there were."""
        return self._lines

    def listen(self, place: str, listener: Listener) -> None:
        """Who hears what the lane says of that device."""
        self._listeners[place] = listener

    def talk(self, connection: socket.socket) -> str:
        """Serves a lane that has shown its token until the line ends; gives the reason, a code."""
        line = Line(connection, from_lane, lambda message: self._hear(line, message))
        with contextlib.suppress(LineLost):
            line.send(Welcome(self._devices))
        self._set(line)
        _log.info("lane is there", extra={"lane": self.name})
        try:
            reason = line.run()
        finally:
            self._set(None, line)
        _log.warning("lane is gone", extra={"lane": self.name, "code": reason})
        return reason

    def hang_up(self, reason: str = "ENDED") -> None:
        """Ends the line, if there is one."""
        line = self._line
        if line:
            line.end(reason)

    def ask(self, place: str, question: Question, wait_s: float = _ASK_S) -> Given:
        """The answer; raises the device's fault, or LaneAbsent when there is none in time."""
        key = secrets.token_hex(8)
        with self._waiting(key) as answers:
            self._send(place, Ask(key, place, question))
            answer = self._answer(answers, time.monotonic() + wait_s)
        if answer is None:
            raise LaneAbsent(_name(place), f"lane {self.name}")
        if answer.code:
            raise fault_of(answer.code, _name(place), answer.detail)
        return answer.given

    def do(self, place: str, key: str, deed: Deed, sent: Callable[[], None] = lambda: None) -> None:
        """Does it at most once. Raises the device's fault, LaneAbsent where nothing was begun; Unconfirmed where
        the lane could not say what became of it in time."""
        with self._waiting(key) as answers:
            self._send(place, Do(key, place, deed))
            answer = self._answer(answers, time.monotonic() + _DEED_S, sent)
        until = time.monotonic() + self._relearn_s
        while answer is None and time.monotonic() < until:
            answer = self._learned(key, until)
        if answer is None:
            raise Unconfirmed(_name(place), f"lane {self.name} did not say")
        _raise_for(answer, place)

    def fate(self, key: str, wait_s: float = _ASK_S) -> Fate | None:
        """What became of a deed; None when that cannot be learned now."""
        answer = self._learned(key, time.monotonic() + wait_s) if self.up else None
        return answer.given.fate if answer else None

    def heard(self, scanned: Scanned, *, good: bool) -> None:
        """The store dealt with a reading; if this gets lost, the lane delivers it again."""
        self._say(Heard(scanned.device, scanned.stream, scanned.seq, good))

    # ---- inside ------------------------------------------------------------------------------------

    def _set(self, line: Line | None, was: Line | None = None) -> None:
        with self._lock:
            if line is None and self._line is not was:
                return  # another line has taken its place
            old, self._line = self._line, line
            self._lines += line is not None
            for answers in self._waiters.values():
                answers.put(None)
            # Under the lock, so that nothing said over the new line is heard before.
            for listener in self._listeners.values():
                listener.changed(up=line is not None)
            self._lock.notify_all()
        if old and line:
            old.end("REPLACED")

    def _hear(self, line: Line, message: Message) -> None:
        match message:
            case Answer() | Sent():
                answers = self._waiters.get(message.key)
                if answers and line is self._line and answers.qsize() < _MOST_SAID:
                    answers.put(message)
            case Scanned() | Health() | Told():
                listener = self._listeners.get(message.device)
                if listener is None and isinstance(message, Scanned):
                    # Its scanner was taken out of the settings: there is no station to give it to.
                    self.heard(message, good=False)
                elif (
                    listener and line is self._line
                ):  # what an older line still brings comes again over the new one
                    listener.told(message)
            case _:
                raise NotUnderstood

    def _say(self, message: Heard) -> None:
        line = self._line
        if line:
            with contextlib.suppress(LineLost):
                line.send(message)

    def _send(self, place: str, message: Ask | Do) -> None:
        line = self._line
        if line is None:
            raise LaneAbsent(_name(place), f"lane {self.name}")
        try:
            line.send(message)
        except LineLost as lost:
            raise LaneAbsent(_name(place), f"lane {self.name}: {lost}") from lost
        except TooLarge as error:
            raise DeviceFault(_name(place), "too much for one message") from error

    @contextlib.contextmanager
    def _waiting(self, key: str) -> Iterator[queue.SimpleQueue[Answer | Sent | None]]:
        answers: queue.SimpleQueue[Answer | Sent | None] = queue.SimpleQueue()
        with self._lock:
            self._waiters[key] = answers
        try:
            yield answers
        finally:
            with self._lock:
                self._waiters.pop(key, None)

    def _answer(
        self,
        answers: queue.SimpleQueue[Answer | Sent | None],
        until: float,
        sent: Callable[[], None] = lambda: None,
    ) -> Answer | None:
        """The answer, None when the line went down before it, or it took too long; `sent` is called once."""
        told = False
        while not told or time.monotonic() < until:
            try:
                said = answers.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return None
            if not isinstance(said, Sent):
                return said
            if not told:
                sent()
            told = True
        return None

    def _learned(self, deed: str, until: float) -> Answer | None:
        """What the lane says became of a deed, as soon as there is a line; None when it did not get to say it."""
        with self._lock:
            if not self._lock.wait_for(lambda: self._line is not None, max(0.0, until - time.monotonic())):
                return None
            line = self._line
        key = secrets.token_hex(8)
        with self._waiting(key) as answers:
            try:
                if line:
                    line.send(FateOf(key, deed))
            except LineLost:
                # Its end is noticed here a moment later; no hurry.
                answers.put(None)
                with self._lock:
                    self._lock.wait_for(lambda: self._line is not line, 0.5)
            return self._answer(answers, until)


def _raise_for(answer: Answer, place: str) -> None:
    name = _name(place)
    match answer.given.fate:
        case Fate.DONE:
            return
        case Fate.SENT:
            raise SentOnly(name, answer.detail)
        case Fate.NEVER:
            raise fault_of(answer.code or LaneAbsent.code, name, answer.detail)
        case _:
            raise Unconfirmed(name, answer.detail)


def _name(place: str) -> str:
    return place.partition(".")[2]
