"""A camera as a scanner: real video files and a folder into which pictures are dropped."""

from __future__ import annotations

import io
import os
import shutil
import time
from pathlib import Path
from typing import Any

import barcode  # type: ignore[import-untyped]
import cv2
import numpy as np
import pytest
from barcode.writer import ImageWriter  # type: ignore[import-untyped]

from config.device_schema import CameraSettings, ScannerSettings
from devices.camera_scanner import CameraScanner
from devices.decoding import load_image
from devices.phone_photo import phone_photo
from devices.ports import BadSource, DeviceAbsent


def opened(port: Path) -> CameraScanner:
    scanner = CameraScanner("c1", ScannerSettings(driver="camera", port=str(port)))
    scanner.open()
    return scanner


def read_all(scanner: CameraScanner, count: int) -> list[str]:
    got: list[str] = []
    deadline = time.monotonic() + 20
    while len(got) < count and time.monotonic() < deadline:
        got += [reading.text for reading in scanner.read(0.05)]
    return got


def ean_picture() -> Any:
    out = io.BytesIO()
    barcode.get("ean13", "690123456789", writer=ImageWriter()).write(out)
    picture = load_image(out.getvalue())
    canvas = np.full((480, 640, 3), 255, np.uint8)
    picture = cv2.resize(picture, (500, 300))
    canvas[90:390, 70:570] = picture
    return canvas


def video(path: Path, frames: list[Any], per_second: int = 10) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), per_second, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_a_folder_reads_each_picture_once_in_order(tmp_path: Path) -> None:
    scanner = opened(tmp_path)
    assert list(scanner.read(0)) == []
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{9 - number}.png"), phone_photo(f"PK1.{number}", number, "easy"))
    (tmp_path / "notes.txt").write_text("no picture")
    assert read_all(scanner, 3) == ["PK1.0", "PK1.1", "PK1.2"]
    assert list(scanner.read(0.1)) == []
    assert sorted(file.name for file in (tmp_path / "done").iterdir()) == ["7.png", "8.png", "9.png"]
    cv2.imwrite(str(tmp_path / "9.png"), phone_photo("PK1.again", 1, "easy"))
    assert read_all(scanner, 1) == ["PK1.again"]
    assert len(list((tmp_path / "done").iterdir())) == 4


def test_a_picture_that_is_still_being_written_is_read_when_whole(tmp_path: Path) -> None:
    whole = tmp_path.parent / "whole.png"
    cv2.imwrite(str(whole), phone_photo("PK1.W", 4, "easy"))
    data = whole.read_bytes()
    scanner = opened(tmp_path)
    (tmp_path / "w.png").write_bytes(data[: len(data) // 2])
    assert list(scanner.read(0)) == []
    assert not (tmp_path / "done").exists()
    (tmp_path / "w.png").write_bytes(data)
    assert read_all(scanner, 1) == ["PK1.W"]


def test_rubbish_in_the_folder_is_put_away(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.jpg"
    rubbish.write_bytes(b"no picture")
    old = time.time() - 60
    os.utime(rubbish, (old, old))
    assert list(opened(tmp_path).read(0)) == []
    assert (tmp_path / "done" / "rubbish.jpg").exists()


def test_what_was_looked_at_is_kept_for_a_day_and_a_hundred_at_most(tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.mkdir()
    blank = cv2.imencode(".png", np.full((8, 8, 3), 255, np.uint8))[1].tobytes()
    for number in range(120):
        (done / f"{number:03d}.png").write_bytes(blank)
        moment = time.time() - 1000 + number
        os.utime(done / f"{number:03d}.png", (moment, moment))
    old = time.time() - 90_000
    (done / "notes.txt").write_text("of a person")
    for name in ("110.png", "notes.txt"):
        os.utime(done / name, (old, old))
    (tmp_path / "new.png").write_bytes(blank)
    os.utime(tmp_path / "new.png", (old, old))
    assert list(opened(tmp_path).read(0)) == []
    kept = {file.name for file in done.iterdir()}
    assert len(kept) == 101
    assert {"new.png", "119.png", "notes.txt"} <= kept
    assert not {"110.png", "000.png"} & kept


def test_a_folder_that_vanishes_is_absent(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    scanner = opened(folder)
    shutil.rmtree(folder)
    with pytest.raises(DeviceAbsent):
        scanner.read(0)
    with pytest.raises(DeviceAbsent):
        scanner.open()
    folder.mkdir()
    scanner.open()
    assert list(scanner.read(0)) == []


def test_a_video_reports_a_held_code_once(tmp_path: Path) -> None:
    held = phone_photo("PK1.HELD", 2, "easy")
    empty = np.full_like(held, 200)
    scanner = opened(video(tmp_path / "v.avi", [empty] * 3 + [held] * 12 + [empty] * 3))
    assert read_all(scanner, 1) == ["PK1.HELD"]
    rest = [scanner.read(0.05) for _ in range(20)]
    assert not any(rest)
    scanner.close()


def test_bars_in_a_video_need_two_frames_that_differ(tmp_path: Path) -> None:
    code, empty = ean_picture(), np.full((480, 640, 3), 255, np.uint8)
    moved = np.roll(code, 5, (0, 1))
    for name, frames in {"once": [empty, code, empty, empty], "same": [empty, code, code, code]}.items():
        scanner = opened(video(tmp_path / f"{name}.avi", frames))
        assert not any(scanner.read(0.05) for _ in range(5)), name
    twice = opened(video(tmp_path / "twice.avi", [empty, code, empty, moved, empty]))
    assert read_all(twice, 1) == ["6901234567892"]


def test_the_context_says_what_is_looked_for(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), ean_picture())
    cv2.imwrite(str(tmp_path / "2.png"), phone_photo("PK1.C", 1, "easy"))
    settings = ScannerSettings(driver="camera", port=str(tmp_path), camera=CameraSettings(context="pickup"))
    scanner = CameraScanner("c1", settings)
    scanner.open()
    assert read_all(scanner, 1) == ["PK1.C"]
    assert len(list((tmp_path / "done").iterdir())) == 2


def test_what_is_no_video_is_a_bad_source(tmp_path: Path) -> None:
    file = tmp_path / "v.avi"
    file.write_bytes(b"rubbish")
    with pytest.raises(BadSource):
        opened(file)
    with pytest.raises(DeviceAbsent):
        opened(tmp_path / "none")
    with pytest.raises(DeviceAbsent):
        CameraScanner("c1", ScannerSettings(driver="camera", port=str(tmp_path))).read(0)
