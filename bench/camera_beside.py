"""Scans on a line while a camera is decoded beside them; run as a module it is that camera, an MJPEG stream."""

from __future__ import annotations

import contextlib
import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.rounds import Figure, Row, ms, pair, percentile
from bench.scanner_line import Line
from config.device_schema import CameraSettings, ScannerSettings
from devices.live_camera import LiveCamera
from devices.serial_scanner import SerialScanner

_FRAMES, _PER_SECOND = 24, 25
_SCANS = 10_000
_PACE_S = 0.002


def rows(rounds: int) -> list[Row]:
    """Last byte on the line to the reading, with the camera's process decoding and without, in turn."""
    line = Line()
    scanner = SerialScanner("bench", ScannerSettings(port=line.port))
    scanner.open()
    line.listen(lambda: scanner.read(5.0))
    taken: dict[str, list[list[float]]] = {"alone": [], "beside": []}
    for _ in range(rounds):
        taken["alone"].append(_scans(line, _SCANS // rounds))
        with _decoding():
            taken["beside"].append(_scans(line, _SCANS // rounds))
    alone, beside = (_figure(taken[name]) for name in ("alone", "beside"))
    most = max(max(times) for times in taken["beside"])
    return [
        Row(
            name="line-with-camera",
            what=f"last byte written to a pty -> read() of SerialScanner returns, {_SCANS} scans; a niced process "
            f"decodes 1280x720 at {_PER_SECOND} a second with nothing to find; floor: the same without the camera",
            subject=f"{pair(beside)}, max {ms(most)}",
            floor=pair(alone),
            ratio=f"{beside.p50 / alone.p50:.2f} / {beside.p99 / alone.p99:.2f}",
            goal="p99 <= 4 x the floor or <= 10 ms",
            met=beside.p99 <= max(4 * alone.p99, 0.01),
        )
    ]


def _scans(line: Line, count: int) -> list[float]:
    times = []
    for _ in range(count):
        times.append(line.sample())
        time.sleep(_PACE_S)
    return times


def _figure(rounds: list[list[float]]) -> Figure:
    p50s = sorted(percentile(times, 50) for times in rounds)
    return Figure(p50s[len(p50s) // 2], min(percentile(times, 99) for times in rounds))


@contextlib.contextmanager
def _decoding() -> Iterator[None]:
    """A live camera that is decoded all the time."""
    served = subprocess.Popen(
        [sys.executable, "-m", "bench.camera_beside"], stdout=subprocess.PIPE, text=True
    )
    assert served.stdout is not None
    camera = LiveCamera("bench", served.stdout.readline().strip(), CameraSettings(open_timeout_ms=10_000))
    ended = threading.Event()

    def listen() -> None:
        while not ended.is_set():
            camera.readings(time.monotonic() + 0.2)

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield
    finally:
        ended.set()
        listener.join()
        camera.close()
        served.kill()
        served.wait()
        served.stdout.close()


class _Stream(http.server.BaseHTTPRequestHandler):
    frames: tuple[bytes, ...] = ()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                for data in self.frames:
                    head = f"--f\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    self.wfile.write(head.encode() + data + b"\r\n")
                    time.sleep(1 / _PER_SECOND)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def main() -> None:
    """Serves noisy frames of a shelf until it is killed; says its address first."""
    import cv2
    import numpy as np

    dice = np.random.default_rng(1)
    shelf = cv2.resize(dice.integers(20, 220, (9, 16, 3), dtype=np.uint8), (1280, 720))
    noisy = [np.clip(shelf + dice.normal(0, 6, shelf.shape), 0, 255).astype(np.uint8) for _ in range(_FRAMES)]
    _Stream.frames = tuple(cv2.imencode(".jpg", frame)[1].tobytes() for frame in noisy)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stream) as server:
        print(f"http://127.0.0.1:{server.server_port}/live.mjpg", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
