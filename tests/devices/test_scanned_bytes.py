"""Where a code ends and what it says, for every way in which scanners send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ports import Reading, Symbology
from devices.scanned_bytes import LONGEST, Framer, Suffix, reading, words

ENDS: list[tuple[Suffix, bytes]] = [("cr", b"\r"), ("lf", b"\n"), ("crlf", b"\r\n"), ("tab", b"\t")]
CODES = st.lists(
    st.binary(min_size=1, max_size=60).map(lambda raw: raw.translate(None, b"\r\n\t\x02\x03\0")), max_size=8
)


@given(CODES, st.sampled_from(ENDS), st.lists(st.integers(1, 9), min_size=1))
def test_codes_come_out_whole_however_they_arrive(
    codes: list[bytes], end: tuple[Suffix, bytes], steps: list[int]
) -> None:
    framer, stream, got, at = Framer(end[0]), b"".join(code + end[1] for code in codes), [], 0
    for turn in range(len(stream)):
        step = steps[turn % len(steps)]
        got += framer.feed(stream[at : at + step])
        at += step
    assert got == [code for code in codes if code]
    assert (framer.waiting, framer.dropped) == (False, 0)


@given(st.integers(LONGEST + 1, 5000), st.sampled_from(ENDS), st.integers(1, 700))
def test_a_code_that_is_too_long_is_dropped_whole(length: int, end: tuple[Suffix, bytes], step: int) -> None:
    framer = Framer(end[0])
    stream = b"x" * length + end[1] + b"next" + end[1]
    got = [code for at in range(0, len(stream), step) for code in framer.feed(stream[at : at + step])]
    assert (got, framer.dropped) == ([b"next"], 1)


def test_the_longest_code_is_taken() -> None:
    framer = Framer("crlf")
    assert framer.feed(b"x" * LONGEST + b"\r") == []
    assert framer.feed(b"\n") == [b"x" * LONGEST]


def test_wrapping_bytes_are_no_part_of_a_code() -> None:
    assert Framer("cr").feed(b"\x02690\x03\r\n690\r\n\r\r") == [b"690", b"690"]


def test_group_separators_inside_a_code_stay() -> None:
    assert Framer("cr").feed(b"]C10109501\x1d10AB\r") == [b"]C10109501\x1d10AB"]


def test_without_a_suffix_silence_ends_a_code() -> None:
    framer = Framer("none")
    assert framer.feed(b"690") + framer.feed(b"123") == []
    assert framer.silence() == [b"690123"]
    assert framer.silence() == []
    framer.feed(b"x" * 600)
    assert (framer.silence(), framer.dropped) == ([], 1)


def test_with_a_suffix_silence_makes_half_a_code_nothing() -> None:
    framer = Framer("cr")
    framer.feed(b"half")
    assert (framer.silence(), framer.dropped) == ([], 1)
    assert framer.feed(b"whole\r") == [b"whole"]


@pytest.mark.parametrize(
    ("raw", "text", "symbology"),
    [
        (b"]Q1PK1.AB", "PK1.AB", Symbology.QR),
        (b"]Q3010950", "010950", Symbology.QR),
        (b"]C1010950\x1d10", "010950\x1d10", Symbology.GS1_128),
        (b"]C0ABC", "ABC", Symbology.CODE128),
        (b"]E06901234567892", "6901234567892", Symbology.EAN13),
        (b"]E496385074", "96385074", Symbology.EAN8),
        (b"]E112", "12", Symbology.UNKNOWN),
        (b"]A0ABC", "ABC", Symbology.CODE39),
        (b"]I112345678", "12345678", Symbology.ITF),
        (b"]d2010950", "010950", Symbology.DATAMATRIX),
        (b"]e0010950", "010950", Symbology.DATABAR),
        (b"]L2text", "text", Symbology.PDF417),
        (b"]X0what", "what", Symbology.UNKNOWN),
        (b"6901234567892", "6901234567892", Symbology.UNKNOWN),
        (b"]", "]", Symbology.UNKNOWN),
    ],
)
def test_aim_identifiers(raw: bytes, text: str, symbology: Symbology) -> None:
    assert reading(raw, "auto") == Reading(text, raw, symbology)


def test_charsets() -> None:
    assert words("提货".encode(), "auto") == "提货"
    assert words("提货".encode("gb18030"), "auto") == "提货"
    # Two characters that are valid in both: only a setting can tell them apart.
    both = "\u00c2\u00a9".encode("latin-1")
    assert (words(both, "auto"), words(both, "gb18030")) == ("©", both.decode("gb18030"))
    assert words(b"\xff\xff", "auto") == "\ufffd\ufffd"
    assert words(b"ab\xff", "utf-8") == "ab\ufffd"
