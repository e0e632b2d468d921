"""Bars are found by their one direction, and a live frame gets a thorough look at just that place."""

from __future__ import annotations

import cv2
import numpy as np

from devices.decoding import decode
from devices.label_photo import label_photo, screen_photo
from devices.preparations import upright
from devices.striped_places import striped_places


def test_a_label_stands_upright_in_one_of_the_likeliest_places() -> None:
    upright_seen = 0
    for seed in range(910, 920):
        gray = cv2.cvtColor(label_photo("6901234567892", seed, "medium"), cv2.COLOR_BGR2GRAY)
        places = striped_places(gray)
        assert 1 <= len(places) <= 2
        cuts = [cv2.GaussianBlur(upright(place)(gray)[0], (0, 0), 2).astype(int) for place in places]
        slopes = [np.abs(np.diff(cut, axis=1)).mean() / np.abs(np.diff(cut, axis=0)).mean() for cut in cuts]
        upright_seen += max(slopes) > 1.5
    assert upright_seen >= 8


def test_an_even_wall_and_a_tiny_picture_have_no_such_place() -> None:
    assert striped_places(np.full((720, 1280), 128, np.uint8)) == []
    assert striped_places(np.zeros((8, 8), np.uint8)) == []


def test_what_stands_in_stripes_is_read_live_with_its_corners_in_the_frame() -> None:
    read = 0
    for seed in range(920, 932):
        frame = label_photo("6901234567892", seed, "medium")
        found = decode(frame, 30.0, context="pos", effort="live")
        assert [code.reading.text for code in found] in ([], ["6901234567892"])
        for corner in (corner for code in found for corner in code.corners):
            assert -50 < corner.x < 1330
            assert -50 < corner.y < 770
        read += len(found)
    assert read >= 9


def test_a_screen_is_read_as_before() -> None:
    frame = screen_photo("PK1.STRIPES", 5, "medium")
    assert [code.reading.text for code in decode(frame, 30.0, context="pos", effort="live")] == [
        "PK1.STRIPES"
    ]
