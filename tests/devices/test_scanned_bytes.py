"""Where a code ends and what it says, for every way in which scanners send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.label_ids import LABELS
from devices.ports import Reading, Symbology
from devices.scanned_bytes import LONGEST, Fenced, Framer, Suffix, reading, words

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
        (b"]z0text", "text", Symbology.AZTEC),
        (b"]X0what", "what", Symbology.UNKNOWN),
        (b"6901234567892", "6901234567892", Symbology.UNKNOWN),
        (b"]", "]", Symbology.UNKNOWN),
    ],
)
def test_aim_identifiers(raw: bytes, text: str, symbology: Symbology) -> None:
    aim = raw[:3].decode() if len(raw) > 3 and raw[:1] == b"]" else ""
    assert reading(raw, "auto") == Reading(text, raw, symbology, aim)


def test_charsets() -> None:
    assert words("提货".encode(), "auto") == "提货"
    assert words("提货".encode("gb18030"), "auto") == "提货"
    # Two characters that are valid in both: only a setting can tell them apart.
    both = "\u00c2\u00a9".encode("latin-1")
    assert (words(both, "auto"), words(both, "gb18030")) == ("©", both.decode("gb18030"))
    assert words(b"\xff\xff", "auto") == "\ufffd\ufffd"
    assert words(b"ab\xff", "utf-8") == "ab\ufffd"


# ---- codes that hold line ends ---------------------------------------------------------------------------


def test_a_qr_code_keeps_its_lines_until_silence_or_the_next_code() -> None:
    framer = Framer("cr", "auto")
    assert framer.feed(b"]Q1BEGIN\rEND\r") == []
    assert (framer.ended, framer.waiting) == (True, True)
    assert framer.silence() == [b"]Q1BEGIN\rEND"]
    assert framer.feed(b"]Q1one\rtwo\r]E06901234567892\r]Q1thr") == [b"]Q1one\rtwo", b"]E06901234567892"]
    assert framer.feed(b"ee\r]") == []
    assert not framer.ended
    assert framer.feed(b"d2") == [b"]Q1three"]
    assert framer.silence() == []
    assert framer.dropped == 1


def test_a_linear_code_never_waits_for_silence() -> None:
    framer = Framer("cr", "auto")
    assert framer.feed(b"]C1010\x1d10\r6901\r") == [b"]C1010\x1d10", b"6901"]
    assert Framer("cr").feed(b"]Q1a\rb\r") == [b"]Q1a", b"b"]


def test_every_code_may_hold_lines_if_the_settings_say_so() -> None:
    framer = Framer("crlf", "always")
    assert framer.feed(b"BEGIN\r\nEND\r\n") == []
    assert framer.silence() == [b"BEGIN\r\nEND"]
    assert framer.feed(b"half") == []
    assert (framer.silence(), framer.dropped) == ([], 1)


def test_a_line_feed_after_the_suffix_is_no_code_and_hides_no_end() -> None:
    framer = Framer("cr", "auto")
    framer.feed(b"]Q1a\rb\r\n")
    assert framer.ended
    assert framer.silence() == [b"]Q1a\rb"]
    framer.feed(b"\n]Q1VCARD\r\n\r")
    assert framer.silence() == [b"]Q1VCARD\r\n"]


def test_the_lines_of_a_code_that_is_too_long_are_no_codes() -> None:
    framer = Framer("cr", "auto")
    assert framer.feed(b"]Q1" + b"line\r" * 200) == []
    assert framer.feed(b"line\r" * 20) == []
    assert (framer.silence(), framer.dropped) == ([], 1)
    assert framer.feed(b"6901\r") == [b"6901"]


def test_between_stx_and_etx_everything_belongs_to_the_code() -> None:
    fenced = Fenced()
    assert fenced.feed(b"\x02a\rb\x03\r\n\x02c") == [b"a\rb"]
    assert fenced.waiting
    assert fenced.feed(b"\x03") == [b"c"]
    assert (fenced.waiting, fenced.dropped) == (False, 0)


@pytest.mark.parametrize(
    ("stream", "codes", "dropped"),
    [
        (b"lost its head\x03\x02whole\x03", [b"whole"], 1),
        (b"\x02lost its tail\x02whole\x03", [b"whole"], 1),
        (b"\xff noise \x02whole\x03", [b"whole"], 1),
        (b"\x02" + b"x" * 600 + b"\x03\x02whole\x03", [b"whole"], 1),
        (b"\x02\x03\x02whole\x03", [b"whole"], 0),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 4096])
def test_what_lost_its_fence_is_no_code(stream: bytes, codes: list[bytes], dropped: int, step: int) -> None:
    fenced = Fenced()
    got = [code for at in range(0, len(stream), step) for code in fenced.feed(stream[at : at + step])]
    assert (got, fenced.dropped) == (codes, dropped)


def test_silence_forgets_half_a_fenced_code() -> None:
    fenced = Fenced()
    fenced.feed(b"\x02half")
    assert (fenced.silence(), fenced.dropped, fenced.waiting) == ([], 1, False)
    fenced.feed(b"\x02" + b"x" * 900)
    assert (fenced.waiting, fenced.silence(), fenced.dropped) == (True, [], 2)


# ---- the makers' own identifiers -------------------------------------------------------------------------


def test_label_ids_name_the_kind_and_are_no_text() -> None:
    raw = b"FF96385074"
    assert reading(raw, "auto", "datalogic-us") == Reading("96385074", raw, Symbology.EAN8)
    assert reading(b"F6901234567892", "auto", "datalogic-us").symbology is Symbology.EAN13
    assert reading(b"P01text", "auto", "zebra") == Reading("text", b"P01text", Symbology.QR)
    assert reading(b"A6901234567892", "auto", "zebra").text == "6901234567892"
    assert reading(b"sPK1.A", "auto", "honeywell").symbology is Symbology.QR
    assert reading(b"]Q1sale", "auto", "honeywell").text == "sale"
    assert reading(b"6901", "auto", "honeywell") == Reading("6901", b"6901")


def test_no_label_hides_a_longer_one() -> None:
    for labels in LABELS.values():
        names = [label for label, _ in labels]
        for at, name in enumerate(names):
            assert not any(name.startswith(earlier) for earlier in names[:at])
