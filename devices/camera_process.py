"""The process of a live camera: takes frames, decodes the newest, says what it saw on standard output.

It has one parent, which gives the task as the first line of standard input and keeps that open: when it closes,
whatever the reason, this process ends. Each further line in asks for one preview. Each line out is one message in
JSON.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from config.device_schema import CameraSettings
from devices.ports import Preview, Reading
from devices.sightings import Sightings, fingerprint

_NICE = 10
_EXPENDABLE = "900"
_BUDGET_S = 0.1  # the next frame helps more than a longer look at this one
_ALIVE_S = 0.25
_BAD_FRAMES, _BAD_FRAME_S = 10, 0.02
_FLAT = 6  # gray levels; a picture with less in it is a dark room, in which compression leaves no noise


class Task(msgspec.Struct, frozen=True):
    """Which camera, and how. `port` may hold a password (rtsp://user:...), hence no command line."""

    port: str
    camera: CameraSettings


class Alive(msgspec.Struct, frozen=True, tag="alive"):
    """Frames come and are looked at; `brightness` is the mean gray level of what is looked at, 0..255."""

    brightness: int


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """New scans."""

    readings: tuple[Reading, ...]


class Shown(msgspec.Struct, frozen=True, tag="shown"):
    """What was asked for: a look through the camera."""

    preview: Preview


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """It is over; the process ends."""

    why: str


Message = Alive | Seen | Shown | Lost


def main() -> None:
    """Runs until the parent goes or the camera does."""
    os.nice(_NICE)
    # A few kilobytes from a camera may unpack to half a gigabyte: memory is then taken from here, not from the shop.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_EXPENDABLE, "ascii")
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no message
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    asked, exposure = threading.Event(), Exposure()
    threading.Thread(target=_obey, args=(asked, exposure), daemon=True).start()
    lost = _watch(task, _Speaker(out), asked, exposure)
    _Speaker(out).say(Lost(lost))
    exposure.restore()
    os._exit(1)  # a capture that hangs must not keep the process


def _obey(asked: threading.Event, exposure: Exposure) -> None:
    # Not PR_SET_PDEATHSIG: its parent is the thread that started us, and threads end before the daemon does.
    for _ in sys.stdin.buffer:
        asked.set()
    exposure.restore()
    os._exit(0)


class Exposure:
    """A camera's exposure time, and the way back: cameras keep what they were told, also for other programs."""

    def __init__(self) -> None:
        self._capture: Any = None
        self._before = 0.0

    def hint(self, capture: Any, tenth_ms: int) -> None:
        """Asks for this time, 0.1 ms; a camera without the control keeps what it has."""
        import cv2

        before = capture.get(cv2.CAP_PROP_AUTO_EXPOSURE)
        if capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, 1):  # V4L2_EXPOSURE_MANUAL
            self._capture, self._before = capture, before
        capture.set(cv2.CAP_PROP_EXPOSURE, tenth_ms)

    def restore(self) -> None:
        """Gives automatic exposure back where there was one."""
        import cv2

        capture, self._capture = self._capture, None
        if capture is not None:
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, self._before)


class _Speaker:
    def __init__(self, out: int) -> None:
        self._out = out
        self._last = 0.0

    def say(self, message: Message) -> None:
        if isinstance(message, Alive) and time.monotonic() - self._last < _ALIVE_S:
            return
        self._last = time.monotonic()
        data = memoryview(msgspec.json.encode(message) + b"\n")
        while data:
            data = data[os.write(self._out, data) :]


class _Newest:
    """A thread that takes every frame and keeps the newest: a driver's queue would show the past."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture
        self._changed = threading.Condition()
        self._frame: Any = None
        self._ended = False
        threading.Thread(target=self._run, daemon=True).start()

    def take(self, wait_s: float) -> Any:
        """The newest frame not taken yet, or None if none comes within `wait_s` or the camera ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._ended, wait_s)
            frame, self._frame = self._frame, None
        return frame

    def _run(self) -> None:
        failed = 0
        while failed < _BAD_FRAMES:
            taken, frame = self._capture.read()
            failed = 0 if taken else failed + 1
            if not taken:  # a picture that is no JPEG ends nothing: the next one may be whole
                time.sleep(_BAD_FRAME_S)
                continue
            with self._changed:
                self._frame = frame
                self._changed.notify()
        with self._changed:
            self._ended = True
            self._changed.notify()


def _watch(task: Task, speaker: _Speaker, asked: threading.Event, exposure: Exposure) -> str:
    """Looks at frames until none comes any more; gives the reason."""
    import cv2

    from devices.camera_preview import preview
    from devices.decoding import decode

    cv2.setNumThreads(1)
    capture = _opened(task)
    if task.camera.exposure and "://" not in task.port:
        exposure.hint(capture, task.camera.exposure)
    if not capture.isOpened():
        return "cannot be opened"
    frames, sightings = _Newest(capture), Sightings()
    stall_s = task.camera.stall_ms / 1000
    picture, since = -1, time.monotonic()
    wait_s = task.camera.open_timeout_ms / 1000
    while True:
        frame = frames.take(wait_s)
        wait_s = stall_s
        if frame is None:
            return "gives no picture"
        now, before, picture = time.monotonic(), picture, fingerprint(frame)
        if picture != before or _flat(frame):
            since = now
        elif now - since >= stall_s:
            return "repeats one picture"
        seen = _region(frame, task.camera)
        found = decode(seen, _BUDGET_S, context=task.camera.context, effort="live")
        scans = sightings.scans((code.reading for code in found), now, picture)
        speaker.say(Seen(tuple(scans)) if scans else Alive(int(seen[::16, ::16].mean())))
        if asked.is_set():
            asked.clear()
            speaker.say(Shown(preview(frame, task.camera.region, found)))


def _opened(task: Task) -> Any:
    import cv2

    camera = task.camera
    if "://" in task.port:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, camera.open_timeout_ms]
        limits += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, camera.stall_ms]
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "fflags;nobuffer|rtsp_transport;tcp")
        return cv2.VideoCapture(task.port, cv2.CAP_FFMPEG, limits)
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(-(-camera.stall_ms // 1000)))
    capture = cv2.VideoCapture(task.port, cv2.CAP_V4L2)
    # Hints, in this order; a camera that cannot follow keeps what it has. Raw pictures of this size rarely
    # fit through USB 2 at 30 a second.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, camera.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, camera.height)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _flat(frame: Any) -> bool:
    few = frame[::16, ::16]
    return int(few.max()) - int(few.min()) < _FLAT


def _region(frame: Any, camera: CameraSettings) -> Any:
    height, width = frame.shape[:2]
    left, top, right, bottom = camera.region
    return frame[height * top // 100 : height * bottom // 100, width * left // 100 : width * right // 100]


if __name__ == "__main__":
    main()
