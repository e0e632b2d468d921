"""Pictures to barcodes: a cascade of looks at one image, from cheap to thorough.

A look prepares the picture and asks a reader; the first one that finds anything ends the cascade. The order, its
reasons and figures: docs/decoding.md. Another library becomes another reader in `_looks`.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from devices.picture_files import MOST_PIXELS, load_image
from devices.ports import Barcode, Corner, Symbology
from devices.preparations import (
    Back,
    Image,
    Preparation,
    Suspect,
    black_and_white,
    even,
    inverted,
    near_1600,
    plain,
    shrunk,
    smooth,
    then,
    turned,
    upright,
)
from devices.zbar import LINEAR

__all__ = ["MOST_PIXELS", "Context", "Effort", "Image", "decode", "load_image"]

Context = Literal["any", "pickup", "pos"]
"""What is expected in view: anything, a pickup code (QR before all else), or goods and payment codes."""
Effort = Literal["live", "still"]
"""live: one frame of many, where the next one helps more than a longer look; still: the only picture there is."""
Reader = Callable[[Image, list[Suspect]], list[Barcode]]
"""Reads a prepared picture; may add what it saw and could not read, in that picture's pixels."""

_MATRIX = frozenset({Symbology.QR, Symbology.DATAMATRIX})
_RETAIL = frozenset({Symbology.EAN13, Symbology.EAN8, Symbology.UPCA, Symbology.UPCE})
_SHOP = _MATRIX | _RETAIL | {Symbology.CODE128, Symbology.DATABAR}
_RARE = frozenset({Symbology.CODE39, Symbology.ITF, Symbology.PDF417, Symbology.AZTEC, Symbology.MICRO_QR})
# Read off enhanced pictures only where enough of the code checks itself.
_SAFE = frozenset({Symbology.EAN13, Symbology.EAN8, Symbology.UPCA, Symbology.CODE128})
_WANTED: dict[Context, frozenset[Symbology]] = {
    "any": _SHOP | _RARE,
    "pickup": _MATRIX | {Symbology.CODE128},
    "pos": _SHOP,
}
_MOST_SUSPECTS = 3
_SMALL = 500_000  # pixels; so few take the more thorough look in the time of a live frame


class _Look(msgspec.Struct, frozen=True):
    """A step of the cascade. `slow_s` is what it takes a megapixel on a small shop PC, for its first time."""

    name: str
    prepare: Preparation
    read: Reader
    slow_s: float
    needed: bool = False
    """Begun whenever any time is left at all."""


class _Pace:
    """How long each look took of late on this machine: what decides whether it still fits."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def expected(self, look: _Look, pixels: int) -> float:
        return self._seen.get(look.name, look.slow_s) * _work(pixels)

    def skipped(self, look: _Look) -> None:
        # A few bad moments, or a wrong first guess, must not keep a look out for ever.
        self._seen[look.name] = self._seen.get(look.name, look.slow_s) * 0.99

    def took(self, look: _Look, pixels: int, seconds: float) -> None:
        before = self._seen.get(look.name, look.slow_s)
        self._seen[look.name] = before + (seconds / _work(pixels) - before) * 0.4


def _work(pixels: int) -> float:
    """Megapixels, and something for small pictures too."""
    return pixels / 1e6 + 0.1


_PACE = _Pace()


def decode(
    image: Image, budget_s: float = 10.0, *, context: Context = "any", effort: Effort = "still"
) -> list[Barcode]:
    """Returns the codes found, each once, corners in pixels of `image`; empty when there are none.

    After `budget_s`, seconds, no look is begun but the first; one that would hardly fit is left out.
    """
    import cv2

    if image.size == 0:
        return []
    deadline = time.monotonic() + budget_s
    gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    suspects: list[Suspect] = []
    doubted: set[bytes] = set()
    thorough = effort == "still" or gray.size <= _SMALL
    for at, look in enumerate(_looks(context, suspects, thorough=thorough)):
        began = time.monotonic()
        if at and not _fits(look, _PACE.expected(look, gray.size), deadline - began):
            _PACE.skipped(look)
            continue
        prepared, back = look.prepare(gray)
        seen: list[Suspect] = []
        found = _undisputed(_once(look.read(prepared, seen), back), doubted)
        _PACE.took(look, gray.size, time.monotonic() - began)
        if found:
            return found
        suspects += [tuple(_moved(corners, back)) for corners in seen]
    return []


def _fits(look: _Look, expected_s: float, left_s: float) -> bool:
    """Whether to begin a look with so much time left.

    Half of what it takes is enough, and anything is for those that are needed: to end late costs a frame, to leave
    them out on a busy machine would cost every code that only they can read.
    """
    return left_s > 0 and (look.needed or left_s >= expected_s / 2)


def _looks(context: Context, suspects: list[Suspect], *, thorough: bool) -> Iterator[_Look]:
    """The cascade, in the order of what each look still finds for its time; later ones see `suspects`."""
    wanted = _WANTED[context]
    zxing, tapirscan = _installed("zxingcpp"), _installed("tapirscan")
    if zxing and (thorough or not tapirscan):
        yield _Look("zxing", plain, _zxing(wanted), 0.03)
    elif zxing:
        yield _Look("zxing quick", plain, _zxing(wanted, quick=True), 0.01)
    if tapirscan and not thorough:
        yield from _at_stripes(wanted)
    if tapirscan:
        level: Literal["low", "medium"] = "medium" if thorough else "low"
        yield _Look(f"tapirscan {level}", plain, _tapirscan(wanted, level), 0.05, needed=True)
    if not (zxing and tapirscan):
        yield _Look("zbar", plain, _zbar(wanted), 0.08, needed=not tapirscan)
    if zxing and tapirscan and not thorough:
        yield _Look("zxing", plain, _zxing(wanted), 0.03)
    for suspect in suspects[:_MOST_SUSPECTS]:
        cut = upright(suspect)
        yield _Look("suspect tapirscan", cut, _tapirscan(wanted, "medium"), 0.01)
        if zxing:
            yield _Look("suspect smooth", then(cut, smooth), _zxing(wanted), 0.01)
        yield _Look("suspect even", then(cut, even), _zbar(wanted & _SAFE), 0.01)
    yield from _whole_again(wanted, zxing=zxing)


def _at_stripes(wanted: frozenset[Symbology]) -> Iterator[_Look]:
    """Thorough looks at the few places where bars may stand: cheaper than a hasty one at all of a large frame."""
    from devices.striped_places import striped_places

    bars = wanted & LINEAR
    places: list[Suspect] = []

    def find(gray: Image, _: list[Suspect]) -> list[Barcode]:
        places.extend(striped_places(gray))
        return []

    if wanted & _RETAIL:
        yield _Look("stripes", plain, find, 0.005, needed=True)
    for place in places:
        yield _Look(
            "stripes tapirscan", upright(place), _tapirscan(bars, "medium"), 0.02, needed=place == places[0]
        )


def _whole_again(wanted: frozenset[Symbology], *, zxing: bool) -> Iterator[_Look]:
    """The slow looks at all of the picture."""
    zbar = _zbar(wanted)
    if zxing:
        yield _Look("zxing smooth", then(near_1600, smooth), _zxing(wanted), 0.15)
    yield _Look("zbar even", then(near_1600, even), _zbar(wanted & _SAFE if zxing else wanted), 0.15)
    yield _Look("zbar inverted", inverted, zbar, 0.08)
    if Symbology.QR in wanted:
        yield _Look("opencv", shrunk, _opencv, 0.3)
    if not zxing:
        for degrees in (30, 45, -15):
            yield _Look(f"zbar turned {degrees}", turned(degrees), zbar, 0.15)
        yield _Look("zbar smooth", then(near_1600, smooth), zbar, 0.15)
        yield _Look("zbar black and white", then(near_1600, black_and_white), zbar, 0.15)
        yield _Look("opencv even", then(near_1600, even), _opencv, 0.5)


def _installed(library: str) -> bool:
    """Whether a reader's library is there: wheels are missing on some machines, and the cascade runs on."""
    return importlib.util.find_spec(library) is not None


