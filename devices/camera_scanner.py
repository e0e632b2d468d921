"""A camera as a scanner: a video device, a video file, or a folder into which pictures are dropped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from config.schema import ScannerSettings
from devices.decoding import decode, load_image
from devices.ports import BadSource, DeviceAbsent, Reading, Symbology
from devices.scanned_bytes import Charset, words

_HELD_S = 2.0  # a code held in view counts as one scan for so long
_FRAME_BUDGET_S = 0.06  # the next frame helps more than a longer look at this one
_STILL_BUDGET_S = 3.0
_LOOK_S = 0.05  # how often a folder is looked at
_WRITING_S = 1.0  # an unreadable picture younger than this may still be being written
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
# Without a check beyond one digit: one frame in some thousands is read wrong.
_TWICE = frozenset(
    {
        Symbology.EAN13,
        Symbology.EAN8,
        Symbology.UPCA,
        Symbology.UPCE,
        Symbology.CODE128,
        Symbology.CODE39,
        Symbology.ITF,
    }
)


class _Source(Protocol):
    def readings(self, until: float) -> list[Reading]: ...

    def close(self) -> None: ...


class CameraScanner:
    """Reads codes from `settings.port`: /dev/videoN, a video file, or a folder of pictures.

    Each picture of a folder is read once and then moved to its `done` subfolder. At the end of a video
    file nothing more comes.
    """

    def __init__(self, name: str, settings: ScannerSettings) -> None:
        self._name = name
        self._settings = settings
        self._source: _Source | None = None

    def open(self) -> None:
        """Opens the source; raises DeviceAbsent when there is none, BadSource when it is no video."""
        self.close()
        path = Path(self._settings.port)
        if path.is_dir():
            self._source = _Folder(self._name, path)
        elif path.exists():
            self._source = _Video(self._name, path)
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
        return [_in_charset(one, self._settings.charset) for one in found]

    def close(self) -> None:
        """Lets go of the source."""
        source, self._source = self._source, None
        if source:
            source.close()


class Sightings:
    """Decides which codes seen in the frames of a video are scans: once while held, linear ones seen twice.

    Times are seconds of any clock that only goes forward.
    """

    def __init__(self) -> None:
        self._reported: dict[bytes, float] = {}
        self._seen: dict[bytes, float] = {}

    def scans(self, seen: Iterable[Reading], at: float) -> list[Reading]:
        """Returns the readings of one frame that are new scans."""
        for memory in (self._reported, self._seen):
            for raw in [raw for raw, then in memory.items() if at - then >= _HELD_S]:
                del memory[raw]
        return [reading for reading in seen if self._is_scan(reading, at)]

    def _is_scan(self, reading: Reading, at: float) -> bool:
        if reading.raw in self._reported:
            return False
        if reading.symbology in _TWICE and reading.raw not in self._seen:
            self._seen[reading.raw] = at
            return False
        self._reported[reading.raw] = at
        return True


class _Video:
    def __init__(self, name: str, path: Path) -> None:
        import cv2

        self._name = name
        self._live = path.is_char_device()
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2 if self._live else cv2.CAP_ANY)
        if not self._capture.isOpened():
            self._capture.release()
            if self._live:
                raise DeviceAbsent(name, "the camera cannot be opened")
            raise BadSource(name, "not a video")
        self._position = cv2.CAP_PROP_POS_MSEC
        self._sightings = Sightings()

    def readings(self, until: float) -> list[Reading]:
        while True:
            taken, frame = self._capture.read()
            if not taken and self._live:
                raise DeviceAbsent(self._name, "the camera gives no picture")
            if not taken:
                time.sleep(max(until - time.monotonic(), 0))
                return []
            at = time.monotonic() if self._live else self._capture.get(self._position) / 1000
            found = (code.reading for code in decode(frame, _FRAME_BUDGET_S))
            scans = self._sightings.scans(found, at)
            if scans or time.monotonic() >= until:
                return scans

    def close(self) -> None:
        self._capture.release()


class _Folder:
    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._unmovable: set[Path] = set()

    def readings(self, until: float) -> list[Reading]:
        while True:
            for picture in self._new():
                if found := self._read(picture):
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
            codes = decode(load_image(picture), _STILL_BUDGET_S)
        except BadSource:
            if self._being_written(picture):
                return []
            codes = []
        self._put_away(picture)
        return [code.reading for code in codes]

    def _being_written(self, picture: Path) -> bool:
        with contextlib.suppress(OSError):
            return time.time() - picture.stat().st_mtime < _WRITING_S
        return False

    def _put_away(self, picture: Path) -> None:
        done = self._path / "done"
        try:
            done.mkdir(exist_ok=True)
            target = done / picture.name
            if target.exists():
                target = done / f"{picture.stem}-{time.time_ns()}{picture.suffix}"
            picture.rename(target)
        except OSError:  # a folder that we may only read: remember it instead
            self._unmovable.add(picture)


def _in_charset(reading: Reading, charset: Charset) -> Reading:
    if charset == "auto":
        return reading
    return Reading(words(reading.raw, charset), reading.raw, reading.symbology)
