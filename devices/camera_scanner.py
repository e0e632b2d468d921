"""A camera as a scanner: a live one, a video file, or a folder into which pictures are dropped."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from config.device_schema import ScannerSettings
from devices.decoding import Context, decode, load_image
from devices.live_camera import LiveCamera
from devices.ports import BadSource, DeviceAbsent, Preview, Reading
from devices.scanned_bytes import Charset, words
from devices.sightings import Sightings, fingerprint
from devices.torch import Torch

_FRAME_BUDGET_S = 0.1  # the next frame helps more than a longer look at this one
_STILL_BUDGET_S = 3.0
_LOOK_S = 0.05  # how often a folder is looked at
_WRITING_S = 1.0  # an unreadable picture younger than this may still be being written
_KEPT, _KEPT_S = 100, 86_400.0
"""Pictures that were looked at: enough to see why one was not read, and no archive."""
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})


class _Source(Protocol):
    def readings(self, until: float) -> list[Reading]: ...

    def close(self) -> None: ...


class CameraScanner:
    """Reads codes from `settings.port`: /dev/videoN, an address, a video file, or a folder of pictures.

    A live camera (the first two) runs in a process of its own from `open` to `close`. Each picture of a folder
    is read once and then moved to its `done` subfolder, which keeps the last hundred for a day. At the end of a
    video file nothing more comes.
    `torch`, if it is given one, is lit while what a live camera looks at is dark.
    """

    def __init__(self, name: str, settings: ScannerSettings) -> None:
        self._name = name
        self._settings = settings
        self.torch: Torch | None = None
        self._source: _Source | None = None

    def open(self) -> None:
        """Opens the source; raises DeviceAbsent when there is none, BadSource when it is no video."""
        self.close()
        port, camera = self._settings.port, self._settings.camera
        path = Path(port)
        if "://" in port or path.is_char_device():
            self._source = LiveCamera(self._name, port, camera)
        elif path.is_dir():
            self._source = _Folder(self._name, path, camera.context)
        elif path.exists():
            self._source = _Video(self._name, path, camera.context)
        else:
            raise DeviceAbsent(self._name, "no such camera, file or folder")

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns what was read within `wait_s`; raises DeviceAbsent when the source went away."""
        if self._source is None:
            raise DeviceAbsent(self._name, "not open")
        try:
            found = self._source.readings(time.monotonic() + wait_s)
        except DeviceAbsent:
            self.close()
            raise
        if self.torch and isinstance(self._source, LiveCamera):
            self.torch.sees(self._source.brightness, time.monotonic())
        return [_in_charset(one, self._settings.charset) for one in found]

    def preview(self, wait_s: float) -> Preview | None:
        """What a live camera sees now; None from a file or a folder, and while the camera is not there."""
        source = self._source
        return source.preview(wait_s) if isinstance(source, LiveCamera) else None

    def close(self) -> None:
        """Lets go of the source; its torch goes out."""
        source, self._source = self._source, None
        if self.torch:
            self.torch.close()
        if source:
            source.close()


class _Video:
    """A video file, read as fast as it can be looked at."""

    def __init__(self, name: str, path: Path, context: Context) -> None:
        import cv2

        self._context: Context = context
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_ANY)
        if not self._capture.isOpened():
            self._capture.release()
            raise BadSource(name, "not a video")
        self._position = cv2.CAP_PROP_POS_MSEC
        self._sightings = Sightings()

    def readings(self, until: float) -> list[Reading]:
        while True:
            taken, frame = self._capture.read()
            if not taken:
                time.sleep(max(until - time.monotonic(), 0))
                return []
            at = self._capture.get(self._position) / 1000
            codes = decode(frame, _FRAME_BUDGET_S, context=self._context, effort="live")
            scans = self._sightings.scans((code.reading for code in codes), at, fingerprint(frame))
            if scans or time.monotonic() >= until:
                return scans

    def close(self) -> None:
        self._capture.release()


class _Folder:
    """A folder that pictures are dropped into; what is in one was meant, so one sight is enough."""

    def __init__(self, name: str, path: Path, context: Context) -> None:
        self._name = name
        self._path = path
        self._context: Context = context
        self._unmovable: set[Path] = set()

    def readings(self, until: float) -> list[Reading]:
        while True:
            for picture in self._new():
                # One a look once the time is up: a full folder must not keep the shop's worker for minutes.
                if (found := self._read(picture)) or time.monotonic() >= until:
                    return found
            left = until - time.monotonic()
            if left <= 0:
                return []
            time.sleep(min(left, _LOOK_S))

    def close(self) -> None:
        pass

    def _new(self) -> list[Path]:
        try:
            pictures = [
                (entry.stat().st_mtime_ns, entry.name, entry)
                for entry in self._path.iterdir()
                if entry.suffix.lower() in _PICTURES and entry not in self._unmovable and entry.is_file()
            ]
        except OSError as error:
            if self._path.is_dir():  # a picture was taken away while we looked
                return []
            raise DeviceAbsent(self._name, "the folder is gone") from error
        return [entry for _, _, entry in sorted(pictures)]

    def _read(self, picture: Path) -> list[Reading]:
        try:
            codes = decode(load_image(picture), _STILL_BUDGET_S, context=self._context)
        except BadSource:
            if self._being_written(picture):
                return []
            codes = []
        self._put_away(picture)
        return [code.reading for code in codes]

    def _being_written(self, picture: Path) -> bool:
        with contextlib.suppress(OSError):
            # A date in the future is a wrong clock, not somebody who is still writing.
            return 0 <= time.time() - picture.stat().st_mtime < _WRITING_S
        return False

    def _put_away(self, picture: Path) -> None:
        done = self._path / "done"
        try:
            done.mkdir(exist_ok=True)
            target = done / picture.name
            if target.exists():
                target = done / f"{picture.stem}-{time.time_ns()}{picture.suffix}"
            picture.rename(target)
            os.utime(target)  # its age there counts from now
            _tidy(done)
        except OSError:  # a folder that we may only read: remember it instead
            self._unmovable.add(picture)


def _tidy(done: Path) -> None:
    """Deletes what is older than a day or beyond the last hundred; pictures only, whatever else lies there."""
    aged = sorted(
        (entry.stat().st_mtime, entry) for entry in done.iterdir() if entry.suffix.lower() in _PICTURES
    )
    oldest = time.time() - _KEPT_S
    for at, (changed, entry) in enumerate(reversed(aged)):
        if at >= _KEPT or changed < oldest:
            entry.unlink()


def _in_charset(reading: Reading, charset: Charset) -> Reading:
    if charset == "auto":
        return reading
    return Reading(words(reading.raw, charset), reading.raw, reading.symbology, reading.aim)
