"""What a scanner types, in every layout, becomes its code; what no code holds never becomes one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.device_schema import ScannerSettings
from devices.key_codes import (
    ALT,
    ALT_GR,
    BETWEEN_KEYS_S,
    CAPS_LOCK,
    CTRLS,
    DOWN,
    EV_KEY,
    EV_SYN,
    EVENT,
    LONGEST_KEYS,
    METAS,
    SHIFTS,
    SYN_DROPPED,
    SYN_REPORT,
    UP,
    KeyCodes,
)
from devices.key_layouts import KEYPAD, Layout, characters
from devices.ports import Symbology
from devices.simulated_nodes import typed

LAYOUTS: list[Layout] = ["us", "fr", "de"]
CODE = string.ascii_letters + string.digits + "-./:;,!?_%+*$()&='\"<>"
DIGIT_KEYS = {digit: code for code, digit in KEYPAD.items()}


def keys(*, layout: Layout = "us", suffix: str = "cr", **more: object) -> KeyCodes:
    return KeyCodes(ScannerSettings(driver="evdev", layout=layout, suffix=suffix, **more))  # type: ignore[arg-type]


def texts(codes: KeyCodes, data: bytes, now: float = 0.0) -> list[str]:
    return [reading.text for reading in codes.feed(data, now)]


def strokes(*pairs: tuple[int, int]) -> bytes:
    return b"".join(
        EVENT.pack(0, 0, EV_KEY, *pair) + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0) for pair in pairs
    )


def tap(code: int, *held: int) -> bytes:
    down = [(key, DOWN) for key in held]
    return strokes(*down, (code, DOWN), (code, UP), *((key, UP) for key in reversed(held)))


ENTER = tap(28)


@pytest.mark.parametrize("layout", LAYOUTS)
@given(code=st.text(CODE, min_size=1, max_size=60), step=st.integers(1, 100))
def test_what_is_typed_is_read_in_pieces_of_any_size(layout: Layout, code: str, step: int) -> None:
    codes, stream = keys(layout=layout), typed(code + "\n", layout)
    got = [text for at in range(0, len(stream), step) for text in texts(codes, stream[at : at + step])]
    assert (got, codes.dropped) == ([code], 0)


def test_the_layout_decides() -> None:
    stream = typed("Az-1/\n", "us")
    assert texts(keys(), stream) == ["Az-1/"]
    assert texts(keys(layout="fr"), stream) == ["Qw)&!"]
    assert texts(keys(layout="de"), stream) == ["Ayß1-"]


def test_the_third_level_is_altgr() -> None:
    assert texts(keys(layout="fr"), tap(11, ALT_GR) + tap(4, ALT_GR) + ENTER) == ["@#"]
    assert texts(keys(layout="de"), tap(16, ALT_GR) + tap(8, ALT_GR) + ENTER) == ["@{"]


def test_every_layout_gives_each_key_one_character() -> None:
    for layout in LAYOUTS:
        plain, shifted, _ = characters(layout)
        letters = [plain[code] for code in (*range(16, 26), *range(30, 40), *range(44, 51)) if code in plain]
        assert set(string.ascii_lowercase) <= set(letters)
        assert {shifted[code].lower() for code in shifted if plain.get(code, "").isalpha()} >= set(
            string.ascii_lowercase
        )


def test_numbers_typed_with_alt_are_characters() -> None:
    assert texts(keys(), typed("é提\x1d\n", "us")) == [
        "é提\x1d"
    ]  # the simulator types what the layout lacks so
    a_umlaut = [strokes((ALT, DOWN)), *(tap(DIGIT_KEYS[d]) for d in "132"), strokes((ALT, UP))]
    assert texts(keys(), b"".join(a_umlaut) + ENTER) == ["ä"]  # code page 437
    enter = strokes((ALT, DOWN)) + b"".join(tap(DIGIT_KEYS[d]) for d in "013") + strokes((ALT, UP))
    assert texts(keys(), tap(2) + enter) == ["1"]


def test_the_number_block_types_digits() -> None:
    assert texts(keys(), b"".join(tap(DIGIT_KEYS[d]) for d in "6901") + tap(96)) == ["6901"]


def test_caps_lock_turns_letters_and_nothing_else() -> None:
    assert texts(keys(), tap(CAPS_LOCK) + typed("aB1-\n", "us")) == ["Ab1-"]


@pytest.mark.parametrize("held", [*CTRLS, *METAS, ALT])
@pytest.mark.parametrize("code", [45, 2, 28, 15, 62])
def test_a_chord_is_never_a_character_nor_an_end(held: int, code: int) -> None:
    codes = keys()
    assert texts(codes, tap(code, held) + typed("690\n", "us")) == ["690"]
    assert texts(codes, typed("690", "us") + tap(code, held) + typed("1\n", "us")) == []
    assert codes.dropped == 1
    assert texts(codes, typed("690\n", "us")) == ["690"]


def test_the_one_chord_that_belongs_to_codes_is_gs1s_separator() -> None:
    assert texts(keys(), typed("]C1010950", "us") + tap(27, CTRLS[0]) + typed("10A\n", "us")) == [
        "010950\x1d10A"
    ]


def test_keys_that_are_no_characters_make_a_hole() -> None:
    codes = keys()
    assert texts(codes, typed("01", "us") + tap(66) + typed("10\n", "us")) == []  # F8, as some send FNC1
    assert codes.dropped == 1
    assert texts(codes, tap(66) + typed("10\n", "us")) == ["10"]  # a maker's preamble


def test_a_repetition_by_the_keyboard_is_no_second_character() -> None:
    assert texts(keys(), strokes((2, DOWN), (2, 2), (2, 2), (2, UP)) + ENTER) == ["1"]


def test_what_the_kernel_lost_makes_a_hole_and_leaves_no_key_down() -> None:
    codes = keys()
    lost = EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0) + EVENT.pack(0, 0, EV_KEY, 2, DOWN)
    stream = typed("69", "us") + strokes((SHIFTS[0], DOWN)) + lost + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0)
    assert texts(codes, stream + typed("01\n", "us")) == []
    assert codes.dropped == 1
    assert texts(codes, typed("a\n", "us")) == ["a"]


def test_a_code_that_is_too_long_is_dropped_whole() -> None:
    codes = keys()
    assert texts(codes, typed("x" * LONGEST_KEYS + "\n", "us")) == ["x" * LONGEST_KEYS]
    assert texts(codes, typed("x" * (LONGEST_KEYS + 1) + "\n" + "next\n", "us")) == ["next"]
    assert codes.dropped == 1


def test_half_a_code_is_forgotten_after_two_seconds() -> None:
    codes = keys()
    assert codes.due() is None
    codes.feed(typed("690", "us"), 10.0)
    assert codes.due() == 10.0 + BETWEEN_KEYS_S
    assert codes.silence(12.0) == []
    assert (codes.due(), codes.dropped) == (None, 1)
    assert texts(codes, typed("1\n", "us"), 13.0) == ["1"]


def test_other_ends() -> None:
    assert texts(keys(suffix="tab"), typed("690\t", "us")) == ["690"]
    silent = keys(suffix="none", idle_gap_ms=50)
    assert texts(silent, typed("690", "us"), 1.0) == []
    assert silent.due() == 1.05
    assert [reading.text for reading in silent.silence(1.1)] == ["690"]


def test_an_aim_identifier_names_the_kind() -> None:
    (one,) = keys().feed(typed("]E06901234567892\n", "us"), 0.0)
    assert (one.text, one.raw, one.symbology) == ("6901234567892", b"]E06901234567892", Symbology.EAN13)


@given(st.binary(max_size=2000))
def test_any_bytes_are_survived(noise: bytes) -> None:
    codes = keys()
    codes.feed(noise, 0.0)
    codes.silence(9.0)
    codes.feed(noise[len(noise) % EVENT.size :] + bytes(-len(noise) % EVENT.size), 10.0)
