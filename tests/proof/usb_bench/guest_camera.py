"""A camera under the kernel's video interface (vivid), looked at by the live camera's own process."""

from __future__ import annotations

import os
import time
from pathlib import Path

from config.device_schema import CameraSettings, ScannerSettings
from devices.camera_scanner import CameraScanner
from devices.ports import DeviceAbsent, Reading
from tests.proof.usb_bench.guest_hid import settled
from tests.proof.usb_bench.talk import Talk, as_nobody, as_root, gone, only, opened

WATCHED_S = 4.0


def camera(talk: Talk) -> None:
    node = only("/dev/video*")
    mode = settled(node, "root:video 660")
    talk.check("udev gives it to the group video", mode == "root:video 660", mode)
    # A small picture and much patience: an emulated processor looks at one in seconds when it is busy.
    small = CameraSettings(width=320, height=180, stall_ms=10_000, open_timeout_ms=10_000, context="pickup")
    eye = CameraScanner("eye", ScannerSettings(driver="camera", port=node, camera=small))
    with as_nobody():
        talk.refused(
            "a user outside the group sees nothing, in words", DeviceAbsent, eye.open, "cannot be opened"
        )
    began = time.monotonic()
    opened(eye)
    talk.figure("seconds until the first picture was looked at", round(time.monotonic() - began, 1))
    try:
        until, seen = time.monotonic() + WATCHED_S, list[Reading]()
        while time.monotonic() < until:
            seen += eye.read(0.2)
        talk.check("pictures keep coming, and none is a code", not seen, seen)
    except DeviceAbsent as absent:
        talk.check("pictures keep coming, and none is a code", False, absent)
    began = time.monotonic()
    with as_root():
        Path("/sys/bus/platform/drivers/vivid/unbind").write_text("vivid.0")
    why = gone(eye)
    talk.figure("seconds until a vanished camera is noticed", round(time.monotonic() - began, 1))
    talk.check("the camera's driver goes: absent", why, why)
    eye.close()
    talk.check("its process is gone", _no_children())


def _no_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
