"""A live camera in its own process: an MJPEG server of the test is the camera, and misbehaves on request."""

from __future__ import annotations

import contextlib
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from config.device_schema import CameraSettings, ScannerSettings
from devices.camera_scanner import CameraScanner
from devices.label_photo import label_photo
from devices.live_camera import LiveCamera
from devices.phone_photo import phone_photo
from devices.ports import DeviceAbsent

PATIENT = CameraSettings(open_timeout_ms=10_000)


class Camera(http.server.ThreadingHTTPServer):
    """Serves `picture` with a sensor's noise, as `mood` says: noisy, frozen, stalled or gone; torn and rubbish:
    noisy, and every other picture is half a JPEG or none at all."""

    daemon_threads = True

    def __init__(self, picture: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Stream)
        self.picture = picture
        self.mood = "noisy"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/live.mjpg"


class _Stream(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        camera = cast("Camera", self.server)
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        dice, number = np.random.default_rng(3), 0
        with contextlib.suppress(OSError):
            while camera.mood != "gone":
                number, picture = number + 1, camera.picture
                moves = camera.mood not in {"frozen", "stalled"}
                noise = dice.integers(-3, 4, picture.shape) if moves else 0
                frame = np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)
                data = cv2.imencode(".jpg", frame)[1].tobytes()
                if number % 2 and camera.mood in {"torn", "rubbish"}:
                    data = data[: len(data) // 2] if camera.mood == "torn" else dice.bytes(5000)
                if camera.mood != "stalled":
                    head = f"--f\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    self.wfile.write(head.encode() + data + b"\r\n")
                time.sleep(0.04)  # the camera's frame rate

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def camera() -> Iterator[Camera]:
    served = Camera(phone_photo("PK1.LIVE", 3, "easy"))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.mood = "gone"
    served.shutdown()
    served.server_close()


def opened(camera: Camera, settings: CameraSettings = PATIENT) -> CameraScanner:
    scanner = CameraScanner("c1", ScannerSettings(driver="camera", port=camera.url, camera=settings))
    scanner.open()
    return scanner


def read_until(scanner: CameraScanner, count: int) -> list[str]:
    got: list[str] = []
    deadline = time.monotonic() + 20
    while len(got) < count and time.monotonic() < deadline:
        got += [reading.text for reading in scanner.read(0.2)]
    return got


def gone(pid: int) -> bool:
    """Whether the process ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def soon(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)
    return what()


def test_a_code_held_to_a_live_camera_is_one_scan_of_a_niced_process(camera: Camera) -> None:
    scanner = opened(camera)
    assert read_until(scanner, 1) == ["PK1.LIVE"]
    assert not any(scanner.read(0.2) for _ in range(3))
    source = scanner._source
    assert isinstance(source, LiveCamera)
    assert os.getpriority(os.PRIO_PROCESS, source.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
    assert Path(f"/proc/{source.pid}/oom_score_adj").read_text().strip() == "900"
    scanner.close()
    assert gone(source.pid)
    with pytest.raises(DeviceAbsent):
        scanner.read(0)


def test_a_label_needs_frames_that_differ(camera: Camera) -> None:
    camera.picture = label_photo("6901234567892", 1, "easy")
    scanner = opened(camera)
    assert read_until(scanner, 1) == ["6901234567892"]
    scanner.close()


@pytest.mark.parametrize(
    ("mood", "why"), [("stalled", "no picture"), ("frozen", "repeats one picture"), ("gone", "no picture")]
)
def test_a_camera_without_new_pictures_is_absent_and_comes_back(camera: Camera, mood: str, why: str) -> None:
    scanner = opened(camera)
    assert read_until(scanner, 1) == ["PK1.LIVE"]
    source = scanner._source
    assert isinstance(source, LiveCamera)
    camera.mood = mood
    with pytest.raises(DeviceAbsent, match=why):
        read_until(scanner, 99)
    assert gone(source.pid)
    camera.mood = "noisy"
    scanner.open()
    assert read_until(scanner, 1) == ["PK1.LIVE"]
    scanner.close()


def test_a_dark_room_is_no_frozen_camera(camera: Camera) -> None:
    camera.picture = np.full((480, 640, 3), 5, np.uint8)
    camera.mood = "frozen"
    scanner = opened(camera)
    assert not any(scanner.read(0.5) for _ in range(5))
    scanner.close()


def test_a_process_that_hangs_is_noticed_and_ended(camera: Camera) -> None:
    scanner = opened(camera)
    source = scanner._source
    assert isinstance(source, LiveCamera)
    os.kill(source.pid, 19)  # SIGSTOP
    with pytest.raises(DeviceAbsent, match="no picture"):
        read_until(scanner, 99)
    assert gone(source.pid)


def test_an_address_where_nothing_answers_is_absent_and_never_named() -> None:
    settings = ScannerSettings(driver="camera", port="http://me:secret@127.0.0.1:9/x.mjpg", camera=PATIENT)
    with pytest.raises(DeviceAbsent, match="cannot be opened") as caught:
        CameraScanner("c1", settings).open()
    assert "secret" not in str(caught.value)


def test_only_the_region_is_looked_at(camera: Camera) -> None:
    left_half = CameraSettings(region=(0, 0, 50, 100), open_timeout_ms=10_000)
    photo = phone_photo("PK1.R", 3, "easy")
    camera.picture = np.hstack([np.full_like(photo, 200)[:, :1000], photo])
    scanner = opened(camera, left_half)
    assert not any(scanner.read(0.3) for _ in range(4))
    camera.picture = np.hstack([photo, np.full_like(photo, 200)[:, :1000]])
    scanner.close()
    whole = opened(camera)
    assert read_until(whole, 1) == ["PK1.R"]
    whole.close()


def test_no_process_outlives_a_killed_parent(camera: Camera) -> None:
    code = (
        "import sys, time\n"
        "from config.device_schema import CameraSettings\n"
        "from devices.live_camera import LiveCamera\n"
        "camera = LiveCamera('c1', sys.argv[1], CameraSettings(open_timeout_ms=10_000))\n"
        "print(camera.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, camera.url], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: gone(pid))
