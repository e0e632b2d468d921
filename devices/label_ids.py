"""The makers' own names for kinds of codes: letters that a scanner puts before a code when it is told to."""

from __future__ import annotations

from typing import Literal

from devices.ports import Symbology as S  # noqa: N817 - a table reads better short

LabelIds = Literal["none", "datalogic-us", "datalogic-eu", "honeywell", "zebra"]

LABELS: dict[LabelIds, tuple[tuple[bytes, S], ...]] = {
    # Longer ones first. Only what names its kind for sure: Zebra's A is any of EAN and UPC, so it is taken off
    # the text and the kind stays unknown. Sources: the makers' programming guides, "code identifiers".
    "none": (),
    "datalogic-us": (
        (b"FF", S.EAN8),
        (b"F", S.EAN13),
        (b"A", S.UPCA),
        (b"E", S.UPCE),
        (b"#", S.CODE128),
        (b"*", S.CODE39),
        (b"i", S.ITF),
    ),
    "datalogic-eu": (
        (b"A", S.EAN8),
        (b"B", S.EAN13),
        (b"C", S.UPCA),
        (b"D", S.UPCE),
        (b"T", S.CODE128),
        (b"k", S.GS1_128),
        (b"V", S.CODE39),
        (b"N", S.ITF),
        (b"t", S.DATABAR),
        (b"u", S.DATABAR),
        (b"v", S.DATABAR),
    ),
    "honeywell": (
        (b"d", S.EAN13),
        (b"D", S.EAN8),
        (b"c", S.UPCA),
        (b"E", S.UPCE),
        (b"j", S.CODE128),
        (b"I", S.GS1_128),
        (b"b", S.CODE39),
        (b"e", S.ITF),
        (b"y", S.DATABAR),
        (b"s", S.QR),
        (b"w", S.DATAMATRIX),
        (b"r", S.PDF417),
    ),
    "zebra": (
        (b"P00", S.DATAMATRIX),
        (b"P0G", S.DATAMATRIX),
        (b"P01", S.QR),
        (b"P0Q", S.QR),
        (b"A", S.UNKNOWN),
        (b"B", S.CODE39),
        (b"D", S.CODE128),
        (b"F", S.ITF),
        (b"K", S.GS1_128),
        (b"R", S.DATABAR),
        (b"X", S.PDF417),
    ),
}
"""Maker -> (what stands before the code, its kind)."""
