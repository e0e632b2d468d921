"""A receipt printer that exists only in memory: speaks ESC/POS, keeps its papers, fails on request.

Like the real ones it serves one host at a time, answers DLE EOT at once and GS r, GS ( H and GS I in
order, tells changes where GS a asked for them, holds a job while it has no paper and prints it when
paper is back, and forgets its buffer without power.
"""

from __future__ import annotations

import threading
from typing import Literal, Self

from devices.simulated_escpos import Interpreter
from devices.simulated_paper import Paper
from devices.simulated_port import PtyPort, TcpPort
from devices.simulated_status import Condition
from devices.simulated_stream import RealTimeStream

Rom = Literal["gb18030", "gbk", "gb2312", "western"]
_NOT_READY = b"\x18\x00\x00\x00"


class SimulatedPrinter:
    """A printer on `host`:`port` (0 takes a free one, kept through power cycles), or on a serial line whose
    device is `device`; use as a context.

    `dots` is the printable width, 576 or 384; `rom` the character set. Everything public may be called
    from any thread. Faults last until they are taken back, `recover()` takes back all.
    """

    def __init__(
        self,
        port: int = 0,
        dots: int = 576,
        rom: Rom = "gb18030",
        host: str = "127.0.0.1",
        *,
        serial: bool = False,
    ) -> None:
        self._state = threading.Condition(threading.RLock())
        self._machine = Interpreter(dots, rom, self._in_order)
        self._tcp = TcpPort(host, port, self._took, self._gone)
        self._pty = PtyPort(self._took)
        self._port = self._pty if serial else self._tcp
        self._received = bytearray()
        self._stream = RealTimeStream()
        self._told = b""
        self._on = self.drawer_open = False
        self.identity = self._machine.identity  # letter of GS I -> answer; one that is missing is no question
        self._kicked = 0
        self._clear_faults()

    def _clear_faults(self) -> None:
        self._roll: int | None = None
        self._cover = self._offline = self._mute = self._swallow = False
        self._chatty = False
        self._error = 0
        self._lose: Literal["no", "mute", "hang up"] = "no"
        self._dies_after: int | None = None
        self._dying: Literal["power", "reset", "end"] = "power"
        self._machine.near_end = False
        self._port.rate = 0

    @property
    def host(self) -> str:
        """Its address on the network."""
        return self._tcp.host

    @property
    def port(self) -> int:
        """Its TCP port."""
        return self._tcp.port

    @property
    def device(self) -> str:
        """Its serial device."""
        return self._pty.device

    def __enter__(self) -> Self:
        self.power_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()

    @property
    def papers(self) -> list[Paper]:
        """What it printed so far, oldest first."""
        with self._state:
            return list(self._machine.papers)

    @property
    def kicks(self) -> int:
        """How often the cash drawer was opened."""
        with self._state:
            return self._machine.kicks

    @property
    def unknown(self) -> list[bytes]:
        """Commands that it did not understand."""
        with self._state:
            return list(self._machine.unknown)

    @property
    def received(self) -> bytes:
        """All job bytes that it ever took, without the real-time status questions."""
        with self._state:
            return bytes(self._received)

    def wait_papers(self, count: int, wait_s: float) -> list[Paper]:
        """Waits until there are `count` papers; returns those that there are after at most `wait_s`."""
        with self._state:
            self._state.wait_for(lambda: len(self._machine.papers) >= count, wait_s)
            return self.papers

    def wait_received(self, count: int, wait_s: float) -> bool:
        """Waits until it took `count` job bytes; says whether it did within `wait_s`."""
        with self._state:
            return self._state.wait_for(lambda: len(self._received) >= count, wait_s)

    def power_on(self) -> None:
        """Lets hosts in; nothing if it already does."""
        with self._state:
            self._on = True
            self._port.open()

    def power_off(self) -> None:
        """Refuses connections from now on; the buffer is lost and a half-printed paper is torn."""
        with self._state:
            self._on = False
            self._port.close()
            self._machine.power_loss()

    def hang_up(self) -> None:
        """Ends the host's connection, as a printer does with an idle one."""
        self._port.hang_up(reset=False)

    def slow(self, rate: int) -> None:
        """It takes only so many bytes a second."""
        self._port.rate = rate

    def close_drawer(self) -> None:
        """Somebody shuts the drawer."""
        with self._state:
            self.drawer_open = False
            self._tell()

    def take_paper(self, after_lines: int = 0) -> None:
        """The roll ends after so many more lines; what comes then is held."""
        with self._state:
            self._roll = after_lines
            self._run()

    def give_paper(self) -> None:
        """A new roll; a held job goes on."""
        with self._state:
            self._roll = None
            self._run()

    def paper_near_end(self) -> None:
        """The roll is nearly used up."""
        with self._state:
            self._machine.near_end = True
            self._tell()

    def open_cover(self) -> None:
        """Somebody opens the cover; a job is held."""
        with self._state:
            self._cover = True
            self._run()

    def close_cover(self) -> None:
        """The cover is shut; a held job goes on."""
        with self._state:
            self._cover = False
            self._run()

    def go_offline(self) -> None:
        """Somebody holds the feed button or an error waits for a person; a job is held."""
        with self._state:
            self._offline = True
            self._run()

    def go_silent(self) -> None:
        """It takes connections and bytes and answers nothing at all."""
        with self._state:
            self._mute = True

    def swallow(self) -> None:
        """It says that all is well, takes jobs, prints nothing and confirms nothing."""
        self._swallow = True

    def lose_confirmation(self, hang_up: bool = False) -> None:
        """It prints, but its word is lost: silence, or a reset connection."""
        self._lose = "hang up" if hang_up else "mute"

    def jam(self, error: int = 0x08) -> None:
        """An error stops it: 0x08 cutter, 0x20 fatal, 0x40 head too hot (bits of DLE EOT 3); a job is held."""
        with self._state:
            self._error = error
            self._run()

    def die_after(self, count: int, how: Literal["power", "reset", "end"] = "power") -> None:
        """After `count` more job bytes (once) the line is reset or ends; with `power` its buffer is lost too."""
        with self._state:
            self._dies_after = count
            self._dying = how

    def chatter(self) -> None:
        """It sends an unasked status and flow control before each answer, as some models do."""
        with self._state:
            self._chatty = True

    def recover(self) -> None:
        """All faults end; a held job goes on."""
        with self._state:
            self._clear_faults()
            self._run()

    def _took(self, data: bytes) -> None:
        with self._state:
            if self._on:
                self._take(data)

    def _gone(self) -> None:
        with self._state:
            self._stream.reset()
            self._told = b""
            self._machine.tells = False

    def _take(self, data: bytes) -> None:
        for job, command in self._stream.feed(data):
            self._buffer(job)
            if command[:2] == b"\x10\x04":
                self._answer(self._condition.real_time(command[2]))
            elif command[:3] == b"\x10\x14\x08":
                self._machine.clear()
                self._answer(b"\x37\x25\x00")
            elif command[:2] == b"\x10\x14":
                self._machine.kicks += 1
                self._tell()

    def _buffer(self, data: bytes) -> None:
        if self._dies_after is not None:
            data = data[: self._dies_after]
            self._dies_after -= len(data)
        self._received += data
        self._state.notify_all()
        if not self._swallow and not self._mute:
            self._machine.buffer += data
            self._run()
        if self._dies_after == 0:
            self._dies_after = None
            self._port.hang_up(reset=self._dying != "end")
            if self._dying == "power":
                self._machine.power_loss()

    @property
    def _condition(self) -> Condition:
        return Condition(
            paper_out=self._roll == 0,
            near_end=self._machine.near_end,
            cover=self._cover,
            offline=self._offline,
            drawer_open=self.drawer_open,
            error=self._error,
        )

    def _run(self) -> None:
        machine = self._machine
        while not self._condition.held:
            before = machine.lines
            if not machine.step():
                break
            if self._roll is not None:
                self._roll = max(self._roll - max(machine.lines - before, 0), 0)
        self._tell()
        self._state.notify_all()

    def _tell(self) -> None:
        """An unasked status where GS a asked for them and something changed."""
        if self._machine.kicks > self._kicked:
            self._kicked, self.drawer_open = self._machine.kicks, True
        now = self._condition.unasked() if self._machine.tells else b""
        if now and now != self._told and not self._mute:
            self._port.send(now)
        self._told = now

    def _in_order(self, answer: bytes) -> None:
        if answer == b"drawer":
            answer = bytes([int(self.drawer_open)])
        if self._lose == "no":
            self._answer(answer)
        elif self._lose == "hang up":
            self._port.hang_up(reset=True)

    def _answer(self, answer: bytes) -> None:
        if not self._mute:
            noise = b"\x13" + _NOT_READY[:2] + b"\x11" + _NOT_READY[2:] if self._chatty else b""
            self._port.send(noise + answer)
