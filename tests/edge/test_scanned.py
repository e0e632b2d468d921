"""The classifier, row by row and where rows meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.scanned import PAY_KINDS, Expecting, ScanKind, check_digit_ok, classify

K = ScanKind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("PK1.ABCDEF234567", K.PICKUP, "PK1.ABCDEF234567"),
        ("CP1.abc", K.COUPON, "CP1.abc"),
        ("MB1.abc", K.MEMBER, "MB1.abc"),
        ("SB1.ABCDEFGHIJKLMNOP", K.BADGE, "SB1.ABCDEFGHIJKLMNOP"),
        ("134567890123456789", K.PAY_WECHAT, "134567890123456789"),
        ("154567890123456789", K.PAY_WECHAT, "154567890123456789"),
        ("164567890123456789", K.UNKNOWN, "164567890123456789"),
        ("2812345678901234", K.PAY_ALIPAY, "2812345678901234"),
        ("301234567890123456789012", K.PAY_ALIPAY, "301234567890123456789012"),
        ("6212345678901234567", K.PAY_UNIONPAY, "6212345678901234567"),
        ("6901234567892", K.GTIN, "06901234567892"),
        ("6901234567893", K.UNKNOWN, "6901234567893"),
        ("036000291452", K.GTIN, "00036000291452"),
        ("96385074", K.GTIN, "00000096385074"),
        ("96385075", K.UNKNOWN, "96385075"),
        ("10614141000415", K.GTIN, "10614141000415"),
        ("2012345678903", K.VARIABLE, "2012345678903"),
        ("WX2026112200017", K.ORDER, "WX2026112200017"),
        ("0106901234567892", K.GS1, "0106901234567892"),
        ("https://example.com/01/06901234567892", K.GS1, "https://example.com/01/06901234567892"),
        ("https://example.com/p/6901234567892", K.URL, "https://example.com/p/6901234567892"),
        ("https://example.com/01/06901234567893", K.URL, "https://example.com/01/06901234567893"),
        ("(01)06901234567892(10)A1", K.GS1, "(01)06901234567892(10)A1"),
        ("]C10106901234567892", K.GS1, "0106901234567892"),
        ("]C110A1", K.GS1, "10A1"),
        ("]C1134567890123456789", K.UNKNOWN, "]C1134567890123456789"),
        ("]C0134567890123456789", K.PAY_WECHAT, "134567890123456789"),
        ("]E06901234567892", K.GTIN, "06901234567892"),
        ("]E06901234567892|]e099COMPOSITE", K.GTIN, "06901234567892"),
        ("hQVDUFYwMWETTwegAAAAAxAQUAo", K.PAY_OTHER, "hQVDUFYwMWETTwegAAAAAxAQUAo"),
        ("]", K.UNKNOWN, "]"),
        ("HTTPS://EXAMPLE.COM/X", K.URL, "HTTPS://EXAMPLE.COM/X"),
        ("  6901234567892\r", K.GTIN, "06901234567892"),
        ("６９０１２３４５６７８９２", K.GTIN, "06901234567892"),
        ("１３４５６７８９０１２３４５６７８９", K.PAY_WECHAT, "134567890123456789"),
        ("ＰＫ1.ABCDEF234567", K.UNKNOWN, "ＰＫ1.ABCDEF234567"),
        ("", K.UNKNOWN, ""),
        ("' OR 1=1--", K.UNKNOWN, "' OR 1=1--"),
        ("javascript:alert(1)", K.UNKNOWN, "javascript:alert(1)"),
    ],
)
def test_what_is_it(text: str, kind: ScanKind, value: str) -> None:
    seen = classify(text)
    assert (seen.kind, seen.value) == (kind, value)


def test_eight_digits_are_what_the_place_expects() -> None:
    assert classify("96385074").kind is K.GTIN
    assert classify("96385074", Expecting.PICKUP).kind is K.PICKUP_DIGITS
    assert classify("４８１５１６２３", Expecting.PICKUP).value == "48151623", (
        "as a Chinese input method types it"
    )
    assert classify("6901234567892", Expecting.PICKUP).kind is K.GTIN


@given(st.text(max_size=700))
def test_every_text_is_something(text: str) -> None:
    assert classify(text).kind in ScanKind


@given(st.integers(0, 10**16 - 1))
def test_a_wechat_code_is_never_taken_for_goods(number: int) -> None:
    assert classify(f"13{number:016d}").kind in PAY_KINDS


@given(st.integers(0, 10**12 - 1), st.integers(1, 9))
def test_one_wrong_digit_is_found(body: int, add: int) -> None:
    digits = f"{body:012d}"
    check = next(str(c) for c in range(10) if check_digit_ok(digits + str(c)))
    assert not check_digit_ok(digits + str((int(check) + add) % 10))
