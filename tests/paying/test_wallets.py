"""What holds of every wallet: a line that ends leaves the result open, and keys are told to nobody."""

from __future__ import annotations

import socket

import pytest

from edge.domain.payment_port import Charge, NoAnswer, NotSent, PaymentProvider
from paying.alipay_wallet import AlipayProvider
from paying.wechat import WechatProvider
from tests.paying.accounts import ALI, CHARGE, CODE, alipay_account, wechat_account


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
