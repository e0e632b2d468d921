"""How far two places of the chain are from each other, as the crow flies."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

_EARTH_KM = 6371.0088
"""The mean radius of the Earth (IUGG)."""


def km10_between(here: tuple[int, int], there: tuple[int, int]) -> int:
    """Tenths of a kilometre along a great circle (haversine), at least one; 0 where one of the two is not known.

    A place is its latitude and longitude in WGS 84, hundred-thousandths of a degree; (0, 0) says that nobody knows.
    """
    if here == (0, 0) or there == (0, 0):
        return 0
    (lat, lon), (lat2, lon2) = ([radians(one / 1e5) for one in place] for place in (here, there))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return max(1, round(20 * _EARTH_KM * asin(min(1.0, sqrt(half)))))
