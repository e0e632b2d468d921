"""What a live camera does wrong in a shop: torn pictures, another size in mid-stream; and payloads, exactly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
import segno

from devices.camera_scanner import CameraScanner
from devices.phone_photo import phone_photo
from tests.devices.test_camera_live import Camera, opened, read_until


@pytest.fixture
def camera() -> Iterator[Camera]:
    served = Camera(phone_photo("PK1.LIVE", 3, "easy"))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.mood = "gone"
    served.shutdown()
    served.server_close()


def screen(content: str | bytes, size: tuple[int, int] = (720, 960)) -> Any:
    """A QR code in the middle of a gray picture of (height, width)."""
    modules = np.array(segno.make(content, micro=False, error="m").matrix, np.uint8)
    code = np.kron(np.pad(1 - modules, 4, constant_values=1) * 255, np.ones((6, 6), np.uint8))
    picture = np.full((*size, 3), 128, np.uint8)
    top, left = (size[0] - code.shape[0]) // 2, (size[1] - code.shape[1]) // 2
    picture[top : top + code.shape[0], left : left + code.shape[1]] = code[:, :, None]
    return picture


def raw_until_read(scanner: CameraScanner) -> bytes:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if got := scanner.read(0.2):
            return got[0].raw
    return b""


@pytest.mark.parametrize("mood", ["torn", "rubbish"])
def test_bad_pictures_between_good_ones_cost_neither_codes_nor_the_camera(camera: Camera, mood: str) -> None:
    scanner = opened(camera)
    assert read_until(scanner, 1) == ["PK1.LIVE"]
    camera.mood = mood
    camera.picture = screen("PK1.AFTER")
    assert read_until(scanner, 1) == ["PK1.AFTER"]
    camera.mood = "noisy"
    camera.picture = screen("PK1.LAST")
    assert read_until(scanner, 1) == ["PK1.LAST"]
    scanner.close()


@pytest.mark.parametrize("size", [(480, 640), (600, 1024)], ids=str)
def test_another_size_in_mid_stream_is_read_on(camera: Camera, size: tuple[int, int]) -> None:
    scanner = opened(camera)
    assert read_until(scanner, 1) == ["PK1.LIVE"]
    camera.picture = screen("PK1.OTHER.SIZE", size)
    assert read_until(scanner, 1) == ["PK1.OTHER.SIZE"]
    scanner.close()


@pytest.mark.parametrize(
    "payload",
    [
        "提货码 7 号 ¥".encode(),
        "会员卡6225".encode("gbk"),
        bytes(range(256)),
        b"010950110153000310AB\x1d17250101",
    ],
    ids=["utf-8", "gbk", "binary", "gs"],
)
def test_payload_bytes_come_exactly_through_a_live_camera(camera: Camera, payload: bytes) -> None:
    camera.picture = screen(payload)
    scanner = opened(camera)
    assert raw_until_read(scanner) == payload
    scanner.close()


def test_how_bright_it_is_comes_with_the_pictures(camera: Camera) -> None:
    camera.picture = np.full((480, 640, 3), 30, np.uint8)
    cv2.rectangle(camera.picture, (0, 0), (40, 40), (90, 90, 90), -1)
    scanner = opened(camera)
    source: Any = scanner._source
    deadline = time.monotonic() + 10
    while source.brightness is None and time.monotonic() < deadline:
        scanner.read(0.1)
    assert source.brightness == pytest.approx(30, abs=6)
    scanner.close()
