"""Which of the codes seen in frames are scans."""

from __future__ import annotations

import numpy as np

from devices.ports import Reading, Symbology
from devices.sightings import Sightings, fingerprint

QR = Reading("PK1.A", b"PK1.A", Symbology.QR)
EAN = Reading("6901234567892", b"6901234567892", Symbology.EAN13)


def reported(sightings: Sightings, code: Reading, *frames: tuple[float, int]) -> list[bool]:
    return [sightings.scans([code], at, picture) == [code] for at, picture in frames]


def test_a_code_is_one_scan_until_it_was_out_of_view() -> None:
    times = [0.0, 0.5, 1.9, 3.8, 5.7, 7.6, 9.6, 9.7]
    found = reported(Sightings(), QR, *((at, number) for number, at in enumerate(times)))
    assert found == [True, False, False, False, False, False, True, False]


def test_bars_count_when_a_second_picture_says_the_same() -> None:
    assert reported(Sightings(), EAN, (0.0, 1), (0.1, 2), (0.2, 3)) == [False, True, False]
    assert reported(Sightings(), EAN, (0.0, 1), (0.1, 1), (0.2, 1)) == [False, False, False]
    assert reported(Sightings(), EAN, (0.0, 1), (0.1, 1), (0.2, 2)) == [False, False, True]


def test_a_first_sight_does_not_last() -> None:
    assert reported(Sightings(), EAN, (0.0, 1), (5.0, 2)) == [False, False]


def test_one_wrong_reading_among_right_ones_is_no_scan() -> None:
    sightings, wrong = Sightings(), Reading("9074932437075", b"9074932437075", Symbology.EAN13)
    seen = [EAN, wrong, EAN, QR]
    scans = [sightings.scans([code], at / 10, at) for at, code in enumerate(seen)]
    assert scans == [[], [], [EAN], [QR]]


def test_a_fingerprint_tells_noise_apart() -> None:
    frame = np.zeros((720, 1280, 3), np.uint8)
    noisy = frame + np.random.default_rng(1).integers(0, 2, frame.shape, dtype=np.uint8)
    assert fingerprint(frame) == fingerprint(frame.copy())
    assert fingerprint(frame) != fingerprint(noisy)
