"""The adapters of WeChat Pay and Alipay against stand-ins that verify requests and sign answers for real."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from edge.domain.orders import Fen
from edge.domain.payment_port import Charge, NoAnswer, NotSent, NotSetUp, PaymentProvider, Said
from edge.domain.payments import Channel
from paying.alipay_wallet import AlipayAccount, AlipayProvider, yuan
from paying.wechat import WechatAccount, WechatProvider
from tests.paying.wallet_stand_in import MERCHANT, PUBLIC_ID, THEIRS, private_pem, public_pem, standing

NUMBER, CODE = "S004212611220100001ab", "134444444444444444"
CHARGE = Charge(Channel.WECHAT, NUMBER, Fen(5990), "门店消费", "T1")
ALI = Charge(Channel.ALIPAY, NUMBER, Fen(5990), "门店消费", "T1")
TIMEOUT = (2.0, 3.0)


def wechat_account(**more: str) -> WechatAccount:
    words = {
        "mchid": "1900000109",
        "appid": "wx8888888888888888",
        "serial": "444F4864EA9B34415",
        "private_key": private_pem(MERCHANT),
        "apiv3_key": "0123456789abcdef0123456789abcdef",
        "public_key": public_pem(THEIRS),
        "public_key_id": PUBLIC_ID,
    }
    return WechatAccount(**(words | more))


def alipay_account(**more: str) -> AlipayAccount:
    words = {"appid": "2021000100", "private_key": private_pem(MERCHANT), "public_key": public_pem(THEIRS)}
    return AlipayAccount(**(words | more))


@pytest.fixture(scope="module")
def wechat_server():
    with standing("wechat") as server:
        yield server


@pytest.fixture(scope="module")
def alipay_server():
    with standing("alipay") as server:
        yield server


@pytest.fixture
def wechat(wechat_server):
    wechat_server.answers.clear(), wechat_server.asked.clear(), wechat_server.refused.clear()
    wechat_server.signer, wechat_server.drop = THEIRS, False
    return wechat_server, WechatProvider(wechat_account(), TIMEOUT, wechat_server.url)


@pytest.fixture
def alipay(alipay_server):
    alipay_server.answers.clear(), alipay_server.asked.clear(), alipay_server.refused.clear()
    alipay_server.signer, alipay_server.drop = THEIRS, False
    return alipay_server, AlipayProvider(alipay_account(), TIMEOUT, alipay_server.url + "/gateway.do")


def trade(state: str, total: int = 5990, **more: object) -> dict[str, object]:
    words = {"out_trade_no": NUMBER, "mchid": "1900000109", "trade_state": state}
    return {**words, "transaction_id": "4200001", "amount": {"total": total, "currency": "CNY"}, **more}


def test_a_code_payment_is_what_the_documents_say(wechat) -> None:
    server, provider = wechat
    server.says(200, **trade("SUCCESS"))
    answer = provider.pay(CHARGE, CODE)
    assert (answer.said, answer.fen, answer.transaction) == (Said.PAID, 5990, "4200001")
    method, path, body = server.asked[0]
    assert (method, path) == ("POST", "/v3/pay/transactions/codepay")
    assert body["payer"] == {"auth_code": CODE}
    assert body["amount"] == {"total": 5990, "currency": "CNY"}
    assert (body["out_trade_no"], body["appid"], server.refused) == (NUMBER, "wx8888888888888888", [])


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (400, "USERPAYING", Said.PAYING),
        (500, "SYSTEM_ERROR", Said.NOT_SURE),
        (400, "SYSTEM_ERROR", Said.NOT_SURE),
        (429, "RATELIMIT_EXCEEDED", Said.NOT_SURE),
        (502, "", Said.NOT_SURE),
        (400, "", Said.NOT_SURE),
        (403, "NOT_ENOUGH", Said.REFUSED),
        (400, "AUTH_CODE_EXPIRE", Said.REFUSED),
    ],
)
def test_what_wechat_calls_a_code_payment(wechat, status: int, code: str, said: Said) -> None:
    server, provider = wechat
    server.says(status, **({"code": code, "message": "x"} if code else {}))
    assert provider.pay(CHARGE, CODE).said is said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("SUCCESS", Said.PAID),
        ("USERPAYING", Said.PAYING),
        ("NOTPAY", Said.PAYING),
        ("REVOKED", Said.REVERSED),
        ("CLOSED", Said.CLOSED),
        ("REFUND", Said.REFUNDED),
        ("PAYERROR", Said.REFUSED),
        ("A_NEW_ONE", Said.NOT_SURE),
    ],
)
def test_what_wechat_calls_a_trade(wechat, state: str, said: Said) -> None:
    server, provider = wechat
    server.says(200, **trade(state))
    assert provider.query(Channel.WECHAT, NUMBER).said is said
    assert server.asked[0][1] == f"/v3/pay/transactions/out-trade-no/{NUMBER}?mchid=1900000109"


def test_an_answer_that_is_not_signed_by_wechat_is_no_answer(wechat) -> None:
    server, provider = wechat
    server.says(200, **trade("SUCCESS"))
    server.signer = MERCHANT
    with pytest.raises(NoAnswer):
        provider.pay(CHARGE, CODE)


@pytest.mark.parametrize(
    "lie", [{"out_trade_no": "S999"}, {"mchid": "1"}], ids=["another number", "another merchant"]
)
def test_a_word_about_another_trade_is_no_answer(wechat, lie: dict[str, Any]) -> None:
    server, provider = wechat
    server.says(200, **trade("SUCCESS", **lie))
    with pytest.raises(NoAnswer):
        provider.query(Channel.WECHAT, NUMBER)


def test_another_currency_is_no_amount_of_ours(wechat) -> None:
    server, provider = wechat
    server.says(200, **trade("SUCCESS", amount={"total": 5990, "currency": "USD"}))
    assert provider.query(Channel.WECHAT, NUMBER).fen is None


def test_wechat_takes_back_shows_closes_and_refunds(wechat) -> None:
    server, provider = wechat
    server.says(204)
    server.says(400, code="USERPAYING")
    server.says(404, code="ORDER_NOT_EXIST")
    words = [provider.reverse(Channel.WECHAT, NUMBER).said for _ in range(3)]
    assert words == [Said.REVERSED, Said.NOT_YET, Said.NOT_FOUND]
    server.says(200, code_url="weixin://wxpay/bizpayurl?pr=p4lpSuKzz")
    assert provider.precreate(CHARGE, 120).qr == "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"
    server.says(204)
    server.says(400, code="ORDERPAID")
    assert [provider.close(Channel.WECHAT, NUMBER).said for _ in range(2)] == [Said.CLOSED, Said.NOT_YET]
    server.says(200, status="PROCESSING")
    server.says(200, status="SUCCESS")
    server.says(403, code="NOT_ENOUGH")
    refunds = [provider.refund(CHARGE, f"{NUMBER}R01", Fen(1000)).said for _ in range(3)]
    assert refunds == [Said.PAYING, Said.REFUNDED, Said.REFUSED]
    assert server.asked[-1][2]["amount"] == {"refund": 1000, "total": 5990, "currency": "CNY"}
    assert server.refused == []


def test_wechat_is_made_without_a_network_and_not_without_its_public_key() -> None:
    WechatProvider(wechat_account(), TIMEOUT, "http://127.0.0.1:9")
    for missing in ({"public_key_id": ""}, {"public_key": ""}, {"private_key": "no key"}):
        with pytest.raises(NotSetUp):
            WechatProvider(wechat_account(**missing), TIMEOUT)


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


def both(url: str) -> list[tuple[PaymentProvider, Charge]]:
    return [
        (WechatProvider(wechat_account(), (0.3, 0.3), url), CHARGE),
        (AlipayProvider(alipay_account(), (0.3, 0.3), url), ALI),
    ]


def test_a_line_that_ends_amid_the_answer_leaves_the_result_open(wechat_server, alipay_server) -> None:
    for server, (provider, charge) in zip(
        (wechat_server, alipay_server), [both(wechat_server.url)[0], both(alipay_server.url)[1]], strict=True
    ):
        server.drop = True
        with pytest.raises(NoAnswer) as caught:
            provider.pay(charge, CODE)
        assert not isinstance(caught.value, NotSent)
        assert CODE not in repr(caught.value.__context__ and caught.value.args)


def test_a_server_that_says_nothing_is_left_after_the_read_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for provider, charge in both(url):
            with pytest.raises(NoAnswer):
                provider.pay(charge, CODE)


def test_keys_are_in_no_repr() -> None:
    assert "PRIVATE" not in repr(wechat_account()) + repr(alipay_account())
