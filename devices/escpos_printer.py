"""A receipt printer that speaks ESC/POS, believed only when it confirms; and the drawer that hangs on it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from config.device_schema import PrinterSettings
from devices.escpos_identity import Introduction
from devices.escpos_link import Link, words
from devices.escpos_picture import NoPicture
from devices.escpos_replies import ReplyKind, paper_ended
from devices.escpos_slip import BIGGEST_COMMAND, encode
from devices.escpos_wires import Wire, open_wire
from devices.nodes import fault
from devices.ports import (
    BadSource,
    CoverOpen,
    DeviceAbsent,
    DeviceFault,
    DeviceOffline,
    Identity,
    OutOfPaper,
    PrinterState,
    SentOnly,
    TooSlow,
    Unconfirmed,
)
from devices.slip import Slip

_TELL_CHANGES = b"\x1da\x0f"  # ESC @ takes it back, hence after each
_BARRIER = b"\x1dr\x01"
_PULSE_WAIT_S = 5.0
"""A drawer waits so long for the slip before it, and no longer: nobody may stand before it any more."""
# What broke off may have left a half command that eats what comes next, and paper that hangs out: NULs end
# the one and mean nothing else, a cut ends the other.
_HEADER = b"\x00" * 16  # no command's length is told later than that: what is asked next is not taken for one
_CLEAN = b"\x00" * BIGGEST_COMMAND + b"\x1b@\x1dVB\x00"
_LONGEST_S = 30.0
"""A slip that needs longer on the serial line is refused: it is pictures where text was meant."""


class EscposPrinter:
    """Prints slips and opens its drawer; calls from several threads take turns.

    Two printers must not share one address: a printer talks to one host at a time.
    """

    def __init__(
        self, name: str, settings: PrinterSettings, dial: Callable[[PrinterSettings], Wire] = open_wire
    ) -> None:
        self._name = name
        self._settings = settings
        self._dial = dial
        self._turn = threading.Lock()
        self._link: Link | None = None
        self._told: Callable[[PrinterState], None] = lambda _: None
        self._ears: list[Callable[[bool], None]] = []
        self._clean = False
        self._who = Introduction()
        self._seen = PrinterState.UNKNOWN

    def listen(self, told: Callable[[PrinterState], None]) -> None:
        """`told` hears of paper, cover and errors as they happen, in a thread of the driver, if the line is held."""
        self._told = told

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        """Prints, cuts and waits for the printer's word; errors as `devices.ports.POSPrinter` says."""
        try:
            job = encode(slip, self._settings.columns, self._settings.charset)
        except NoPicture as error:
            raise BadSource(self._name, str(error)) from error
        self._bearable(job)
        with self._turn, self._ready() as link:
            head = b"" if self._clean else _CLEAN
            self._clean = False
            try:
                self._put(link, head + job[:2] + self._hearing + job[2:], sent)
            except SentOnly:
                self._clean = True
                raise
            self._clean = True

    def state(self) -> PrinterState:
        """Asks the printer; while a slip is being printed, says what was seen last."""
        if not self._turn.acquire(timeout=0.05):
            return self._link.seen if self._link else self._seen
        try:
            with self._ready(refuse=False):
                pass
        except DeviceOffline:
            self._seen = PrinterState.OFFLINE
        except DeviceFault:
            self._seen = PrinterState.ABSENT
        finally:
            self._turn.release()
        return self._seen

    def listen_level(self, told: Callable[[bool], None]) -> None:
        """`told` hears the level of the drawer's sensor as it changes, in a thread of the driver."""
        self._ears.append(told)

    def pulse(self, pin: int = 2, pulse_ms: int = 100) -> None:
        """One pulse to the drawer on that pin, never repeated; errors as `devices.ports.CashDrawer` says.

        ESC p m t1 t2 in units of 2 ms (Epson ESC/POS reference); t2 is the pause that spares the coil.
        """
        if not self._turn.acquire(timeout=_PULSE_WAIT_S):
            raise DeviceOffline(self._name, "busy with a slip")
        try:
            with self._ready() as link:
                pulse = b"\x1bp" + bytes([0 if pin == 2 else 1, min(pulse_ms // 2, 255), 250])
                self._put(link, self._hearing + pulse, lambda: None)
        finally:
            self._turn.release()

    def level(self) -> bool | None:
        """The level of the drawer's sensor; None while a slip is printed, or where it does not answer."""
        if self._settings.confirm == "none" or not self._turn.acquire(timeout=0.05):
            return None
        try:
            # Told in real time (DLE EOT 1, bit 2): GS r 2 would wait for paper that somebody has to bring.
            with self._ready(refuse=False) as link:
                return link.level
        except DeviceFault:
            return None
        finally:
            self._turn.release()

    def identity(self) -> Identity | None:
        """Who it says it is (GS I); None while it prints or waits for a person, and where it does not say."""
        if self._settings.confirm == "none" or not self._turn.acquire(timeout=0.05):
            return None
        try:
            with self._ready() as link:
                return self._who.over(link, held=self._settings.hold)
        except DeviceFault:
            return None
        finally:
            self._turn.release()

    def close(self) -> None:
        """Lets go of the line; the next call takes it up again."""
        with self._turn:
            self._drop()

    def ask(self, question: bytes) -> bytes:
        """The block that the printer answers with (GS I, GS ( H); b"" when it knows no such question."""
        with self._turn, self._ready(refuse=False) as link:
            link.send(question, ReplyKind.BLOCK)
            try:
                return link.answer()
            except Unconfirmed:
                self._drop()
                return b""

    @property
    def _hearing(self) -> bytes:
        return _TELL_CHANGES if self._settings.hold and self._settings.confirm != "none" else b""

    @contextmanager
    def _ready(self, *, refuse: bool = True) -> Iterator[Link]:
        """A link whose printer just said how it is; a failed one is let go."""
        try:
            link = self._answering()
            if refuse:
                self._refuse(self._seen)
            yield link
        except (Unconfirmed, DeviceAbsent, DeviceOffline) as fault:
            if not isinstance(fault, SentOnly):
                self._drop()
            raise
        finally:
            if not self._settings.hold:
                self._drop()

    def _answering(self) -> Link:
        held = self._link
        if held is not None and held.alive:
            try:
                self._seen = self._status(held)
            except DeviceFault:  # most hang up on an idle host after some minutes
                self._drop()
            else:
                return held
        self._drop()
        link = self._link = self._connected()
        if self._settings.confirm != "none":
            if not self._clean:
                link.send(_HEADER, ReplyKind.REAL_TIME)
            self._seen = self._status(link)
            if self._clean and self._hearing:
                link.send(self._hearing, ReplyKind.UNASKED)
        return link

    def _status(self, link: Link) -> PrinterState:
        return PrinterState.UNKNOWN if self._settings.confirm == "none" else link.status()

    def _connected(self) -> Link:
        try:
            wire = self._dial(self._settings)
        except (OSError, ValueError) as error:  # ValueError: a host name that IDNA refuses
            raise type(fault(self._name, error))(self._name, words(error)) from error
        return Link(self._name, wire, self._settings.timeout_s, self._heard, self._heard_level)

    def _heard(self, state: PrinterState) -> None:
        if state is not self._seen:
            self._seen = state
            self._told(state)

    def _heard_level(self, level: bool) -> None:
        for told in self._ears:
            told(level)

    def _put(self, link: Link, job: bytes, sent: Callable[[], None]) -> None:
        confirm = self._settings.confirm
        if confirm == "none":
            link.send(job, ReplyKind.UNASKED)
            sent()
            raise SentOnly(self._name)
        if confirm == "process-id":
            ticket = bytes(secrets.choice(range(0x21, 0x7F)) for _ in range(4))
            link.send(job + b"\x1d(H\x06\x0000" + ticket, ReplyKind.BLOCK)
            sent()
            link.answer(lambda said: said == b"\x37\x22" + ticket)
            return
        link.send(job + _BARRIER, ReplyKind.IN_ORDER)
        sent()
        if paper_ended(link.answer()[0]):
            raise Unconfirmed(self._name, "paper ran out while printing")

    def _bearable(self, job: bytes) -> None:
        if self._settings.driver == "escpos-serial":
            needed = len(job) * 10 / self._settings.baud
            if needed > _LONGEST_S:
                raise TooSlow(self._name, f"{needed:.0f} s at {self._settings.baud} Bd")

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _refuse(self, state: PrinterState) -> None:
        if state is PrinterState.COVER_OPEN:
            raise CoverOpen(self._name)
        if state is PrinterState.OUT_OF_PAPER:
            raise OutOfPaper(self._name)
        if state is PrinterState.OFFLINE:
            raise DeviceOffline(self._name)
