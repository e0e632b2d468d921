"""A receipt printer that exists only as a TCP server: speaks ESC/POS, keeps its papers, fails on request.

Like the real ones it serves one host at a time, answers DLE EOT at once and GS r in order, holds a
job while it has no paper and prints it when paper is back, and forgets its buffer without power.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self

from devices.simulated_escpos import Interpreter
from devices.simulated_paper import Paper

Rom = Literal["gb18030", "gbk", "gb2312", "western"]
_REAL_TIME = re.compile(rb"\x10\x04([\x01-\x04])|\x10\x05[\x00-\x02]|\x10\x14\x01[\x00\x01][\x01-\x08]")
_BEGUN = re.compile(rb"\x10(\x04|\x05|\x14(\x01[\x00\x01]?)?)?$")
_NOT_READY = b"\x18\x00\x00\x00"


class SimulatedPrinter:
    """A printer on `host`:`port` (0 takes a free one, kept through power cycles); use as a context.

    `dots` is the printable width, 576 or 384; `rom` the character set. Everything public may be called
    from any thread. Faults last until they are taken back, `recover()` takes back all.
    """

    def __init__(self, port: int = 0, dots: int = 576, rom: Rom = "gb18030", host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = port
        self._state = threading.Condition(threading.RLock())
        self._paper_machine = Interpreter(dots, rom, self._in_order)
        self._received = bytearray()
        self._rest = b""
        self._listener: socket.socket | None = None
        self._host_line: socket.socket | None = None
        self._clear_faults()

    def _clear_faults(self) -> None:
        self._roll: int | None = None
        self._cover = self._offline = self._mute = self._swallow = False
        self._chatty = False
        self._lose: Literal["no", "mute", "hang up"] = "no"
        self._dies_after: int | None = None
        self._paper_machine.near_end = False

    def __enter__(self) -> Self:
        self.power_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.power_off()

    @property
    def papers(self) -> list[Paper]:
        """What it printed so far, oldest first."""
        with self._state:
            return list(self._paper_machine.papers)

    @property
    def kicks(self) -> int:
        """How often the cash drawer was opened."""
        with self._state:
            return self._paper_machine.kicks

    @property
    def unknown(self) -> list[bytes]:
        """Commands that it did not understand."""
        with self._state:
            return list(self._paper_machine.unknown)

    @property
    def received(self) -> bytes:
        """All job bytes that it ever took, without the real-time status questions."""
        with self._state:
            return bytes(self._received)

    def wait_papers(self, count: int, wait_s: float) -> list[Paper]:
        """Waits until there are `count` papers; returns those that there are after at most `wait_s`."""
        with self._state:
            self._state.wait_for(lambda: len(self._paper_machine.papers) >= count, wait_s)
            return self.papers

    def wait_received(self, count: int, wait_s: float) -> bool:
        """Waits until it took `count` job bytes; says whether it did within `wait_s`."""
        with self._state:
            return self._state.wait_for(lambda: len(self._received) >= count, wait_s)

    def power_on(self) -> None:
        """Starts listening; nothing if it already does."""
        with self._state:
            if self._listener:
                return
            listener = socket.create_server((self.host, self.port), backlog=8)
            self.port = listener.getsockname()[1]
            self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), name="simulated-printer", daemon=True).start()

    def power_off(self) -> None:
        """Refuses connections from now on; the buffer is lost and a half-printed paper is torn."""
        with self._state:
            listener, self._listener = self._listener, None
            if listener:
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
                listener.close()
            self._reset_line()
            self._paper_machine.power_loss()

    def take_paper(self, after_lines: int = 0) -> None:
        """The roll ends after so many more lines; what comes then is held."""
        with self._state:
            self._roll = after_lines

    def give_paper(self) -> None:
        """A new roll; a held job goes on."""
        with self._state:
            self._roll = None
            self._run()

    def paper_near_end(self) -> None:
        """The roll is nearly used up."""
        with self._state:
            self._paper_machine.near_end = True

    def open_cover(self) -> None:
        """Somebody opens the cover; a job is held."""
        with self._state:
            self._cover = True

    def close_cover(self) -> None:
        """The cover is shut; a held job goes on."""
        with self._state:
            self._cover = False
            self._run()

    def go_offline(self) -> None:
        """Somebody holds the feed button or an error waits for a person; a job is held."""
        with self._state:
            self._offline = True

    def go_silent(self) -> None:
        """It takes connections and bytes and answers nothing at all."""
        with self._state:
            self._mute = True

    def swallow(self) -> None:
        """It says that all is well, takes jobs, prints nothing and confirms nothing."""
        with self._state:
            self._swallow = True

    def lose_confirmation(self, hang_up: bool = False) -> None:
        """It prints, but its word is lost: silence, or a reset connection."""
        with self._state:
            self._lose = "hang up" if hang_up else "mute"

    def die_after(self, count: int) -> None:
        """After `count` more job bytes (once) it resets the connection and loses its buffer."""
        with self._state:
            self._dies_after = count

    def chatter(self) -> None:
        """It sends an unasked status and flow control before each answer, as some models do."""
        with self._state:
            self._chatty = True

    def recover(self) -> None:
        """All faults end; a held job goes on."""
        with self._state:
            self._clear_faults()
            self._run()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with self._state:
                self._host_line = line
            with contextlib.suppress(OSError):
                while data := line.recv(65536):
                    with self._state:
                        self._take(data)
            with self._state:
                self._host_line = None
                self._rest = b""
                line.close()

    def _take(self, data: bytes) -> None:
        data = self._rest + data
        begun = _BEGUN.search(data)
        cut = begun.start() if begun else len(data)
        data, self._rest = data[:cut], data[cut:]
        at = 0
        for question in _REAL_TIME.finditer(data):
            self._buffer(data[at : question.start()])
            self._real_time(question)
            at = question.end()
        self._buffer(data[at:])

    def _real_time(self, question: re.Match[bytes]) -> None:
        if question[1]:
            self._answer(self._status(question[1][0]))
        elif question[0][1] == 0x14:
            self._paper_machine.kicks += 1

    def _buffer(self, data: bytes) -> None:
        if self._dies_after is not None:
            data = data[: self._dies_after]
            self._dies_after -= len(data)
        self._received += data
        self._state.notify_all()
        if not self._swallow and not self._mute:
            self._paper_machine.buffer += data
            self._run()
        if self._dies_after == 0:
            self._dies_after = None
            self._reset_line()
            self._paper_machine.power_loss()

    def _run(self) -> None:
        machine = self._paper_machine
        while not (self._cover or self._offline or self._roll == 0):
            before = machine.lines
            if not machine.step():
                break
            if self._roll is not None:
                self._roll = max(self._roll - max(machine.lines - before, 0), 0)
        self._state.notify_all()

    def _status(self, number: int) -> int:
        out = self._roll == 0
        bits = {
            1: 0x08 if out or self._cover or self._offline else 0,
            2: (0x04 if self._cover else 0) | (0x20 if out else 0),
            3: 0,
            4: 0x6C if out else 0x0C if self._paper_machine.near_end else 0,
        }
        return 0x12 | bits[number]

    def _in_order(self, answer: bytes) -> None:
        if self._lose == "no":
            self._answer(answer[0])
        elif self._lose == "hang up":
            self._reset_line()

    def _answer(self, answer: int) -> None:
        if self._mute or not self._host_line:
            return
        noise = b"\x13" + _NOT_READY[:2] + b"\x11" + _NOT_READY[2:] if self._chatty else b""
        with contextlib.suppress(OSError):  # the host may be gone
            self._host_line.sendall(noise + bytes([answer]))

    def _reset_line(self) -> None:
        if not self._host_line:
            return
        with contextlib.suppress(OSError):  # the host may be gone
            self._host_line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._host_line.shutdown(socket.SHUT_RD)  # wakes the thread in recv(), which closes it
