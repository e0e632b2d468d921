"""Zebra's packets: taken, answered, asked for again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from config.device_schema import ScannerSettings
from devices.ports import Symbology
from devices.ssi import SsiCodes, command, packet

ACK, RESEND = command(0xD0), command(0xD1, b"\x01")


def codes() -> SsiCodes:
    return SsiCodes(ScannerSettings(protocol="ssi"))


def decode_data(code: bytes, kind: int = 0x0B, status: int = 0) -> bytes:
    return packet(0xF3, bytes([kind]) + code, status=status)


def test_packets_are_as_the_guide_prints_them() -> None:
    assert command(0xD0).hex(" ") == "04 d0 04 00 ff 28"
    assert command(0xE6, b"\x00").hex(" ") == "05 e6 04 00 00 ff 11"


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=6), st.integers(1, 40))
def test_codes_come_whole_in_any_pieces_and_each_is_answered(sent: list[bytes], step: int) -> None:
    decoding, stream = codes(), b"".join(decode_data(code) for code in sent)
    got = [
        one.raw for at in range(0, len(stream), step) for one in decoding.feed(stream[at : at + step], 0.0)
    ]
    assert (got, decoding.owed(), decoding.dropped) == (sent, ACK * len(sent), 0)
    assert decoding.owed() == b""


def test_the_kind_is_the_packets_word_where_no_aim_identifier_says_more() -> None:
    (one,) = codes().feed(decode_data(b"6901234567892"), 0.0)
    assert (one.text, one.symbology) == ("6901234567892", Symbology.EAN13)
    (one,) = codes().feed(decode_data(b"]C1010950", 0x03), 0.0)
    assert (one.text, one.symbology) == ("010950", Symbology.GS1_128)


def test_what_is_sent_again_because_our_answer_was_lost_is_one_scan() -> None:
    decoding = codes()
    assert len(decoding.feed(decode_data(b"6901"), 0.0)) == 1
    assert decoding.feed(decode_data(b"6901", status=1), 0.0) == []
    assert decoding.owed() == ACK * 2
    assert len(decoding.feed(decode_data(b"6901"), 0.0)) == 1


def test_what_arrived_broken_is_asked_for_again_and_then_taken() -> None:
    decoding = codes()
    decoding.feed(decode_data(b"6901"), 0.0)
    broken = bytearray(decode_data(b"6901"))
    broken[6] ^= 1
    assert decoding.feed(bytes(broken), 0.0) == []
    assert decoding.owed() == ACK + RESEND
    assert [one.text for one in decoding.feed(decode_data(b"6901", status=1), 0.0)] == ["6901"]


def test_a_code_in_several_packets_is_one() -> None:
    decoding = codes()
    assert decoding.feed(decode_data(b"abc", 0x1C, status=2), 1.0) == []
    assert decoding.due() == 1.5
    assert [one.text for one in decoding.feed(decode_data(b"def", 0x1C), 1.0)] == ["abcdef"]
    assert decoding.due() is None


def test_half_a_packet_is_forgotten() -> None:
    decoding = codes()
    decoding.feed(decode_data(b"6901")[:-3], 1.0)
    assert decoding.silence(1.6) == []
    assert (decoding.dropped, decoding.due()) == (1, None)
    assert len(decoding.feed(decode_data(b"6901"), 2.0)) == 1


def test_other_packets_are_answered_and_answers_are_not() -> None:
    decoding = codes()
    assert decoding.feed(packet(0xF6, b"\x01") + packet(0xD0), 0.0) == []
    assert decoding.owed() == ACK


@given(st.binary(max_size=600))
def test_any_bytes_are_survived(noise: bytes) -> None:
    decoding = codes()
    decoding.feed(noise, 0.0)
    decoding.silence(1.0)
    assert [one.text for one in decoding.feed(decode_data(b"6901"), 2.0)] == ["6901"]
