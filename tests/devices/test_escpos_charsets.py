"""Every character of GBK, and what lies beyond it, on four ROMs: each glyph the right one, none a question mark.

The simulated printer decodes what it was sent by its own ROM; what came as dots is compared with the glyph.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from random import Random
from typing import Literal

import pytest
from PIL import Image as Picture

from devices.escpos_raster import _font, bands, has_glyph
from devices.escpos_rom import cells, in_rom, width
from devices.escpos_slip import encode
from devices.escpos_words import printable
from devices.simulated_escpos import Interpreter
from devices.simulated_paper import Line, Paper, RasterBlock
from devices.slip import Image, Slip, SlipPart, Text
from tests.devices.test_slip_parts import png_of

pytestmark = pytest.mark.skipif(not has_glyph("中"), reason="fonts-noto-cjk is not installed here")

Charset = Literal["gb18030", "gbk", "gb2312", "western"]
COMMAND = re.compile(rb"\x10(\x04[\x01-\x04]|\x05[\x00-\x02]|\x14[\x01\x02\x08])")
BEYOND = "㐀㒇䶵𠂇𡃁兀﨑龘靐齉齾爨犇骉€¥£ßéèüñøĀǎ™№①⑳㈱㎡℃‰ΑΩабЯ♠♥★→↑■□○◎ア가각"
NO_FONT = "🎉😀👍𓀀𪜀鿿Ł"
INSTEAD = {"¥": "￥", "–": "-", "—": "-", "―": "―", "‘": "'", "’": "'", "•": "·", "−": "-", "\u00a0": " "}
LATIN_INSTEAD = INSTEAD | {"“": '"', "”": '"', "…": "...", "￥": "¥", "¥": "¥", "×": "x"}


def gbk_set() -> list[str]:
    """Every character of GBK, of which GB2312 is a part, by trying each pair of bytes."""
    found = []
    for high in range(0x81, 0xFF):
        for low in range(0x40, 0xFF):
            char = bytes([high, low]).decode("gbk", "ignore")
            if len(char) == 1 and char >= "\x80" and not "\ue000" <= char <= "\uf8ff":
                found.append(char)
    return found


def lines_of(chars: list[str]) -> Iterator[str]:
    """As many characters as fit on a line of 48 columns, a letter at both ends."""
    line = "x"
    for char in chars:
        if width(line) + cells(char) > 46:  # a yen sign takes one column more on paper
            yield line + "x"
            line = "x"
        line += char
    yield line + "x"


def paper_of(lines: list[str], charset: Charset) -> Paper:
    machine = Interpreter(576, charset, lambda _: None)
    machine.buffer += encode(Slip("t", tuple(Text(line) for line in lines)), 48, charset)
    while machine.step():
        pass
    assert (machine.unknown, machine.kicks, bytes(machine.buffer)) == ([], 0, b"")
    (paper,) = machine.papers
    return paper


def glyph(char: str) -> bytes:
    """The character drawn by Pillow alone, in a cell as wide as its columns."""
    from PIL import ImageDraw

    cell = Picture.new("1", (cells(char) * 12, 30))
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    pen.text((cell.width / 2, 23), char, fill=1, font=_font(1, False), anchor="ms")
    return cell.tobytes()


def right_dots(line: str, block: RasterBlock) -> bool:
    """Whether each cell of the picture is that of its character, but for dots that break a command."""
    size = (block.row_bytes * 8, len(block.rows) // block.row_bytes)
    picture = Picture.new("1", (576, 30))
    picture.paste(Picture.frombytes("1", size, block.rows))
    x = 0
    for char in line:
        wide = cells(char) * 12
        drawn, wanted = picture.crop((x, 0, x + wide, 30)).tobytes(), glyph(char)
        more = sum((a ^ b).bit_count() for a, b in zip(drawn, wanted, strict=True))
        lost = sum((b & ~a).bit_count() for a, b in zip(drawn, wanted, strict=True))
        if lost or more > 4:
            return False
        x += wide
    return True


def judged(chars: list[str], charset: Charset) -> tuple[int, int]:
    """Prints the characters; says how many lines came as text and as dots, and fails for a wrong one."""
    lines, text, dots = list(lines_of(chars)), 0, 0
    blocks = paper_of(lines, charset).blocks
    assert len(blocks) == len(lines), "a line was broken or lost"
    for line, block in zip(lines, blocks, strict=True):
        said = printable(line, charset)
        if isinstance(block, Line):
            assert "".join(run.text for run in block.runs) == said
            text += 1
        else:
            assert isinstance(block, RasterBlock)
            assert right_dots(said, block), said
            dots += 1
    return text, dots


@pytest.mark.parametrize(
    ("charset", "pictures"),
    [("gb18030", 0.05), ("gbk", 0.05), pytest.param("gb2312", 1.0, marks=pytest.mark.slow)],
)
def test_all_of_gbk_is_right_on_a_chinese_rom(charset: Charset, pictures: float) -> None:
    chars = gbk_set()
    assert len(chars) > 21_700
    text, dots = judged(chars, charset)
    assert text > 0
    assert dots <= pictures * (text + dots)


def test_all_of_gb2312_is_right_on_a_western_rom() -> None:
    chars = [char for char in gbk_set() if char.encode("gb2312", "ignore")]
    assert len(chars) > 7_400
    _, dots = judged(chars, "western")
    assert dots > 250


@pytest.mark.parametrize("charset", ["gb18030", "gbk", "gb2312", "western"])
def test_no_character_of_gbk_becomes_another_one(charset: Charset) -> None:
    instead = LATIN_INSTEAD if charset == "western" else INSTEAD
    other = {char: printable(char, charset) for char in gbk_set()}
    same = {char: unicodedata.normalize("NFC", instead.get(char, char)) for char in other}
    found = {char: said for char, said in other.items() if said != same[char]}
    # One of 21,886 is in no font here, and a blank of a western ROM is two narrow ones.
    assert (
        found
        == {
            "gb18030": {},
            "gbk": {},
            "gb2312": {"≒": "□"},
            "western": {"≒": "□", "\u3000": "  "},
        }[charset]
    )


@pytest.mark.parametrize("charset", ["gb18030", "gbk", "gb2312", "western"])
def test_rare_hanzi_and_other_scripts_are_right_or_boxes(charset: Charset) -> None:
    instead = LATIN_INSTEAD if charset == "western" else INSTEAD
    for char in BEYOND:
        assert printable(char, charset) in (char, instead.get(char)), char
    judged(list(BEYOND) + list("：，。！？；（）《》「」、"), charset)
    assert set(printable(NO_FONT, charset)) == {"□"}
    judged(list(NO_FONT), charset)


@pytest.mark.parametrize("charset", ["gb18030", "gbk", "gb2312"])
def test_the_rom_is_sent_what_it_has_and_nothing_else(charset: Charset) -> None:
    random = Random(1)  # noqa: S311 - repeatable chance
    for char in random.sample(gbk_set(), 2000):
        (block,) = paper_of([char], charset).blocks
        assert isinstance(block, Line) is (char < "\x80" or in_rom(printable(char, charset), charset))


# ---- no picture holds a command (goal 8) -----------------------------------------------------------


def job_of(*parts: SlipPart, columns: int = 48, charset: Charset = "western") -> bytes:
    return encode(Slip("t", parts), columns, charset)


def test_six_hundred_lines_of_dots_hold_no_real_time_command() -> None:
    random, chars = Random(8), gbk_set()  # noqa: S311 - repeatable chance
    tempted = 0
    for _ in range(60):
        lines = ["".join(random.choices(chars, k=24)) for _ in range(10)]
        job = job_of(*(Text(line, bold=random.random() < 0.3) for line in lines))
        tempted += len(re.findall(rb"\x18[\x04\x05\x14]", job))
        assert not COMMAND.search(job)
    assert tempted > 30, "without the breaking dot there would have been some"


def test_five_hundred_pictures_hold_no_real_time_command() -> None:
    random = Random(9)  # noqa: S311 - repeatable chance
    for _ in range(500):
        size = (random.randint(1, 600), random.randint(1, 60))
        noise = Picture.frombytes("L", size, random.randbytes(size[0] * size[1]))
        job = job_of(Image(png_of(noise)), columns=random.choice([32, 48]))
        assert not COMMAND.search(job)


@pytest.mark.parametrize("row", [1, 2, 3, 16, 48, 72])
def test_no_height_of_a_picture_makes_its_command_one_of_real_time(row: int) -> None:
    """A narrow picture of 1,040 rows has 10 04 in its length, and 01 may be its first eight dots."""
    for high in (1039, 1040, 1041, 1296, 1300, 4080):
        job = bands(b"\x01" * (row * high), row, row)
        assert not COMMAND.search(job)
        assert job.count(b"\x01" * row) >= 1
