"""A live camera as its owner sees it: a child process that is started, listened to, and ended."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from config.device_schema import CameraSettings
from devices.camera_process import Alive, Lost, Message, Seen, Shown, Task
from devices.ports import DeviceAbsent, Preview, Reading

_ROOT = Path(__file__).resolve().parent.parent
_SLACK_S = 0.4  # the child speaks every quarter of a second
_ENDS_S = 1.0
_MESSAGES = msgspec.json.Decoder(Message)


class LiveCamera:
    """Runs the camera's process from birth to `close`; nothing else can keep it alive.

    Raises DeviceAbsent when the camera cannot be opened or gives no frame within `open_timeout_ms`.
    `brightness` is the mean gray level (0..255) of what it looks at, None before the first word of it.
    """

    def __init__(self, name: str, port: str, settings: CameraSettings) -> None:
        self._name = name
        self._silence_s = settings.stall_ms / 1000 + _SLACK_S
        self._pending = b""
        self.brightness: int | None = None
        self._looking = threading.Condition()  # guards _in and what stands below
        self._lookers = self._looks = 0
        self._look: Preview | None = None
        its_in, self._in = os.pipe()
        self._out, its_out = os.pipe()
        try:
            # Its own session: Ctrl-C in a terminal is the daemon's to deal with.
            self._child = subprocess.Popen(
                [sys.executable, "-m", "devices.camera_process"],
                stdin=its_in,
                stdout=its_out,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
                start_new_session=True,
            )
        finally:
            os.close(its_in)
            os.close(its_out)
        try:
            self._heard = time.monotonic() + settings.open_timeout_ms / 1000
            self._tell(Task(port, settings))
            first = self._next(self._heard + self._silence_s)
            self._early = list(first.readings) if isinstance(first, Seen) else []
        except DeviceAbsent:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._child.pid

    def readings(self, until: float) -> list[Reading]:
        """Returns new scans, or nothing at `until` (monotonic seconds); DeviceAbsent when frames stop coming."""
        early, self._early = self._early, []
        while not early:
            message = self._next(until)
            if message is None:
                return []
            if isinstance(message, Seen):
                return list(message.readings)
        return early

    def preview(self, wait_s: float) -> Preview | None:
        """A look through the camera; it comes only while another thread reads. None when none came in time."""
        with self._looking:
            before = self._looks
            try:
                os.write(self._in, b"\n")
            except OSError:
                return None
            self._lookers += 1
            self._looking.wait_for(lambda: self._looks != before or self._in < 0, wait_s)
            self._lookers -= 1
            shown = self._look if self._looks != before else None
            if not self._lookers:
                self._look = None  # nothing that a camera saw stays here
        return shown

    def close(self) -> None:
        """Ends the process; never raises, and may be called twice."""
        with self._looking:
            for pipe in (self._in, self._out):
                with contextlib.suppress(OSError):
                    os.close(pipe)
            self._in = self._out = -1
            self._looking.notify_all()
        try:
            self._child.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _tell(self, task: Task) -> None:
        try:
            os.write(self._in, msgspec.json.encode(task) + b"\n")
        except OSError as error:
            raise DeviceAbsent(self._name, "the camera's process did not start") from error

    def _next(self, until: float) -> Message | None:
        """The child's next message; None at `until`. Silence counts from the last message on."""
        while b"\n" not in self._pending:
            silent_at = self._heard + self._silence_s
            wait_s = max(0.0, min(until, silent_at) - time.monotonic())
            if select.select([self._out], [], [], wait_s)[0]:
                data = os.read(self._out, 65536)
                if not data:
                    raise DeviceAbsent(self._name, "the camera's process ended")
                self._pending += data
            elif time.monotonic() >= silent_at:
                raise DeviceAbsent(self._name, "the camera gives no picture")
            elif time.monotonic() >= until:
                return None
        self._heard = time.monotonic()
        line, _, self._pending = self._pending.partition(b"\n")
        message: Message = _MESSAGES.decode(line)
        if isinstance(message, Alive):
            self.brightness = message.brightness
        if isinstance(message, Lost):
            raise DeviceAbsent(self._name, f"the camera {message.why}")
        if isinstance(message, Shown):
            self._show(message.preview)
        return message

    def _show(self, look: Preview) -> None:
        with self._looking:
            self._look, self._looks = look if self._lookers else None, self._looks + 1
            self._looking.notify_all()
