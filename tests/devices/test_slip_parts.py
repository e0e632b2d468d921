"""Pictures, columns and EAN-13 on paper: looked at as dots and as text, in the ROM's lane and in ours."""

from __future__ import annotations

import io
import re
import struct
import zlib
from random import Random
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from config.device_schema import PrinterSettings
from devices.decoding import decode, load_image
from devices.escpos_picture import MOST_BYTES, NoPicture
from devices.escpos_printer import EscposPrinter
from devices.escpos_rom import width
from devices.escpos_slip import encode
from devices.escpos_words import column_lines, printable
from devices.ports import BadSource, Symbology
from devices.simulated_escpos import Interpreter
from devices.simulated_paper import Ean13Block, Line, Paper, RasterBlock
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Align, Cell, Columns, Ean13, Image, Pair, Slip, SlipPart, Text

Charset = Literal["gb18030", "gbk", "gb2312", "western"]
ROMS: tuple[Charset, ...] = ("gb18030", "gbk", "gb2312", "western")
REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
WORDS = st.text(alphabet="有机燕麦片，。（镕㐀é🎉€ ab C-12.", max_size=40)
CELLS = st.builds(Cell, WORDS, st.integers(-1, 5), st.sampled_from(Align))


def paper_of(*parts: SlipPart, columns: int = 48, charset: Charset = "gb18030") -> Paper:
    machine = Interpreter(576 if columns > 32 else 384, charset, lambda _: None)
    machine.buffer += encode(Slip("t", parts), columns, charset)
    while machine.step():
        pass
    assert (machine.unknown, machine.kicks, bytes(machine.buffer)) == ([], 0, b"")
    (paper,) = machine.papers
    return paper


