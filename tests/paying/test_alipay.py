"""The adapter of Alipay against a stand-in that verifies requests and signs answers for real."""

from __future__ import annotations

import pytest

from edge.domain.orders import Fen
from edge.domain.payment_port import NoAnswer, Said
from edge.domain.payments import Channel
from paying.alipay_wallet import yuan
from tests.paying.accounts import ALI, NUMBER
from tests.paying.wallet_stand_in import MERCHANT


def ali(state: str = "", **more: object) -> dict[str, object]:
    words = {
        "code": "10000",
        "msg": "Success",
        "out_trade_no": NUMBER,
        "trade_no": "2026T",
        "total_amount": "59.90",
    }
    return {**words, **({"trade_status": state} if state else {}), **more}


def test_a_bar_code_payment_is_posted_and_never_in_a_url(alipay) -> None:
    server, provider = alipay
    server.says(**ali())
    answer = provider.pay(ALI, "28" + "5" * 16)
    assert (answer.said, answer.fen, answer.transaction) == (Said.PAID, 5990, "2026T")
    method, path, fields = server.asked[0]
    assert (method, path, fields["method"]) == ("POST", "/gateway.do", "alipay.trade.pay")
    content = fields["biz_content"]
    assert (content["auth_code"], content["scene"], content["total_amount"]) == (
        "28" + "5" * 16,
        "bar_code",
        "59.90",
    )
    assert server.refused == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"code": "10003", "msg": "order success pay inprocess"}, Said.PAYING),
        (
            {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error"},
            Said.NOT_SURE,
        ),
        ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, Said.NOT_SURE),
        ({"code": "40004", "sub_code": "ACQ.BUYER_BALANCE_NOT_ENOUGH"}, Said.REFUSED),
        ({"code": "99999"}, Said.NOT_SURE),
    ],
)
def test_what_alipay_calls_a_payment(alipay, body: dict[str, str], said: Said) -> None:
    server, provider = alipay
    server.says(**body)
    assert provider.pay(ALI, "28" + "5" * 16).said is said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("TRADE_SUCCESS", Said.PAID),
        ("TRADE_FINISHED", Said.PAID),
        ("WAIT_BUYER_PAY", Said.PAYING),
        ("TRADE_CLOSED", Said.CLOSED),
        ("NEW", Said.NOT_SURE),
    ],
)
def test_what_alipay_calls_a_trade(alipay, state: str, said: Said) -> None:
    server, provider = alipay
    server.says(**ali(state))
    assert provider.query(Channel.ALIPAY, NUMBER).said is said


def test_alipay_takes_back_shows_and_refunds(alipay) -> None:
    server, provider = alipay
    server.says(code="10000", out_trade_no=NUMBER, retry_flag="N", action="close")
    server.says(code="20000", retry_flag="Y", sub_code="aop.ACQ.SYSTEM_ERROR")
    server.says(code="40004", sub_code="ACQ.TRADE_NOT_EXIST")
    words = [provider.reverse(Channel.ALIPAY, NUMBER).said for _ in range(3)]
    assert words == [Said.REVERSED, Said.NOT_YET, Said.NOT_FOUND]
    server.says(code="10000", out_trade_no=NUMBER, qr_code="https://qr.alipay.invalid/bax1")
    assert provider.precreate(ALI, 120).qr == "https://qr.alipay.invalid/bax1"
    server.says(**ali(fund_change="Y", refund_fee="10.00"))
    assert provider.refund(ALI, f"{NUMBER}R01", Fen(1000)).said is Said.REFUNDED
    assert server.asked[-1][2]["biz_content"]["refund_amount"] == "10.00"
    # Asked for again: no funds change, and the refund's own record says that it was carried out.
    server.says(**ali(fund_change="N"))
    server.says(code="10000", out_trade_no=NUMBER, refund_amount="10.00")
    assert provider.refund(ALI, f"{NUMBER}R01", Fen(1000)).said is Said.REFUNDED
    assert server.refused == []


def test_an_answer_that_is_not_signed_by_alipay_is_no_answer(alipay) -> None:
    server, provider = alipay
    server.says(**ali())
    server.signer = MERCHANT
    with pytest.raises(NoAnswer):
        provider.pay(ALI, "28" + "5" * 16)


@pytest.mark.parametrize("text", ["59.905", "5,990", "-1", "1e3", "", None, "٣.٠٠"])
def test_an_amount_that_is_none_is_no_amount(alipay, text: object) -> None:
    server, provider = alipay
    server.says(**ali("TRADE_SUCCESS", total_amount=text))
    assert provider.query(Channel.ALIPAY, NUMBER).fen is None


def test_yuan_are_written_without_a_float() -> None:
    assert [yuan(fen) for fen in (1, 10, 100, 5990, 99_999_999)] == [
        "0.01",
        "0.10",
        "1.00",
        "59.90",
        "999999.99",
    ]
