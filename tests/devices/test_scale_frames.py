"""What scales say, as bytes: only a framed, whole, settled weight in range is ever a weight."""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import cas_scale, dialog06_scale, toledo_scale
from devices.ports import Moving, Overweight, Underweight, Unweighed, Weight
from devices.scale_frames import Frames, Outcome, Why
from devices.stream_scale import FORMATS, Stream

CAPACITY_G = 15_000
ASKED = {
    "toledo-8217": (toledo_scale.SHAPE, toledo_scale.parse),
    "cas": (cas_scale.SHAPE, cas_scale.parse),
    "dialog06": (dialog06_scale.SHAPE, dialog06_scale.parse),
}
LANGUAGES = [*ASKED, *FORMATS]


def said(language: str, *pieces: bytes, capacity_g: int = CAPACITY_G) -> list[Outcome]:
    if language in FORMATS:
        stream = Stream(FORMATS[language], capacity_g)
        return [outcome for piece in pieces for outcome in stream.feed(piece)]
    shape, parse = ASKED[language]
    frames = Frames(shape)
    return [parse(frame, capacity_g) for piece in pieces for frame in frames.feed(piece)]


def check(text: bytes, seed: int = 0) -> bytes:
    return bytes([reduce(xor, text, seed)])


def cas(text: bytes) -> bytes:
    return b"\x01\x02" + text + check(text) + b"\x03\x04"


def os2(text: bytes, bits: int = 0) -> bytes:
    return b"\x01\x02" + text + check(text, 0x03) + b"\x03\x04" + bytes([bits])


