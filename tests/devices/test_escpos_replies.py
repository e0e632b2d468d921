"""The parser of a printer's answers takes them in any pieces and through flow control."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.escpos_replies import Reply, ReplyKind, ReplyParser, paper_ended, state_from
from devices.ports import PrinterState

FRAMES = [
    Reply(ReplyKind.REAL_TIME, b"\x16"),
    Reply(ReplyKind.REAL_TIME, b"\x1a"),
    Reply(ReplyKind.REAL_TIME, b"\x7e"),
    Reply(ReplyKind.IN_ORDER, b"\x00"),
    Reply(ReplyKind.IN_ORDER, b"\x0c"),
    Reply(ReplyKind.UNASKED, b"\x10\x00\x00\x00"),
    Reply(ReplyKind.UNASKED, b"\x3c\x00\x0f\x00"),
]


@given(st.lists(st.sampled_from(FRAMES), max_size=12), st.randoms(use_true_random=False))
def test_replies_come_out_whole_however_they_arrive(replies: list[Reply], random: Random) -> None:
    stream = b"".join(reply.data for reply in replies)
    parser, got, at = ReplyParser(), [], 0
    while at < len(stream):
        step = random.randint(1, 5)
        piece = b"".join(random.choice([b"", b"\x13", b"\x11"]) + bytes([b]) for b in stream[at : at + step])
        got += parser.feed(piece)
        at += step
    assert got == replies


@given(st.binary(max_size=300))
def test_rubbish_never_hurts_the_parser(rubbish: bytes) -> None:
    parser = ReplyParser()
    parser.feed(rubbish)
    parser.feed(b"\x12" * 4)
    assert parser.feed(b"\x16") == [Reply(ReplyKind.REAL_TIME, b"\x16")]


# The bytes were seen on the wire of a real model's emulation; the last column is what a person must do.
@pytest.mark.parametrize(
    ("printer", "cause", "paper", "state"),
    [
        (0x16, 0x12, 0x12, PrinterState.ONLINE),
        (0x16, 0x12, 0x1E, PrinterState.NEAR_END),
        (0x1E, 0x32, 0x7E, PrinterState.OUT_OF_PAPER),
        (0x1E, 0x16, 0x12, PrinterState.COVER_OPEN),
        (0x1E, 0x36, 0x7E, PrinterState.COVER_OPEN),
        (0x1E, 0x12, 0x12, PrinterState.OFFLINE),
    ],
)
def test_state_from_status_bytes(printer: int, cause: int, paper: int, state: PrinterState) -> None:
    assert state_from(printer, cause, paper) is state


def test_near_end_is_not_the_end() -> None:
    assert not paper_ended(0x03)
    assert paper_ended(0x0C)
