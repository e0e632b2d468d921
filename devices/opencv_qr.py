"""OpenCV's QR readers as a reader of the decoding cascade."""

from __future__ import annotations

from typing import Any

from devices.ports import Barcode, Corner, Reading, Symbology
from devices.scanned_bytes import words


def opencv_codes(gray: Any) -> list[Barcode]:
    """QR codes in a gray picture (height, width) of uint8; empty also where OpenCV gives up."""
    import cv2

    for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
        try:
            found, payloads, corners, _ = detector.detectAndDecodeBytesMulti(gray)
        # Both raise on some pictures and payloads (assertions, modes they do not know).
        except (cv2.error, UnicodeDecodeError, SystemError, ValueError):
            continue
        codes = [
            Barcode(Reading(words(data, "auto"), data, Symbology.QR), _corners(points))
            for data, points in zip(map(_exact, payloads), corners if found else (), strict=False)
            if data
        ]
        if codes:
            return codes
    return []


def _corners(points: Any) -> tuple[Corner, ...]:
    return tuple(Corner(round(float(x)), round(float(y))) for x, y in points)


def _exact(payload: bytes) -> bytes:
    """The bytes in the code: OpenCV re-encodes what is not UTF-8 as if it had been Latin-1.

    That cannot always be undone; it is where the outcome is Chinese in GB 2312, whose characters come
    in pairs of high bytes that no European word has.
    """
    try:
        before = payload.decode("utf-8").encode("latin-1")
        before.decode("gb2312")
    except UnicodeError:
        return payload
    return before
