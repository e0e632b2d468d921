"""The adapter of WeChat Pay against a stand-in that verifies requests and signs answers for real."""

from __future__ import annotations

from typing import Any

import pytest

from edge.domain.orders import Fen
from edge.domain.payment_port import NoAnswer, NotSetUp, Said
from edge.domain.payments import Channel
from paying.wechat import WechatProvider
from tests.paying.accounts import CHARGE, CODE, NUMBER, TIMEOUT, wechat_account
from tests.paying.wallet_stand_in import MERCHANT


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
