"""A live connection to an ESC/POS printer: one thread reads, everybody else asks and waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from devices.escpos_replies import Reply, ReplyKind, ReplyParser, level_from_asb, state_from, state_from_asb
from devices.escpos_wires import Wire
from devices.ports import DeviceAbsent, DeviceOffline, PrinterState, Unconfirmed

_STATUS_S = 2.0
_PATIENCE = 12
"""How many times its time-out a printer may keep us waiting as long as it names what it waits for."""
_MOST_REPLIES = 64
"""Answers kept for whoever asked: three are the most that anybody waits for, the rest is noise."""
_WAITING = frozenset({PrinterState.OUT_OF_PAPER, PrinterState.COVER_OPEN, PrinterState.OFFLINE})


class Link:
    """Takes a wire over. Only one thread at a time may ask; `told` is called from the reading thread.

    A link that failed once is of no more use: a late answer would be taken for the next one.
    """

    def __init__(
        self,
        name: str,
        wire: Wire,
        timeout_s: float,
        told: Callable[[PrinterState], None],
        level: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.seen = PrinterState.UNKNOWN
        self.level: bool | None = None
        """The drawer's sensor as last heard."""
        self._name = name
        self._wire = wire
        self._timeout_s = timeout_s
        self._told = told
        self._level = level
        self._news = threading.Condition()
        self._replies: list[Reply] = []
        self._asked: frozenset[ReplyKind] = frozenset()
        self._error: OSError | None = None
        self._closing = False
        self._reader: threading.Thread | None = None
        if wire.answers:
            self._reader = threading.Thread(target=self._read, name=f"reads {name}", daemon=True)
            self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether nothing spoke against the line so far."""
        return self._error is None and not self._closing

    def status(self) -> PrinterState:
        """Asks in real time; raises DeviceAbsent, or DeviceOffline for a printer that stays silent."""
        said = self._wire.lp_state()
        if said in _WAITING:
            return said
        self._expect(ReplyKind.REAL_TIME)
        try:
            self._put(b"\x10\x04\x01\x10\x04\x02\x10\x04\x04", _STATUS_S)
            answers = self._wait(3, time.monotonic() + min(_STATUS_S, self._timeout_s))
        except TimeoutError as error:
            raise DeviceOffline(self._name, "connected, but it does not answer") from error
        except OSError as error:
            raise DeviceAbsent(self._name, words(error)) from error
        self.seen = state_from(*(answer.data[0] for answer in answers))
        self.level = bool(answers[0].data[0] & 0x04)
        return self.seen

    def send(self, job: bytes, kind: ReplyKind) -> None:
        """Sends all of `job`, whose answer will be of this kind; the printer may be slow but must take some.

        Raises DeviceAbsent when not a byte was taken, else Unconfirmed.
        """
        self._expect(kind)
        sent, rest = 0, memoryview(job)
        try:
            while sent < len(job):
                if self._error is not None:
                    raise self._error
                sent += self._wire.write(rest[sent:], self._timeout_s)
        except OSError as error:
            if not sent:
                raise DeviceAbsent(self._name, words(error)) from error
            raise Unconfirmed(self._name, f"{sent} of {len(job)} bytes sent") from error

    def answer(self, fits: Callable[[bytes], bool] = lambda _: True, wait_s: float | None = None) -> bytes:
        """The printer's word on what was sent; raises Unconfirmed when it does not come.

        `wait_s`: for an answer that is not worth the patience that a slip has.
        """
        began = time.monotonic()
        deadline = began + (self._timeout_s if wait_s is None else wait_s)
        while True:
            try:
                (said,) = self._wait(1, deadline)
            except TimeoutError as error:
                late = time.monotonic() - began > _PATIENCE * self._timeout_s
                if late or wait_s is not None or self.seen not in _WAITING:
                    raise Unconfirmed(self._name, words(error)) from error
                deadline = time.monotonic() + self._timeout_s
            except OSError as error:
                raise Unconfirmed(self._name, words(error)) from error
            else:
                if fits(said.data):
                    return said.data
                if time.monotonic() > deadline:
                    raise Unconfirmed(self._name, "it says everything but the answer")

    def close(self) -> None:
        """Lets go; the goodbye runs in the reading thread."""
        self._closing = True
        if self._reader is None:
            self._wire.close()
        else:
            self._wire.wake()

    def _put(self, question: bytes, wait_s: float) -> None:
        rest = memoryview(question)
        while rest:
            rest = rest[self._wire.write(rest, wait_s) :]

    def _expect(self, kind: ReplyKind) -> None:
        with self._news:
            self._replies.clear()
            self._asked = frozenset({kind})

    def _wait(self, count: int, deadline: float) -> list[Reply]:
        with self._news:
            while len(self._replies) < count:
                if self._error is not None:
                    raise self._error
                if not self._news.wait(max(0.0, deadline - time.monotonic())) and (
                    time.monotonic() >= deadline
                ):
                    raise TimeoutError("no answer in time")
            found, self._replies = self._replies[:count], self._replies[count:]
            return found

    def _read(self) -> None:
        parser = ReplyParser()
        while not self._closing:
            try:
                data = self._wire.read(None)
            except OSError as error:
                with self._news:
                    self._error = error
                    self._news.notify_all()
                # A dead descriptor that stays open makes a replugged device come back under another name.
                if self._wire.local and not self._closing:
                    self._told(PrinterState.ABSENT)
                break
            for reply in parser.feed(data, time.monotonic()):
                self._take(reply)
        self._wire.close()

    def _take(self, reply: Reply) -> None:
        if reply.kind is ReplyKind.UNASKED:
            self.seen = state_from_asb(reply.data)
            self._told(self.seen)
            self.level = level_from_asb(reply.data)
            self._level(self.level)
        with self._news:
            if reply.kind in self._asked and len(self._replies) < _MOST_REPLIES:
                self._replies.append(reply)
            self._news.notify_all()


def words(error: Exception) -> str:
    """An error in words, also where it has none of its own."""
    return str(error) or type(error).__name__
