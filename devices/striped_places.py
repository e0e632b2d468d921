"""Where in a picture bars may stand: places with strong edges that all lie in one direction."""

from __future__ import annotations

from typing import Any

from devices.ports import Corner
from devices.preparations import Suspect

_WIDTH = 480  # pixels; small enough to take a few milliseconds
_NEAR = 9  # pixels, at half of that width: over how much the direction is compared
_ONE_WAY = 0.55
_LEAST_SIDE = 4
_MOST = 2


def striped_places(gray: Any) -> list[Suspect]:
    """At most two places, the likeliest first, in pixels of `gray`, a numpy array (height, width) of uint8.

    The direction of edges is compared by the structure tensor (Bigun and Granlund, "Optimal orientation detection
    of linear symmetry", ICCV 1987).
    """
    import cv2
    import numpy as np

    scale = min(1.0, _WIDTH / max(gray.shape))
    # Edges are taken at twice the width and then shrunk: bars of a pixel or two would shrink to gray themselves.
    twice = min(1.0, scale * 2)
    fine = cv2.resize(gray, None, fx=twice, fy=twice, interpolation=cv2.INTER_AREA)
    dx, dy = cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)
    size = (round(gray.shape[1] * scale / 2), round(gray.shape[0] * scale / 2))
    across, down, both = (
        cv2.boxFilter(cv2.resize(one, size, interpolation=cv2.INTER_AREA), -1, (_NEAR, _NEAR))
        for one in (dx * dx, dy * dy, dx * dy)
    )
    strength = across + down
    one_way = np.hypot(across - down, 2 * both) / (strength + 1e-3)
    floor = max(float(np.percentile(strength, 90)) * 0.25, 400.0)
    mask = ((one_way > _ONE_WAY) & (strength > floor)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    shapes, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    places = []
    back = gray.shape[1] / size[0]
    for shape in shapes:
        (x, y), sides, _ = box = cv2.minAreaRect(shape)
        if min(sides) < _LEAST_SIDE:
            continue
        inside = float(strength[min(int(y), size[1] - 1), min(int(x), size[0] - 1)])
        corners = tuple(
            Corner(round(float(at[0]) * back), round(float(at[1]) * back)) for at in cv2.boxPoints(box)
        )
        places.append((inside * cv2.contourArea(shape), _along(corners)))
    places.sort(key=lambda place: -place[0])
    return [corners for _, corners in places[:_MOST]]


def _along(corners: Suspect) -> Suspect:
    """The same corners, begun so that the longer side is the upper one: bars then stand upright."""
    first, second, third = corners[:3]
    one = (first.x - second.x) ** 2 + (first.y - second.y) ** 2
    other = (second.x - third.x) ** 2 + (second.y - third.y) ** 2
    return corners if one >= other else (*corners[1:], corners[0])
