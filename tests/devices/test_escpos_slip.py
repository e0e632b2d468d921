"""The bytes of a slip, read back by an interpreter that knows nothing of how they were made."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.escpos_raster import harmless
from devices.escpos_rom import width
from devices.escpos_slip import encode
from devices.escpos_words import pair_lines, printable, wrap
from devices.simulated_escpos import Interpreter
from devices.simulated_paper import Code128Block, Line, QrBlock, RasterBlock
from devices.slip import Align, Code128, Feed, Pair, Qr, Rule, Slip, Text

REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
NASTY = st.text() | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1"))
PARTS = st.one_of(
    st.builds(Text, NASTY, st.integers(1, 8), st.booleans(), st.sampled_from(Align)),
    st.builds(Pair, NASTY, NASTY, st.booleans()),
    st.builds(Qr, NASTY, st.integers(1, 16)),
    st.builds(Code128, NASTY),
    st.builds(Feed, st.integers(0, 3)),
    st.just(Rule()),
)


def interpreted(slip: Slip, columns: int = 48, charset: str = "gb18030") -> Interpreter:
    machine = Interpreter(576 if columns > 32 else 384, charset, lambda _: None)
    machine.buffer += encode(slip, columns, charset)
    while machine.step():
        pass
    return machine


def printed(
    *parts: Text | Pair | Qr | Code128 | Rule | Feed, columns: int = 48, charset: str = "gb18030"
) -> str:
    (paper,) = interpreted(Slip("t", parts), columns, charset).papers
    return paper.text


@settings(deadline=None)
@given(
    st.lists(PARTS, min_size=1, max_size=6),
    st.sampled_from([32, 42, 48]),
    st.sampled_from(["gb18030", "gbk", "gb2312", "western"]),
)
def test_no_data_is_ever_a_command(parts: list[Text], columns: int, charset: str) -> None:
    slip = Slip("t", (Text("begin"), *parts, Text("end")))
    machine = interpreted(slip, columns, charset)
    assert not REAL_TIME.search(encode(slip, columns, charset))
    assert (machine.kicks, machine.unknown, len(machine.papers), bytes(machine.buffer)) == (0, [], 1, b"")
    assert machine.papers[0].text.endswith("end")


@settings(deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4), st.sampled_from([32, 42, 48]))
def test_no_line_is_wider_than_the_paper(parts: list[Text], columns: int) -> None:
    (paper,) = interpreted(Slip("t", (Text("begin"), *parts)), columns).papers
    for line in paper.blocks:
        if isinstance(line, Line):
            assert sum(run.columns for run in line.runs) <= columns


@given(st.text(alphabet="有机燕麦片，。（）！ab C-12 ", max_size=120), st.integers(4, 48))
def test_wrapping_loses_nothing_but_spaces(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= columns for line in lines)


@given(NASTY, NASTY, st.integers(4, 48))
def test_a_pair_keeps_both_sides(left: str, right: str, columns: int) -> None:
    left, right = printable(left, "gbk"), printable(right, "gbk")
    lines = pair_lines(left, right, columns)
    assert "".join(lines).replace(" ", "") == (left + right).replace(" ", "")
    assert all(width(line) <= columns for line in lines)


def test_words_stay_whole_and_closing_marks_stay_with_their_character() -> None:
    assert wrap("Organic Instant Oat Flakes", 16) == ["Organic Instant", "Oat Flakes"]
    assert wrap("欢迎光临，谢谢", 8) == ["欢迎光", "临，谢谢"]
    assert wrap("x" * 10, 4) == ["xxxx", "xxxx", "xx"]
    assert wrap("", 10) == [""]


def test_a_long_name_wraps_above_its_price() -> None:
    text = printed(Pair("有机燕麦片即食冲饮营养早餐代餐大袋装", "x2  ¥79.80"), columns=32)
    assert text.splitlines() == [
        "有机燕麦片即食冲饮营养早餐代餐大",
        "袋装" + " " * 17 + "x2 ￥79.80".replace(" ", "  "),
    ]


@pytest.mark.parametrize("charset", ["gb18030", "gbk", "gb2312"])
def test_yen_sign_is_the_full_width_one_in_every_rom(charset: str) -> None:
    assert "￥2.00：中文，。" in printed(Text("¥2.00：中文，。"), charset=charset)


def test_what_no_font_has_is_a_box_and_ligatures_are_letters() -> None:
    assert printable("café 🎉 ﬁn", "gb18030") == "café □ fin"
    assert printable("Ωμέγα ก", "western") == "Ωμεγα □", (
        "an accent that no font has goes before the letter does"
    )
    assert printable("龘", "gb2312") == "龘"


@pytest.mark.parametrize(
    ("charset", "text", "pictures"),
    [
        ("gb18030", "龙井茶 ¥59.90：（大）", 0),
        ("gb18030", "㐀", 0),
        ("gbk", "㐀", 1),
        ("gbk", "镕", 0),
        ("gb2312", "镕", 1),
        ("gb2312", "café", 1),
        ("western", "café ¥2.00", 0),
        ("western", "龙井茶", 1),
        ("western", "plain", 0),
    ],
)
def test_a_line_is_a_picture_only_where_the_rom_lacks_a_character(
    charset: str, text: str, pictures: int
) -> None:
    (paper,) = interpreted(Slip("t", (Text("a"), Text(text), Text("b"))), 48, charset).papers
    drawn = [block for block in paper.blocks if isinstance(block, RasterBlock)]
    assert len(drawn) == pictures
    if not pictures:
        assert paper.text.splitlines()[1] == (text if charset == "western" else text.replace("¥", "￥"))


def test_a_drawn_line_stands_in_the_same_columns() -> None:
    """The price of a line that is a picture ends where that of its neighbour ends, and the ink says so."""
    (paper,) = interpreted(Slip("t", (Pair("朱镕基", "9.99"), Pair("朱某某", "9.99"))), 32, "gb2312").papers
    picture, line = paper.blocks
    assert isinstance(picture, RasterBlock)
    assert isinstance(line, Line)
    assert picture.row_bytes * 8 == 384 == sum(run.columns for run in line.runs) * 12
    last = [picture.rows[at + 36 : at + 48] for at in range(0, len(picture.rows), 48)]
    assert any(any(row) for row in last), "ink in the last eight columns"


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from(["western", "gb2312"]), st.integers(1, 3))
def test_no_picture_holds_a_real_time_command(text: str, charset: str, scale: int) -> None:
    job = encode(Slip("t", (Text("中" + text, scale=scale, bold=True),)), 32, charset)
    assert not REAL_TIME.search(job)


@given(st.binary(min_size=1, max_size=400), st.integers(1, 48))
def test_any_picture_is_made_harmless_by_a_dot_and_not_by_a_byte(noise: bytes, wide: int) -> None:
    dots = (noise + b"\x10\x04\x01\x10\x14\x01\x00\x05")[: (len(noise) // wide + 1) * wide].ljust(
        wide, b"\x10"
    )
    dots = dots[: len(dots) // wide * wide]
    assert not REAL_TIME.search(harmless(dots))
    assert all(a | b == b for a, b in zip(dots, harmless(dots), strict=True)), "no dot is taken away"


def test_controls_vanish_and_white_space_is_a_space() -> None:
    assert printable("a\x1bp\x00b\r\nc\u202ed\u200be\ud800f", "gbk") == "ap" + "b  cdef"


def test_qr_is_drawn_by_the_printer_and_fits_the_paper() -> None:
    text = "PK1." + "A" * 400
    (paper,) = interpreted(Slip("t", (Qr(text, module=16),)), 32).papers
    (code,) = [block for block in paper.blocks if isinstance(block, QrBlock)]
    assert code.data == text.encode()
    assert 2 <= code.module < 16
    assert code.align is Align.CENTER


def test_codes_that_cannot_be_drawn_become_words() -> None:
    assert "订单 7" in printed(Code128("订单 7"))
    assert "A" * 48 in printed(Code128("A" * 60))
    assert "x" * 48 in printed(Qr("x" * 4000))


def test_code128_doubles_its_escape_character() -> None:
    (paper,) = interpreted(Slip("t", (Code128("A{1B}"),))).papers
    (code,) = [block for block in paper.blocks if isinstance(block, Code128Block)]
    assert code.text == "A{1B}"
    assert code.caption


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("T1-7F000123", b"{BT1-7F{C\x00\x01\x17"),
        ("SO-1234567", b"{BSO-1{C\x17\x2d\x43"),
        ("12345", b"{B1{C\x17\x2d"),
        ("A12345B", b"{BA12345B"),
        ("A123456B", b"{BA{C\x0c\x22\x38{BB"),
        ("00{11", b"{B00{{11"),
        # 16 and 04 would be DLE EOT, which a printer answers wherever it stands.
        ("T1-7F160400", b"{BT1-7F160400"),
    ],
)
def test_digits_go_two_by_two_and_never_as_an_order_to_the_printer(text: str, sent: bytes) -> None:
    told = encode(Slip("t", (Code128(text),)), 32, "gb18030")
    assert b"kI" + bytes([len(sent)]) + sent in told
    (paper,) = interpreted(Slip("t", (Code128(text),)), 32).papers
    (code,) = [block for block in paper.blocks if isinstance(block, Code128Block)]
    assert code.text == text


@pytest.mark.parametrize(
    ("text", "columns", "bars"),
    [("KASSE-7F000123", 32, True), ("KASSE01-7F000123", 32, False), ("A" * 60, 48, False)],
)
def test_a_number_too_long_for_bars_can_be_scanned_all_the_same(text: str, columns: int, bars: bool) -> None:
    (paper,) = interpreted(Slip("t", (Code128(text),)), columns).papers
    assert bool([block for block in paper.blocks if isinstance(block, Code128Block)]) is bars
    codes = [block.data.decode() for block in paper.blocks if isinstance(block, QrBlock)]
    assert codes == ([text] if not bars and len(text) <= 40 else [])
    assert text[:32] in paper.text


def test_style_does_not_leak_into_the_next_part() -> None:
    slip = Slip("t", (Text("big", scale=4, bold=True, align=Align.CENTER), Pair("a", "b"), Rule(), Text("c")))
    (paper,) = interpreted(slip).papers
    _, pair, rule, plain = [block for block in paper.blocks if isinstance(block, Line)][:4]
    for line in (pair, rule, plain):
        assert line.align is Align.LEFT
        assert (line.runs[0].style.wide, line.runs[0].style.bold) == (1, False)