# Written down by hand after the manuals, not with the simulator.
GOOD = {
    "toledo-8217": b"\x0201.250\r",
    "cas": b"\x01\x02S  1.250KG\x77\x03\x04",
    "dialog06": b"\x0202\x1b3\x1b01250\x1b000001\x1b000125\x03",
    "st-gs": b"ST,GS,+  1.250kg\r\n",
    "os2": b"\x01\x02S  1.250kg\x74\x03\x04\x00",
    "bcd": b"\xff\x44\x50\x12\x00\x00",
}
TOLD = [
    ("toledo-8217", b"\x0201.250N\r", Weight(1250, net=True)),
    ("toledo-8217", b"\x02000.000\r", Weight(0)),
    ("toledo-8217", b"\x02?\x01\r", Moving),
    ("toledo-8217", b"\x02?\x02\r", Overweight),
    ("toledo-8217", b"\x02?\x03\r", Overweight),
    ("toledo-8217", b"\x02?\x24\r", Underweight),
    ("toledo-8217", b"\x02?\x40\r", Unweighed),
    ("toledo-8217", b"\x0202.76\r", Unweighed),
    ("toledo-8217", b"\x0215.001\r", Overweight),
    ("cas", cas(b"S  01250 G"), Weight(1250)),
    ("cas", cas(b"U  1.250KG"), Moving),
    ("cas", cas(b"F  1.250KG"), Unweighed),
    ("cas", cas(b"S- 1.250KG"), Underweight),
    ("cas", cas(b"S  2.755LB"), Unweighed),
    ("cas", cas(b"S  2.500SJ"), Unweighed),
    ("cas", cas(b"S 1 .250KG"), Unweighed),
    ("cas", cas(b"S 1..250KG"), Unweighed),
    ("cas", cas(b"S       KG"), Unweighed),
    ("cas", cas(b"S 16.000KG"), Overweight),
    ("cas", GOOD["os2"], Unweighed),
    ("dialog06", b"\x0202\x1b1\x1b01250\x1b000001\x1b000125\x03", Unweighed),
    ("dialog06", b"\x0202\x1b3\x1b15001\x1b000001\x1b000125\x03", Overweight),
    ("dialog06", b"\x0209\x1b20\x03", Moving),
    ("dialog06", b"\x0209\x1b22\x03", Moving),
    ("dialog06", b"\x0209\x1b21\x03", Unweighed),
    ("dialog06", b"\x0209\x1b31\x03", Underweight),
    ("dialog06", b"\x0209\x1b32\x03", Overweight),
    ("dialog06", b"\x0209\x1b99\x03", Unweighed),
    ("dialog06", b"\x0211\x1b247\x03", Unweighed),
    ("dialog06", b"\x06", Unweighed),
    ("st-gs", b"ST,NT,+  1.250kg\r\n" * 2, Weight(1250, net=True)),
    ("st-gs", b"ST,GS,    1250 g\r\n" * 2, Weight(1250)),
    ("st-gs", b"ST,GS,\x01\xc0,+  1.250 kg\r\n" * 2, Weight(1250)),
    ("st-gs", b"ST,GS,+  1.250,kg\n" * 2, Weight(1250)),
    ("st-gs", b"ST,GS,+  1.250kg\r\n", Moving),
    ("st-gs", b"US,GS,+  1.250kg\r\n" * 2, Moving),
    ("st-gs", b"OL,GS,+  1.250kg\r\n" * 2, Overweight),
    ("st-gs", b"OL,GS,-  1.250kg\r\n" * 2, Underweight),
    ("st-gs", b"ST,GS,-  0.010kg\r\n" * 2, Underweight),
    ("st-gs", b"ST,TR,+  1.250kg\r\n" * 2, Unweighed),
    ("st-gs", b"ST,GS,+  1.250lb\r\n" * 2, Unweighed),
    ("st-gs", b"ST,GS,+ 1.2505kg\r\n" * 2, Unweighed),
    ("st-gs", b"ST,GS,+ 15.005kg\r\n" * 2, Overweight),
    ("os2", os2(b"S  1.250kg", 0x20), Weight(1250, net=True)),
    ("os2", os2(b"U  1.250kg"), Moving),
    ("os2", os2(b"S  1.250kg", 0x40), Unweighed),
    ("os2", os2(b"F  1.250kg"), Unweighed),
    ("os2", os2(b"S- 1.234kg"), Underweight),
    ("os2", os2(b"S  2.755lb"), Unweighed),
    ("bcd", GOOD["bcd"], Moving),
    ("bcd", b"\xff\x41\x50\x00\x00\x00" * 2, Overweight),
    ("bcd", b"\xff\x04\x50\x12\x00\x00" * 2, Moving),
    ("bcd", b"\xff\xc4\x50\x12\x00\x00" * 2, Overweight),
    ("bcd", b"\xff\xe4\x50\x12\x00\x00" * 2, Underweight),
    ("bcd", b"\xff\x64\x50\x12\x00\x00" * 2, Underweight),
    ("bcd", b"\xff\x4c\x50\x12\x00\x00" * 2, Unweighed),
    ("bcd", b"\xff\x40\x50\x12\x00\x00" * 2, Unweighed),
    ("bcd", b"\xff\x44\x50\x12\x00\x01" * 2, Unweighed),
    ("bcd", b"\xff\x45\x55\x12\x00\x00" * 2, Unweighed),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_weight_at_rest_is_a_weight(language: str) -> None:
    assert said(language, GOOD[language] * 2)[-1] == Weight(1250)
    assert said(language, GOOD[language] * 2, capacity_g=1250)[-1] == Weight(1250)
    assert said(language, GOOD[language] * 2, capacity_g=1249)[-1] == Why(Overweight, "more than 1249 g")


@pytest.mark.parametrize(("language", "frames", "expected"), TOLD)
def test_what_is_no_weight_says_why(language: str, frames: bytes, expected: Weight | type[Unweighed]) -> None:
    outcome = said(language, frames)[-1]
    assert (outcome if isinstance(outcome, Weight) else outcome.kind) == expected


@pytest.mark.parametrize("language", ["cas", "os2"])
def test_no_single_wrong_byte_gets_past_the_check_byte(language: str) -> None:
    good = GOOD[language]
    checked = good[:15]  # the last byte of OS2 stands outside
    for at, right in enumerate(checked):
        for wrong in set(range(256)) - {right}:
            frame = good[:at] + bytes([wrong]) + good[at + 1 :]
            assert not any(isinstance(outcome, Weight) for outcome in said(language, frame)), (at, wrong)


@pytest.mark.parametrize("language", ["st-gs", "bcd"])
def test_without_a_check_byte_a_frame_counts_when_it_comes_twice(language: str) -> None:
    other = GOOD[language].replace(b"1.250", b"1.350").replace(b"\x50\x12", b"\x50\x13")
    assert other != GOOD[language]
    outcomes = said(language, GOOD[language], other, GOOD[language], GOOD[language])
    assert [isinstance(outcome, Weight) for outcome in outcomes] == [False, False, False, True]


# ---- any bytes ---------------------------------------------------------------------------------------


def _grams(text: bytes, per: int) -> set[int]:
    """Grams in a padded number, by another way than the parser's; empty where there are none."""
    whole, _, part = text.strip(b" ").partition(b".")
    if not (whole.isdigit() and (part.isdigit() or b"." not in text)):
        return set()
    scaled = int(whole + part) * per
    return {scaled // 10 ** len(part)} if scaled % 10 ** len(part) == 0 else set()


def _held(language: str, data: bytes) -> set[int]:
    """Grams of every frame at rest anywhere in `data`, found by slicing at each place."""
    found: set[int] = set()
    for at in range(len(data)):
        rest = data[at:]
        if language == "toledo-8217" and rest[:1] == b"\x02":
            found |= _grams(rest[1 : rest.find(b"\r")].removesuffix(b"N"), 1000)
        elif language in {"cas", "os2"} and rest[:3] == b"\x01\x02S" and rest[3:4] == b" ":
            seed = rest[0:12] if language == "os2" else rest[2:12]
            if rest[12:15] == check(seed) + b"\x03\x04":
                found |= _grams(rest[4:10], {b"kg": 1000, b"g": 1}.get(rest[10:12].strip().lower(), 10**9))
        elif language == "dialog06" and rest[:6] == b"\x0202\x1b3\x1b":
            found |= _grams(rest[6:11], 1)
        elif language == "st-gs" and rest[:6] in {b"ST,GS,", b"ST,NT,"}:
            for number, unit in re.findall(rb"([\d.]+)[, ]*(kg|g)\b", rest.split(b"\n")[0], re.IGNORECASE):
                found |= _grams(number, {b"kg": 1000, b"g": 1}[unit.lower()])
        elif language == "bcd" and rest[:1] == b"\xff" and len(rest) > 5 and rest[1] & 0xF8 == 0x40:
            number = f"{rest[4]:02x}{rest[3]:02x}{rest[2]:02x}00000"
            if number.isdigit() and rest[1] & 7:
                found.add(int(number) * 1000 // 10 ** ((rest[1] & 7) - 1 + 5))
    return found


@st.composite
def streams(draw: st.DrawFn, language: str) -> bytes:
    """Noise, frames at rest and not, frames cut off, frames with a wrong byte."""
    frames = [GOOD[language], *(frames for spoken, frames, _ in TOLD if spoken == language)]
    parts = []
    for _ in range(draw(st.integers(0, 8))):
        frame = bytearray(draw(st.sampled_from(frames)))
        match draw(st.sampled_from(["whole", "whole", "cut", "wrong", "noise"])):
            case "cut":
                del frame[draw(st.integers(0, len(frame))) :]
            case "wrong":
                frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
            case "noise":
                frame = bytearray(draw(st.binary(max_size=12)))
        parts.append(bytes(frame))
    return b"".join(parts)


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_any_bytes_give_no_weight_that_was_not_framed_at_rest_and_in_range(
    language: str, data: st.DataObject
) -> None:
    stream = data.draw(streams(language))
    held = _held(language, stream)
    for outcome in said(language, stream):
        if isinstance(outcome, Weight):
            assert 0 <= outcome.grams <= CAPACITY_G
            assert outcome.grams in held


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_how_a_stream_is_cut_up_changes_nothing(language: str, data: st.DataObject) -> None:
    stream = data.draw(streams(language))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole = said(language, stream)
    assert said(language, *pieces) == whole
    assert said(language, *(bytes([byte]) for byte in stream)) == whole


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_noise_the_next_whole_frames_are_read(language: str) -> None:
    for noise in (b"", GOOD[language][:-1], GOOD[language][1:], b"\x02\x01\xff" * 5, b"ST,GS," * 3):
        assert said(language, noise + GOOD[language] * 4)[-1] == Weight(1250), noise
