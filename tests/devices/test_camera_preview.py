"""The aiming view: what stands in it, what is said of it, and that the camera goes on scanning meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import cv2
import numpy as np
import pytest

from config.device_schema import ScannerSettings
from devices.camera_preview import preview
from devices.camera_scanner import CameraScanner
from devices.decoding import decode
from devices.phone_photo import phone_photo
from devices.ports import Aiming, Preview, Sight
from tests.devices.test_camera_live import Camera, camera, gone, opened, read_until, soon  # noqa: F401

WHOLE = (0, 0, 100, 100)
PHOTO = phone_photo("PK1.AIM", 3, "easy")


def picture_of(shown: Preview) -> Any:
    return cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (PHOTO, Sight.FINE),
        (PHOTO // 6, Sight.DARK),
        (np.clip(PHOTO.astype(int) * 8, 0, 255).astype(np.uint8), Sight.BRIGHT),
        (cv2.GaussianBlur(PHOTO, (0, 0), 9), Sight.BLURRED),
        (np.full((480, 640, 3), 128, np.uint8), Sight.FINE),  # a bare counter: nothing to be sharp
    ],
    ids=["fine", "dark", "bright", "blurred", "bare"],
)
def test_what_hinders_reading_is_said_in_a_word(frame: Any, says: Sight) -> None:
    assert preview(frame, WHOLE, []).sight is says


def test_the_picture_is_small_and_shows_region_and_codes() -> None:
    region = (50, 0, 100, 100)
    wide = np.hstack([PHOTO, PHOTO])  # the right half of it is a whole photo again
    found = decode(wide[:, PHOTO.shape[1] :])
    shown = preview(wide, region, found)
    drawn = picture_of(shown)
    assert drawn.shape[1] == 640
    assert len(shown.jpeg) < 64_000
    assert (shown.codes, shown.sight) == (1, Sight.FINE)
    assert drawn[:, :316].mean() < 0.6 * drawn[:, 324:].mean()  # what is not looked at is darker
    persimmon = (drawn[..., 2] > 200) & (drawn[..., 0] < 110) & (drawn[..., 1] > 80) & (drawn[..., 1] < 180)
    across = np.flatnonzero(persimmon.any(axis=0))
    corners = [(corner.x + PHOTO.shape[1]) * 640 / wide.shape[1] for corner in found[0].corners]
    assert abs(across.min() - min(corners)) < 8
    assert abs(across.max() - max(corners)) < 8


def test_a_code_that_is_read_is_never_called_blurred() -> None:
    soft = cv2.GaussianBlur(PHOTO, (0, 0), 9)
    assert preview(soft, WHOLE, decode(PHOTO)).sight is Sight.FINE


def test_somebody_looks_while_codes_are_read(camera: Camera) -> None:  # noqa: F811
    scanner = opened(camera)
    assert isinstance(scanner, Aiming)
    looks: list[Preview | None] = []
    asking = threading.Thread(target=lambda: looks.extend(scanner.preview(10) for _ in range(3)))
    asking.start()
    assert read_until(scanner, 1) == ["PK1.LIVE"]
    assert soon(lambda: not scanner.read(0.05) and not asking.is_alive())
    assert [look is not None and look.codes for look in looks] == [1, 1, 1]
    assert scanner._source is not None
    assert scanner._source._look is None  # type: ignore[attr-defined]
    scanner.close()
    assert scanner.preview(1) is None


def test_who_looks_when_the_camera_goes_is_not_kept_waiting(camera: Camera) -> None:  # noqa: F811
    scanner = opened(camera)
    looks: list[Preview | None] = []
    asking = threading.Thread(target=lambda: looks.append(scanner.preview(60)))  # nobody reads: none comes
    asking.start()
    source: Any = scanner._source
    assert soon(lambda: source._lookers == 1)
    scanner.close()
    asking.join(10)
    assert looks == [None]


def test_a_folder_of_pictures_has_no_view(tmp_path: Any) -> None:
    scanner = CameraScanner("c1", ScannerSettings(driver="camera", port=str(tmp_path)))
    assert scanner.preview(1) is None
    scanner.open()
    assert scanner.preview(1) is None


def test_no_process_that_was_looked_through_outlives_a_killed_parent(camera: Camera) -> None:  # noqa: F811
    code = (
        "import sys, threading, time\n"
        "from config.device_schema import CameraSettings\n"
        "from devices.live_camera import LiveCamera\n"
        "camera = LiveCamera('c1', sys.argv[1], CameraSettings(open_timeout_ms=10_000))\n"
        "threading.Thread(target=lambda: [camera.readings(time.monotonic() + 0.1) for _ in range(600)]).start()\n"
        "assert camera.preview(10)\n"
        "print(camera.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, camera.url], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.kill()  # SIGKILL: nothing of it can tidy up
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: gone(pid))