def _zxing(wanted: frozenset[Symbology], *, quick: bool = False) -> Reader:
    from devices.zxing_codes import zxing_codes

    return lambda gray, _: zxing_codes(gray, wanted, quick=quick)


def _zbar(wanted: frozenset[Symbology]) -> Reader:
    from devices.zbar import zbar_codes

    return lambda gray, _: zbar_codes(gray, wanted)


def _opencv(gray: Image, _: list[Suspect]) -> list[Barcode]:
    """OpenCV's QR readers: weaker than the others on most pictures, stronger on some slanted ones."""
    from devices.opencv_qr import opencv_codes

    return opencv_codes(gray)


def _tapirscan(wanted: frozenset[Symbology], level: Literal["low", "medium"]) -> Reader:
    from devices.tapirscan_codes import tapirscan_codes

    def read(gray: Image, suspects: list[Suspect]) -> list[Barcode]:
        codes, seen = tapirscan_codes(gray, wanted, level)
        suspects += seen
        return codes

    return read


def _once(found: list[Barcode], back: Back) -> list[Barcode]:
    """Each code once, corners brought back to the picture that was given."""
    kept: dict[tuple[bytes, object], Barcode] = {}
    for code in found:
        corners = tuple(_moved(code.corners, back))
        kept.setdefault((code.reading.raw, code.reading.symbology), Barcode(code.reading, corners))
    return list(kept.values())


def _undisputed(found: list[Barcode], doubted: set[bytes]) -> list[Barcode]:
    """Without bars of one kind that were read in two ways at one place: one of the two is wrong; and without UPC-E,
    six digits that a part of any longer code may look like.

    Which one is right, a later look tells: what it reads again, of all that was `doubted`.
    """
    sure = [one for one in found if one.reading.raw in doubted or not _disputed(one, found)]
    doubted.update(one.reading.raw for one in found)
    return sure


def _disputed(one: Barcode, found: list[Barcode]) -> bool:
    kind = one.reading.symbology
    if kind is Symbology.UPCE:
        return True
    rivals = [other for other in found if other is not one and other.reading.symbology is kind]
    if kind not in LINEAR or not rivals or not one.corners:
        return False
    left, top, right, bottom = _box(one)
    near = max(right - left, bottom - top) * 0.15
    for rival in rivals:
        its_left, its_top, its_right, its_bottom = _box(rival)
        across = its_left < right + near and left - near < its_right
        if across and its_top < bottom + near and top - near < its_bottom:
            return True
    return False


def _box(code: Barcode) -> tuple[int, int, int, int]:
    xs, ys = [corner.x for corner in code.corners], [corner.y for corner in code.corners]
    return min(xs, default=0), min(ys, default=0), max(xs, default=0), max(ys, default=0)


def _moved(corners: Iterable[Corner], back: Back) -> Iterator[Corner]:
    for corner in corners:
        x, y = back(corner.x, corner.y)
        yield Corner(round(x), round(y))
