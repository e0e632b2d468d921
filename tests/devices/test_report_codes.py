"""HID-POS reports, one code in one of them or in many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.device_schema import ScannerSettings
from devices.ports import Symbology
from devices.report_codes import SHORTEST, ReportCodes
from devices.simulated_nodes import hid_pos_reports


def codes(**more: object) -> ReportCodes:
    return ReportCodes(ScannerSettings(driver="hidpos", **more))  # type: ignore[arg-type]


def test_a_report_is_a_code_with_its_kind() -> None:
    (one,) = codes().feed(hid_pos_reports(b"6901234567892", b"]E0")[0], 0.0)
    assert (one.text, one.raw, one.symbology) == ("6901234567892", b"]E06901234567892", Symbology.EAN13)


def test_the_shortest_form_of_a_report_has_one_byte_of_flags() -> None:
    report = bytes([3, 13]) + b"]E0" + b"6901234567892".ljust(56, b"\0") + b"\0"
    assert len(report) == SHORTEST
    assert [one.text for one in codes().feed(report, 0.0)] == ["6901234567892"]


def test_without_an_aim_identifier_the_kind_is_unknown() -> None:
    (one,) = codes().feed(hid_pos_reports(b"6901", b"\0\0\0")[0], 0.0)
    assert (one.raw, one.symbology) == (b"6901", Symbology.UNKNOWN)


@given(st.lists(st.binary(min_size=1, max_size=500), max_size=5))
def test_codes_of_any_bytes_and_length_come_whole(sent: list[bytes]) -> None:
    decoding = codes()
    got = [one.raw for code in sent for report in hid_pos_reports(code) for one in decoding.feed(report, 0.0)]
    assert (got, decoding.dropped) == ([b"]Q1" + code for code in sent], 0)


def test_a_code_whose_rest_never_comes_is_dropped() -> None:
    decoding = codes()
    first, _ = hid_pos_reports(b"x" * 100)
    assert decoding.feed(first, 5.0) == []
    assert decoding.due() == 5.5
    assert decoding.silence(5.6) == []
    assert (decoding.due(), decoding.dropped) == (None, 1)
    assert [one.text for one in decoding.feed(hid_pos_reports(b"next")[0], 6.0)] == ["next"]


def test_another_kind_of_code_in_between_is_no_continuation() -> None:
    decoding = codes()
    decoding.feed(hid_pos_reports(b"x" * 100)[0], 0.0)
    (one,) = decoding.feed(hid_pos_reports(b"6901", b"]E0")[0], 0.0)
    assert (one.text, decoding.dropped) == ("6901", 1)


@pytest.mark.parametrize("report", [b"", b"\x05\x01", bytes([2, 3]) + b"]Q1" + b"abc"])
def test_reports_of_another_kind_are_no_codes(report: bytes) -> None:
    decoding = codes()
    assert (decoding.feed(report, 0.0), decoding.dropped, decoding.due()) == ([], 0, None)


def test_a_report_that_contradicts_itself_and_a_code_that_is_too_long_are_dropped() -> None:
    decoding = codes()
    assert decoding.feed(bytes([2, 57]) + b"]Q1" + bytes(59), 0.0) == []
    assert decoding.dropped == 1
    assert [one for report in hid_pos_reports(b"x" * 600) for one in decoding.feed(report, 0.0)] == []
    assert decoding.dropped == 2


def test_the_charset_is_the_settings_word() -> None:
    (one,) = codes(charset="gb18030").feed(hid_pos_reports("提货".encode("gb18030"))[0], 0.0)
    assert one.text == "提货"


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_any_bytes_are_survived(noise: list[bytes]) -> None:
    decoding = codes()
    for report in noise:
        decoding.feed(report, 0.0)
    decoding.cut()