def png_of(picture: Picture.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def dots_of(paper: Paper) -> Picture.Image:
    """The pictures of a paper as one, 1 where ink is."""
    blocks = [block for block in paper.blocks if isinstance(block, RasterBlock)]
    wide = max(block.row_bytes for block in blocks) * 8
    rows = b"".join(block.rows for block in blocks if block.row_bytes * 8 == wide)
    return Picture.frombytes("1", (wide, len(rows) * 8 // wide), rows)


# ---- columns ---------------------------------------------------------------------------------------


def test_cells_share_the_line_and_hanzi_count_twice() -> None:
    cells = (Cell("品名", 2), Cell("数量", 1, Align.CENTER), Cell("金额", 1, Align.RIGHT))
    goods = (Cell("有机燕麦片即食冲饮", 2), Cell("2", 1, Align.CENTER), Cell("¥79.80", 1, Align.RIGHT))
    text = paper_of(Columns(cells, bold=True), Columns(goods), columns=32).text
    head, first, rest = text.splitlines()
    assert head == "品名" + " " * 13 + "数量" + " " * 7 + "金额"
    assert (width(first), first[:7], first[-6:], rest) == (32, "有机燕麦片即食", "￥79.80"[-6:], "冲饮")


@given(st.lists(CELLS, min_size=1, max_size=9), st.sampled_from([32, 42, 48]), st.sampled_from(ROMS))
def test_nothing_is_cut_and_every_cell_keeps_to_its_columns(
    cells: list[Cell], columns: int, charset: Charset
) -> None:
    texts = [(printable(cell.text, charset), cell.share, cell.align) for cell in cells]
    rows = column_lines(texts, columns)
    assert all(width(row) <= columns for row in rows)
    edges = edges_of(texts, columns)
    found = ["".join(between(row, a, b) for row in rows) for a, b in edges]
    assert [one.replace(" ", "") for one in found] == [text.replace(" ", "") for text, _, _ in texts]
    gaps = {b for _, b in edges[:-1]}
    assert all(between(row, at, at + 1) in ("", " ") for row in rows for at in gaps)


def edges_of(texts: list[tuple[str, int, Align]], columns: int) -> list[tuple[int, int]]:
    """Where the cells begin and end: seen from cells that are filled to their last column."""
    full = [("x" * columns, share, align) for _, share, align in texts]
    line = column_lines(full, columns)[0]
    edges, at = [], 0
    for piece in line.split(" "):
        edges.append((at, at + len(piece)))
        at += len(piece) + 1
    return edges


def between(row: str, start: int, end: int) -> str:
    """The characters of a row that stand in these columns; fails for one that stands across an edge."""
    taken, at = "", 0
    for char in row:
        if start <= at < end:
            assert at + width(char) <= end, "a character across an edge"
            taken += char
        at += width(char)
    return taken


def test_a_cell_too_many_and_they_stand_under_each_other() -> None:
    texts = [(f"列{n}", 1, Align.LEFT) for n in range(12)]
    assert [row.strip() for row in column_lines(texts, 32)] == [f"列{n}" for n in range(12)]


@settings(deadline=None, max_examples=40)
@given(st.lists(CELLS, min_size=2, max_size=4), st.sampled_from(ROMS))
def test_rows_in_the_rom_and_rows_in_dots_stand_in_the_same_columns(
    cells: list[Cell], charset: Charset
) -> None:
    """The gap between two cells is without ink in every row that we draw, and lies where the text has it."""
    texts = [(printable(cell.text, charset), cell.share, cell.align) for cell in cells]
    paper = paper_of(Columns(tuple(cells)), Text("end"), charset=charset)
    for block in paper.blocks:
        if isinstance(block, Line):
            assert sum(run.columns for run in block.runs) <= 48
        elif isinstance(block, RasterBlock):
            size = (block.row_bytes * 8, len(block.rows) // block.row_bytes)
            picture = Picture.new("1", (576, size[1]))
            picture.paste(Picture.frombytes("1", size, block.rows))
            for _, gap in edges_of(texts, 48)[:-1]:
                strip = picture.crop((gap * 12 + 2, 0, gap * 12 + 10, size[1]))
                # A dot may have been set to break a real-time command.
                assert sum(byte.bit_count() for byte in strip.tobytes()) <= 8


# ---- pictures --------------------------------------------------------------------------------------


def test_a_picture_is_printed_where_and_as_wide_as_asked() -> None:
    black = png_of(Picture.new("L", (100, 40), 0))
    for align, left in ((Align.LEFT, 0), (Align.CENTER, 238), (Align.RIGHT, 476)):
        dots = dots_of(paper_of(Image(black, align=align)))
        assert dots.getbbox() == (left, 0, left + 100, 40)
    assert dots_of(paper_of(Image(black, width=300))).getbbox() == (138, 0, 438, 120)
    wide = png_of(Picture.new("L", (2000, 100), 0))
    assert dots_of(paper_of(Image(wide), columns=32)).getbbox() == (0, 0, 384, 19)


def test_grays_become_as_many_dots_as_they_are_dark_and_transparent_is_paper() -> None:
    for gray in (32, 96, 128, 200):
        dots = dots_of(paper_of(Image(png_of(Picture.new("L", (384, 200), gray)), align=Align.LEFT)))
        share = sum(byte.bit_count() for byte in dots.tobytes()) / (384 * 200)
        assert share == pytest.approx((255 - gray) / 255, abs=0.02)
    clear = Picture.new("RGBA", (64, 64), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (16, 16, 48, 48))
    assert dots_of(paper_of(Image(png_of(clear), align=Align.LEFT))).getbbox() == (16, 16, 48, 48)


def test_a_code_drawn_as_a_picture_can_be_scanned_from_the_paper() -> None:
    import segno

    out = io.BytesIO()
    segno.make("PK1.ABC", micro=False).save(out, kind="png", scale=6)
    found = decode(load_image(paper_of(Text("a"), Image(out.getvalue())).png))
    assert [code.reading.text for code in found] == ["PK1.ABC"]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]),
    st.integers(10, 90),
    st.integers(1, 60),
    st.integers(0, 400),
    st.sampled_from(Align),
    st.integers(0, 2**32),
)
def test_pictures_of_any_kind_are_printed_and_hold_no_command(
    mode: str, wide: int, high: int, width_dots: int, align: Align, seed: int
) -> None:
    noise = Random(seed).randbytes(wide * high)  # noqa: S311 - repeatable chance
    picture = Picture.frombytes("L", (wide, high), noise)
    picture = Picture.new("I;16", (wide, high), 40_000) if mode == "I;16" else picture.convert(mode)
    part = Image(png_of(picture), width=width_dots, align=align)
    assert not REAL_TIME.search(encode(Slip("t", (part,)), 32, "gbk"))
    assert paper_of(part, Text("end"), columns=32, charset="gbk").text.endswith("end")


def huge_png() -> bytes:
    """A head that promises 30,000 x 30,000 pixels, and nothing behind it."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk


GOOD = png_of(Picture.new("L", (20, 20), 0))
BAD = {
    "nothing": b"",
    "no PNG": b"GIF89a" + b"\x00" * 50,
    "cut": GOOD[:40],
    "damaged": GOOD[:45] + b"\xff\xff\xff" + GOOD[48:],
    "a megabyte": GOOD + b"\x00" * MOST_BYTES,
    "promises a gigapixel": huge_png(),
    "too many pixels": png_of(Picture.new("1", (2100, 2100))),
    "too tall": png_of(Picture.new("1", (10, 2500))),
    "a JPEG": png_of(Picture.new("L", (9, 9)), "JPEG"),
}


@pytest.mark.parametrize("png", BAD.values(), ids=BAD.keys())
def test_a_bad_picture_is_refused_before_a_byte_is_sent(png: bytes) -> None:
    slip = Slip("t", (Text("head"), Image(png), Text("end")))
    with pytest.raises(NoPicture):
        encode(slip, 48, "gb18030")
    with SimulatedPrinter() as simulated:
        printer = EscposPrinter("r1", PrinterSettings(host=simulated.host, port=simulated.port))
        with pytest.raises(BadSource):
            printer.print(slip)
        assert simulated.received == b""
        printer.print(Slip("t", (Text("good"), Image(GOOD))))
        assert simulated.papers[0].text.startswith("good\n[IMAGE")
        printer.close()


# ---- EAN-13 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [32, 48])
def test_an_ean13_can_be_scanned_from_the_paper(columns: int) -> None:
    paper = paper_of(Text("a"), Ean13("690123456789"), columns=columns)
    (bars,) = [block for block in paper.blocks if isinstance(block, Ean13Block)]
    assert (bars.text, bars.caption, bars.align) == ("6901234567892", True, Align.CENTER)
    found = {(code.reading.symbology, code.reading.text) for code in decode(load_image(paper.png))}
    assert found == {(Symbology.EAN13, "6901234567892")}


@pytest.mark.parametrize(
    "digits", ["", "123", "6901234567893", "69012345678x", "６９０１２３４５６７８９", "1" * 14]
)
def test_what_is_no_ean13_stands_as_words(digits: str) -> None:
    paper = paper_of(Ean13(digits), Text("end"))
    assert not [block for block in paper.blocks if isinstance(block, Ean13Block)]
    assert digits in paper.text


# ---- kept slips ------------------------------------------------------------------------------------


def test_slips_are_kept_as_text_and_older_ones_are_still_read() -> None:
    slip = Slip(
        "t", (Image(GOOD, 100), Columns((Cell("a"), Cell("b", 2, Align.RIGHT))), Ean13("690123456789"))
    )
    assert msgspec.json.decode(msgspec.json.encode(slip), type=Slip) == slip
    old = (
        b'{"title":"0017","parts":[{"type":"text","text":"\xe6\x8f\x90","scale":2,"bold":true,"align":"center"},'
        b'{"type":"pair","left":"a","right":"b","bold":false},{"type":"rule"},{"type":"qr","text":"PK1","module":6},'
        b'{"type":"code128","text":"SO-1"},{"type":"feed","lines":1}]}'
    )
    parts = msgspec.json.decode(old, type=Slip).parts
    assert (parts[0], parts[1]) == (Text("提", 2, True, Align.CENTER), Pair("a", "b"))
    assert len(parts) == 6
